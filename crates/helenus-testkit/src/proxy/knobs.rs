//! How a proxy treats the bytes that go one way: a value that may be changed at any time.

use std::time::Duration;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    /// Requests.
    Node,
    /// Answers and events.
    Client,
}

/// What is done to the bytes that go one way. By default nothing is: they are passed on as they come.
///
/// Shares are of 1: 0.05 is every twentieth, by chance. What concerns answers one by one needs a proxy that reads them
/// ([`Reading::Answers`](super::Reading::Answers)), and does nothing on the way towards the node.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Knobs {
    /// All is passed on that much later, in its order.
    pub delay: Duration,
    /// Nothing is taken and nothing passed on, until this ends: then it goes on where it was. So is a network that loses
    /// packets to the two ends of a connection, since they send them again.
    pub hold: bool,
    /// What comes is thrown away. When this ends the connection has lost its meaning.
    pub discard: bool,
    /// One bit is turned over in about so many bytes.
    pub flip_each: Option<u64>,
    /// Each connection is reset after about so long, in the middle of whatever is under way.
    pub reset_each: Option<Duration>,
    /// The share of answers that are passed on twice.
    pub duplicate: f64,
    /// How long after the first the second of those goes.
    pub duplicate_after: Duration,
    /// The share of answers that are passed on [`late_by`](Self::late_by) later, while others overtake them.
    pub late: f64,
    /// How late those are.
    pub late_by: Duration,
    /// The share of answers that let others pass: they wait for up to 20 ms.
    pub reorder: f64,
    /// The share of results that get each the stream id of another: a lie that no driver can see. It is there to find out
    /// whether a test would.
    pub swap: f64,
}

impl Knobs {
    /// All as it comes, but for a delay.
    #[must_use]
    pub fn delayed(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// Nothing passes.
    #[must_use]
    pub fn held() -> Self {
        Self { hold: true, ..Self::default() }
    }
}
