//! AUTH_CHALLENGE and AUTH_SUCCESS (sections 4.2.7 and 4.2.8): authentication from the server's side.
//!
//! What the tokens mean is between the two authenticators; they are kept out of all debug text.

use std::fmt;

use bytes::Bytes;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};

/// A challenge, which AUTH_RESPONSE answers.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AuthChallenge {
    /// What the client's authenticator is to make of it.
    pub token: Option<Bytes>,
}

/// Authentication is done.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AuthSuccess {
    /// What the client's authenticator may want to know in the end.
    pub token: Option<Bytes>,
}

impl AuthChallenge {
    /// Reads the body, `[bytes]`.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { token: reader.bytes()?.map(Bytes::copy_from_slice) })
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(self.token.as_deref())
    }
}

impl AuthSuccess {
    /// Reads the body, `[bytes]`.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { token: reader.bytes()?.map(Bytes::copy_from_slice) })
    }

    /// Appends the body.
    pub fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(self.token.as_deref())
    }
}

impl fmt::Debug for AuthChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthChallenge").finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthSuccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthSuccess").finish_non_exhaustive()
    }
}
