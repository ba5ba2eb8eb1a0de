//! EXECUTE (section 4.1.6): runs a prepared statement.

use bytes::Bytes;

use super::QueryParameters;
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
        Self::encode_ids(&self.id, self.result_metadata_id.as_deref(), version, out)?;
        self.parameters.encode(version, out)
    }

    /// Appends the ids with which the body begins; the parameters follow.
    pub fn encode_ids(
        id: &[u8],
        result_metadata_id: Option<&[u8]>,
        version: ProtocolVersion,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        out.short_bytes(id)?;
        if version.has_result_metadata_id() {
            let id = result_metadata_id.ok_or_else(|| {
                EncodeError::new(
                    "EXECUTE",
                    format!("protocol {version} wants the result metadata id that PREPARE gave"),
                )
            })?;
            out.short_bytes(id)?;
        }
        Ok(())
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
