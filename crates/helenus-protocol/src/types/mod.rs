//! The CQL types, and their spellings: the wire's `[option]`, Java class names, CQL text.
//!
//! A [`CqlType`] is a plain tree without behaviour; how its values look in bytes is told in [`value`](crate::value).

pub mod class_name;
pub mod cql_name;
pub mod identifier;
pub mod option;
mod scanner;
#[cfg(test)]
pub(crate) mod strategy;

pub use cql_name::ResolveUserType;
pub use identifier::quote_identifier;

use std::sync::Arc;

/// How deep types may nest, in any spelling. A deeper one is an error, never a stack overflow.
pub const MAX_DEPTH: usize = 64;

/// A CQL type (section 6 of the v5 specification; section 4.2.5.2 for its `[option]`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CqlType {
    /// `ascii`
    Ascii,
    /// `bigint`
    Bigint,
    /// `blob`
    Blob,
    /// `boolean`
    Boolean,
    /// `counter`
    Counter,
    /// `date`: days, with 2^31 at 1970-01-01
    Date,
    /// `decimal`
    Decimal,
    /// `double`
    Double,
    /// `duration`: months, days and nanoseconds
    Duration,
    /// `float`
    Float,
    /// `inet`
    Inet,
    /// `int`
    Int,
    /// `smallint`
    Smallint,
    /// `text` (`varchar` is the same type)
    Text,
    /// `time`: nanoseconds since midnight
    Time,
    /// `timestamp`: milliseconds since 1970-01-01T00:00Z
    Timestamp,
    /// `timeuuid`
    Timeuuid,
    /// `tinyint`
    Tinyint,
    /// `uuid`
    Uuid,
    /// `varint`
    Varint,
    /// `list<T>`
    List(Arc<Self>),
    /// `set<T>`
    Set(Arc<Self>),
    /// `map<K, V>`
    Map(Arc<Self>, Arc<Self>),
    /// `tuple<T, …>`
    Tuple(Arc<[Self]>),
    /// A user-defined type.
    Udt(Arc<UserType>),
    /// `vector<T, N>`
    Vector(Arc<Self>, u32),
    /// `frozen<T>`. Class names and CQL text say it, the wire's `[option]` does not; values are the same either way.
    Frozen(Arc<Self>),
    /// A type that only its Java class knows, by the class's full name (with its parameters).
    Custom(Arc<str>),
}

/// A user-defined type: its name and its fields in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserType {
    /// The keyspace it belongs to.
    pub keyspace: String,
    /// Its name.
    pub name: String,
    /// Its fields' names and types. A value may lack the last ones.
    pub fields: Vec<(String, CqlType)>,
}

impl CqlType {
    /// The type without the `frozen<>` around it, if any.
    #[must_use]
    pub fn unfrozen(&self) -> &Self {
        let mut unfrozen = self;
        while let Self::Frozen(inner) = unfrozen {
            unfrozen = inner;
        }
        unfrozen
    }
}
