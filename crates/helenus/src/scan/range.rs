//! Pieces of the ring, pure: cut at every token that somebody owns, and further by a number.
//!
//! A piece is everything above one token, up to and with another. The first has no token below it and the last none
//! above it: so the range that wraps around in the ring is two pieces, no query needs to name the ring's origin (whose
//! meaning in a condition is special to the server), and each key is in exactly one piece whatever its token.

use crate::routing::{Partitioner, Token, TokenMap};

/// What lies above `after`, up to and with `upto`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenRange {
    /// The last token that is not in it; `None`: it begins where the ring does.
    pub after: Option<Token>,
    /// The last token that is in it; `None`: it ends where the ring does.
    pub upto: Option<Token>,
}

impl TokenRange {
    /// The whole ring.
    pub const ALL: Self = Self { after: None, upto: None };

    /// Whether `token` lies in it.
    #[must_use]
    pub fn contains(&self, token: &Token) -> bool {
        self.after.as_ref().is_none_or(|after| token > after)
            && self.upto.as_ref().is_none_or(|upto| token <= upto)
    }

    /// A token that lies in it, by which its replicas are found.
    #[must_use]
    pub fn sample(&self, partitioner: Partitioner) -> Token {
        match (&self.upto, &self.after) {
            (Some(upto), _) => upto.clone(),
            (None, Some(Token::ByteOrdered(after))) => {
                Token::ByteOrdered(after.iter().copied().chain([0]).collect())
            }
            (None, _) => match partitioner {
                Partitioner::Murmur3 => Token::Murmur3(i64::MAX),
                Partitioner::Random => Token::Random(1 << 127),
                Partitioner::ByteOrdered => Token::ByteOrdered([0].into()),
            },
        }
    }

    /// The range in `pieces` parts of about the same width, or in fewer where it is too narrow. What is evenly spread over
    /// it, as hashes are, is so over the parts.
    #[must_use]
    pub fn split(&self, pieces: usize, partitioner: Partitioner) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut after = self.after.clone();
        for cut in cuts(self, pieces.max(1), partitioner) {
            let is_inside = after.as_ref().is_none_or(|after| cut > *after)
                && self.upto.as_ref().is_none_or(|upto| cut < *upto)
                && !is_origin(&cut);
            if is_inside {
                parts.push(Self { after: after.replace(cut.clone()), upto: Some(cut) });
            }
        }
        parts.push(Self { after, upto: self.upto.clone() });
        parts
    }
}

/// All pieces of the ring, in order, each between two owned tokens that follow each other, and each in `splits` parts.
#[must_use]
pub fn pieces(tokens: &TokenMap, splits: usize) -> Vec<TokenRange> {
    let mut all = Vec::with_capacity(tokens.ring().len() + 1);
    let mut after = None;
    for token in tokens.ring().tokens().filter(|token| !is_origin(token)) {
        all.push(TokenRange { after: after.replace(token.clone()), upto: Some(token) });
    }
    all.push(TokenRange { after, upto: None });
    all.iter().flat_map(|range| range.split(splits, tokens.partitioner())).collect()
}

/// The least token there is: nothing lies below it, and the server reads it as both ends of the ring.
fn is_origin(token: &Token) -> bool {
    match token {
        Token::Murmur3(token) => *token == i64::MIN,
        // The server's is -1, which no token of ours is.
        Token::Random(_) => false,
        Token::ByteOrdered(bytes) => bytes.is_empty(),
    }
}

