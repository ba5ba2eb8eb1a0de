//! Partitioners: how a cluster makes tokens of partition keys, named by a Java class in `system.local`.

use super::token::{self, InvalidToken, Token};

/// One of the partitioners that a client can compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Partitioner {
    /// The default since Cassandra 1.2.
    Murmur3,
    /// MD5, the default before it.
    Random,
    /// No hash: the key's own bytes.
    ByteOrdered,
}

impl Partitioner {
    /// The partitioner with this class name, with or without its package. None for any other: such a cluster is
    /// used without token-aware routing.
    #[must_use]
    pub fn from_class_name(name: &str) -> Option<Self> {
        [Self::Murmur3, Self::Random, Self::ByteOrdered]
            .into_iter()
            .find(|known| name.rsplit('.').next() == Some(known.name()))
    }

    /// Its class name without the package.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Murmur3 => "Murmur3Partitioner",
            Self::Random => "RandomPartitioner",
            Self::ByteOrdered => "ByteOrderedPartitioner",
        }
    }

    /// The token of a partition key (see [`routing_key`](crate::statement::routing_key) for its bytes).
    #[must_use]
    pub fn token(self, key: &[u8]) -> Token {
        match self {
            Self::Murmur3 => Token::Murmur3(token::murmur3(key)),
            Self::Random => Token::Random(token::random(key)),
            Self::ByteOrdered => Token::ByteOrdered(key.into()),
        }
    }

    /// Reads a token of a system table.
    ///
    /// # Errors
    /// The text is not one that this partitioner writes.
    pub fn parse_token(self, text: &str) -> Result<Token, InvalidToken> {
        let token = match self {
            Self::Murmur3 => text.parse().ok().map(Token::Murmur3),
            Self::Random => text.parse::<u128>().ok().filter(|token| *token <= 1 << 127).map(Token::Random),
            Self::ByteOrdered => parse_hex(text).map(Token::ByteOrdered),
        };
        token.ok_or_else(|| InvalidToken::new(text, self.name()))
    }
}

fn parse_hex(text: &str) -> Option<Box<[u8]>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    pairs.iter().map(|&[high, low]| u8::try_from(digit(high)? << 4 | digit(low)?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_with_and_without_package() {
        for known in [Partitioner::Murmur3, Partitioner::Random, Partitioner::ByteOrdered] {
            let full = format!("org.apache.cassandra.dht.{}", known.name());
            assert_eq!(Partitioner::from_class_name(&full), Some(known));
            assert_eq!(Partitioner::from_class_name(known.name()), Some(known));
        }
        for unknown in
            ["", "org.apache.cassandra.dht.LocalPartitioner", "Murmur3Partitioner.", "murmur3partitioner"]
        {
            assert_eq!(Partitioner::from_class_name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn every_token_is_read_back_from_its_text() {
        for partitioner in [Partitioner::Murmur3, Partitioner::Random, Partitioner::ByteOrdered] {
            for key in [&b""[..], b"a", b"\xff\x00", b"a longer key than sixteen bytes"] {
                let token = partitioner.token(key);
                assert_eq!(partitioner.parse_token(&token.to_string()), Ok(token));
            }
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let cases = [
            (Partitioner::Murmur3, "9223372036854775808"),
            (Partitioner::Murmur3, ""),
            (Partitioner::Murmur3, "12a"),
            (Partitioner::Random, "-2"),
            (Partitioner::Random, "170141183460469231731687303715884105729"),
            (Partitioner::ByteOrdered, "abc"),
            (Partitioner::ByteOrdered, "zz"),
            (Partitioner::ByteOrdered, "é"),
        ];
        for (partitioner, text) in cases {
            let error = partitioner.parse_token(text).unwrap_err();
            assert_eq!(error.to_string(), format!("{text:?} is not a token of {}", partitioner.name()));
        }
        let long = Partitioner::Murmur3.parse_token(&"9".repeat(100_000)).unwrap_err();
        assert!(long.to_string().len() < 200);
    }
}
