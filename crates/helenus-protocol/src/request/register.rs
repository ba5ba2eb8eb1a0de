//! REGISTER (section 4.1.8): asks for events.

use std::fmt;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// What a server can tell by itself (section 4.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventType {
    /// Nodes come and go.
    TopologyChange,
    /// Nodes are up or down.
    StatusChange,
    /// Keyspaces, tables, types, functions and aggregates change.
    SchemaChange,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TopologyChange, Self::StatusChange, Self::SchemaChange];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TopologyChange => "TOPOLOGY_CHANGE",
            Self::StatusChange => "STATUS_CHANGE",
            Self::SchemaChange => "SCHEMA_CHANGE",
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.offset();
        let name = reader.string()?;
        Self::ALL.into_iter().find(|event| event.name() == name).ok_or_else(|| {
            DecodeError::new(
                "event type",
                at,
                format!("there is no {:?}", name.chars().take(40).collect::<String>()),
            )
        })
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Asks that events of these types be sent on this connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Which events.
    pub events: Vec<EventType>,
}

impl Register {
    /// Appends the body, a `[string list]`.
    pub fn encode(&self, _version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.short_count(self.events.len(), "event types")?;
        self.events.iter().try_for_each(|event| out.string(event.name()))
    }

    /// Reads the body.
    pub fn decode(_version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.short_count(2, "event types")?;
        Ok(Self { events: (0..count).map(|_| EventType::decode(reader)).collect::<Result<_, _>>()? })
    }
}
