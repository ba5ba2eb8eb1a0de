//! Inputs in, actions out, no clock: every race of retry, speculation and deadline. Hosts are letters, actions are told
//! in words, so that a test reads like the story of one request.

mod ends;
mod properties;
mod retries;
mod room;
mod speculation;

use bytes::Bytes;
use helenus_protocol::envelope::{Envelope, Flags, ResponseHeader};
use helenus_protocol::response::{SchemaChange, SchemaChangeKind, SchemaTarget};
use helenus_protocol::{DecodeError, ResponseOpcode};

use std::time::Duration;

use super::*;
use crate::error::{ConnectionError, RequestFailure, Unanswered};

const SECOND: Duration = Duration::from_secs(1);

/// One that may be run twice, with ten seconds to do it.
fn idempotent(start: Instant) -> Limits {
    Limits {
        deadline: Some(start + 10 * SECOND),
        timeout: Some(10 * SECOND),
        idempotent: true,
        policy_decides: false,
        written_apart: false,
        speculation: Vec::new(),
    }
}

/// One request, and the time.
struct Run {
    execution: Execution<char>,
    now: Instant,
}

impl Run {
    fn new(limits: impl FnOnce(Instant) -> Limits) -> Self {
        let now = Instant::now();
        Self { execution: Execution::new(limits(now)), now }
    }

    /// A request whose first attempt is with host a.
    fn begun(limits: impl FnOnce(Instant) -> Limits) -> Self {
        let mut run = Self::new(limits);
        let mut short = run.execution.clone();
        assert_eq!(run.feed(Input::Start), ["host?"]);
        assert_eq!(run.feed(Input::NextHost(Some('a'))), ["send 0 to a"]);
        // The short way to the same state.
        assert_eq!(short.begin('a', run.now), 0);
        assert_eq!(format!("{short:?}"), format!("{:?}", run.execution));
        run
    }

    fn feed(&mut self, input: Input<char>) -> Vec<String> {
        let mut short = self.execution.clone();
        let concluded = match &input {
            Input::Responded(id, Answer::Plain(envelope)) => {
                let began = short.began(*id);
                short.conclude(*id).map(|concluded| {
                    assert_eq!(Some(concluded.began), began);
                    let (host, attempts) = (concluded.host, concluded.attempts);
                    ended(&Ok(Success { envelope: Some(envelope.clone()), host, attempts }))
                })
            }
            _ => None,
        };
        let before = format!("{:?}", self.execution);
        let told: Vec<_> =
            self.execution.handle(input, self.now).into_iter().map(|action| told(&action)).collect();
        match concluded {
            // The short way comes to the same end, without a word about what else there would be to do.
            Some(outcome) => {
                assert_eq!(told, [outcome]);
                assert_eq!(format!("{short:?}"), format!("{:?}", self.execution));
            }
            None => assert_eq!(format!("{short:?}"), before, "it has changed something"),
        }
        told
    }

    /// Lets `seconds` pass, and the timer fire. Where it asks for one more attempt then, it may make it.
    fn after(&mut self, seconds: u64) -> Vec<String> {
        let mut told = self.after_unanswered(seconds);
        if let Some(at) = told.iter().position(|action| action == "speculate?") {
            told.splice(at..=at, self.feed(Input::Speculation(true)));
        }
        told
    }

    /// The same, and nobody says whether it may.
    fn after_unanswered(&mut self, seconds: u64) -> Vec<String> {
        self.now += Duration::from_secs(seconds);
        self.feed(Input::TimerFired)
    }

    /// In how many seconds it wants to hear from the clock.
    fn wakes_in(&self) -> Option<u64> {
        self.execution.poll_timeout().map(|at| at.duration_since(self.now).as_secs())
    }

    fn host(&mut self, host: impl Into<Option<char>>) -> Vec<String> {
        self.feed(Input::NextHost(host.into()))
    }

    fn answered(&mut self, id: AttemptId) -> Vec<String> {
        self.feed(Input::Responded(id, Answer::Plain(envelope())))
    }

    fn refused(&mut self, id: AttemptId, error: ServerError) -> Vec<String> {
        self.feed(Input::Responded(id, Answer::Error(Box::new(error))))
    }

    fn lost(&mut self, id: AttemptId, written: bool) -> Vec<String> {
        self.feed(Input::Failed(id, lost(), written))
    }

    fn decided(&mut self, id: AttemptId, verdict: Verdict) -> Vec<String> {
        self.feed(Input::Retry(id, verdict))
    }
}

