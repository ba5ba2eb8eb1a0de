//! Registers are read and set under conditions, by a few clients at a time; the history of each is judged when it is long enough.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::ResultSet;

use super::operation::{fate, foreign};
use super::{Kind, Workload, lock};
use crate::check::register::{Event, Operation, Outcome, Value, Verdict, judge};
use crate::check::{Fate, Finding};

/// So many registers are in use at a time, each by so many clients, for so many operations of each.
pub(super) const GROUPS: usize = 2;
const CLIENTS: usize = 3;
const OPERATIONS: usize = 8;
/// How long a client thinks.
const THOUGHT: Duration = Duration::from_millis(150);
/// How hard a history is thought about.
const STEPS: usize = 2_000_000;

/// One register that is in use.
#[derive(Debug, Default)]
struct Register {
    id: i64,
    history: Mutex<Vec<Event>>,
}

impl Workload {
    /// Uses one register after another until the workload is stopped.
    pub(super) async fn use_registers(self: Arc<Self>) {
        while !self.is_stopped() {
            let number = self.registers.fetch_add(1, Ordering::Relaxed);
            let register = Arc::new(Register { id: self.first + number as i64, history: Mutex::default() });
            let mut clients = tokio::task::JoinSet::new();
            for client in 0..CLIENTS {
                clients.spawn(Arc::clone(&self).use_register(Arc::clone(&register), client));
            }
            while let Some(ended) = clients.join_next().await {
                ended.expect("a client of a register panicked");
            }
            let history = std::mem::take(&mut *lock(&register.history));
            let verdict = tokio::task::spawn_blocking(move || (judge(&history, STEPS), history)).await;
            let (verdict, history) = verdict.expect("a judgement panicked");
            self.tally.note(|sums| sums.histories += 1);
            match verdict {
                Verdict::Linearizable => {}
                Verdict::Undecided => self.tally.note(|sums| sums.undecided += 1),
                Verdict::Impossible => {
                    let id = register.id;
                    self.tally.found(&Finding::Wrong(format!("register {id} is none: {history:?}")));
                }
            }
        }
    }

    async fn use_register(self: Arc<Self>, register: Arc<Register>, client: usize) {
        let mut known: Value = None;
        for turn in 0..OPERATIONS {
            if self.is_stopped() {
                return;
            }
            let new = (client * OPERATIONS + turn) as i64;
            let seen = if self.chance(3) == 0 {
                self.read_register(&register).await
            } else {
                self.set_register(&register, known, new).await
            };
            known = seen.unwrap_or(known);
            self.pause(THOUGHT).await;
        }
    }

    /// Reads it; tells what it holds, where that is known.
    async fn read_register(&self, register: &Register) -> Option<Value> {
        let statement = self.statements.look.bind((register.id,)).ok()?;
        let called = self.clock();
        let result = self.watch(Kind::Register, statement).await?.ok()?;
        let Some(value) = held(&result, "v") else {
            self.tally.found(&foreign(Kind::Register, register.id, &result));
            return None;
        };
        let event = Event { called, returned: self.clock(), operation: Operation::Read(value) };
        lock(&register.history).push(event);
        Some(value)
    }

    /// Sets it to `new` if it holds what is `expected`; tells what it holds now, where that is known.
    async fn set_register(&self, register: &Register, expected: Value, new: i64) -> Option<Value> {
        let statement = match expected {
            None => self.statements.create.bind((register.id, new)),
            Some(value) => self.statements.exchange.bind((new, register.id, value)),
        };
        let called = self.clock();
        let answer = self.watch(Kind::Register, statement.ok()?).await;
        let (outcome, known) = match (fate(answer.as_ref()), &answer) {
            (Fate::NotRun, _) => return None,
            (Fate::Acknowledged, Some(Ok(result))) => match (result.was_applied(), held(result, "v")) {
                _ if result.columns().first().is_none_or(|column| &*column.name != "[applied]") => {
                    self.tally.found(&foreign(Kind::Register, register.id, result));
                    (Outcome::Unknown, None)
                }
                (Ok(true), _) => (Outcome::Applied, Some(Some(new))),
                (Ok(false), value) => {
                    let value = value.unwrap_or(None);
                    (Outcome::Refused(value), Some(value))
                }
                (Err(_), _) => (Outcome::Unknown, None),
            },
            _ => (Outcome::Unknown, None),
        };
        let operation = Operation::CompareAndSet { expected, new, outcome };
        lock(&register.history).push(Event { called, returned: self.clock(), operation });
        known
    }
}

/// What the register held by this answer; `None` if there is no such column in it.
fn held(result: &ResultSet, column: &str) -> Option<Value> {
    if !result.columns().iter().any(|spec| &*spec.name == column) {
        return None;
    }
    match result.rows().next() {
        None => Some(None),
        Some(row) => row.ok()?.get_by_name::<Option<i64>>(column).ok(),
    }
}
