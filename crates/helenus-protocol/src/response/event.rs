//! EVENT (section 4.2.6): what a server tells by itself, on stream -1, to whoever has REGISTERed.

use std::net::SocketAddr;

use super::{SchemaChange, excerpt};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::request::EventType;

/// Something happened in the cluster. Addresses are those on which a node listens for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A node came, went or moved.
    TopologyChange {
        /// Which of the three.
        change: TopologyChange,
        /// The node.
        address: SocketAddr,
    },
    /// A node is up or down, as the sender believes.
    StatusChange {
        /// Which of the two.
        status: StatusChange,
        /// The node.
        address: SocketAddr,
    },
    /// The schema changed.
    SchemaChange(SchemaChange),
}

/// What became of a node in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TopologyChange {
    /// It has joined.
    New,
    /// It has left.
    Removed,
    /// It has other tokens.
    Moved,
}

/// What a node is believed to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusChange {
    /// It answers.
    Up,
    /// It does not.
    Down,
}

impl TopologyChange {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::New, Self::Removed, Self::Moved];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "NEW_NODE",
            Self::Removed => "REMOVED_NODE",
            Self::Moved => "MOVED_NODE",
        }
    }
}

impl StatusChange {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Up, Self::Down];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Down => "DOWN",
        }
    }
}

impl Event {
    /// Which of the types that REGISTER can ask for.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::TopologyChange { .. } => EventType::TopologyChange,
            Self::StatusChange { .. } => EventType::StatusChange,
            Self::SchemaChange(_) => EventType::SchemaChange,
        }
    }

    /// Reads the body.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let event_type = EventType::decode(reader)?;
        let at = reader.offset();
        let unknown = |name: &str| {
            DecodeError::new(event_type.name(), at, format!("there is no change {:?}", excerpt(name)))
        };
        Ok(match event_type {
            EventType::TopologyChange => {
                let name = reader.string()?;
                let change = TopologyChange::ALL.into_iter().find(|change| change.name() == name);
                let change = change.ok_or_else(|| unknown(name))?;
                Self::TopologyChange { change, address: reader.inet()? }
            }
            EventType::StatusChange => {
                let name = reader.string()?;
                let status = StatusChange::ALL.into_iter().find(|status| status.name() == name);
                let status = status.ok_or_else(|| unknown(name))?;
                Self::StatusChange { status, address: reader.inet()? }
            }
            EventType::SchemaChange => Self::SchemaChange(SchemaChange::decode(reader)?),
        })
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string(self.event_type().name())?;
        match self {
            Self::TopologyChange { change, address } => {
                out.string(change.name())?;
                out.inet(*address);
                Ok(())
            }
            Self::StatusChange { status, address } => {
                out.string(status.name())?;
                out.inet(*address);
                Ok(())
            }
            Self::SchemaChange(change) => change.encode(out),
        }
    }
}
