//! A request that a connection did not take: for the next connection, or as an error.

use super::NotSent;
use crate::error::AttemptError;
use crate::request::Token;

impl NotSent {
    /// The token, for another connection to try.
    pub(crate) fn into_token(self) -> Token {
        match self {
            Self::Full(token) | Self::Closed(token, _) | Self::TooLong(token, _) => token,
        }
    }

    /// What a request is told that is for this connection and no other; its token says nothing any more.
    pub(crate) fn into_error(self) -> AttemptError {
        match self {
            Self::Full(token) => {
                token.discard();
                AttemptError::Busy { connections: 1, in_flight: 0, unsent: 0, waiting: 0 }
            }
            Self::Closed(token, error) => {
                token.discard();
                AttemptError::NoConnection(Some(error))
            }
            Self::TooLong(token, length) => {
                token.discard();
                let limit = helenus_protocol::envelope::MAX_BODY_LENGTH;
                AttemptError::Encode(helenus_protocol::EncodeError::new(
                    "the request",
                    format!("it has {length} bytes; the protocol allows {limit}"),
                ))
            }
        }
    }
}
