//! A subscriber that keeps spans and events, with their fields as text, for as long as a test runs on its thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// A span or an event.
#[derive(Debug, Clone, Default)]
pub(super) struct Captured {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) target: String,
    pub(super) parent: Option<u64>,
    pub(super) fields: BTreeMap<&'static str, String>,
    pub(super) is_closed: bool,
    handles: usize,
}

impl Captured {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

impl Visit for Captured {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

#[derive(Debug, Default)]
struct Kept {
    spans: Vec<Captured>,
    events: Vec<Captured>,
    entered: Vec<u64>,
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Capture {
    kept: Arc<Mutex<Kept>>,
    level: Level,
}

impl Capture {
    /// Captures what happens on this thread until the guard is dropped: a test on the runtime of one thread.
    pub(super) fn start(level: Level) -> (Self, DefaultGuard) {
        let capture = Self { kept: Arc::default(), level };
        let guard = tracing::subscriber::set_default(capture.clone());
        (capture, guard)
    }

    /// All spans of this name, in order.
    pub(super) fn spans(&self, name: &str) -> Vec<Captured> {
        self.kept.lock().unwrap().spans.iter().filter(|span| span.name == name).cloned().collect()
    }

    /// The one span of a request so far, and those of its attempts.
    pub(super) fn request(&self) -> (Captured, Vec<Captured>) {
        let requests = self.spans("request");
        assert_eq!(requests.len(), 1, "{requests:?}");
        let attempts = self.spans("attempt");
        assert!(attempts.iter().all(|attempt| attempt.parent == Some(requests[0].id)), "{attempts:?}");
        assert!(requests[0].is_closed && attempts.iter().all(|attempt| attempt.is_closed), "{self:?}");
        (requests[0].clone(), attempts)
    }

    /// All events of this target.
    pub(super) fn events(&self, target: &str) -> Vec<Captured> {
        self.kept.lock().unwrap().events.iter().filter(|event| event.target == target).cloned().collect()
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        *self.kept.lock().unwrap() = Kept::default();
    }

    fn with(&self, id: &Id, change: impl FnOnce(&mut Captured)) {
        let mut kept = self.kept.lock().unwrap();
        if let Some(span) = kept.spans.iter_mut().find(|span| span.id == id.into_u64()) {
            change(span);
        }
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let id = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut kept = self.kept.lock().unwrap();
        let current = kept.entered.last().copied();
        let parent = span.parent().map(|parent| parent.into_u64()).or(if span.is_contextual() {
            current
        } else {
            None
        });
        let (name, target) = (span.metadata().name(), span.metadata().target().to_owned());
        let mut captured = Captured { id, name, target, parent, handles: 1, ..Captured::default() };
        span.record(&mut captured);
        kept.spans.push(captured);
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.with(span, |span| values.record(span));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let target = event.metadata().target().to_owned();
        let mut captured = Captured { target, ..Captured::default() };
        event.record(&mut captured);
        self.kept.lock().unwrap().events.push(captured);
    }

    fn enter(&self, span: &Id) {
        self.kept.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.kept.lock().unwrap().entered.pop();
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.with(span, |span| span.handles += 1);
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut closed = false;
        self.with(&span, |span| {
            span.handles = span.handles.saturating_sub(1);
            span.is_closed = span.handles == 0;
            closed = span.is_closed;
        });
        closed
    }
}
