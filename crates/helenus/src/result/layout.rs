//! Where in a row the parts of a Rust value stand: found once for a result, used for each of its rows.

use std::fmt;

use smallvec::SmallVec;

/// The place of what the result does not have, and a default stands in for.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Which column each part of a Rust type is read from, in the order in which it reads them. Made by
/// [`FromRow::layout`](super::FromRow::layout); empty for types that need none, as tuples.
#[derive(Clone, Default)]
pub struct RowLayout {
    places: SmallVec<[u32; 12]>,
}

impl fmt::Debug for RowLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RowLayout").field(&self.places).finish()
    }
}

impl RowLayout {
    pub(crate) fn push(&mut self, place: u32) {
        self.places.push(place);
    }

    /// The places from the first on, for one row.
    #[must_use]
    #[inline]
    pub fn places(&self) -> Places<'_> {
        Places(self.places.iter())
    }
}

/// The places of a [`RowLayout`] that are left to read.
#[derive(Debug, Clone)]
pub struct Places<'l>(std::slice::Iter<'l, u32>);

impl Places<'_> {
    /// The next column's index, or `None` where a default is to stand in.
    #[inline]
    pub(crate) fn next_place(&mut self) -> Option<usize> {
        match self.0.next() {
            None | Some(&NOWHERE) => None,
            Some(place) => Some(*place as usize),
        }
    }
}
