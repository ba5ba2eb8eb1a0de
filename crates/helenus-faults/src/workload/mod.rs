//! A steady load through the engine, every answer of which is checked: rows, counters, and registers with conditions.
//!
//! Operations are begun at a steady rate, whatever becomes of those before them: a stall of the engine shows as answers that are
//! missing, not as questions that were never asked.

mod counters;
mod operation;
mod registers;
mod rows;
mod tally;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use helenus::{Error, PreparedStatement, Session};
use tokio::task::JoinSet;

use crate::check::counter::Increments;
use crate::check::rows::Ledger;
use crate::ring::Ring;
pub use tally::{Done, Kind, Sums, Tally};

/// How many rows, and how many counters, one workload has.
const ROWS: usize = 512;
const COUNTERS: usize = 64;
/// So many operations may be under way; then no more are begun.
const MOST: usize = 6000;
/// How often those that are due are begun.
const TICK: Duration = Duration::from_millis(5);
/// How long after its timeout an operation is given up for lost.
const GRACE: Duration = Duration::from_secs(5);

/// How a workload runs.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Operations begun a second, those on registers not counted.
    pub rate: u32,
    /// How long it takes from none to so many: nodes that have just started are slow.
    pub ramp: Duration,
    /// What the session gives each request.
    pub timeout: Duration,
    /// Whether rows' statements are marked as idempotent, so that they are sent to a second host while they wait.
    pub marked: bool,
}

/// A workload of its own range of keys.
#[derive(Debug)]
pub struct Workload {
    /// Taken away when the load is over, so that what is left of it can be counted.
    session: Mutex<Option<Session>>,
    ring: Arc<Ring>,
    pace: Pace,
    first: i64,
    statements: Statements,
    rows: Mutex<Ledger>,
    counters: Mutex<Vec<Increments>>,
    registers: AtomicU64,
    chance: Mutex<fastrand::Rng>,
    tally: Tally,
    stopped: AtomicBool,
    begun: Instant,
}

#[derive(Debug)]
struct Statements {
    read: PreparedStatement,
    write: PreparedStatement,
    increment: PreparedStatement,
    create: PreparedStatement,
    exchange: PreparedStatement,
    look: PreparedStatement,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Workload {
    /// Prepares a workload of the million keys from `first` on.
    ///
    /// # Errors
    /// Where its statements cannot be prepared.
    pub async fn prepare(
        session: Session,
        ring: Arc<Ring>,
        pace: Pace,
        first: i64,
        seed: u64,
    ) -> Result<Arc<Self>, Error> {
        let statements = Statements::prepare(&session, pace.marked).await?;
        Ok(Arc::new(Self {
            session: Mutex::new(Some(session)),
            ring,
            pace,
            first,
            statements,
            rows: Mutex::new(Ledger::new(first, ROWS)),
            counters: Mutex::new(vec![Increments::default(); COUNTERS]),
            registers: AtomicU64::new(0),
            chance: Mutex::new(fastrand::Rng::with_seed(seed)),
            tally: Tally::default(),
            stopped: AtomicBool::new(false),
            begun: Instant::now(),
        }))
    }

    /// What was noted.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The rows and what is known of them.
    pub fn rows<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&lock(&self.rows))
    }

    /// The counters' ids, and what was done to each.
    #[must_use]
    pub fn counters(&self) -> Vec<(i64, Increments)> {
        (self.first..).zip(lock(&self.counters).iter().copied()).collect()
    }

    /// Lets its session go: it is not run any more.
    pub fn leave(&self) {
        lock(&self.session).take();
    }

    fn session(&self) -> Result<Session, Error> {
        lock(&self.session).clone().ok_or(Error::ShutDown)
    }

    /// Begins no more operations from now on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn chance(&self, below: usize) -> usize {
        lock(&self.chance).usize(..below)
    }

    /// Runs until it is stopped and all that was begun has ended.
    pub async fn run(self: Arc<Self>) {
        let mut running = JoinSet::new();
        for _ in 0..registers::GROUPS {
            running.spawn(Arc::clone(&self).use_registers());
        }
        let begun = Instant::now();
        let mut clock = tokio::time::interval(TICK);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut asked = 0;
        while !self.is_stopped() {
            clock.tick().await;
            let due = self.pace.due(begun.elapsed());
            // What has fallen behind by more than a second is not made good all at once.
            asked = asked.max(due.saturating_sub(self.pace.rate.into()));
            while asked < due {
                asked += 1;
                if running.len() < MOST {
                    self.begin(&mut running);
                } else {
                    self.tally.note(|sums| sums.skipped += 1);
                }
            }
            while let Some(ended) = running.try_join_next() {
                ended.expect("an operation of the workload panicked");
            }
        }
        while let Some(ended) = running.join_next().await {
            ended.expect("an operation of the workload panicked");
        }
    }

    fn begin(self: &Arc<Self>, running: &mut JoinSet<()>) {
        let me = Arc::clone(self);
        match self.chance(100) {
            0..50 => running.spawn(async move { me.read_row().await }),
            50..85 => running.spawn(async move { me.write_row().await }),
            _ => running.spawn(async move { me.increment().await }),
        };
    }
}

impl Pace {
    /// How many operations are to have begun after so long.
    fn due(&self, elapsed: Duration) -> u64 {
        let (elapsed, ramp) = (elapsed.as_secs_f64(), self.ramp.as_secs_f64());
        let rising = elapsed.min(ramp);
        let risen = if ramp > 0.0 { rising * rising / ramp / 2.0 } else { 0.0 };
        ((risen + elapsed - rising) * f64::from(self.rate)) as u64
    }
}

impl Statements {
    async fn prepare(session: &Session, marked: bool) -> Result<Self, Error> {
        let prepare = async |cql: &str| session.prepare(cql).await;
        let mut statements = Self {
            read: prepare("SELECT id, version, body FROM faults.rows WHERE id = ?").await?,
            write: prepare("INSERT INTO faults.rows (id, version, body) VALUES (?, ?, ?)").await?,
            increment: prepare("UPDATE faults.counters SET n = n + 1 WHERE id = ?").await?,
            create: prepare("INSERT INTO faults.registers (id, v) VALUES (?, ?) IF NOT EXISTS").await?,
            exchange: prepare("UPDATE faults.registers SET v = ? WHERE id = ? IF v = ?").await?,
            look: prepare("SELECT v FROM faults.registers WHERE id = ?").await?,
        };
        if marked {
            for statement in [&mut statements.read, &mut statements.write] {
                statement.options_mut().idempotent = Some(true);
            }
        }
        statements.look.options_mut().consistency = Some(helenus::protocol::Consistency::Serial);
        Ok(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_then_is_steady() {
        let due = |ramp, seconds| {
            let pace = Pace { rate: 100, ramp: Duration::from_secs(ramp), timeout: TICK, marked: false };
            pace.due(Duration::from_secs(seconds))
        };
        assert_eq!([0, 1, 10].map(|seconds| due(0, seconds)), [0, 100, 1000]);
        assert_eq!([0, 5, 10, 11].map(|seconds| due(10, seconds)), [0, 125, 500, 600]);
    }
}
