//! The wall clock of write timestamps. Reading it costs about as much as a tenth of a request's whole way through here, and the
//! monotonic clock was read already: so it is read once a millisecond, and reckoned in between.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// For how long it is reckoned. A clock that is set is noticed after that; one that is being corrected by and by (by at most
/// 500 millionths) is wrong by less than a microsecond.
const RECKONED: Duration = Duration::from_millis(1);

thread_local! {
    static LAST: Cell<Option<Reading>> = const { Cell::new(None) };
}

/// What the clock said, and when.
#[derive(Debug, Clone, Copy)]
struct Reading {
    at: Instant,
    microseconds: i64,
}

impl Reading {
    /// What it says at `now`; `None` if it has to be read again.
    fn reckon(self, now: Instant) -> Option<i64> {
        let since = now.checked_duration_since(self.at).filter(|since| *since < RECKONED)?;
        self.microseconds.checked_add(i64::from(since.subsec_micros()))
    }
}

/// Microseconds since 1970-01-01T00:00Z at `now`, which is the present.
pub(super) fn wall_clock(now: Instant) -> i64 {
    LAST.with(|last| {
        last.get().and_then(|reading| reading.reckon(now)).unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let microseconds = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
            last.set(Some(Reading { at: now, microseconds }));
            microseconds
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_reckoned_for_a_millisecond() {
        let at = Instant::now() + Duration::from_secs(1);
        let reading = Reading { at, microseconds: 1_000_000 };
        assert_eq!(reading.reckon(at), Some(1_000_000));
        assert_eq!(reading.reckon(at + Duration::from_nanos(999_999)), Some(1_000_999));
        assert_eq!(reading.reckon(at + Duration::from_millis(1)), None);
        // A caller's present may be a little before that of the caller who read it.
        assert_eq!(reading.reckon(at.checked_sub(Duration::from_nanos(1)).unwrap()), None);
        assert_eq!(Reading { at, microseconds: i64::MAX }.reckon(at + Duration::from_micros(1)), None);
    }

    #[test]
    fn it_goes_with_the_clock() {
        for _ in 0..1000 {
            let system = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64;
            let before = system();
            let told = wall_clock(Instant::now());
            // Unless somebody sets the machine's clock meanwhile.
            assert!((before - 10_000..=system() + 10_000).contains(&told), "{told} after {before}");
        }
    }
}
