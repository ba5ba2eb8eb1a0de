//! The words of a CQL text, as far as one must tell them apart to know what a statement does.
//!
//! Not a parser, and not a judge of what is legal: that is the server's part. It borrows from the text, allocates
//! nothing and gives some answer for any text. The words are those of Cassandra's own `Lexer.g`.

use std::borrow::Cow;

/// A word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    /// A keyword or an unquoted identifier.
    Name(&'t str),
    /// An identifier in double quotes, without them; a doubled quote in it is still doubled.
    Quoted(&'t str),
    /// A string in single quotes or between `$$`, without them.
    Text(&'t str),
    /// A whole number without a sign.
    Integer,
    /// Any other number, and durations that begin with a digit.
    Number,
    /// A UUID.
    Uuid,
    /// `0x…`
    Blob,
    /// Any other single character, `?` and `:` among them.
    Symbol(u8),
    /// Something that no CQL text holds, such as a string without its end.
    Invalid,
    /// The end of the text, again and again.
    End,
}

impl<'t> Token<'t> {
    /// Whether this is the keyword `word`, in any case.
    pub(crate) fn is(self, word: &str) -> bool {
        matches!(self, Self::Name(name) if name.eq_ignore_ascii_case(word))
    }

    /// The identifier as the server keeps it: in lower case unless it is quoted.
    pub(crate) fn identifier(self) -> Option<Cow<'t, str>> {
        match self {
            Self::Name(name) if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Some(name.to_ascii_lowercase().into())
            }
            Self::Name(name) => Some(name.into()),
            Self::Quoted(name) if name.contains("\"\"") => Some(name.replace("\"\"", "\"").into()),
            Self::Quoted(name) => Some(name.into()),
            _ => None,
        }
    }
}

/// A text and how far it has been read.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next word. After an invalid one nothing can be told of the rest, which is not read.
    pub(crate) fn next(&mut self) -> Token<'t> {
        if !self.skip_blanks() {
            return self.invalid();
        }
        let Some(first) = self.byte(0) else { return Token::End };
        match first {
            b'\'' => self.quoted(b'\'').map_or_else(|| self.invalid(), Token::Text),
            b'"' => self.quoted(b'"').map_or_else(|| self.invalid(), Token::Quoted),
            b'$' if self.byte(1) == Some(b'$') => self.dollar_quoted(),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => self.word(first),
            0x21..=0x7e => {
                self.at += 1;
                Token::Symbol(first)
            }
            _ => self.invalid(),
        }
    }

    /// How many bytes have been read: up to the end of the last word.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next `length` bytes.
    fn take(&mut self, length: usize) -> &'t str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        taken
    }

    fn invalid(&mut self) -> Token<'t> {
        self.at = self.text.len();
        Token::Invalid
    }

    /// Goes past blanks and comments. False if a comment has no end.
    fn skip_blanks(&mut self) -> bool {
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r'), _) => self.at += 1,
                (Some(b'-'), Some(b'-')) | (Some(b'/'), Some(b'/')) => {
                    let rest = self.rest();
                    self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                }
                (Some(b'/'), Some(b'*')) => match self.rest().get(2..).and_then(|rest| rest.find("*/")) {
                    Some(length) => self.at += length + 4,
                    None => return false,
                },
                _ => return true,
            }
        }
    }

    /// What stands between two of `quote`; a doubled one does not end it.
    fn quoted(&mut self, quote: u8) -> Option<&'t str> {
        let mut length = 1;
        loop {
            match (self.byte(length)?, self.byte(length + 1)) {
                (byte, Some(next)) if byte == quote && next == quote => length += 2,
                (byte, _) if byte == quote => break,
                _ => length += 1,
            }
        }
        self.take(length + 1).get(1..length)
    }

    fn dollar_quoted(&mut self) -> Token<'t> {
        match self.rest().get(2..).and_then(|rest| rest.find("$$")) {
            Some(length) => Token::Text(self.take(length + 4).get(2..length + 2).unwrap_or_default()),
            None => self.invalid(),
        }
    }

    /// A name, a number, a UUID or a blob.
    fn word(&mut self, first: u8) -> Token<'t> {
        let rest = self.rest().as_bytes();
        if is_uuid(rest) {
            self.at += 36;
            return Token::Uuid;
        }
        let length = run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if first.is_ascii_alphabetic() {
            return Token::Name(self.take(length));
        }
        if let [b'0', b'x' | b'X', ..] = rest {
            self.at += length;
            return Token::Blob;
        }
        let digits = run(rest, |byte| byte.is_ascii_digit());
        if digits == length && rest.get(digits) != Some(&b'.') {
            self.at += length;
            return Token::Integer;
        }
        self.at += number(rest, digits);
        Token::Number
    }
}

