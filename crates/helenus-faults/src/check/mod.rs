//! What may have happened: pure judgements over what was asked and what was answered.
//!
//! * [`register`]: whether a register with compare-and-set behaved as one (linearizable). * [`rows`]: whose row it is, and whether
//!   an acknowledged write is there. * [`counter`]: between what bounds a counter must be.

pub mod counter;
pub mod register;
pub mod rows;

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A write that was acknowledged is not there.
    Lost(String),
    /// An answer, or what the database holds, is what nobody wrote or asked for.
    Wrong(String),
}

/// How an operation that changes something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server has acknowledged it.
    Acknowledged,
    /// It surely was not run.
    NotRun,
    /// It may have run, or may yet.
    Unknown,
}
