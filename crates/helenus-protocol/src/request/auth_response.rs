//! AUTH_RESPONSE (section 4.1.2): a step of authentication, from the client's side.

use std::fmt;

use bytes::Bytes;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// What the client answers to AUTHENTICATE or AUTH_CHALLENGE.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthResponse {
    /// What the authenticator makes of it; it often holds a password.
    pub token: Option<Bytes>,
}

impl AuthResponse {
    /// Appends the body, `[bytes]`.
    pub fn encode(&self, _version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(self.token.as_deref())
    }

    /// Reads the body.
    pub fn decode(_version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { token: reader.bytes()?.map(Bytes::copy_from_slice) })
    }
}

impl fmt::Debug for AuthResponse {
    // The token is a secret, and so is its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthResponse").finish_non_exhaustive()
    }
}
