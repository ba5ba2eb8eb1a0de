//! The kinds of codecs, and the names of those that need no class to be built.

use super::{Codec, UdtCodec, VectorCodec};

/// What the bytes of a type become.
#[derive(Debug)]
pub(crate) enum Kind {
    Ascii,
    Bigint,
    Blob,
    Boolean,
    Date,
    Decimal,
    Double,
    Duration,
    Float,
    Inet,
    Int,
    Smallint,
    Text,
    Time,
    Timestamp,
    Timeuuid,
    Tinyint,
    Uuid,
    Varint,
    List(Box<Codec>),
    Set(Box<Codec>),
    Map(Box<Codec>, Box<Codec>),
    Tuple(Vec<Codec>),
    Udt(Box<UdtCodec>),
    Vector(Box<VectorCodec>),
    Composite(Vec<Codec>),
    /// Bytes as they are, both ways.
    Custom,
    /// A collection class that nobody gave parameters.
    Unparameterized,
    /// The class itself, by its `from_binary` and `to_binary`.
    Python,
}

impl Kind {
    /// The name of a kind that needs no class to be built; each is in [`scalar`].
    pub(crate) const fn plain_name(&self) -> &'static str {
        match self {
            Self::Ascii => "ascii",
            Self::Bigint => "bigint",
            Self::Blob => "blob",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Decimal => "decimal",
            Self::Double => "double",
            Self::Duration => "duration",
            Self::Float => "float",
            Self::Inet => "inet",
            Self::Int => "int",
            Self::Smallint => "smallint",
            Self::Text => "text",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Timeuuid => "timeuuid",
            Self::Tinyint => "tinyint",
            Self::Uuid => "uuid",
            Self::Varint => "varint",
            _ => "custom",
        }
    }
}

/// The kind of this name, if it needs no class to be built.
pub(super) fn scalar(name: &str) -> Option<Kind> {
    Some(match name {
        "ascii" => Kind::Ascii,
        "bigint" | "counter" => Kind::Bigint,
        "blob" => Kind::Blob,
        "boolean" => Kind::Boolean,
        "custom" => Kind::Custom,
        "date" => Kind::Date,
        "decimal" => Kind::Decimal,
        "double" => Kind::Double,
        "duration" => Kind::Duration,
        "float" => Kind::Float,
        "inet" => Kind::Inet,
        "int" => Kind::Int,
        "smallint" => Kind::Smallint,
        "text" => Kind::Text,
        "time" => Kind::Time,
        "timestamp" => Kind::Timestamp,
        "timeuuid" => Kind::Timeuuid,
        "tinyint" => Kind::Tinyint,
        "uuid" => Kind::Uuid,
        "varint" => Kind::Varint,
        _ => return None,
    })
}
