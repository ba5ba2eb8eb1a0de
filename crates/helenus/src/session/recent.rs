//! The values that were used last, so many of them, by key.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Keeps the `capacity` values that were used last.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    capacity: usize,
    values: HashMap<K, (V, u64)>,
    /// By when they were used.
    order: BTreeMap<u64, K>,
    now: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Recent<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, values: HashMap::new(), order: BTreeMap::new(), now: 0 }
    }

    /// The value of `key`, which counts as used; made if it is not there. With a capacity of none it is made each time.
    pub(super) fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> V {
        self.now += 1;
        if let Some((value, used)) = self.values.get_mut(&key) {
            if let Some(key) = self.order.remove(used) {
                self.order.insert(self.now, key);
            }
            *used = self.now;
            return value.clone();
        }
        let value = make();
        if self.capacity > 0 {
            if self.values.len() >= self.capacity
                && let Some((_, oldest)) = self.order.pop_first()
            {
                self.values.remove(&oldest);
            }
            self.order.insert(self.now, key.clone());
            self.values.insert(key, (value.clone(), self.now));
        }
        value
    }

    /// Forgets the value of `key`, if it is one that `is_it`.
    pub(super) fn remove_if(&mut self, key: &K, is_it: impl FnOnce(&V) -> bool) {
        if let Some((_, used)) = self.values.get(key).filter(|(value, _)| is_it(value)) {
            self.order.remove(used);
            self.values.remove(key);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_one_that_was_used_longest_ago_goes_first() {
        let mut recent = Recent::new(2);
        assert_eq!(recent.get_or_insert_with('a', || 1), 1);
        assert_eq!(recent.get_or_insert_with('b', || 2), 2);
        assert_eq!(recent.get_or_insert_with('a', || 3), 1, "it is there");
        assert_eq!(recent.get_or_insert_with('c', || 4), 4);
        assert_eq!(recent.get_or_insert_with('b', || 5), 5, "it was the oldest");
        assert_eq!(recent.get_or_insert_with('c', || 6), 4);
        recent.remove_if(&'c', |value| *value == 9);
        assert_eq!(recent.len(), 2);
        recent.remove_if(&'c', |value| *value == 4);
        recent.remove_if(&'z', |_| true);
        assert_eq!((recent.len(), recent.get_or_insert_with('c', || 7)), (1, 7));
    }

    proptest! {
        #[test]
        fn it_is_a_list_by_use(capacity in 0_usize..6, events in prop::collection::vec((0_u8..8, any::<bool>()), 0..60)) {
            let mut recent = Recent::new(capacity);
            let mut model: Vec<(u8, usize)> = Vec::new();
            for (n, (key, remove)) in events.into_iter().enumerate() {
                if remove {
                    recent.remove_if(&key, |_| true);
                    model.retain(|(known, _)| *known != key);
                } else {
                    let known = model.iter().position(|(known, _)| *known == key).map(|at| model.remove(at).1);
                    prop_assert_eq!(recent.get_or_insert_with(key, || n), known.unwrap_or(n));
                    model.push((key, known.unwrap_or(n)));
                    let surplus = model.len().saturating_sub(capacity);
                    model.drain(..surplus);
                }
                prop_assert_eq!((recent.len(), recent.order.len()), (model.len(), model.len()));
            }
        }
    }
}
