//! A glance at a body, for whoever only has to decide where it goes.

use super::{Prefix, ResultKind};
use crate::envelope::Flags;
use crate::error::DecodeError;
use crate::notation::Reader;
use crate::opcode::ResponseOpcode;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peek {
    /// ERROR with this code (see [`ServerError::code`](super::ServerError::code)).
    Error {
        /// The code, known or not.
        code: i32,
    },
    /// RESULT of this kind.
    Result(ResultKind),
    /// Any other message.
    Other(ResponseOpcode),
}

/// Tells what a body is, without allocating or reading more than it takes. That the body is well-formed is not said.
pub fn peek(opcode: ResponseOpcode, flags: Flags, body: &[u8]) -> Result<Peek, DecodeError> {
    if !matches!(opcode, ResponseOpcode::Error | ResponseOpcode::Result) {
        return Ok(Peek::Other(opcode));
    }
    let mut reader = Reader::new(body);
    Prefix::skip(flags, &mut reader)?;
    if opcode == ResponseOpcode::Error {
        return Ok(Peek::Error { code: reader.int()? });
    }
    ResultKind::decode(&mut reader).map(Peek::Result)
}
