//! What stands between the header and the message: trace id, warnings, custom payload, in this order (section 4).

use uuid::Uuid;

use crate::envelope::{CustomPayload, Flags};
use crate::error::DecodeError;
use crate::notation::Reader;
use crate::request::decode_custom_payload;

/// The part of a body that the header's flags announce.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prefix {
    /// Under [`Flags::TRACING`].
    pub tracing_id: Option<Uuid>,
    /// Under [`Flags::WARNING`].
    pub warnings: Vec<String>,
    /// Under [`Flags::CUSTOM_PAYLOAD`].
    pub custom_payload: CustomPayload,
}

impl Prefix {
    /// Reads it; the reader is left at the message.
    pub fn decode(flags: Flags, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut prefix = Self::default();
        if flags.contains(Flags::TRACING) {
            prefix.tracing_id = Some(reader.uuid()?);
        }
        if flags.contains(Flags::WARNING) {
            let count = reader.short_count(2, "warnings")?;
            prefix.warnings = (0..count).map(|_| reader.string_lossy()).collect::<Result<_, _>>()?;
        }
        if flags.contains(Flags::CUSTOM_PAYLOAD) {
            prefix.custom_payload = decode_custom_payload(reader)?;
        }
        Ok(prefix)
    }

    /// Steps over it without keeping anything.
    pub fn skip(flags: Flags, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        if flags.contains(Flags::TRACING) {
            reader.uuid()?;
        }
        if flags.contains(Flags::WARNING) {
            for _ in 0..reader.short_count(2, "warnings")? {
                reader.short_bytes()?;
            }
        }
        if flags.contains(Flags::CUSTOM_PAYLOAD) {
            for _ in 0..reader.short_count(6, "custom payload")? {
                reader.short_bytes()?;
                reader.bytes()?;
            }
        }
        Ok(())
    }
}
