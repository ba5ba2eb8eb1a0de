//! Requests and attempts as spans of `tracing`, named by OpenTelemetry's conventions for Cassandra.

use smallvec::SmallVec;
use tracing::field::Empty;
use tracing::{Level, Span};

use super::error_type::status_code;
use super::journal::AttemptKind;
use super::observer::TEXT_IN_SPANS;
use super::tracker::{AttemptOutcome, AttemptRecord, RequestEnd, RequestInfo, RequestOutcome};
use crate::cluster::Host;

/// Whether anybody wants spans of requests. Without a subscriber that is one load and a comparison.
#[inline]
pub(super) fn are_wanted() -> bool {
    tracing::span_enabled!(target: "helenus::request", Level::INFO)
}

/// The spans of one request.
#[derive(Debug)]
pub(super) struct Spans {
    request: Span,
    attempts: SmallVec<[(u32, Span); 1]>,
}

impl Spans {
    /// The span of a request that begins, within the current one.
    pub(super) fn begin(info: &RequestInfo<'_>, query_text: bool) -> Self {
        let (operation, keyspace, table) = (info.operation(), info.keyspace(), info.table());
        let name = match table.as_deref().or(keyspace.as_deref()) {
            Some(target) => format!("{operation} {target}"),
            None => operation.to_owned(),
        };
        let text = query_text.then(|| info.text(TEXT_IN_SPANS));
        let request = tracing::info_span!(
            target: "helenus::request",
            "request",
            "otel.name" = name,
            "otel.kind" = "client",
            "otel.status_code" = Empty,
            "db.system.name" = "cassandra",
            "db.operation.name" = operation,
            "db.namespace" = keyspace.as_deref(),
            "db.collection.name" = table.as_deref(),
            "db.operation.batch.size" = info.batch_size(),
            "db.query.text" = text,
            "db.response.status_code" = Empty,
            "cassandra.consistency.level" = info.consistency().name().to_ascii_lowercase(),
            "cassandra.page.size" = info.page_size(),
            "cassandra.query.idempotent" = info.is_idempotent(),
            "cassandra.coordinator.id" = Empty,
            "cassandra.coordinator.dc" = Empty,
            "cassandra.speculative_execution.count" = Empty,
            "helenus.attempt.count" = Empty,
            "helenus.retry.count" = Empty,
            "helenus.page.later" = info.is_later_page(),
            "error.type" = Empty,
            "server.address" = Empty,
            "server.port" = Empty,
        );
        Self { request, attempts: SmallVec::new() }
    }

    pub(super) fn attempt(&mut self, number: u32, kind: AttemptKind, host: &Host) {
        let span = tracing::debug_span!(
            target: "helenus::request",
            parent: &self.request,
            "attempt",
            "otel.kind" = "internal",
            "otel.status_code" = Empty,
            "db.system.name" = "cassandra",
            "db.response.status_code" = Empty,
            "cassandra.coordinator.id" = Empty,
            "cassandra.coordinator.dc" = Empty,
            "helenus.attempt.number" = number,
            "helenus.attempt.kind" = kind.name(),
            "error.type" = Empty,
            "server.address" = Empty,
            "server.port" = Empty,
        );
        // Kept first: a subscriber may panic.
        self.attempts.push((number, span));
        if let Some((_, span)) = self.attempts.last() {
            record_host(span, host);
        }
    }

    pub(super) fn attempt_ended(&mut self, attempt: &AttemptRecord) {
        let Some(at) = self.attempts.iter().position(|(number, _)| *number == attempt.number) else { return };
        let (_, span) = &self.attempts[at];
        match &attempt.outcome {
            AttemptOutcome::Answered => {}
            AttemptOutcome::Failed(error) => {
                record_error(span, super::error_type(error), status_code(error));
            }
            // That is no error of the attempt.
            AttemptOutcome::Unanswered => _ = span.record("error.type", "unanswered"),
        }
        self.attempts.remove(at);
    }

    pub(super) fn end(&self, end: &RequestEnd) {
        let span = &self.request;
        if let Some(host) = &end.host {
            record_host(span, host);
        }
        span.record("cassandra.speculative_execution.count", end.speculative);
        span.record("helenus.attempt.count", end.attempts);
        span.record("helenus.retry.count", end.retries);
        match end.outcome {
            RequestOutcome::Succeeded => {}
            RequestOutcome::Failed(error) => record_error(span, error, end.status_code),
            RequestOutcome::Cancelled => _ = span.record("error.type", "cancelled"),
        }
    }
}

fn record_error(span: &Span, error: &str, code: Option<i32>) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error);
    // As a text, as the conventions say.
    span.record("db.response.status_code", code.map(|code| code.to_string()).as_deref());
}

fn record_host(span: &Span, host: &Host) {
    if span.is_disabled() {
        return;
    }
    span.record("cassandra.coordinator.id", tracing::field::display(host.host_id()));
    span.record("cassandra.coordinator.dc", host.datacenter());
    span.record("server.address", tracing::field::display(host.address().ip()));
    span.record("server.port", host.address().port());
}
