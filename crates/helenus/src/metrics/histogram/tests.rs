//! The buckets have no gap and no overlap, a quantile is as near as is said, and merging is the same as recording together.

use proptest::prelude::*;

use super::*;

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn histogram(durations: impl IntoIterator<Item = u64>) -> Histogram {
    let mut histogram = Histogram::new();
    for duration in durations {
        histogram.record(micros(duration));
    }
    histogram
}

#[test]
fn the_buckets_follow_on_one_another() {
    let mut next = 0;
    for at in 0..BUCKETS {
        let (low, high) = bounds(at);
        assert_eq!(low, next, "bucket {at}");
        assert_eq!((bucket(low), bucket(high)), (at, at), "bucket {at} is {low}..={high}");
        next = high + 1;
    }
    assert_eq!(micros(next - 1), LONGEST);
    assert_eq!(bucket(next), BUCKETS - 1);
    assert_eq!(bucket(u64::MAX), BUCKETS - 1);
}

#[test]
fn nothing_has_no_quantile() {
    let none = Histogram::new();
    assert!(none.is_empty());
    assert_eq!((none.count(), none.mean(), none.max()), (0, Duration::ZERO, Duration::ZERO));
    assert_eq!(none.quantile(0.5), None);
    assert_eq!(none.to_string(), "none");
    assert_eq!(histogram([7]).quantile(f64::NAN), None);
}

#[test]
fn one_duration_is_each_quantile() {
    let one = histogram([50]);
    for q in [-1.0, 0.0, 0.5, 1.0, 2.0, f64::INFINITY] {
        assert_eq!(one.quantile(q), Some(micros(50)), "{q}");
    }
}

#[test]
fn quantiles_are_by_rank() {
    let hundred = histogram(1..=50).count();
    assert_eq!(hundred, 50);
    let durations = histogram(1..=50);
    assert_eq!(durations.quantile(0.5), Some(micros(25)));
    assert_eq!(durations.quantile(0.98), Some(micros(49)));
    assert_eq!(durations.quantile(0.981), Some(micros(50)));
    assert_eq!(durations.mean(), micros(25));
    assert_eq!(durations.to_string(), "50 mean 25µs p50 25µs p95 48µs p99 50µs max 50µs");
}

#[test]
fn what_is_longer_than_the_last_bucket_is_told_by_the_longest() {
    let mut long = histogram([10]);
    long.record(Duration::from_secs(3600));
    long.record(Duration::MAX);
    assert_eq!(long.count(), 3);
    assert_eq!(long.quantile(0.0), Some(micros(10)));
    assert_eq!(long.quantile(1.0), Some(micros(u64::MAX)));
    assert_eq!(long.sum(), micros(u64::MAX));
    assert_eq!(long.buckets().last(), Some((LONGEST, 2)));
}

#[test]
fn the_past_fades_by_half() {
    let mut fading = histogram([100, 100, 100, 100, 9000]);
    fading.decay();
    assert_eq!(fading.count(), 2, "one of one is none");
    assert!(fading.max() < micros(110), "the longest has gone with its bucket: {:?}", fading.max());
    fading.record(micros(9000));
    assert_eq!(fading.count(), 3);
    for _ in 0..2 {
        fading.decay();
    }
    assert!(fading.is_empty());
    assert_eq!(fading.max(), Duration::ZERO);
}

#[test]
fn clearing_leaves_nothing() {
    let mut cleared = histogram([1, 2, 3]);
    cleared.clear();
    assert_eq!(cleared, Histogram::new());
}

proptest! {
    #[test]
    fn a_quantile_is_off_by_a_64th_at_most(
        mut durations in prop::collection::vec(0_u64..(1 << BITS), 1..200),
        q in 0.0_f64..=1.0,
    ) {
        let estimate = histogram(durations.iter().copied()).quantile(q).expect("something was recorded");
        durations.sort_unstable();
        let rank = ((q * durations.len() as f64).ceil() as usize).clamp(1, durations.len());
        let exact = durations[rank - 1];
        let off = (estimate.as_micros() as u64).abs_diff(exact);
        prop_assert!(off * 64 <= exact, "{estimate:?} for {exact} µs");
    }

    #[test]
    fn merging_is_recording_together(
        one in prop::collection::vec(any::<u32>(), 0..50),
        other in prop::collection::vec(any::<u32>(), 0..50),
    ) {
        let mut merged = histogram(one.iter().map(|at| u64::from(*at)));
        merged.merge(&histogram(other.iter().map(|at| u64::from(*at))));
        prop_assert_eq!(merged, histogram(one.iter().chain(&other).map(|at| u64::from(*at))));
    }

    #[test]
    fn quantiles_rise(durations in prop::collection::vec(any::<u32>(), 1..50), mut q in [0.0_f64..=1.0, 0.0..=1.0]) {
        let counted = histogram(durations.iter().map(|at| u64::from(*at)));
        q.sort_by(f64::total_cmp);
        prop_assert!(counted.quantile(q[0]) <= counted.quantile(q[1]));
        prop_assert!(counted.quantile(1.0) <= Some(counted.max()));
    }
}
