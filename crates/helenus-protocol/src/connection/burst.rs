//! When what has gathered should leave though more is on its way: pure.
//!
//! Whoever flushes lets requests that are made at about the same time gather, since a write to the socket costs far more
//! than to copy an envelope. But callers who go on when their answers come, a hundred at once, would then all gather in
//! one write: the server has nothing to do while they are made, nor the client while they are answered. So a burst leaves in
//! two halves, and half of its answers come while the other half is made. A small burst leaves in one piece, which costs less
//! than what it would gain; a large one does not pile up.

/// So many requests at least: fewer are made in less time than a write of their own takes.
const FEWEST: usize = 32;
/// So many bytes leave in any case: about what a socket takes at once, and what a buffer is kept for.
const MOST_BYTES: usize = 60 * 1024;

/// What has gathered since the last flush, and how many requests were lately under way.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// Requests that have gathered since it was last told that they should leave.
    gathered: usize,
    /// The bytes that were there then.
    told_at: usize,
    /// The most requests that waited for their answers; less and less with each flush that saw fewer.
    most: usize,
}

impl Burst {
    /// A request was put beside what has gathered: `bytes` now. With it, `waiting` requests wait for their answers. Tells
    /// whether it should all leave now: once, and again when as much has come to it.
    pub(super) fn handle_sent(&mut self, bytes: usize, waiting: usize) -> bool {
        self.gathered += 1;
        self.most = self.most.max(waiting);
        // A little more than half, so that the second half, which ends when all are there, is none of its own.
        let is_half = self.gathered >= FEWEST && self.gathered > self.most * 9 / 16;
        let leaves = is_half || bytes.saturating_sub(self.told_at) >= MOST_BYTES;
        if leaves {
            self.gathered = 0;
            self.told_at = bytes;
        }
        leaves
    }

    /// What has gathered leaves.
    pub(super) fn handle_flushed(&mut self) {
        self.gathered = 0;
        self.told_at = 0;
        self.most -= self.most / 16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `count` requests, all of whose answers came at once, and flushes. Says how many left with each write.
    fn round(burst: &mut Burst, count: usize, size: usize) -> Vec<usize> {
        let (mut writes, mut since) = (Vec::new(), 0);
        for waiting in 1..=count {
            since += 1;
            if burst.handle_sent(since * size, waiting) {
                burst.handle_flushed();
                writes.push(std::mem::take(&mut since));
            }
        }
        if since > 0 {
            burst.handle_flushed();
            writes.push(since);
        }
        writes
    }

    #[test]
    fn a_large_burst_leaves_in_halves() {
        for count in [64, 100, 500, 1000] {
            let mut burst = Burst::default();
            let _while_it_grows = round(&mut burst, count, 10);
            for _ in 0..20 {
                let writes = round(&mut burst, count, 10);
                assert_eq!((writes.len(), writes.iter().sum()), (2, count), "{writes:?}");
                assert!(writes[0].abs_diff(writes[1]) <= count / 4, "{writes:?}");
            }
        }
    }

    #[test]
    fn a_small_one_leaves_in_one_piece() {
        for count in 1..FEWEST {
            let mut burst = Burst::default();
            for _ in 0..10 {
                assert_eq!(round(&mut burst, count, 10), [count]);
            }
        }
    }

    #[test]
    fn no_more_gathers_than_a_write_takes() {
        let mut burst = Burst::default();
        assert_eq!(round(&mut burst, 20, MOST_BYTES / 8), [8, 8, 4]);
        assert_eq!(round(&mut burst, 3, 2 * MOST_BYTES), [1, 1, 1]);
    }

    #[test]
    fn it_forgets_how_many_there_were() {
        let mut burst = Burst::default();
        let _many = round(&mut burst, 10_000, 10);
        assert_eq!(round(&mut burst, 100, 10), [100], "what were half of ten thousand does not gather");
        let rounds = (1..200).find(|_| round(&mut burst, 100, 10).len() == 2);
        assert!(rounds.is_some_and(|rounds| rounds < 100), "{rounds:?}");
    }

    /// Whoever is told may not be able to write now.
    #[test]
    fn it_is_not_told_at_each_request() {
        let mut burst = Burst::default();
        let told = (1..=1_000).filter(|waiting| burst.handle_sent(waiting * 600, *waiting)).count();
        assert!((2..=20).contains(&told), "{told}");
    }
}
