//! QUERY (section 4.1.4): a statement as text.

use std::sync::Arc;

use super::QueryParameters;
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// Runs a statement that is given as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The statement.
    pub query: Arc<str>,
    /// How it is to be run.
    pub parameters: QueryParameters,
}

impl Query {
    /// Appends the body.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.long_string(&self.query)?;
        self.parameters.encode(version, out)
    }

    /// Reads the body.
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            query: reader.long_string()?.into(),
            parameters: QueryParameters::decode(version, reader)?,
        })
    }
}