/// Where to cut: in order, though not all may lie within.
fn cuts(range: &TokenRange, pieces: usize, partitioner: Partitioner) -> Vec<Token> {
    match partitioner {
        Partitioner::Murmur3 => {
            // The whole ring moved so that it begins with zero.
            let place = |token: &Token| match token {
                Token::Murmur3(token) => u128::from(token.cast_unsigned() ^ (1 << 63)),
                _ => 0,
            };
            let from = range.after.as_ref().map_or(0, place);
            let to = range.upto.as_ref().map_or(u128::from(u64::MAX), place);
            let token =
                |place| u64::try_from(place).map(|place| Token::Murmur3((place ^ (1 << 63)).cast_signed()));
            between(from, to, pieces).filter_map(|place| token(place).ok()).collect()
        }
        Partitioner::Random => {
            let place = |token: &Token| if let Token::Random(token) = token { *token } else { 0 };
            let (from, to) =
                (range.after.as_ref().map_or(0, place), range.upto.as_ref().map_or(1 << 127, place));
            between(from, to, pieces).map(Token::Random).collect()
        }
        Partitioner::ByteOrdered => {
            fn bytes(token: Option<&Token>) -> Option<&[u8]> {
                if let Some(Token::ByteOrdered(bytes)) = token { Some(bytes) } else { None }
            }
            let (from, to) = (bytes(range.after.as_ref()).unwrap_or_default(), bytes(range.upto.as_ref()));
            let shared = to.map_or(0, |to| from.iter().zip(to).take_while(|(a, b)| a == b).count());
            let (low, high) = (number(&from[shared..]), to.map_or(WIDEST, |to| number(&to[shared..])));
            let token = |place: u128| {
                let tail = place.to_be_bytes();
                Token::ByteOrdered(from[..shared].iter().chain(&tail[16 - DIGITS..]).copied().collect())
            };
            between(low, high, pieces).map(token).collect()
        }
    }
}

/// How many bytes of keys count where they are cut.
const DIGITS: usize = 15;
/// The greatest number of so many bytes.
const WIDEST: u128 = (1 << (8 * DIGITS)) - 1;

/// The first bytes as a number, filled up with zeros.
fn number(bytes: &[u8]) -> u128 {
    let digits = bytes.iter().copied().chain(std::iter::repeat(0)).take(DIGITS);
    digits.fold(0, |number, digit| number << 8 | u128::from(digit))
}

