//! SCHEMA_CHANGE: what a RESULT (section 4.2.5.5) and an EVENT (4.2.6) both can tell.

use super::excerpt;
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};

/// A change of the schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SchemaChange {
    /// What happened to it.
    pub change: SchemaChangeKind,
    /// The keyspace in which it happened, or that it happened to.
    pub keyspace: String,
    /// What it happened to.
    pub target: SchemaTarget,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaChangeKind {
    /// It is new.
    Created,
    /// It is different.
    Updated,
    /// It is gone.
    Dropped,
}

/// What a change of the schema is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SchemaTarget {
    /// The keyspace itself.
    Keyspace,
    /// A table, or a view of one, or its indexes.
    Table(String),
    /// A user-defined type.
    Type(String),
    /// A function (v4 and later).
    Function {
        /// Its name.
        name: String,
        /// The CQL types of its arguments, which tell it from others of its name.
        arguments: Vec<String>,
    },
    /// An aggregate (v4 and later).
    Aggregate {
        /// Its name.
        name: String,
        /// The CQL types of its arguments.
        arguments: Vec<String>,
    },
}

impl SchemaChangeKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Created, Self::Updated, Self::Dropped];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Dropped => "DROPPED",
        }
    }
}

impl SchemaTarget {
    /// The name of its kind on the wire.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self {
            Self::Keyspace => "KEYSPACE",
            Self::Table(_) => "TABLE",
            Self::Type(_) => "TYPE",
            Self::Function { .. } => "FUNCTION",
            Self::Aggregate { .. } => "AGGREGATE",
        }
    }
}

impl SchemaChange {
    /// Reads it.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.offset();
        let change = reader.string()?;
        let change =
            SchemaChangeKind::ALL.into_iter().find(|kind| kind.name() == change).ok_or_else(|| {
                DecodeError::new("schema change", at, format!("there is no change {:?}", excerpt(change)))
            })?;
        let at = reader.offset();
        let kind = reader.string()?;
        let keyspace = reader.string()?.to_owned();
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let target = match kind {
            "KEYSPACE" => SchemaTarget::Keyspace,
            "TABLE" => SchemaTarget::Table(reader.string()?.to_owned()),
            "TYPE" => SchemaTarget::Type(reader.string()?.to_owned()),
            "FUNCTION" => SchemaTarget::Function {
                name: reader.string()?.to_owned(),
                arguments: owned(reader.string_list()?),
            },
            "AGGREGATE" => SchemaTarget::Aggregate {
                name: reader.string()?.to_owned(),
                arguments: owned(reader.string_list()?),
            },
            other => {
                let why = format!("there is no target {:?}", excerpt(other));
                return Err(DecodeError::new("schema change", at, why));
            }
        };
        Ok(Self { change, keyspace, target })
    }

    /// Appends it.
    pub fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string(self.change.name())?;
        out.string(self.target.kind_name())?;
        out.string(&self.keyspace)?;
        match &self.target {
            SchemaTarget::Keyspace => Ok(()),
            SchemaTarget::Table(name) | SchemaTarget::Type(name) => out.string(name),
            SchemaTarget::Function { name, arguments } | SchemaTarget::Aggregate { name, arguments } => {
                out.string(name)?;
                out.string_list(arguments)
            }
        }
    }
}
