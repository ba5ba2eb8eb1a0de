//! What a server has recorded of a traced statement (`system_traces`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use helenus_protocol::Consistency;
use helenus_protocol::value::CqlTimestamp;
use uuid::Uuid;

use crate::error::Error;
use crate::session::Session;
use crate::statement::SimpleStatement;

/// The first and the longest pause between looks for a trace that is not whole yet.
const PAUSES: (Duration, Duration) = (Duration::from_millis(3), Duration::from_millis(200));

/// The trace of one statement.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueryTrace {
    /// The id under which the server keeps it.
    pub id: Uuid,
    /// What the client asked for: `Execute CQL3 query` and the like.
    pub request: Option<String>,
    /// The node that coordinated it.
    pub coordinator: Option<IpAddr>,
    /// The client's address, as the coordinator saw it.
    pub client: Option<IpAddr>,
    /// When it began, by the coordinator's clock.
    pub started_at: Option<CqlTimestamp>,
    /// How long it took. `None` where that was not recorded within the time that was waited.
    pub duration: Option<Duration>,
    /// The statement's text, its page size and the like, as the server tells them.
    pub parameters: HashMap<String, String>,
    /// What was done, in order.
    pub events: Vec<TraceEvent>,
}

/// One thing that a node has done for a traced statement.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TraceEvent {
    /// What.
    pub activity: Option<String>,
    /// Where.
    pub source: Option<IpAddr>,
    /// How long after the statement had come to that node; microseconds are the server's unit.
    pub elapsed: Option<Duration>,
    /// The thread.
    pub thread: Option<String>,
}

type Found = (
    Option<String>,
    Option<IpAddr>,
    Option<IpAddr>,
    Option<CqlTimestamp>,
    Option<i32>,
    Option<HashMap<String, String>>,
);

impl Session {
    /// Reads the trace of a statement that was run with [`tracing`](crate::statement::StatementOptions::tracing), by the
    /// [`tracing_id`](crate::ResultSet::tracing_id) of its result. Servers write traces beside, so it is waited for up to
    /// `max_wait`, and then given as far as it is there. `None`: the server has nothing of it.
    ///
    /// # Errors
    ///
    /// Those of reading the tables.
    pub async fn query_trace(&self, id: Uuid, max_wait: Duration) -> Result<Option<QueryTrace>, Error> {
        let begun = Instant::now();
        let (mut pause, longest) = PAUSES;
        let found = loop {
            let found = self.trace_session(id).await?;
            let left = max_wait.saturating_sub(begun.elapsed());
            if left.is_zero() || found.as_ref().is_some_and(|found| found.4.is_some()) {
                break found;
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (2 * pause).min(longest);
        };
        let Some((request, coordinator, client, started_at, duration, parameters)) = found else {
            return Ok(None);
        };
        let micros = |micros: Option<i32>| {
            micros.map(|micros| Duration::from_micros(u64::try_from(micros).unwrap_or_default()))
        };
        let events = format!(
            "SELECT activity, source, source_elapsed, thread FROM system_traces.events WHERE session_id = {id}"
        );
        let events = self
            .execute(of_the_system(events))
            .await?
            .into_stream()
            .collect_as::<(Option<String>, Option<IpAddr>, Option<i32>, Option<String>)>()
            .await?
            .into_iter()
            .map(|(activity, source, elapsed, thread)| TraceEvent {
                activity,
                source,
                elapsed: micros(elapsed),
                thread,
            })
            .collect();
        let parameters = parameters.unwrap_or_default();
        let duration = micros(duration);
        Ok(Some(QueryTrace { id, request, coordinator, client, started_at, duration, parameters, events }))
    }

    async fn trace_session(&self, id: Uuid) -> Result<Option<Found>, Error> {
        let columns = "request, coordinator, client, started_at, duration, parameters";
        let cql = format!("SELECT {columns} FROM system_traces.sessions WHERE session_id = {id}");
        self.execute(of_the_system(cql)).await?.first_as()
    }
}

/// One replica of a trace is as good as another: more might not be there.
fn of_the_system(cql: String) -> SimpleStatement {
    let mut statement = SimpleStatement::new(cql);
    statement.options.consistency = Some(Consistency::One);
    statement.options.idempotent = Some(true);
    statement
}