/// The places that cut what lies between two into so many parts.
fn between(from: u128, to: u128, pieces: usize) -> impl Iterator<Item = u128> {
    let (width, pieces) = (to.saturating_sub(from), pieces as u128);
    // Without an overflow: pieces are a number of parts that fits in memory, far below 2^64, and so is the rest.
    (1..pieces).map(move |nth| from + (width / pieces) * nth + (width % pieces) * nth / pieces)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::cluster::host::tests::host_with_tokens;
    use crate::cluster::{Host, HostFacts, Snapshot};

    fn snapshot(tokens: &[Token], partitioner: Partitioner) -> Snapshot {
        let hosts: Vec<_> = (1_u8..)
            .zip(tokens)
            .take(200)
            .map(|(n, token)| {
                let facts = HostFacts {
                    tokens: [token.clone()].into(),
                    ..host_with_tokens(n, "dc", "r", &[]).facts().clone()
                };
                Arc::new(Host::new(facts))
            })
            .collect();
        Snapshot::new(hosts, Some(partitioner), Arc::default())
    }

    /// Each piece begins where the one before ends, and the first and the last have no end.
    fn is_whole(pieces: &[TokenRange]) {
        let (first, last) = (pieces.first().expect("one at least"), pieces.last().expect("one at least"));
        assert_eq!((&first.after, &last.upto), (&None, &None));
        for pair in pieces.windows(2) {
            assert!(pair[0].upto.is_some() && pair[0].upto == pair[1].after, "{pair:?}");
        }
        for piece in pieces {
            if let (Some(after), Some(upto)) = (&piece.after, &piece.upto) {
                assert!(after < upto, "{piece:?}");
            }
            for end in [&piece.after, &piece.upto].into_iter().flatten() {
                assert!(!is_origin(end), "{piece:?}");
            }
        }
    }

    #[test]
    fn a_ring_is_cut_at_its_tokens_and_where_it_wraps() {
        let tokens = [-10, 0, 20].map(Token::Murmur3);
        let snapshot = snapshot(&tokens, Partitioner::Murmur3);
        let all = pieces(snapshot.token_map().expect("a ring"), 1);
        let [a, b, c] = tokens.map(Some);
        let range = |after: &Option<Token>, upto: &Option<Token>| TokenRange {
            after: after.clone(),
            upto: upto.clone(),
        };
        assert_eq!(all, [range(&None, &a), range(&a, &b), range(&b, &c), range(&c, &None)]);
        is_whole(&pieces(snapshot.token_map().expect("a ring"), 7));
    }

    /// A node may own the least token of all: its range is the one that wraps, and nothing lies below.
    #[test]
    fn the_origin_is_no_place_to_cut() {
        for (partitioner, origin, other) in [
            (Partitioner::Murmur3, Token::Murmur3(i64::MIN), Token::Murmur3(5)),
            (Partitioner::ByteOrdered, Token::ByteOrdered([].into()), Token::ByteOrdered([7].into())),
        ] {
            let snapshot = snapshot(&[origin, other], partitioner);
            assert_eq!(pieces(snapshot.token_map().expect("a ring"), 1).len(), 2);
            is_whole(&pieces(snapshot.token_map().expect("a ring"), 5));
        }
    }

    #[test]
    fn a_ring_without_tokens_is_one_piece() {
        let snapshot = snapshot(&[], Partitioner::Random);
        assert_eq!(pieces(snapshot.token_map().expect("a ring"), 1), [TokenRange::ALL]);
        assert_eq!(pieces(snapshot.token_map().expect("a ring"), 4).len(), 4);
    }

    #[test]
    fn parts_are_of_about_the_same_width() {
        let parts = TokenRange::ALL.split(4, Partitioner::Murmur3);
        let cuts: Vec<_> = parts.iter().filter_map(|part| part.upto.clone()).collect();
        let quarter = 1_i64 << 62;
        assert_eq!(cuts, [-quarter - 1, -1, quarter - 1].map(Token::Murmur3));
        let narrow = TokenRange { after: Some(Token::Murmur3(3)), upto: Some(Token::Murmur3(5)) };
        assert_eq!(narrow.split(9, Partitioner::Murmur3).len(), 2, "there are no more tokens in it");
    }

    fn tokens(partitioner: Partitioner) -> BoxedStrategy<Token> {
        match partitioner {
            Partitioner::Murmur3 => prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -3_i64..3]
                .prop_map(Token::Murmur3)
                .boxed(),
            Partitioner::Random => prop_oneof![0_u128..=1 << 127, Just(0), Just(1 << 127), 0_u128..3]
                .prop_map(Token::Random)
                .boxed(),
            Partitioner::ByteOrdered => {
                let byte = prop_oneof![Just(0_u8), Just(255), any::<u8>(), 97_u8..100];
                prop::collection::vec(byte, 0..20).prop_map(|key| Token::ByteOrdered(key.into())).boxed()
            }
        }
    }

    fn rings() -> impl Strategy<Value = (Partitioner, Vec<Token>, Vec<Token>, usize)> {
        let partitioner =
            prop::sample::select(vec![Partitioner::Murmur3, Partitioner::Random, Partitioner::ByteOrdered]);
        (partitioner, 1_usize..40).prop_flat_map(|(partitioner, splits)| {
            let some = |count| prop::collection::vec(tokens(partitioner), count);
            (Just(partitioner), some(0..12), some(1..40), Just(splits))
        })
    }

    proptest! {
        /// Whatever the ring and the number of parts: each token is in exactly one, and that belongs to one owner.
        #[test]
        fn every_token_is_in_exactly_one_piece((partitioner, owned, wanted, splits) in rings()) {
            let snapshot = snapshot(&owned, partitioner);
            let map = snapshot.token_map().expect("a ring");
            let all = pieces(map, splits);
            is_whole(&all);
            prop_assert!(all.len() <= (owned.len() + 1) * splits);
            for token in wanted.iter().chain(&owned) {
                let holders: Vec<_> = all.iter().filter(|piece| piece.contains(token)).collect();
                prop_assert_eq!(holders.len(), 1, "{:?}", token);
                let sample = holders[0].sample(partitioner);
                prop_assert!(holders[0].contains(&sample));
                // The least token belongs to the range that wraps, which begins above the last one.
                if !is_origin(token) {
                    prop_assert_eq!(map.ring().position(&sample), map.ring().position(token), "{:?} {:?}", token, sample);
                }
            }
        }
    }
}
