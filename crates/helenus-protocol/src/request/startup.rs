//! STARTUP (section 4.1.1): begins a connection.

use std::borrow::Cow;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// The first message of a connection, OPTIONS aside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Startup {
    /// What the connection is to be like: `CQL_VERSION` (which a server wants), `COMPRESSION`, `DRIVER_NAME` …, in
    /// the order of the wire.
    pub options: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

impl Startup {
    /// Appends the body, a `[string map]`.
    pub fn encode(&self, _version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string_map(&self.options)
    }

    /// Reads the body.
    pub fn decode(_version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let owned = |text: &str| Cow::Owned(text.to_owned());
        let options = reader.string_map()?;
        Ok(Self { options: options.into_iter().map(|(key, value)| (owned(key), owned(value))).collect() })
    }

    /// The value of an option.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}
