//! PREPARE (section 4.1.5): has a statement prepared.

use std::sync::Arc;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// The only flag of PREPARE (v5): a keyspace follows.
const WITH_KEYSPACE: i32 = 0x01;

/// Asks the server to prepare a statement; it answers with RESULT of the kind *prepared*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepare {
    /// The statement.
    pub query: Arc<str>,
    /// The keyspace that names without one are in, instead of the connection's (v5).
    pub keyspace: Option<String>,
}

impl Prepare {
    /// Appends the body. A keyspace is an error where the version has no place for it.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.long_string(&self.query)?;
        match &self.keyspace {
            Some(keyspace) if version.has_request_keyspace() => {
                out.int(WITH_KEYSPACE);
                out.string(keyspace)
            }
            Some(_) => Err(super::parameters::not_in(version, "a keyspace per request", "v5")),
            None => {
                if version.has_request_keyspace() {
                    out.int(0);
                }
                Ok(())
            }
        }
    }

    /// Reads the body.
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let query = reader.long_string()?.into();
        let mut keyspace = None;
        if version.has_request_keyspace() {
            let at = reader.offset();
            match reader.int()? {
                0 => {}
                WITH_KEYSPACE => keyspace = Some(reader.string()?.to_owned()),
                flags => return Err(DecodeError::new("PREPARE flags", at, format!("{flags:#x} is unknown"))),
            }
        }
        Ok(Self { query, keyspace })
    }
}
