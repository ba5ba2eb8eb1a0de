//! A client of a few lines: one socket, one request at a time unless asked otherwise.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{Envelope, Flags, MAX_BODY_LENGTH};
use helenus_protocol::notation::Value;
use helenus_protocol::request::{
    AuthResponse, EventType, Execute, Prepare, Query, QueryParameters, Register, Request, Startup,
};
use helenus_protocol::response::{Message, Response, ResultMessage};
use helenus_protocol::segment::{SegmentDecoder, encode_envelopes};
use helenus_protocol::{Consistency, ProtocolVersion, ProtocolViolation};

/// Everything that can end a read.
#[derive(Debug)]
pub(crate) enum Failure {
    Io(io::ErrorKind),
    Violation(ProtocolViolation),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

impl From<ProtocolViolation> for Failure {
    fn from(violation: ProtocolViolation) -> Self {
        Self::Violation(violation)
    }
}

pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    version: ProtocolVersion,
    compression: Option<Compression>,
    segments: Option<SegmentDecoder>,
    input: BytesMut,
    envelopes: BytesMut,
    pub(crate) stream: i16,
}

impl Client {
    /// A connection without a handshake.
    pub(crate) fn new(address: SocketAddr, version: ProtocolVersion) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Self {
            socket,
            version,
            compression: None,
            segments: None,
            input: BytesMut::new(),
            envelopes: BytesMut::new(),
            stream: 0,
        }
    }

    /// A connection that is ready, without credentials.
    pub(crate) fn ready(
        address: SocketAddr,
        version: ProtocolVersion,
        compression: Option<Compression>,
    ) -> Self {
        let mut client = Self::new(address, version);
        assert_eq!(client.start(compression), Message::Ready);
        client
    }

    /// Sends STARTUP; from its answer on, what was agreed holds.
    pub(crate) fn start(&mut self, compression: Option<Compression>) -> Message {
        let mut options = vec![("CQL_VERSION".into(), "3.0.0".into())];
        options.extend(compression.map(|compression| ("COMPRESSION".into(), compression.name().into())));
        self.send(&Request::Startup(Startup { options }), Flags::empty());
        self.compression = compression;
        let (_, answer) = self.receive().unwrap();
        if matches!(answer.message, Message::Ready | Message::Authenticate { .. })
            && self.version.has_segments()
        {
            self.segments = Some(SegmentDecoder::new(compression, MAX_BODY_LENGTH));
        }
        answer.message
    }

    pub(crate) fn send(&mut self, request: &Request, flags: Flags) -> i16 {
        let stream = self.stream;
        self.stream = (stream + 1) % 100;
        let compression = self.compression.filter(|_| self.segments.is_none());
        let mut envelope = Vec::new();
        request.encode_envelope(self.version, flags, stream, &[], compression, &mut envelope).unwrap();
        let mut wire = Vec::new();
        match self.segments {
            Some(_) => encode_envelopes(&envelope, self.compression, &mut wire),
            None => wire = envelope,
        }
        self.socket.write_all(&wire).unwrap();
        stream
    }

    pub(crate) fn receive(&mut self) -> Result<(i16, Response), Failure> {
        loop {
            let source = if self.segments.is_some() { &mut self.envelopes } else { &mut self.input };
            if let Some(Envelope { header, body }) = Envelope::decode(source, MAX_BODY_LENGTH)? {
                let body = match self.compression.filter(|_| header.flags.contains(Flags::COMPRESSION)) {
                    Some(compression) => compression.decompress_body(&body, MAX_BODY_LENGTH)?,
                    None => body,
                };
                let wrong =
                    || ProtocolViolation::Version { got: header.version, expected: self.version.number() };
                let version = ProtocolVersion::from_number(header.version).ok_or_else(wrong)?;
                let response = Response::decode(version, header.flags, header.opcode, &body);
                return Ok((header.stream, response.map_err(ProtocolViolation::from)?));
            }
            if let Some(decoder) = &mut self.segments
                && let Some(segment) = decoder.decode(&mut self.input)?
            {
                self.envelopes.extend_from_slice(&segment.payload);
                continue;
            }
            let mut chunk = [0; 4096];
            match self.socket.read(&mut chunk)? {
                0 => return Err(Failure::Io(io::ErrorKind::UnexpectedEof)),
                length => self.input.extend_from_slice(&chunk[..length]),
            }
        }
    }

    /// Sends, and takes the answer, which must be on the same stream.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Response, Failure> {
        let sent = self.send(request, Flags::empty());
        let (stream, response) = self.receive()?;
        assert_eq!(stream, sent);
        Ok(response)
    }

    pub(crate) fn query(&mut self, text: &str) -> Message {
        self.ask(&query(text)).unwrap().message
    }

    pub(crate) fn prepare(&mut self, text: &str) -> helenus_protocol::response::Prepared {
        let prepare = Request::Prepare(Prepare { query: text.into(), keyspace: None });
        match self.ask(&prepare).unwrap().message {
            Message::Result(ResultMessage::Prepared(prepared)) => prepared,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn authenticate(&mut self, token: &'static [u8]) -> Message {
        let token = Some(Bytes::from_static(token));
        self.ask(&Request::AuthResponse(AuthResponse { token })).unwrap().message
    }

    pub(crate) fn register(&mut self) {
        let events = vec![EventType::TopologyChange, EventType::StatusChange, EventType::SchemaChange];
        assert_eq!(self.ask(&Request::Register(Register { events })).unwrap().message, Message::Ready);
    }
}

pub(crate) fn query(text: &str) -> Request {
    Request::Query(Query { query: text.into(), parameters: QueryParameters::new(Consistency::One) })
}

pub(crate) fn execute(id: &Bytes, metadata_id: Option<&Bytes>, values: &[&[u8]]) -> Request {
    let mut parameters = QueryParameters::new(Consistency::One);
    for value in values {
        parameters.values.push(Value::Bytes(value)).unwrap();
    }
    Request::Execute(Execute { id: id.clone(), result_metadata_id: metadata_id.cloned(), parameters })
}

/// The cells of rows, whatever their columns.
pub(crate) fn cells(message: &Message) -> Vec<Vec<Option<Vec<u8>>>> {
    let Message::Result(ResultMessage::Rows(rows)) = message else { panic!("{message:?}") };
    rows.rows().map(|row| row.unwrap().map(|cell| cell.map(<[u8]>::to_vec)).collect()).collect()
}

/// The code of an error.
pub(crate) fn code(message: &Message) -> i32 {
    match message {
        Message::Error(error) => error.code(),
        other => panic!("{other:?}"),
    }
}
