//! When the first connection to each host of a large cluster is opened: pure.
//!
//! The hosts of a small cluster are all connected to at once. Those of a large one come one after another, a few each
//! [`PACE`], in an order of chance: a program that begins is not slowed down by a thousand handshakes at once, and programs that begin
//! together do not meet at the same host.

use std::time::Duration;

/// To so many hosts, about, the first connections are opened at once.
const AT_ONCE: f64 = 32.0;
/// The pause between two of the others, on average; 500 a second.
const PACE: Duration = Duration::from_millis(2);
/// The last one waits no longer than that.
const LONGEST: Duration = Duration::from_secs(2);

/// How long the first connection to one of `hosts` new hosts waits; `chance` is at least 0 and less than 1.
pub(crate) fn first_dial_after(hosts: usize, chance: f64) -> Duration {
    let place = chance * hosts as f64 - AT_ONCE;
    PACE.mul_f64(place.max(0.0)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(hosts: usize) -> Vec<Duration> {
        (0..hosts).map(|host| first_dial_after(hosts, host as f64 / hosts as f64)).collect()
    }

    #[test]
    fn a_small_cluster_waits_for_nothing() {
        for hosts in [0, 1, 3, 32] {
            assert!(delays(hosts).iter().all(Duration::is_zero), "{hosts}");
        }
    }

    #[test]
    fn a_large_one_is_connected_to_little_by_little() {
        let mut delays = delays(500);
        delays.sort_unstable();
        assert!(delays[..32].iter().all(Duration::is_zero) && !delays[34].is_zero());
        // In no tenth of a second more than fifty, and one for rounding.
        let later: Vec<_> = delays.iter().filter(|delay| !delay.is_zero()).collect();
        assert!(later.windows(52).all(|some| *some[51] - *some[0] > Duration::from_millis(100)));
        assert!(delays[499] < Duration::from_secs(1));
    }

    #[test]
    fn nobody_waits_for_long() {
        for hosts in [2000, 1_000_000, usize::MAX] {
            assert!(first_dial_after(hosts, 0.999_999) <= LONGEST, "{hosts}");
        }
    }
}
