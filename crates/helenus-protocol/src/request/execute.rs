//! EXECUTE (section 4.1.6): runs a prepared statement.

use bytes::Bytes;

use super::{QueryParameters, SerializedValues};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// Runs what PREPARE has prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execute {
    /// The id from RESULT *prepared*.
    pub id: Bytes,
    /// The id of the result metadata that the client has (v5, which demands it; older versions never send it).
    pub result_metadata_id: Option<Bytes>,
    /// How it is to be run.
    pub parameters: QueryParameters,
}

impl Execute {
    /// Appends the body.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.encode_with(&self.parameters.values, version, out)
    }

    /// Appends the body with `values` in the place of its own, for a caller who keeps the values elsewhere.
    pub fn encode_with(
        &self,
        values: &SerializedValues,
        version: ProtocolVersion,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        out.short_bytes(&self.id)?;
        if version.has_result_metadata_id() {
            let id = self.result_metadata_id.as_ref().ok_or_else(|| {
                EncodeError::new(
                    "EXECUTE",
                    format!("protocol {version} wants the result metadata id that PREPARE gave"),
                )
            })?;
            out.short_bytes(id)?;
        }
        self.parameters.encode_with(values, version, out)
    }

    /// Reads the body.
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = Bytes::copy_from_slice(reader.short_bytes()?);
        let result_metadata_id = if version.has_result_metadata_id() {
            Some(Bytes::copy_from_slice(reader.short_bytes()?))
        } else {
            None
        };
        Ok(Self { id, result_metadata_id, parameters: QueryParameters::decode(version, reader)? })
    }
}