/// How many bytes from the start on are such.
fn run(bytes: &[u8], such: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| such(byte)).count()
}

/// The length of a number with a fraction, an exponent or a unit, given that of its whole part.
fn number(bytes: &[u8], digits: usize) -> usize {
    let mut length = digits;
    if bytes.get(length) == Some(&b'.') {
        length += 1 + run(&bytes[length + 1..], |byte| byte.is_ascii_digit());
    }
    if let [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] = bytes[length..] {
        length += 2;
    }
    length + run(&bytes[length..], |byte| byte.is_ascii_alphanumeric())
}

/// Whether a UUID stands here, and nothing more of the same word.
fn is_uuid(bytes: &[u8]) -> bool {
    let Some((uuid, rest)) = bytes.split_at_checked(36) else { return false };
    let ends = !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    ends && (0..).zip(uuid).all(|(i, byte)| match i {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Token::{Blob, End, Integer, Invalid, Name, Number, Quoted, Symbol, Text, Uuid};
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| Some(lexer.next()).filter(|token| *token != End)).collect()
    }

    #[test]
    fn each_kind_of_word() {
        for (text, expected) in [
            ("SELECT a_1", &[Name("SELECT"), Name("a_1")][..]),
            ("\"a\"\"B\" \"\"", &[Quoted("a\"\"B"), Quoted("")]),
            ("'it''s' ''", &[Text("it''s"), Text("")]),
            ("$$it's -- $ fine$$", &[Text("it's -- $ fine")]),
            ("1 1.5 1e3 1.5E-7 1.", &[Integer, Number, Number, Number, Number]),
            ("1h30m 0x00ff 0X", &[Number, Blob, Blob]),
            ("a=-1", &[Name("a"), Symbol(b'='), Symbol(b'-'), Integer]),
            ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", &[Uuid]),
            ("00000000-7dec-11d0-a765-00a0c91e6bf6;", &[Uuid, Symbol(b';')]),
            ("abcdef12-1", &[Name("abcdef12"), Symbol(b'-'), Integer]),
            ("?:n", &[Symbol(b'?'), Symbol(b':'), Name("n")]),
            ("a--b\nc//d\r e/*f\n*/g", &[Name("a"), Name("c"), Name("e"), Name("g")]),
            ("/**/a/*'*/b--", &[Name("a"), Name("b")]),
            ("'é' a", &[Text("é"), Name("a")]),
            ("", &[]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_read_after_what_is_invalid() {
        for text in ["'a", "\"a", "$$a$", "/* a", "é a", "'a''", "$ a", "\u{0} a"] {
            let words = words(text);
            let last = words.last();
            assert!(last == Some(&Invalid) || words.contains(&Symbol(b'$')), "{text}: {words:?}");
        }
        assert_eq!(words("a 'b"), [Name("a"), Invalid]);
    }

    #[test]
    fn identifiers_as_the_server_keeps_them() {
        assert_eq!(Name("aB").identifier().as_deref(), Some("ab"));
        assert_eq!(Name("ab").identifier().as_deref(), Some("ab"));
        assert_eq!(Quoted("a\"\"B").identifier().as_deref(), Some("a\"B"));
        assert_eq!(Text("a").identifier(), None);
        assert!(Name("sElect").is("SELECT") && !Quoted("SELECT").is("SELECT"));
    }

    proptest! {
        #[test]
        fn any_text_comes_to_its_end(text in "\\PC*") {
            prop_assert!(words(&text).len() <= text.len());
        }

        #[test]
        fn any_soup_of_quotes_and_comments_comes_to_its_end(text in "['\"$/*a\\-0x.e+é\n]{0,40}") {
            prop_assert!(words(&text).len() <= text.len());
        }
    }
}
