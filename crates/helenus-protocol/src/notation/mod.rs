//! The notations of section 3 of the specification: `[int]`, `[string]`, `[value]`, `[inet]` …
//!
//! [`Reader`] reads them from borrowed bytes and never looks beyond its end, whatever a length says; [`Writer`]
//! appends them to a buffer and refuses what the notation cannot hold. Method names are the specification's.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::Reader;
pub use writer::Writer;

/// A `[value]`: bytes, or null, or (v4 and later) *not set*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Value<T> {
    /// The value's bytes, possibly none.
    Bytes(T),
    /// Null: length -1.
    Null,
    /// Not set: length -2. The server leaves what is stored as it is (v4 and later).
    Unset,
}
