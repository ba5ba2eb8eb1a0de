//! A blocking connection to a node that keeps every byte it sends and receives.
//!
//! Not a driver: one request at a time, nothing pooled, nothing retried. It sets nodes up, and it captures the golden
//! vectors of `helenus-protocol`.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{Envelope, Flags, MAX_BODY_LENGTH};
use helenus_protocol::request::{AuthResponse, Request, Startup};
use helenus_protocol::segment::{SegmentDecoder, encode_envelopes};
use helenus_protocol::{ProtocolVersion, ProtocolViolation, ResponseOpcode};

const PATIENCE: Duration = Duration::from_secs(30);

/// One connection to a node.
#[derive(Debug)]
pub struct RawConnection {
    socket: TcpStream,
    version: ProtocolVersion,
    /// Of envelopes; in v5 it goes to the segments.
    compression: Option<Compression>,
    /// Once the handshake has chosen v5.
    segments: Option<SegmentDecoder>,
    /// Bytes of the socket that are no whole segment (or, without segments, no whole envelope) yet.
    input: BytesMut,
    /// Bytes of segments that are no whole envelope yet.
    envelopes: BytesMut,
    stream: i16,
}

/// A request and its answer, as bytes.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request's envelope.
    pub request: Vec<u8>,
    /// What travelled for it: the envelope, or the segments around it.
    pub sent: Vec<u8>,
    /// The answer's envelope, still compressed if it came so.
    pub response: Envelope,
    /// What travelled for it, if nothing else came with it.
    pub received: Bytes,
}

impl RawConnection {
    /// Connects, without a word of the protocol yet.
    pub fn connect(address: SocketAddr, version: ProtocolVersion) -> io::Result<Self> {
        let socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            version,
            compression: None,
            segments: None,
            input: BytesMut::new(),
            envelopes: BytesMut::new(),
            stream: 0,
        })
    }

    /// The version that it speaks.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Sends STARTUP and switches to what it agreed on; the answer is READY, AUTHENTICATE or an error.
    pub fn start(&mut self, compression: Option<Compression>) -> io::Result<Exchange> {
        self.start_with(compression, &[])
    }

    /// The same with more options, such as `THROW_ON_OVERLOAD`.
    pub fn start_with(
        &mut self,
        compression: Option<Compression>,
        more: &[(&'static str, &'static str)],
    ) -> io::Result<Exchange> {
        let mut options = vec![("CQL_VERSION".into(), "3.0.0".into())];
        options.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        options.extend(compression.map(|compression| ("COMPRESSION".into(), compression.name().into())));
        let exchange = self.exchange(&Request::Startup(Startup { options }))?;
        if matches!(exchange.response.header.opcode, ResponseOpcode::Ready | ResponseOpcode::Authenticate) {
            if self.version.has_segments() {
                self.segments = Some(SegmentDecoder::new(compression, MAX_BODY_LENGTH));
            }
            self.compression = compression;
        }
        Ok(exchange)
    }

    /// Answers AUTHENTICATE with a name and a password.
    pub fn log_in(&mut self, name: &str, password: &str) -> io::Result<Exchange> {
        let token = Bytes::from(format!("\0{name}\0{password}"));
        self.exchange(&Request::AuthResponse(AuthResponse { token: Some(token) }))
    }

    /// Sends a request and waits for its answer.
    pub fn exchange(&mut self, request: &Request) -> io::Result<Exchange> {
        self.exchange_with(request, Flags::empty(), &[])
    }

    /// Sends a request with header flags and a custom payload, and waits for its answer.
    pub fn exchange_with(
        &mut self,
        request: &Request,
        flags: Flags,
        payload: &[(String, Option<Bytes>)],
    ) -> io::Result<Exchange> {
        self.stream = (self.stream + 1) & 0x7FFF;
        let mut envelope = Vec::new();
        let body_compression = if self.segments.is_some() { None } else { self.compression };
        request
            .encode_envelope(self.version, flags, self.stream, payload, body_compression, &mut envelope)
            .map_err(io::Error::other)?;
        self.exchange_bytes(envelope)
    }

    /// Sends an envelope as it is, in segments where those are due, and waits for what comes.
    pub fn exchange_bytes(&mut self, request: Vec<u8>) -> io::Result<Exchange> {
        let sent = self.send(&request)?;
        let (response, received) = self.receive()?;
        Ok(Exchange { request, sent, response, received })
    }

    /// Sends whole envelopes back to back, in as few segments as hold them where those are due; tells what travelled.
    pub fn send(&mut self, envelopes: &[u8]) -> io::Result<Vec<u8>> {
        let mut sent = Vec::new();
        match self.segments {
            Some(_) => encode_envelopes(envelopes, self.compression, &mut sent),
            None => sent.extend_from_slice(envelopes),
        }
        self.socket.write_all(&sent)?;
        Ok(sent)
    }

    /// Waits for the next envelope, and tells which bytes brought it.
    pub fn receive(&mut self) -> io::Result<(Envelope, Bytes)> {
        let (mut envelopes, received) = self.receive_several(1)?;
        Ok((envelopes.remove(0), received))
    }

    /// Waits for `count` envelopes, and tells which bytes brought them.
    pub fn receive_several(&mut self, count: usize) -> io::Result<(Vec<Envelope>, Bytes)> {
        let mut received = BytesMut::from(&self.input[..]);
        let mut envelopes = Vec::new();
        loop {
            while envelopes.len() < count {
                let Some(envelope) = self.take()? else { break };
                envelopes.push(envelope);
            }
            if envelopes.len() == count {
                return Ok((envelopes, received.freeze()));
            }
            let mut chunk = [0_u8; 1 << 16];
            let length = self.socket.read(&mut chunk)?;
            if length == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the node closed the connection"));
            }
            self.input.extend_from_slice(&chunk[..length]);
            received.extend_from_slice(&chunk[..length]);
        }
    }

    fn take(&mut self) -> io::Result<Option<Envelope>> {
        let bad = |violation: ProtocolViolation| io::Error::new(io::ErrorKind::InvalidData, violation);
        let Some(segments) = &mut self.segments else {
            return Envelope::decode(&mut self.input, MAX_BODY_LENGTH).map_err(bad);
        };
        loop {
            if let Some(envelope) = Envelope::decode(&mut self.envelopes, MAX_BODY_LENGTH).map_err(bad)? {
                return Ok(Some(envelope));
            }
            match segments.decode(&mut self.input).map_err(bad)? {
                Some(segment) => self.envelopes.extend_from_slice(&segment.payload),
                None => return Ok(None),
            }
        }
    }
}
