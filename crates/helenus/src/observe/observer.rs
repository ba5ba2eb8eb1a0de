//! Tells a cluster's requests to whoever is to hear of them.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::error_type;
use super::flight::{self, Flight, Flights, Text};
use super::settings::Observability;
use super::shield::shielded;
use super::slow::Allowance;
use super::span;
use super::tracker::{
    AttemptOutcome, AttemptRecord, RequestEnd, RequestInfo, RequestOutcome, RequestTracker,
};
use crate::cluster::Host;
use crate::lock::lock;
use crate::metrics::RequestCounters;

/// How many bytes of a statement's text spans hold at most.
pub(super) const TEXT_IN_SPANS: usize = 4096;
/// How long a tracker may take before it is said that it blocks.
const BLOCKING: Duration = Duration::from_millis(10);

/// Numbers requests within the process.
static REQUEST: AtomicU64 = AtomicU64::new(1);

/// What a cluster shows, and to whom.
#[derive(Debug)]
pub(crate) struct Observer {
    settings: Observability,
    /// Whether anything but spans is wanted.
    always: bool,
    /// The requests of all sessions, those that have ended too.
    requests: RequestCounters,
    allowance: Mutex<Allowance>,
    panicked: AtomicBool,
    blocked: AtomicBool,
}

impl Observer {
    pub(crate) fn new(settings: &Observability) -> Self {
        let settings = settings.clone();
        let per_second = settings.slow_queries.as_ref().map_or(0, |slow| slow.per_second);
        Self {
            always: settings.is_any(),
            requests: RequestCounters::default(),
            allowance: Mutex::new(Allowance::new(per_second)),
            panicked: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            settings,
        }
    }

    /// Whether requests are to be observed now.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.always || (self.settings.spans && span::are_wanted())
    }

    pub(crate) const fn settings(&self) -> &Observability {
        &self.settings
    }

    /// The counts of all sessions' requests, where they are wanted.
    pub(crate) fn requests(&self) -> Option<&RequestCounters> {
        self.settings.counts().then_some(&self.requests)
    }

    pub(super) fn next_id() -> u64 {
        REQUEST.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn spans(&self, info: &RequestInfo<'_>) -> Option<span::Spans> {
        let is_wanted = self.settings.spans && span::are_wanted();
        is_wanted.then(|| span::Spans::begin(info, self.settings.query_text))
    }

    pub(super) fn began(&self, info: &RequestInfo<'_>, session: &RequestCounters) {
        if let Some(requests) = self.requests() {
            requests.began();
            session.began();
        }
        self.tell(|tracker| tracker.begin(info));
    }

    pub(super) fn attempt_began(&self, host: &Host) {
        if self.settings.counts() {
            host.counters().began();
        }
    }

    pub(super) fn attempt_ended(&self, info: &RequestInfo<'_>, attempt: &AttemptRecord) {
        if self.settings.counts() {
            attempt.host.counters().ended(&attempt.outcome, attempt.elapsed);
        }
        if let Some(recorder) = &self.settings.flight_recorder {
            let flights = attempt.host.counters().flights.get_or_init(|| Flights::new(recorder.per_host));
            flights.record(flight(info, attempt));
        }
        self.tell(|tracker| tracker.attempt(info, attempt));
    }

    pub(super) fn ended(
        &self,
        info: &RequestInfo<'_>,
        end: &RequestEnd,
        session: &RequestCounters,
        now: Instant,
    ) {
        if let Some(requests) = self.requests() {
            requests.ended(end);
            session.ended(end);
        }
        #[cfg(feature = "metrics")]
        if self.settings.publish_every().is_some() {
            shielded(|| crate::metrics::publish::record(info, end));
        }
        shielded(|| self.log_if_slow(info, end, now));
        self.tell(|tracker| tracker.end(info, end));
    }

    fn log_if_slow(&self, info: &RequestInfo<'_>, end: &RequestEnd, now: Instant) {
        let Some(slow) = self.settings.slow_queries.as_ref().filter(|slow| slow.is_slow(end.elapsed)) else {
            return;
        };
        let Some(suppressed) = lock(&self.allowance).take(now) else { return };
        let outcome = match end.outcome {
            RequestOutcome::Succeeded => "succeeded",
            RequestOutcome::Failed(error) => error,
            RequestOutcome::Cancelled => "cancelled",
        };
        tracing::warn!(
            target: "helenus::slow_query",
            request = info.id(),
            elapsed_ms = u64::try_from(end.elapsed.as_millis()).unwrap_or(u64::MAX),
            outcome,
            "db.operation.name" = info.operation(),
            "db.namespace" = info.keyspace().as_deref(),
            "db.query.text" = info.text(slow.text_length),
            "cassandra.consistency.level" = info.consistency().name().to_ascii_lowercase(),
            attempts = end.attempts,
            host = end.host.as_ref().map(|host| host.address().to_string()),
            suppressed,
            "a slow request"
        );
    }

    /// Calls each tracker. What it does wrong is its own, and heard of once.
    fn tell(&self, call: impl Fn(&dyn RequestTracker)) {
        for tracker in &self.settings.trackers {
            let begun = Instant::now();
            let called = std::panic::catch_unwind(AssertUnwindSafe(|| call(&**tracker)));
            let took = begun.elapsed();
            match called {
                Err(_panic) => {
                    if !self.panicked.swap(true, Ordering::Relaxed) {
                        let tracker = name(&**tracker);
                        shielded(|| {
                            tracing::error!(
                                tracker,
                                "a request tracker panicked; its next panics are not told of"
                            );
                        });
                    }
                }
                Ok(()) if took > BLOCKING => {
                    if !self.blocked.swap(true, Ordering::Relaxed) {
                        let tracker = name(&**tracker);
                        shielded(|| {
                            tracing::warn!(
                                tracker,
                                ?took,
                                "a request tracker blocks, and requests with it; this is told once"
                            );
                        });
                    }
                }
                Ok(()) => {}
            }
        }
    }
}

/// What a tracker is called. That is its own code as well.
fn name(tracker: &dyn RequestTracker) -> &str {
    std::panic::catch_unwind(AssertUnwindSafe(|| tracker.name())).unwrap_or("?")
}

fn flight(info: &RequestInfo<'_>, attempt: &AttemptRecord) -> Flight {
    Flight {
        serial: 0,
        request: info.id(),
        attempt: attempt.number,
        kind: attempt.kind,
        ended_at: SystemTime::now(),
        elapsed: attempt.elapsed,
        operation: info.operation(),
        consistency: info.consistency(),
        error: match &attempt.outcome {
            AttemptOutcome::Answered => None,
            AttemptOutcome::Failed(error) => Some(error_type(error)),
            AttemptOutcome::Unanswered => Some("unanswered"),
        },
        text: Text::new(&info.text(flight::TEXT - '…'.len_utf8())),
    }
}
