//! The half of a connection that whoever reads the socket owns: bytes in, whole envelopes out, nothing decoded.
//!
//! For v5 the segments are opened first (section 2 of the v5 specification): one may hold several envelopes, and a large
//! envelope may lie over many. Older versions may compress each body (section 5 of the v3 and v4 specifications).

use bytes::{Buf, Bytes, BytesMut};

use crate::compression::Compression;
use crate::envelope::{Envelope, Flags, HEADER_LENGTH, ResponseHeader};
use crate::error::ProtocolViolation;
use crate::segment::{Segment, SegmentDecoder};
use crate::version::ProtocolVersion;

/// Bodies up to this many bytes are copied out, so that a small answer never keeps a whole read buffer alive.
const COPIED: usize = 4096;

/// The whole body of a RESULT *void* (section 4.2.5.1).
const VOID: [u8; 4] = [0, 0, 0, 1];
/// Room that is made before each read.
const READ: usize = 32 * 1024;

/// Bytes of the socket in, envelopes out.
#[derive(Debug)]
pub struct Receiver {
    version: ProtocolVersion,
    compression: Option<Compression>,
    limit: usize,
    /// The version is settled: an answer in another is a violation. Before, a server that refuses our version says so
    /// in one of its own.
    settled: bool,
    input: BytesMut,
    segments: Option<SegmentDecoder>,
    /// The rest of a self-contained segment: whole envelopes.
    payload: Bytes,
    /// The beginning of an envelope that lies over several segments.
    partial: BytesMut,
}

impl Receiver {
    /// A receiver for the handshake of a connection that asks for `version`: bare envelopes, as every version begins
    /// (v5 spec, 2). Bodies above `limit` bytes are refused before anything is allocated for them.
    #[must_use]
    pub fn new(version: ProtocolVersion, limit: usize) -> Self {
        Self {
            version,
            compression: None,
            limit,
            settled: false,
            input: BytesMut::new(),
            segments: None,
            payload: Bytes::new(),
            partial: BytesMut::new(),
        }
    }

    /// STARTUP has asked for `compression`: the next answer may already use it (v3 and v4).
    pub const fn set_compression(&mut self, compression: Option<Compression>) {
        self.compression = compression;
    }

    /// The server has taken STARTUP: the version is settled, and v5 puts segments around everything from here on.
    pub fn settle(&mut self) {
        self.settled = true;
        if self.version.has_segments() {
            self.segments = Some(SegmentDecoder::new(self.compression, self.limit));
        }
    }

    /// The buffer to read the socket into, with room made; see [`poll_envelope`](Self::poll_envelope).
    pub fn buffer(&mut self) -> &mut BytesMut {
        if self.input.capacity() - self.input.len() < READ / 2 {
            self.input.reserve(READ);
        }
        &mut self.input
    }

