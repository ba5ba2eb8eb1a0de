//! Consistency levels (section 3, `[consistency]`).

use crate::error::DecodeError;

macro_rules! levels {
    ($($(#[$doc:meta])* $variant:ident = $value:literal, $label:literal;)*) => {
        /// How many replicas must answer before the server does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Consistency { $($(#[$doc])* $variant = $value,)* }

        impl Consistency {
            /// All levels, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The level with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($value => Some(Self::$variant),)* _ => None }
            }

            /// Its name as the specification writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }
    };
}

levels! {
    /// Any node, a hint included (writes only).
    Any = 0x0000, "ANY";
    /// One replica.
    One = 0x0001, "ONE";
    /// Two replicas.
    Two = 0x0002, "TWO";
    /// Three replicas.
    Three = 0x0003, "THREE";
    /// A majority of all replicas.
    Quorum = 0x0004, "QUORUM";
    /// Every replica.
    All = 0x0005, "ALL";
    /// A majority of the replicas in the coordinator's data centre.
    LocalQuorum = 0x0006, "LOCAL_QUORUM";
    /// A majority of the replicas in each data centre.
    EachQuorum = 0x0007, "EACH_QUORUM";
    /// Linearizable, over all data centres.
    Serial = 0x0008, "SERIAL";
    /// Linearizable, in the coordinator's data centre.
    LocalSerial = 0x0009, "LOCAL_SERIAL";
    /// One replica of the coordinator's data centre.
    LocalOne = 0x000A, "LOCAL_ONE";
}

impl Consistency {
    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether it is one of the two serial levels.
    #[must_use]
    pub const fn is_serial(self) -> bool {
        matches!(self, Self::Serial | Self::LocalSerial)
    }

    pub(crate) fn decode(number: u16, offset: usize) -> Result<Self, DecodeError> {
        Self::from_number(number).ok_or_else(|| {
            DecodeError::new("[consistency]", offset, format!("there is no level {number:#06x}"))
        })
    }
}

impl std::fmt::Display for Consistency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The consistency of the condition of a lightweight transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SerialConsistency {
    /// Over all data centres.
    Serial,
    /// In the coordinator's data centre.
    LocalSerial,
}

impl From<SerialConsistency> for Consistency {
    fn from(serial: SerialConsistency) -> Self {
        match serial {
            SerialConsistency::Serial => Self::Serial,
            SerialConsistency::LocalSerial => Self::LocalSerial,
        }
    }
}

impl TryFrom<Consistency> for SerialConsistency {
    type Error = Consistency;

    /// The serial level, or the level itself where it is not serial.
    fn try_from(level: Consistency) -> Result<Self, Consistency> {
        match level {
            Consistency::Serial => Ok(Self::Serial),
            Consistency::LocalSerial => Ok(Self::LocalSerial),
            other => Err(other),
        }
    }
}
