//! The last requests to each host, kept in memory that does not grow: what a host was doing before something went wrong.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};
use std::time::{Duration, SystemTime};

use helenus_protocol::Consistency;

use super::journal::AttemptKind;
use crate::lock::lock;

/// How many bytes of a statement's text are kept.
pub(super) const TEXT: usize = 96;
/// The most attempts that are kept for a host: 13 MiB of them.
const MOST: usize = 65_536;

/// How many of the last attempts to run a request are kept for each host. Each takes about 200 bytes, which are there from the
/// first on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlightRecorder {
    /// How many for each host, from 1 to 65,536.
    pub per_host: usize,
    /// Whether errors come as [`Error::Recorded`](crate::Error::Recorded), with what was kept for the hosts that had a part in
    /// them: no.
    pub attach_to_errors: bool,
}

impl FlightRecorder {
    /// Keeps the last `per_host` attempts of each host.
    #[must_use]
    pub const fn new(per_host: usize) -> Self {
        Self { per_host, attach_to_errors: false }
    }
}

/// One attempt to run a request, as it was kept. Its `Display` is a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Flight {
    pub(super) serial: usize,
    /// The request's number; see [`RequestInfo::id`](super::RequestInfo::id).
    pub request: u64,
    /// The attempt's, counted from 0 within the request.
    pub attempt: u32,
    /// Why it was made.
    pub kind: AttemptKind,
    /// When it ended, by the clock on the wall.
    pub ended_at: SystemTime,
    /// How long it took.
    pub elapsed: Duration,
    /// What the request does; see [`RequestInfo::operation`](super::RequestInfo::operation).
    pub operation: &'static str,
    /// The consistency that the request began with.
    pub consistency: Consistency,
    /// `None`: it was answered. Else how it failed, see [`error_type`](super::error_type); or `unanswered`, where the request
    /// ended without it.
    pub error: Option<&'static str>,
    pub(super) text: Text,
}

impl Flight {
    /// The beginning of the statement's text, without its constants.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.text.bytes.get(..usize::from(self.text.length)).unwrap_or_default())
            .unwrap_or_default()
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flight({self})")
    }
}

impl fmt::Display for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, attempt, operation, elapsed, consistency, .. } = self;
        let since = self.ended_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        write!(f, "{}.{:03} ", since.as_secs(), since.subsec_millis())?;
        write!(f, "#{request}.{attempt} {} {operation} {consistency} {elapsed:?} ", self.kind.name())?;
        write!(f, "{}: {}", self.error.unwrap_or("answered"), self.text())
    }
}

/// A text of bounded length, where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Text {
    bytes: [u8; TEXT],
    length: u8,
}

impl Text {
    /// As much of `text` as there is room for, in whole characters.
    pub(super) fn new(text: &str) -> Self {
        let length = (0..=TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let mut bytes = [0; TEXT];
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        // At most 96.
        Self { bytes, length: length as u8 }
    }
}

/// The last attempts of one host, the oldest overwritten by the newest. Writers share a counter and then a place each: they meet
/// only where one is a whole round behind, and then the one behind is left out.
pub(crate) struct Flights {
    places: Box<[Mutex<Option<Flight>>]>,
    next: AtomicUsize,
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("places", &self.places.len()).finish_non_exhaustive()
    }
}

impl Flights {
    pub(crate) fn new(count: usize) -> Self {
        let places = (0..count.clamp(1, MOST)).map(|_| Mutex::default()).collect();
        Self { places, next: AtomicUsize::new(0) }
    }

    /// Keeps one more. Nobody waits, and nothing is allocated.
    pub(super) fn record(&self, mut flight: Flight) {
        flight.serial = self.next.fetch_add(1, Ordering::Relaxed);
        match self.places[flight.serial % self.places.len()].try_lock() {
            Ok(mut place) => *place = Some(flight),
            Err(TryLockError::Poisoned(place)) => *place.into_inner() = Some(flight),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    /// All that are kept, the oldest first.
    pub(crate) fn read(&self) -> Vec<Flight> {
        let mut flights: Vec<Flight> = self.places.iter().filter_map(|place| lock(place).clone()).collect();
        flights.sort_unstable_by_key(|flight| flight.serial);
        flights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flight(request: u64, text: &str) -> Flight {
        Flight {
            serial: 0,
            request,
            attempt: 1,
            kind: AttemptKind::Retry,
            ended_at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
            elapsed: Duration::from_millis(3),
            operation: "SELECT",
            consistency: Consistency::LocalOne,
            error: Some("read_timeout"),
            text: Text::new(text),
        }
    }

    #[test]
    fn the_last_ones_are_kept_in_order() {
        let flights = Flights::new(3);
        assert!(flights.read().is_empty());
        (1..=5).for_each(|request| flights.record(flight(request, "")));
        let requests: Vec<u64> = flights.read().iter().map(|flight| flight.request).collect();
        assert_eq!(requests, [3, 4, 5]);
    }

    #[test]
    fn a_flight_is_a_line() {
        let shown = flight(7, "SELECT v FROM t").to_string();
        assert_eq!(shown, "1.500 #7.1 retry SELECT LOCAL_ONE 3ms read_timeout: SELECT v FROM t");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        let long = "é".repeat(60);
        assert_eq!(flight(1, &long).text(), &long[..96]);
        assert_eq!(flight(1, &format!("a{long}")).text(), format!("a{}", &long[..94]));
    }

    #[test]
    fn memory_is_bounded_whatever_is_asked_for() {
        assert_eq!(Flights::new(0).places.len(), 1);
        assert_eq!(Flights::new(usize::MAX).places.len(), MOST);
        assert!(size_of::<Mutex<Option<Flight>>>() <= 208, "{}", size_of::<Mutex<Option<Flight>>>());
    }

    #[test]
    fn writers_do_not_wait_for_a_reader() {
        let flights = Flights::new(1);
        flights.record(flight(1, ""));
        let held = lock(&flights.places[0]);
        flights.record(flight(2, ""));
        drop(held);
        assert_eq!(flights.read()[0].request, 1, "it is left out, and nobody has waited");
    }

    #[test]
    fn threads_write_at_once() {
        let flights = Flights::new(64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|request| flights.record(flight(request, "x"))));
            }
        });
        assert_eq!(flights.read().len(), 64);
    }
}
