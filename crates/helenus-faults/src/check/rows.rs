//! Rows of which each says whose it is: its key, its version, and a text that is made of both.
//!
//! The versions of a key are written one after another under growing timestamps. So a read gives no version older than the newest
//! that was acknowledged when it began, and none that was never issued.

use std::fmt::Write as _;

use super::Finding;

/// A row as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The key.
    pub id: i64,
    /// The version.
    pub version: i64,
    /// The text.
    pub body: String,
}

/// The text of a version of a row. It is longer for some keys than for others, so that answers differ in length as well.
#[must_use]
pub fn body(id: i64, version: i64) -> String {
    let mut text = format!("{id}/{version}/");
    let mut state = (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ version as u64;
    for _ in 0..2 + id.rem_euclid(12) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{:08x}", state >> 32);
    }
    text
}

#[derive(Debug, Clone, Copy, Default)]
struct Key {
    issued: i64,
    acknowledged: i64,
    is_written: bool,
}

/// What was written to a range of keys.
#[derive(Debug)]
pub struct Ledger {
    first: i64,
    keys: Vec<Key>,
}

impl Ledger {
    /// Nothing was written yet to the `count` keys from `first` on.
    #[must_use]
    pub fn new(first: i64, count: usize) -> Self {
        Self { first, keys: vec![Key::default(); count] }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The ids of the keys.
    pub fn ids(&self) -> impl Iterator<Item = i64> + use<> {
        let first = self.first;
        (0..self.keys.len() as i64).map(move |n| first + n)
    }

    fn key(&mut self, id: i64) -> Option<&mut Key> {
        self.keys.get_mut(usize::try_from(id.checked_sub(self.first)?).ok()?)
    }

    /// The next version of the key number `at` (round the range), unless one is being written.
    pub fn begin_write(&mut self, at: usize) -> Option<(i64, i64)> {
        let at = at % self.keys.len();
        let key = &mut self.keys[at];
        if std::mem::replace(&mut key.is_written, true) {
            return None;
        }
        key.issued += 1;
        Some((self.first + at as i64, key.issued))
    }

    /// The write of `version` to `id` has ended.
    pub fn end_write(&mut self, id: i64, version: i64, acknowledged: bool) {
        if let Some(key) = self.key(id) {
            key.is_written = false;
            if acknowledged {
                key.acknowledged = version;
            }
        }
    }

    /// Key number `at` (round the range), and the oldest version that a read of it from now on may give.
    #[must_use]
    pub fn begin_read(&self, at: usize) -> (i64, i64) {
        let at = at % self.keys.len();
        (self.first + at as i64, self.keys[at].acknowledged)
    }

    /// The newest version of `id` that was acknowledged.
    #[must_use]
    pub fn acknowledged(&self, id: i64) -> Option<i64> {
        self.keys.get(usize::try_from(id.checked_sub(self.first)?).ok()?).map(|key| key.acknowledged)
    }

    /// What is to be said of a read of `id` that began when `floor` was acknowledged and gave `seen`.
    #[must_use]
    pub fn judge(&self, id: i64, floor: i64, seen: Option<&Seen>) -> Option<Finding> {
        let Some(seen) = seen else {
            return (floor > 0).then(|| {
                Finding::Lost(format!("row {id}: version {floor} was acknowledged, it is not there"))
            });
        };
        let (other, version) = (seen.id, seen.version);
        if other != id {
            return Some(Finding::Wrong(format!("row {id} was asked for, row {other} was answered")));
        }
        let issued =
            self.keys.get(usize::try_from(id - self.first).unwrap_or(usize::MAX)).map_or(0, |key| key.issued);
        if seen.body != body(id, version) || version < 1 || version > issued {
            return Some(Finding::Wrong(format!(
                "row {id}, version {version} of {issued}: nobody wrote this"
            )));
        }
        (version < floor)
            .then(|| Finding::Lost(format!("row {id}: version {floor} was acknowledged, {version} is there")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: i64, version: i64) -> Seen {
        Seen { id, version, body: body(id, version) }
    }

    #[test]
    fn texts_tell_keys_and_versions_apart() {
        assert_eq!(body(5, 1), body(5, 1));
        assert_ne!(body(5, 1), body(5, 2));
        assert_ne!(body(5, 1).len(), body(6, 1).len());
        assert!(body(5, 1).starts_with("5/1/"));
    }

    #[test]
    fn one_write_at_a_time() {
        let mut ledger = Ledger::new(100, 2);
        assert_eq!(ledger.begin_write(3), Some((101, 1)));
        assert_eq!(ledger.begin_write(1), None);
        ledger.end_write(101, 1, false);
        assert_eq!((ledger.begin_write(1), ledger.acknowledged(101)), (Some((101, 2)), Some(0)));
        ledger.end_write(101, 2, true);
        assert_eq!((ledger.begin_read(1), ledger.acknowledged(101)), ((101, 2), Some(2)));
        assert_eq!((ledger.len(), ledger.is_empty()), (2, false));
        assert_eq!(ledger.ids().collect::<Vec<_>>(), [100, 101]);
    }

    #[test]
    fn what_a_read_may_give() {
        let mut ledger = Ledger::new(0, 8);
        for acknowledged in [true, false] {
            let (id, version) = ledger.begin_write(5).unwrap();
            ledger.end_write(id, version, acknowledged);
        }
        // Version 1 was acknowledged, version 2 may be there or not.
        let judge = |floor, seen: Option<&Seen>| ledger.judge(5, floor, seen);
        assert_eq!(judge(1, Some(&seen(5, 1))), None);
        assert_eq!(judge(1, Some(&seen(5, 2))), None);
        assert_eq!(judge(0, None), None);
        assert!(matches!(judge(1, None), Some(Finding::Lost(_))));
        assert!(matches!(judge(2, Some(&seen(5, 1))), Some(Finding::Lost(_))));
        let wrong = [seen(6, 1), seen(5, 3), seen(5, 0), Seen { body: body(6, 1), ..seen(5, 1) }];
        for wrong in wrong {
            assert!(matches!(judge(0, Some(&wrong)), Some(Finding::Wrong(_))), "{wrong:?}");
        }
    }
}
