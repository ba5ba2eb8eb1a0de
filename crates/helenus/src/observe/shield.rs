//! Who hears of requests is others' code: a subscriber of `tracing`, a recorder of metrics. Where one panics, the request and
//! whoever waits for it do not suffer, and neither do others that are to hear of it.

use std::panic::AssertUnwindSafe;

use super::span::Spans;

/// What `tell` gives, unless it panics. The panic was told by the program's hook, and is not logged again: it may well be the
/// log that panics.
pub(super) fn shielded<T>(tell: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(AssertUnwindSafe(tell)).ok()
}

/// The spans of one request, as long as the subscriber can take them.
#[derive(Debug, Default)]
pub(super) struct Shielded(Option<Spans>);

impl Shielded {
    pub(super) fn begin(begin: impl FnOnce() -> Option<Spans>) -> Self {
        Self(shielded(begin).flatten())
    }

    /// Has the subscriber told. After a panic it hears nothing more of this request, not even that its spans are closed: it
    /// might panic again, while the first panic is still on its way.
    pub(super) fn tell(&mut self, tell: impl FnOnce(&mut Spans)) {
        let Some(mut spans) = self.0.take() else { return };
        match shielded(|| tell(&mut spans)) {
            Some(()) => self.0 = Some(spans),
            None => std::mem::forget(spans),
        }
    }

    /// The same, and closes them.
    pub(super) fn end(&mut self, tell: impl FnOnce(&mut Spans)) {
        self.tell(tell);
        let spans = self.0.take();
        _ = shielded(move || drop(spans));
    }
}
