//! The parameters of most statements have a known size, and need no buffer to be written into.

use super::BorrowedParameters;
use crate::consistency::Consistency;
use crate::version::ProtocolVersion;

impl BorrowedParameters<'_> {
    /// What stands before and behind the values, as [`encode_before_values`](Self::encode_before_values) and
    /// [`encode_after_values`](Self::encode_after_values) append it, where all of it is of a known size, as it mostly is:
    /// no paging state, no keyspace, nothing that the version cannot say. `None` otherwise.
    #[must_use]
    pub fn around_values(&self, version: ProtocolVersion) -> Option<AroundValues> {
        let unsaid = self.now_in_seconds.is_some() || self.values.have_unset() && !version.has_unset();
        if self.paging_state.is_some() || self.keyspace.is_some() || unsaid {
            return None;
        }
        let mut around = AroundValues { bytes: [0; AroundValues::CAPACITY], length: 0, values_at: 0 };
        around.push(self.consistency.number().to_be_bytes());
        let flags = self.flags();
        if version.has_int_query_flags() {
            around.push(flags.to_be_bytes());
        } else {
            around.push([(flags & 0xFF) as u8]);
        }
        if !self.values.is_empty() {
            around.push((self.values.len() as u16).to_be_bytes());
        }
        around.values_at = around.length;
        if let Some(page_size) = self.page_size {
            around.push(page_size.to_be_bytes());
        }
        if let Some(level) = self.serial_consistency {
            around.push(Consistency::from(level).number().to_be_bytes());
        }
        if let Some(timestamp) = self.timestamp {
            around.push(timestamp.to_be_bytes());
        }
        Some(around)
    }
}

/// What stands around the values of a statement; see [`BorrowedParameters::around_values`].
#[derive(Debug, Clone, Copy)]
pub struct AroundValues {
    bytes: [u8; Self::CAPACITY],
    length: usize,
    values_at: usize,
}

impl AroundValues {
    /// Consistency, flags, and the count of the values; then page size, serial consistency and timestamp.
    const CAPACITY: usize = 2 + 4 + 2 + 4 + 2 + 8;

    fn push<const N: usize>(&mut self, field: [u8; N]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + N) {
            place.copy_from_slice(&field);
            self.length += N;
        }
    }

    /// All of it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Where the values belong.
    #[must_use]
    pub const fn values_at(&self) -> usize {
        self.values_at
    }
}
