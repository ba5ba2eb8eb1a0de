//! Memory, descriptors and threads of this process, as the operating system counts them.

use std::fs;
use std::io;

/// What was counted at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vitals {
    /// Resident memory, in KiB.
    pub rss_kib: u64,
    /// Open file descriptors.
    pub descriptors: u64,
    /// Threads.
    pub threads: u64,
}

impl Vitals {
    /// Counts them.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn read() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let descriptors = fs::read_dir("/proc/self/fd")?.count() as u64;
        let mut vitals =
            Self::parse(&status).ok_or_else(|| io::Error::other("/proc/self/status has changed"))?;
        // The directory itself was open while it was read.
        vitals.descriptors = descriptors.saturating_sub(1);
        Ok(vitals)
    }

    fn parse(status: &str) -> Option<Self> {
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self { rss_kib: number("VmRSS:")?, descriptors: 0, threads: number("Threads:")? })
    }
}

/// The slope of `values` over `times` by least squares: by how much they grow in one unit of time.
#[must_use]
pub fn slope(times: &[f64], values: &[f64]) -> f64 {
    let count = times.len().min(values.len()) as f64;
    if count < 2.0 {
        return 0.0;
    }
    let mean = |of: &[f64]| of.iter().sum::<f64>() / count;
    let (time, value) = (mean(times), mean(values));
    let products: f64 = times.iter().zip(values).map(|(t, v)| (t - time) * (v - value)).sum();
    let squares: f64 = times.iter().map(|t| (t - time) * (t - time)).sum();
    if squares == 0.0 { 0.0 } else { products / squares }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_and_parsed() {
        let status = "Name:\tfaults\nVmRSS:\t   12345 kB\nThreads:\t7\n";
        assert_eq!(Vitals::parse(status), Some(Vitals { rss_kib: 12345, descriptors: 0, threads: 7 }));
        assert_eq!(Vitals::parse("Name:\tfaults\n"), None);
        let before = Vitals::read().unwrap();
        let files: Vec<_> = (0..40).map(|_| fs::File::open("/proc/self/status").unwrap()).collect();
        let after = Vitals::read().unwrap();
        assert!(before.rss_kib > 0 && before.threads > 0);
        assert!(after.descriptors >= before.descriptors + 30, "{before:?} {after:?}");
        drop(files);
    }

    #[test]
    fn slopes() {
        assert!((slope(&[0.0, 1.0, 2.0], &[5.0, 7.0, 9.0]) - 2.0).abs() < 1e-9);
        assert!(slope(&[0.0, 1.0, 2.0], &[5.0, 5.0, 5.0]).abs() < 1e-9);
        assert!(slope(&[1.0], &[1.0]).abs() < 1e-9 && slope(&[1.0, 1.0], &[1.0, 2.0]).abs() < 1e-9);
    }
}
