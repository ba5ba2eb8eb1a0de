//! How far a scan has come, as a value and as text: what is left of which pieces of the ring.

use std::fmt::{self, Write};
use std::str::FromStr;

use bytes::Bytes;
use helenus_protocol::ProtocolVersion;

use super::range::TokenRange;
use crate::error::Error;
use crate::routing::Partitioner;

/// The first line: what it is, and in which form.
const HEAD: &str = "helenus-scan 1";

/// A piece of the ring, and where to go on in it: the server's paging state, where some of it was read already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) range: TokenRange,
    pub(crate) state: Option<Bytes>,
}

/// How far a [`Scan`](super::Scan) has come: what is left to read, counted from the last page that it gave.
///
/// As text (`to_string`, `parse`) it can be kept and read in another process. It holds the statement's text and places in
/// the ring; the server's paging states in it hold keys of rows, so keep it where the table's data may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub(super) query: String,
    /// `None`: the cluster's is not known, and the ring is one piece.
    pub(super) partitioner: Option<Partitioner>,
    /// Paging states of one version mean nothing in another.
    pub(super) version: ProtocolVersion,
    pub(super) left: Vec<Part>,
}

impl Checkpoint {
    /// Whether nothing is left to read.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.left.is_empty()
    }

    /// How many pieces of the ring are left to read, in whole or in part.
    #[must_use]
    pub fn pieces_left(&self) -> usize {
        self.left.len()
    }
}

/// As text: the head; the protocol's version; the partitioner; the query; then one line for each piece: the token before
/// it, its last token, and the paging state as hexadecimal digits, each `-` where there is none.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partitioner = self.partitioner.map_or("-", Partitioner::name);
        writeln!(f, "{HEAD}\n{}\n{partitioner}\n{}", self.version.number(), self.query.escape_default())?;
        for Part { range: TokenRange { after, upto }, state } in &self.left {
            let end = |f: &mut fmt::Formatter<'_>, token: &Option<_>| match token {
                Some(token) => write!(f, "{token} "),
                None => f.write_str("- "),
            };
            end(f, after)?;
            end(f, upto)?;
            match state {
                Some(state) => state.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?,
                None => f.write_char('-')?,
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

fn wrong(line: usize, why: &str) -> Error {
    Error::Configuration(format!("the checkpoint of a scan, line {line}: {why}"))
}

impl FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut lines = text.lines();
        let mut line = |n| lines.next().ok_or_else(|| wrong(n, "it ends too early"));
        if line(1)? != HEAD {
            return Err(wrong(1, "this is no checkpoint that this version reads"));
        }
        let version = line(2)?.parse().ok().and_then(ProtocolVersion::from_number);
        let version = version.ok_or_else(|| wrong(2, "no version of the protocol"))?;
        let partitioner = match line(3)? {
            "-" => None,
            name => {
                Some(Partitioner::from_class_name(name).ok_or_else(|| wrong(3, "an unknown partitioner"))?)
            }
        };
        let query = unescaped(line(4)?).ok_or_else(|| wrong(4, "no statement"))?;
        let left =
            (5..).zip(lines).map(|(n, line)| part(n, line, partitioner)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { query, partitioner, version, left })
    }
}

fn part(n: usize, line: &str, partitioner: Option<Partitioner>) -> Result<Part, Error> {
    let mut words = line.split(' ');
    let (Some(after), Some(upto), Some(state), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(wrong(n, "not two tokens and a paging state"));
    };
    let token = |text: &str| match (text, partitioner) {
        ("-", _) => Ok(None),
        (_, None) => Err(wrong(n, "a token without a partitioner")),
        (text, Some(partitioner)) => {
            partitioner.parse_token(text).map(Some).map_err(|error| wrong(n, &error.to_string()))
        }
    };
    let range = TokenRange { after: token(after)?, upto: token(upto)? };
    if let (Some(after), Some(upto)) = (&range.after, &range.upto)
        && after >= upto
    {
        return Err(wrong(n, "its first token is not before its last"));
    }
    let state = match state {
        "-" => None,
        digits => Some(bytes(digits).ok_or_else(|| wrong(n, "no paging state"))?),
    };
    Ok(Part { range, state })
}

fn bytes(digits: &str) -> Option<Bytes> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs.iter().map(|&[high, low]| u8::try_from(digit(high)? << 4 | digit(low)?).ok()).collect()
}

/// What `escape_default` was given.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        out.push(match rest.next()? {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (digits, after) = rest.as_str().strip_prefix('{')?.split_once('}')?;
                let code = u32::from_str_radix(digits, 16).ok()?;
                rest = after.chars();
                char::from_u32(code)?
            }
            quoted @ ('\\' | '\'' | '"') => quoted,
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::routing::Token;

    fn checkpoint() -> Checkpoint {
        let range = |after, upto| TokenRange { after, upto };
        Checkpoint {
            query: "SELECT \"a\nb\", 'ü' FROM ks.t".into(),
            partitioner: Some(Partitioner::Murmur3),
            version: ProtocolVersion::V5,
            left: vec![
                Part {
                    range: range(None, Some(Token::Murmur3(-5))),
                    state: Some(Bytes::from_static(&[0, 255])),
                },
                Part { range: range(Some(Token::Murmur3(7)), None), state: None },
            ],
        }
    }

    #[test]
    fn it_is_read_back_from_its_text() {
        let text = checkpoint().to_string();
        let lines = [
            "helenus-scan 1",
            "5",
            "Murmur3Partitioner",
            "SELECT \\\"a\\nb\\\", \\'\\u{fc}\\' FROM ks.t",
            "- -5 00ff",
            "7 - -",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
        assert_eq!(text.parse::<Checkpoint>().expect("its own text"), checkpoint());
        assert_eq!((checkpoint().pieces_left(), checkpoint().is_finished()), (2, false));
        let unknown = Checkpoint { partitioner: None, left: Vec::new(), ..checkpoint() };
        assert_eq!(unknown.to_string().parse::<Checkpoint>().expect("its own text"), unknown);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_with_the_line() {
        let good = checkpoint().to_string();
        for (from, to, line) in [
            ("helenus-scan 1", "helenus-scan 2", 1),
            ("\n5\n", "\n9\n", 2),
            ("Murmur3Partitioner", "LocalPartitioner", 3),
            ("\\n", "\\x", 4),
            ("- -5 00ff", "- -5", 5),
            ("- -5 00ff", "- -5 0", 5),
            ("- -5 00ff", "- -5 0g", 5),
            ("- -5 00ff", "- five 00ff", 5),
            ("7 - -", "7 7 -", 6),
            ("7 - -", "7 - - -", 6),
            ("Murmur3Partitioner", "-", 5),
        ] {
            let error = good.replacen(from, to, 1).parse::<Checkpoint>().expect_err(to).to_string();
            assert!(error.contains(&format!("line {line}")), "{error}");
        }
        let cut: String = good.lines().take(3).collect::<Vec<_>>().join("\n");
        assert!(cut.parse::<Checkpoint>().is_err() && "".parse::<Checkpoint>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_checkpoint_or_an_error(text in "(helenus-scan 1\n5\nMurmur3Partitioner\n)?[-0-9a-f \\\\\n]{0,60}") {
            if let Ok(checkpoint) = text.parse::<Checkpoint>() {
                prop_assert_eq!(checkpoint.to_string().parse::<Checkpoint>().expect("its own text"), checkpoint);
            }
        }
    }
}
