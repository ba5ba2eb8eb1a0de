//! Which of two hosts: the power of two choices, by how busy and how quick each is.
//!
//! A host's cost is its requests in flight and one more, times its latency. The dearer of two is still chosen now and
//! then, the more seldom the dearer it is: by the square of the costs' ratio. So equals share evenly, what is ten times
//! as dear gets one in a hundred, and nobody is starved: a host that is better again is found out.

use std::sync::Arc;
use std::time::Instant;

use super::HostDistance;
use super::rotation::{Seen, standing};
use crate::cluster::Host;
use crate::cluster::load::Load;

/// In which order replicas come that are equally near.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// As the ring has them.
    Ring,
    Random,
    /// Of two of them the one that costs less, as of this moment.
    Cheaper(Instant),
}

/// Whether the first of two hosts is to be asked.
pub(super) fn cheaper(first: &Host, second: &Host, now: Instant) -> bool {
    prefers_first(first.load().at(now), second.load().at(now), fastrand::f32())
}

/// Whether the first of two is to be asked; `luck` is anywhere from 0 to 1.
fn prefers_first(first: Load, second: Load, luck: f32) -> bool {
    let (first, second) = match (first.latency, second.latency) {
        (Some(one), Some(other)) => (busy(first) * one, busy(second) * other),
        // A new host has as good a chance as any, as long as it copes with what it is given.
        _ => (busy(first), busy(second)),
    };
    let (first, second) = (first * first, second * second);
    luck * (first + second) < second
}

fn busy(load: Load) -> f32 {
    // More is as bad, and the square of it is still a number.
    load.in_flight.min(1 << 20) as f32 + 1.0
}

/// The place of the nearest replica that is there to be used and was not given; among equals the one that comes first in
/// this order.
pub(super) fn next_replica(
    replicas: &[Arc<Host>],
    seen: &Seen,
    order: Order,
    distance_of: impl Fn(&Host) -> HostDistance,
) -> Option<usize> {
    let mut nearest = HostDistance::Ignored;
    let mut equals = 0;
    // Each two of n equals are drawn with the same probability.
    let mut drawn = [0; 2];
    for (place, replica) in replicas.iter().enumerate() {
        if seen.contains(place) || standing(replica) > 0 {
            continue;
        }
        let distance = distance_of(replica);
        if distance < nearest {
            (nearest, equals, drawn[0]) = (distance, 1, place);
        } else if distance == nearest && distance != HostDistance::Ignored {
            equals += 1;
            match order {
                Order::Ring => {}
                Order::Cheaper(_) if equals == 2 => drawn[1] = place,
                Order::Cheaper(_) => {
                    if let Some(out) = drawn.get_mut(fastrand::usize(..equals)) {
                        *out = place;
                    }
                }
                Order::Random => {
                    if fastrand::usize(..equals) == 0 {
                        drawn[0] = place;
                    }
                }
            }
        }
    }
    match order {
        _ if equals == 0 => None,
        Order::Cheaper(now) if equals > 1 => {
            let [first, second] = drawn;
            Some(if cheaper(&replicas[first], &replicas[second], now) { first } else { second })
        }
        _ => Some(drawn[0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(in_flight: usize, latency: Option<f32>) -> Load {
        Load { in_flight, latency }
    }

    /// How many of a thousand the first gets.
    fn share(first: Load, second: Load) -> usize {
        (0..1000).filter(|n| prefers_first(first, second, (*n as f32 + 0.5) / 1000.0)).count()
    }

    #[test]
    fn who_gets_how_much() {
        let quick = Some(200.0);
        for (first, second, expected) in [
            (load(0, quick), load(0, quick), 500),
            (load(0, None), load(0, None), 500),
            // Twice as slow or twice as busy: one in five.
            (load(0, Some(400.0)), load(0, quick), 200),
            (load(1, quick), load(0, quick), 200),
            (load(3, quick), load(1, Some(400.0)), 500),
            // Ten times.
            (load(0, Some(2000.0)), load(0, quick), 10),
            (load(9, quick), load(0, quick), 10),
            // A host of which nothing is known is judged by what is in flight.
            (load(0, None), load(0, Some(1.0)), 500),
            (load(0, Some(1.0)), load(1, None), 800),
            (load(2, None), load(0, Some(1e9)), 100),
        ] {
            let got = share(first, second);
            assert!(got.abs_diff(expected) <= 1, "{first:?} and {second:?}: {got}");
            assert!(share(second, first).abs_diff(1000 - expected) <= 1, "{first:?} and {second:?}, turned");
        }
    }

    #[test]
    fn nobody_is_starved_and_no_load_is_beyond_reckoning() {
        let (slow, quick) = (load(0, Some(20_000.0)), load(0, Some(200.0)));
        assert!(prefers_first(slow, quick, 0.0));
        assert!(!prefers_first(slow, quick, 0.001));
        let (most, least) = (load(usize::MAX, Some(1.4e8)), load(0, Some(1.0)));
        assert!(!prefers_first(most, least, 0.5) && prefers_first(least, most, 0.5));
    }
}
