//! The ring: all tokens in order, each with the host that owns the range ending in it.

use std::sync::Arc;

use super::Token;
use crate::cluster::Host;

/// The tokens of a cluster, sorted, and their owners. A token's range is everything above the token before it, up
/// to and with itself; the first one's wraps around.
#[derive(Debug)]
pub struct TokenRing {
    tokens: Sorted,
    /// For each token the place of its owner in `hosts`.
    owners: Box<[u32]>,
    hosts: Box<[Arc<Host>]>,
}

/// Tokens in order. Those of Murmur3 are looked up for every request and are kept bare.
#[derive(Debug)]
enum Sorted {
    Murmur3(Box<[i64]>),
    Other(Box<[Token]>),
}

impl Sorted {
    fn new(tokens: Vec<Token>) -> Self {
        let bare = |token: &Token| if let Token::Murmur3(token) = token { Some(*token) } else { None };
        match tokens.iter().map(bare).collect() {
            Some(bare) => Self::Murmur3(bare),
            None => Self::Other(tokens.into()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Murmur3(tokens) => tokens.len(),
            Self::Other(tokens) => tokens.len(),
        }
    }
}

impl TokenRing {
    /// The ring that these hosts form. Hosts without tokens are not on it.
    ///
    /// Where two hosts claim one token (a bad row, or a node seen before and after its replacement), the first of
    /// them has it.
    #[must_use]
    pub fn new<'a>(hosts: impl IntoIterator<Item = &'a Arc<Host>>) -> Self {
        let hosts: Box<[Arc<Host>]> =
            hosts.into_iter().filter(|host| !host.tokens().is_empty()).cloned().collect();
        let mut ring: Vec<(Token, u32)> =
            Vec::with_capacity(hosts.iter().map(|host| host.tokens().len()).sum());
        for (owner, host) in (0_u32..).zip(&hosts) {
            ring.extend(host.tokens().iter().map(|token| (token.clone(), owner)));
        }
        ring.sort_unstable();
        ring.dedup_by(|later, first| later.0 == first.0);
        let (tokens, owners): (Vec<_>, Vec<_>) = ring.into_iter().unzip();
        Self { tokens: Sorted::new(tokens), owners: owners.into(), hosts }
    }

    /// How many ranges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether nobody owns anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All tokens, in ascending order.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        (0..self.len()).map(|position| match &self.tokens {
            Sorted::Murmur3(tokens) => Token::Murmur3(tokens[position]),
            Sorted::Other(tokens) => tokens[position].clone(),
        })
    }

    /// The hosts that own something.
    #[must_use]
    pub fn hosts(&self) -> &[Arc<Host>] {
        &self.hosts
    }

    /// The range that `token` falls into, as a place in [`tokens`](Self::tokens). None for a token of another
    /// partitioner.
    #[must_use]
    pub fn position(&self, token: &Token) -> Option<usize> {
        let at = match (&self.tokens, token) {
            (Sorted::Murmur3(tokens), Token::Murmur3(token)) => tokens.partition_point(|owned| owned < token),
            (Sorted::Murmur3(_), _) => return None,
            (Sorted::Other(tokens), token) => tokens.partition_point(|owned| owned < token),
        };
        if at < self.len() { Some(at) } else { (!self.is_empty()).then_some(0) }
    }

    /// The host that owns the range at `position`.
    ///
    /// # Panics
    /// There are not so many ranges.
    #[must_use]
    pub fn owner(&self, position: usize) -> &Arc<Host> {
        &self.hosts[self.owners[position] as usize]
    }

    /// The places in [`hosts`](Self::hosts) of the owners, once around from `position`.
    pub(super) fn owners_from(&self, position: usize) -> impl Iterator<Item = usize> {
        let (before, from) = self.owners.split_at(position);
        from.iter().chain(before).map(|&owner| owner as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::HostFacts;
    use crate::cluster::host::tests::host_with_tokens;

    #[test]
    fn a_range_ends_in_its_token_and_the_last_wraps() {
        let hosts = [host_with_tokens(1, "dc", "r", &[-10, 20]), host_with_tokens(2, "dc", "r", &[0])];
        let ring = TokenRing::new(&hosts);
        for (token, owner) in
            [(i64::MIN, 1), (-11, 1), (-10, 1), (-9, 2), (0, 2), (1, 1), (20, 1), (21, 1), (i64::MAX, 1)]
        {
            let position = ring.position(&Token::Murmur3(token)).unwrap();
            assert_eq!(ring.owner(position), &hosts[owner - 1], "token {token}");
        }
        assert_eq!(ring.owners_from(1).collect::<Vec<_>>(), [1, 0, 0]);
    }

    #[test]
    fn nobody_owns_an_empty_ring() {
        let ring = TokenRing::new(&[host_with_tokens(1, "dc", "r", &[])]);
        assert!(ring.is_empty() && ring.hosts().is_empty());
        assert_eq!(ring.position(&Token::Murmur3(3)), None);
    }

    #[test]
    fn rings_of_other_partitioners() {
        let owned = |n: u8, tokens: &[u128]| {
            let facts = HostFacts {
                tokens: tokens.iter().copied().map(Token::Random).collect(),
                ..host_with_tokens(n, "dc", "r", &[]).facts().clone()
            };
            Arc::new(Host::new(facts))
        };
        let hosts = [owned(1, &[1 << 100, 5]), owned(2, &[1 << 126])];
        let ring = TokenRing::new(&hosts);
        for (token, owner) in [(0, 1), (5, 1), (6, 1), (1 << 101, 2), (1 << 127, 1)] {
            let position = ring.position(&Token::Random(token)).unwrap();
            assert_eq!(ring.owner(position), &hosts[owner - 1], "token {token}");
        }
        let tokens: Vec<_> = ring.tokens().collect();
        assert_eq!(tokens, [5, 1 << 100, 1 << 126].map(Token::Random));
        let murmur = TokenRing::new(&[host_with_tokens(1, "dc", "r", &[7, -7])]);
        assert_eq!(murmur.position(&Token::Random(5)), None);
        assert_eq!(murmur.tokens().collect::<Vec<_>>(), [-7, 7].map(Token::Murmur3));
    }

    #[test]
    fn a_token_claimed_twice_has_one_owner() {
        let hosts = [host_with_tokens(1, "dc", "r", &[5, 5]), host_with_tokens(2, "dc", "r", &[5, 6])];
        let ring = TokenRing::new(&hosts);
        assert_eq!(ring.len(), 2);
        assert_eq!(ring.owner(0), &hosts[0]);
        assert_eq!(ring.owner(1), &hosts[1]);
    }
}