fn told(action: &Action<char>) -> String {
    match action {
        Action::WantHost => "host?".into(),
        Action::Attempt { id, host, has_waited: true, .. } => format!("send {id} to {host}, it has waited"),
        Action::Attempt { id, host, consistency: None, .. } => format!("send {id} to {host}"),
        Action::Attempt { id, host, consistency: Some(level), .. } => {
            format!("send {id} to {host} at {level}")
        }
        Action::WaitForRoom(hosts) => format!("wait for {}", hosts.iter().collect::<String>()),
        Action::LeaveQueue => "leave".into(),
        Action::AskRetry { id, host, error, retries, .. } => {
            format!("ask about {id} of {host} after {retries}: {error}")
        }
        Action::AskSpeculation => "speculate?".into(),
        Action::Orphan { id, .. } => format!("orphan {id}"),
        Action::Prepare { id, host, .. } => format!("prepare {id} on {host}"),
        Action::SetKeyspace(keyspace) => format!("use {keyspace}"),
        Action::AwaitSchema(_, host) => format!("agree with {host}"),
        Action::Done(outcome) => ended(outcome),
    }
}

fn ended(outcome: &Outcome<char>) -> String {
    let tried = |attempts: &[Attempt<char>]| -> String {
        let said = attempts.iter().map(|a| if a.written { a.host } else { a.host.to_ascii_uppercase() });
        said.collect()
    };
    match outcome {
        Ok(Success { envelope: Some(_), host, attempts }) => {
            format!("answer of {host} after [{}]", tried(attempts))
        }
        Ok(Success { envelope: None, host, attempts }) => {
            format!("nothing of {host} after [{}]", tried(attempts))
        }
        Err(failure) => match &**failure {
            RequestFailure::Exhausted { attempts, retries } => {
                format!("exhausted after [{}], {retries} retries", tried(attempts))
            }
            RequestFailure::Attempt { error, host, attempts, not_retried } => {
                let why = not_retried.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
                format!("error of {host} after [{}]: {error}{why}", tried(attempts))
            }
            RequestFailure::Busy { waited, queue, attempts } => {
                let full = if queue.is_some() { ", full" } else { "" };
                format!("busy for {waited:?}{full} after [{}]", tried(attempts))
            }
            RequestFailure::TimedOut { after, waiting, attempts } => {
                let silent = |Unanswered { host, connection, in_flight, elapsed, has_changed_schema }: &_| {
                    if *has_changed_schema {
                        return format!("agreement with {host} for {elapsed:?}");
                    }
                    let among = connection.map(|connection| {
                        format!(" on {connection} with {}", in_flight.expect("it is on a connection"))
                    });
                    format!("{host} {elapsed:?}{}", among.unwrap_or_default())
                };
                let waiting: Vec<_> = waiting.iter().map(silent).collect();
                format!("{after:?} over after [{}], waiting for [{}]", tried(attempts), waiting.join(", "))
            }
        },
    }
}

fn envelope() -> Envelope {
    let header = ResponseHeader {
        version: 4,
        flags: Flags::empty(),
        stream: 0,
        opcode: ResponseOpcode::Result,
        length: 0,
    };
    Envelope { header, body: Bytes::new() }
}

fn lost() -> AttemptError {
    AttemptError::Connection(ConnectionError::ClosedByServer)
}

fn busy() -> AttemptError {
    AttemptError::Busy { connections: 1, in_flight: 3, unsent: 0, waiting: 0 }
}

const LOST: &str = "the connection was lost: the server closed the connection";

fn overloaded() -> ServerError {
    ServerError::Overloaded { message: "too much".into() }
}

fn unprepared() -> ServerError {
    ServerError::Unprepared { message: "what?".into(), id: Bytes::from_static(b"id") }
}

fn unavailable() -> ServerError {
    let message = "too few".into();
    ServerError::Unavailable { message, consistency: Consistency::Quorum, required: 2, alive: 1 }
}

fn syntax() -> ServerError {
    ServerError::SyntaxError { message: "line 1".into() }
}

fn change() -> Box<SchemaChange> {
    let (change, target) = (SchemaChangeKind::Created, SchemaTarget::Keyspace);
    Box::new(SchemaChange { change, keyspace: "ks".into(), target })
}

const NEXT: Verdict = Verdict::Again { same_host: false, consistency: None, after: Duration::ZERO };
const SAME: Verdict = Verdict::Again { same_host: true, consistency: None, after: Duration::ZERO };

const fn pause(same_host: bool, seconds: u64) -> Verdict {
    Verdict::Again { same_host, consistency: None, after: Duration::from_secs(seconds) }
}