    /// Takes bytes that were read elsewhere.
    pub fn handle_bytes(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Whether an envelope or a segment has begun to arrive and has not ended.
    #[must_use]
    pub fn is_mid_message(&self) -> bool {
        !(self.input.is_empty() && self.payload.is_empty() && self.partial.is_empty())
    }

    /// Gives back the memory of an idle connection.
    pub fn shrink(&mut self) {
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
    }

    /// The next whole envelope, or `None` until more bytes have come. After an error the connection must be closed.
    #[inline]
    pub fn poll_envelope(&mut self) -> Result<Option<Envelope>, ProtocolViolation> {
        let Some(segments) = &mut self.segments else { return self.bare_envelope() };
        loop {
            if !self.payload.is_empty() {
                let envelope = from_payload(&mut self.payload, self.version, self.limit)?;
                if self.payload.is_empty() {
                    // Also nothing of a buffer holds on to it, and keeps the next read from using it again.
                    self.payload = Bytes::new();
                }
                return Ok(Some(envelope));
            }
            match segments.decode(&mut self.input)? {
                None => return Ok(None),
                Some(Segment { payload, self_contained: true, .. }) => {
                    if !self.partial.is_empty() {
                        return Err(ProtocolViolation::UnexpectedMessage {
                            got: "a self-contained segment",
                            expected: "the rest of an envelope",
                        });
                    }
                    self.payload = payload;
                }
                Some(Segment { payload, .. }) => {
                    self.partial.extend_from_slice(&payload);
                    if let Some(envelope) = from_partial(&mut self.partial, self.version, self.limit)? {
                        return Ok(Some(envelope));
                    }
                }
            }
        }
    }

    #[inline]
    fn bare_envelope(&mut self) -> Result<Option<Envelope>, ProtocolViolation> {
        let Some(first) = self.input.first_chunk::<HEADER_LENGTH>() else { return Ok(None) };
        let header = if self.settled {
            checked(first, self.version, self.limit)?
        } else {
            ResponseHeader::decode(first, self.limit)?
        };
        let length = header.length as usize;
        let Some(body) = self.input.get(HEADER_LENGTH..HEADER_LENGTH + length) else { return Ok(None) };
        if header.flags.contains(Flags::COMPRESSION) {
            let Some(compression) = self.compression else {
                return Err(ProtocolViolation::Compression { why: "no compression was negotiated".into() });
            };
            let body = compression.decompress_body(body, self.limit)?;
            self.input.advance(HEADER_LENGTH + length);
            return Ok(Some(Envelope { header, body }));
        }
        let body = if length <= COPIED {
            let body = copied(body);
            self.input.advance(HEADER_LENGTH + length);
            body
        } else {
            self.input.advance(HEADER_LENGTH);
            self.input.split_to(length).freeze()
        };
        Ok(Some(Envelope { header, body }))
    }
}

/// A body of its own. What most writes are answered with is the same each time, and needs no memory.
fn copied(body: &[u8]) -> Bytes {
    if body == VOID { Bytes::from_static(&VOID) } else { Bytes::copy_from_slice(body) }
}

fn checked(
    bytes: &[u8; HEADER_LENGTH],
    version: ProtocolVersion,
    limit: usize,
) -> Result<ResponseHeader, ProtocolViolation> {
    let header = ResponseHeader::decode(bytes, limit)?;
    if header.version != version.number() {
        return Err(ProtocolViolation::Version { got: header.version, expected: version.number() });
    }
    Ok(header)
}

/// One envelope from a segment that holds only whole ones.
fn from_payload(
    payload: &mut Bytes,
    version: ProtocolVersion,
    limit: usize,
) -> Result<Envelope, ProtocolViolation> {
    let cut_short = || ProtocolViolation::UnexpectedMessage {
        got: "a self-contained segment that ends within an envelope",
        expected: "whole envelopes",
    };
    let header = checked(payload.first_chunk().ok_or_else(cut_short)?, version, limit)?;
    let end = HEADER_LENGTH + header.length as usize;
    let body = payload.get(HEADER_LENGTH..end).ok_or_else(cut_short)?;
    let body = if body.len() <= COPIED { copied(body) } else { payload.slice(HEADER_LENGTH..end) };
    payload.advance(end);
    Ok(Envelope { header, body })
}

/// The envelope that lies over several segments, once all of it is there. It ends where its last segment ends.
fn from_partial(
    partial: &mut BytesMut,
    version: ProtocolVersion,
    limit: usize,
) -> Result<Option<Envelope>, ProtocolViolation> {
    let Some(first) = partial.first_chunk::<HEADER_LENGTH>() else { return Ok(None) };
    let header = checked(first, version, limit)?;
    let end = HEADER_LENGTH + header.length as usize;
    if partial.len() < end {
        return Ok(None);
    }
    if partial.len() > end {
        return Err(ProtocolViolation::UnexpectedMessage {
            got: "a segment with bytes behind the envelope that it ends",
            expected: "the end of the segment",
        });
    }
    let mut whole = std::mem::take(partial);
    whole.advance(HEADER_LENGTH);
    Ok(Some(Envelope { header, body: whole.freeze() }))
}

#[cfg(test)]
mod tests;
