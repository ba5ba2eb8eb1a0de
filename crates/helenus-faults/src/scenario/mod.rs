//! The faults: what each is called, which promise it tries, and what is to be reached.
//!
//! `inflict` performs them.

mod inflict;
mod stage;

use std::time::Duration;

use helenus_testkit::proxy::Reading;

use crate::figures::Limits;
pub use stage::{Stage, Wounded, wait_until_whole};

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// The node of the control connection is killed with -9, and starts again.
    Kill,
    /// A node hangs (SIGSTOP), and goes on.
    Pause,
    /// A node is lost in the network, both ways, and found again.
    Partition,
    /// A node's answers are lost; it still gets the requests.
    OneWay,
    /// Every node in turn is stopped and started.
    Rolling,
    /// A node answers 300 ms late.
    Slow,
    /// The same, and a second host is asked after 50 ms.
    Speculation,
    /// As [`Slow`](Self::Slow), with replicas chosen whatever their speed: a third of the requests meet the slow one.
    SlowUnevaded,
    /// As [`Speculation`](Self::Speculation), likewise.
    SpeculationUnevaded,
    /// Bits are turned over, both ways, on all nodes.
    Corrupt,
    /// Connections are reset, several a second.
    Resets,
    /// Some answers come after the client's timeout, and others overtake each other.
    Late,
    /// Some answers come twice.
    Duplicate,
    /// The session is shut down under load, while one node is lost.
    Shutdown,
    /// Two answers get each other's stream id: no driver can see it, the runner must.
    Lie,
}

/// The slowness of a slow node.
const SLOW: Duration = Duration::from_millis(300);

/// What is known of a scenario before it is run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// The promises that it tries.
    pub tries: &'static str,
    /// What the proxies make of the nodes' bytes.
    pub reading: Reading,
    /// What each request is given.
    pub timeout: Duration,
    /// After how long a second host is asked.
    pub speculation: Option<Duration>,
    /// Whether slow replicas are asked less often.
    pub evades: bool,
    /// How long it lasts at least: finding out takes two seconds, whatever comes after them.
    pub least: Duration,
    /// How long the engine may take to notice, before its throughput counts.
    pub settling: Duration,
    /// What is to be reached. Errors are a share of one second's operations.
    pub limits: Limits,
    /// The share of one second's operations that may fail, of those that the engine may repeat.
    pub errors: Option<f64>,
    /// Whether its errors are held against the reference's.
    pub compared: bool,
    /// Whether something wrong is to be found.
    pub lies: bool,
}

impl Scenario {
    /// All of them, in the order in which they are run.
    pub const ALL: [Self; 15] = [
        Self::Lie,
        Self::Kill,
        Self::Pause,
        Self::Partition,
        Self::OneWay,
        Self::Slow,
        Self::Speculation,
        Self::SlowUnevaded,
        Self::SpeculationUnevaded,
        Self::Corrupt,
        Self::Resets,
        Self::Late,
        Self::Duplicate,
        Self::Rolling,
        Self::Shutdown,
    ];

    /// Those that `./dev test` runs.
    pub const TESTED: [Self; 5] = [Self::Lie, Self::Kill, Self::Pause, Self::Corrupt, Self::Duplicate];

    /// Those that a soak chooses from.
    pub const SOAKED: [Self; 9] = [
        Self::Kill,
        Self::Pause,
        Self::Partition,
        Self::OneWay,
        Self::Slow,
        Self::Corrupt,
        Self::Resets,
        Self::Late,
        Self::Duplicate,
    ];

