//! Values as bytes, section 6 of the v5 specification: one file per family of types.
//!
//! [`cells`] splits a collection, a tuple, a user type or a vector into the bytes of its parts.

pub mod cells;

pub use cells::{Cells, fixed_size};
