//! SUPPORTED (section 4.2.4): what STARTUP can ask for.

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};

/// The longest body that is believed: real ones have a few hundred bytes, and it comes before anyone has shown who they
/// are.
const MAX_LENGTH: usize = 1 << 20;

/// The server's options and the values that each can have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Supported {
    /// `CQL_VERSION`, `COMPRESSION`, `PROTOCOL_VERSIONS` … in the order of the wire.
    pub options: Vec<(String, Vec<String>)>,
}

impl Supported {
    /// Reads the body, a `[string multimap]`.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.remaining() > MAX_LENGTH {
            let why = format!("{} bytes are more than the {MAX_LENGTH} believed", reader.remaining());
            return Err(DecodeError::new("SUPPORTED", reader.offset(), why));
        }
        let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        let options = reader.string_multimap()?;
        Ok(Self {
            options: options.into_iter().map(|(name, values)| (name.to_owned(), owned(values))).collect(),
        })
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.string_multimap(&self.options)
    }

    /// The values that an option can have; none if the server does not know it.
    #[must_use]
    pub fn values(&self, option: &str) -> &[String] {
        self.options.iter().find(|(name, _)| name == option).map_or(&[], |(_, values)| values)
    }
}
