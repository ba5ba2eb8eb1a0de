//! Which requests a rule is about.

use std::fmt;
use std::sync::Arc;

use helenus_protocol::{Consistency, ProtocolVersion, RequestOpcode};
use regex_lite::Regex;

use super::received::Received;

/// A condition on a request. All that is said must hold; [`any`] says nothing.
#[derive(Clone, Default)]
#[must_use = "a matcher does nothing until it is given to a cluster with `on`"]
pub struct Matcher {
    opcodes: Vec<RequestOpcode>,
    text: Option<Pattern>,
    node: Option<usize>,
    connection: Option<usize>,
    stream: Option<i16>,
    version: Option<ProtocolVersion>,
    keyspace: Option<String>,
    consistency: Option<Consistency>,
    is_first_page: Option<bool>,
    from: Option<u64>,
    to: Option<u64>,
    chance: Option<Chance>,
    condition: Option<Condition>,
}

type Condition = Arc<dyn Fn(&Received) -> bool + Send + Sync>;

#[derive(Debug, Clone)]
enum Pattern {
    Part(String),
    Regex(Regex),
}

#[derive(Debug, Clone, Copy)]
struct Chance {
    probability: f64,
    seed: u64,
}

/// Every request.
pub fn any() -> Matcher {
    Matcher::default()
}

/// Requests of one kind.
pub fn opcode(opcode: RequestOpcode) -> Matcher {
    Matcher { opcodes: vec![opcode], ..Matcher::default() }
}

/// QUERY whose text contains `text`; blanks count as one blank each.
pub fn query(text: &str) -> Matcher {
    opcode(RequestOpcode::Query).text(text)
}

/// PREPARE whose text contains `text`.
pub fn prepare(text: &str) -> Matcher {
    opcode(RequestOpcode::Prepare).text(text)
}

/// EXECUTE of a statement whose text contains `text`.
pub fn execute(text: &str) -> Matcher {
    opcode(RequestOpcode::Execute).text(text)
}

/// A statement that is run, simple, prepared or in a batch, and contains `text`.
pub fn statement(text: &str) -> Matcher {
    let opcodes = vec![RequestOpcode::Query, RequestOpcode::Execute, RequestOpcode::Batch];
    Matcher { opcodes, ..Matcher::default() }.text(text)
}

impl Matcher {
    /// One of the statements contains `text`; blanks count as one blank each.
    pub fn text(mut self, text: &str) -> Self {
        self.text = Some(Pattern::Part(single_blanks(text)));
        self
    }

    /// One of the statements matches `pattern`, anywhere in it.
    ///
    /// # Errors
    /// If the pattern is no regular expression.
    pub fn regex(mut self, pattern: &str) -> Result<Self, regex_lite::Error> {
        self.text = Some(Pattern::Regex(Regex::new(pattern)?));
        Ok(self)
    }

    /// Requests of these kinds, instead of those that the matcher was made for.
    pub fn opcodes(mut self, opcodes: impl IntoIterator<Item = RequestOpcode>) -> Self {
        self.opcodes = opcodes.into_iter().collect();
        self
    }

    /// Only at the node of this index, from 0.
    pub const fn node(mut self, index: usize) -> Self {
        self.node = Some(index);
        self
    }

    /// Only on the node's connection of this index, counting all that it has accepted, from 0.
    pub const fn connection(mut self, index: usize) -> Self {
        self.connection = Some(index);
        self
    }

    /// Only on this stream.
    pub const fn stream(mut self, id: i16) -> Self {
        self.stream = Some(id);
        self
    }

    /// Only in this version.
    pub const fn version(mut self, version: ProtocolVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// Only with this keyspace in effect.
    pub fn keyspace(mut self, name: &str) -> Self {
        self.keyspace = Some(name.to_owned());
        self
    }

    /// Only at this consistency level.
    pub const fn consistency(mut self, level: Consistency) -> Self {
        self.consistency = Some(level);
        self
    }

    /// Only requests for a first page (`true`), or only for later ones (`false`).
    pub const fn first_page(mut self, is_first: bool) -> Self {
        self.is_first_page = Some(is_first);
        self
    }

    /// Only the `nth` request that the rest of the matcher matches, from 1.
    pub const fn nth(self, nth: u64) -> Self {
        self.from(nth).to(nth)
    }

    /// Only from the `nth` request on that the rest of the matcher matches, from 1.
    pub const fn from(mut self, nth: u64) -> Self {
        self.from = Some(nth);
        self
    }

    /// Only up to the `nth` request that the rest of the matcher matches, from 1.
    pub const fn to(mut self, nth: u64) -> Self {
        self.to = Some(nth);
        self
    }

    /// Only with this probability. Which of the matching requests it is follows from `seed` and their order alone.
    pub const fn sometimes(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some(Chance { probability, seed });
        self
    }

    /// Only requests of which `condition` says yes.
    pub fn when(mut self, condition: impl Fn(&Received) -> bool + Send + Sync + 'static) -> Self {
        self.condition = Some(Arc::new(condition));
        self
    }

    /// Whether it matches, its count left aside.
    pub(super) fn matches(&self, received: &Received) -> bool {
        fn agrees<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        let is_first_page = || received.parameters().map(|parameters| parameters.paging_state.is_none());
        (self.opcodes.is_empty() || self.opcodes.contains(&received.opcode))
            && agrees(self.node.as_ref(), Some(&received.node))
            && agrees(self.connection.as_ref(), Some(&received.connection))
            && agrees(self.stream.as_ref(), Some(&received.stream))
            && agrees(self.version.as_ref(), Some(&received.version))
            && agrees(self.keyspace.as_ref(), received.keyspace.as_ref())
            && agrees(self.consistency.as_ref(), received.consistency().as_ref())
            && (self.is_first_page.is_none() || self.is_first_page == is_first_page())
            && self.text.as_ref().is_none_or(|text| received.statements.iter().any(|it| text.is_in(it)))
            && self.condition.as_ref().is_none_or(|condition| condition(received))
    }

    /// Whether it wants the `hits`-th request that it matched, from 1.
    pub(super) fn wants(&self, hits: u64) -> bool {
        let drawn = self.chance.is_none_or(|Chance { probability, seed }| {
            fastrand::Rng::with_seed(seed ^ hits.wrapping_mul(0x9E37_79B9_7F4A_7C15)).f64() < probability
        });
        drawn && self.from.is_none_or(|from| hits >= from) && self.to.is_none_or(|to| hits <= to)
    }

    /// Whether it is about running a statement with this text, wherever and whenever that happens.
    pub(super) fn is_about(&self, text: &str) -> bool {
        let runs = [RequestOpcode::Query, RequestOpcode::Execute];
        let opcodes = self.opcodes.is_empty() || runs.iter().any(|opcode| self.opcodes.contains(opcode));
        opcodes && self.text.as_ref().is_some_and(|pattern| pattern.is_in(text))
    }
}

impl Pattern {
    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Part(part) => text.contains(part.as_str()) || single_blanks(text).contains(part.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

fn single_blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("opcodes", &self.opcodes)
            .field("text", &self.text)
            .field("node", &self.node)
            .field("connection", &self.connection)
            .field("stream", &self.stream)
            .field("nth", &(self.from, self.to))
            .field("chance", &self.chance)
            .finish_non_exhaustive()
    }
}