    /// What is known of it.
    #[must_use]
    pub fn plan(self) -> Plan {
        let ms = Duration::from_millis;
        let some = |limits: Limits| Limits { stall: limits.stall.or(Some(ms(500))), ..limits };
        let lost = some(Limits { share: Some(0.85), back: Some(ms(5000)), ..Limits::default() });
        let plan = |name, what, tries, limits| Plan {
            name,
            what,
            tries,
            reading: Reading::Bytes,
            timeout: ms(2000),
            speculation: None,
            evades: true,
            least: Duration::ZERO,
            settling: Duration::ZERO,
            limits,
            errors: None,
            compared: false,
            lies: false,
        };
        match self {
            Self::Kill => {
                let (share, dials) = (Some(0.95), Some(3.0));
                let limits = Limits { share, dials, takeover: Some(ms(1000)), ..lost };
                let plan = plan("kill", "kill -9 of the control connection's node", "F1 F2 F6", limits);
                Plan { errors: Some(0.01), settling: ms(1000), ..plan }
            }
            Self::Pause => {
                let plan = plan("pause", "a node hangs (SIGSTOP)", "F3", lost);
                Plan { least: ms(8000), compared: true, ..plan }
            }
            Self::Partition => {
                let plan = plan("partition", "a node is lost, both ways", "F4", lost);
                Plan { least: ms(8000), compared: true, ..plan }
            }
            Self::OneWay => {
                Plan { least: ms(8000), ..plan("one-way", "a node's answers are lost", "F4", lost) }
            }
            Self::Rolling => {
                let limits = Limits { stall: Some(ms(1000)), ..Limits::default() };
                Plan {
                    errors: Some(0.0),
                    ..plan("rolling", "each node is stopped and started", "F5", limits)
                }
            }
            Self::Slow => {
                let limits = some(Limits { p99: Some(SLOW + ms(60)), ..Limits::default() });
                Plan { errors: Some(0.0), ..plan("slow", "a node answers 300 ms late", "F8", limits) }
            }
            Self::Speculation => {
                let limits = some(Limits { p99: Some(SLOW / 2), orphans: Some(0), ..Limits::default() });
                let plan = plan("speculation", "the same, a second host after 50 ms", "F9", limits);
                Plan { errors: Some(0.0), speculation: Some(ms(50)), ..plan }
            }
            Self::SlowUnevaded => {
                let limits = Self::Slow.plan().limits;
                let plan =
                    plan("slow-unevaded", "as slow, replicas chosen whatever their speed", "F8", limits);
                Plan { errors: Some(0.0), evades: false, ..plan }
            }
            Self::SpeculationUnevaded => {
                let Plan { limits, speculation, .. } = Self::Speculation.plan();
                let plan = plan("speculation-unevaded", "as speculation, likewise", "F9", limits);
                Plan { errors: Some(0.0), evades: false, speculation, ..plan }
            }
            Self::Corrupt => {
                plan("corrupt", "bits are turned over, both ways (v5)", "F11", some(Limits::default()))
            }
            Self::Resets => {
                let plan = plan("resets", "connections are reset", "F13", some(Limits::default()));
                Plan { errors: Some(0.0), ..plan }
            }
            Self::Late => {
                let plan =
                    plan("late", "answers after the timeout, out of order", "F10", some(Limits::default()));
                Plan { reading: Reading::Answers, timeout: ms(500), ..plan }
            }
            Self::Duplicate => {
                let plan = plan("duplicate", "answers come twice", "F12", some(Limits::default()));
                Plan { reading: Reading::Answers, ..plan }
            }
            Self::Shutdown => {
                let limits = Limits { drained: Some(ms(1000)), ..Limits::default() };
                plan("shutdown", "under load, a node is lost", "F16", limits)
            }
            Self::Lie => {
                let plan = plan("lie", "two answers change their streams", "the runner", Limits::default());
                Plan { reading: Reading::Answers, lies: true, ..plan }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_of_its_own_and_a_promise() {
        let mut names: Vec<_> = Scenario::ALL.iter().map(|scenario| scenario.plan().name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Scenario::ALL.len());
        assert!(Scenario::ALL.iter().all(|scenario| !scenario.plan().tries.is_empty()));
        // What tells lies is no part of a soak.
        assert!(Scenario::SOAKED.iter().all(|scenario| !scenario.plan().lies));
        assert!(Scenario::TESTED.iter().any(|scenario| scenario.plan().lies));
    }
}
