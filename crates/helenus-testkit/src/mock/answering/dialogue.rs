//! One connection of the answering node, without its socket: request bytes in, answer bytes out.
//!
//! The header is walked by hand and nothing is copied but the canned answer: this is the path that decides how much of
//! the machine is left for the driver that is being measured.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::BytesMut;
use helenus_protocol::envelope::{HEADER_LENGTH, MAX_BODY_LENGTH};
use helenus_protocol::notation::Reader;
use helenus_protocol::segment::{SegmentDecoder, encode_envelopes};
use helenus_protocol::{DecodeError, EncodeError, ProtocolVersion, RequestOpcode, ResponseOpcode};

use super::catalogue::{Answer, Canned, Catalogue};
use crate::mock::body::{Body, code};
use crate::mock::statement::StatementId;

/// How many statements a worker keeps the answers of; beyond it begins anew.
const CACHED: usize = 1024;

/// What a worker's connections share: the answers that were asked for before.
#[derive(Debug)]
pub(super) struct Answers {
    catalogue: Arc<Catalogue>,
    by_text: HashMap<Box<[u8]>, Arc<Answer>>,
    by_id: HashMap<StatementId, Arc<Answer>>,
    supported: Vec<u8>,
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Dialogue {
    version: ProtocolVersion,
    /// Set from the READY of v5 on.
    segments: Option<Segments>,
    /// Bytes that do not make a whole envelope yet.
    pending: Vec<u8>,
    /// The last EXECUTE's statement: mostly the next one's too.
    last: Option<(StatementId, Arc<Answer>)>,
}

#[derive(Debug)]
struct Segments {
    decoder: SegmentDecoder,
    input: BytesMut,
    /// The answers of one batch, before they go into segments.
    answers: Vec<u8>,
}

/// The connection is to be closed once what is in the output has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Closing;

impl Answers {
    pub(super) fn new(catalogue: Arc<Catalogue>) -> Result<Self, EncodeError> {
        let mut supported = Vec::new();
        helenus_protocol::notation::Writer::new(&mut supported).string_multimap(&[
            ("CQL_VERSION", vec!["3.4.7"]),
            ("COMPRESSION", vec![]),
            ("PROTOCOL_VERSIONS", vec!["3/v3", "4/v4", "5/v5"]),
        ])?;
        Ok(Self { catalogue, by_text: HashMap::new(), by_id: HashMap::new(), supported })
    }

    fn query(&mut self, text: &[u8]) -> Result<Arc<Answer>, EncodeError> {
        if let Some(answer) = self.by_text.get(text) {
            return Ok(Arc::clone(answer));
        }
        let answer = Arc::new(self.catalogue.query(&String::from_utf8_lossy(text))?);
        if self.by_text.len() >= CACHED {
            self.by_text.clear();
        }
        self.by_text.insert(text.into(), Arc::clone(&answer));
        Ok(answer)
    }

    fn execute(&mut self, id: &StatementId) -> Option<Arc<Answer>> {
        if let Some(answer) = self.by_id.get(id) {
            return Some(Arc::clone(answer));
        }
        let answer = self.catalogue.execute(id)?;
        if self.by_id.len() >= CACHED {
            self.by_id.clear();
        }
        self.by_id.insert(*id, Arc::clone(&answer));
        Some(answer)
    }
}

impl Default for Dialogue {
    fn default() -> Self {
        Self { version: ProtocolVersion::V4, segments: None, pending: Vec::new(), last: None }
    }
}

impl Dialogue {
    /// Takes what was read, appends the answers to `out`.
    pub(super) fn handle(
        &mut self,
        read: &[u8],
        answers: &mut Answers,
        out: &mut Vec<u8>,
    ) -> Result<(), Closing> {
        if self.segments.is_some() {
            return self.handle_segments(read, answers, out);
        }
        let mut pending = std::mem::take(&mut self.pending);
        let input = if pending.is_empty() {
            read
        } else {
            pending.extend_from_slice(read);
            &pending
        };
        let used = self.handle_envelopes(input, answers, out)?;
        if self.segments.is_some() {
            // STARTUP of v5 was among them: what follows it is in segments.
            return self.handle_segments(&input[used..], answers, out);
        }
        let rest = input.len() - used;
        if pending.is_empty() {
            pending.extend_from_slice(&read[used..]);
        } else {
            pending.drain(..used);
        }
        debug_assert_eq!(pending.len(), rest);
        self.pending = pending;
        Ok(())
    }

    fn handle_segments(
        &mut self,
        read: &[u8],
        answers: &mut Answers,
        out: &mut Vec<u8>,
    ) -> Result<(), Closing> {
        let Some(mut segments) = self.segments.take() else { return Err(Closing) };
        segments.input.extend_from_slice(read);
        segments.answers.clear();
        let mut outcome = Ok(());
        while outcome.is_ok() {
            outcome = match segments.decoder.decode(&mut segments.input) {
                Ok(Some(segment)) => self.handle_payload(&segment.payload, answers, &mut segments.answers),
                Ok(None) => break,
                Err(_) => Err(Closing),
            };
        }
        encode_envelopes(&segments.answers, None, out);
        self.segments = Some(segments);
        outcome
    }

    fn handle_payload(
        &mut self,
        payload: &[u8],
        answers: &mut Answers,
        out: &mut Vec<u8>,
    ) -> Result<(), Closing> {
        if self.pending.is_empty() {
            let used = self.handle_envelopes(payload, answers, out)?;
            self.pending.extend_from_slice(&payload[used..]);
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(payload);
        let used = self.handle_envelopes(&pending, answers, out)?;
        pending.drain(..used);
        self.pending = pending;
        Ok(())
    }

    /// Answers every whole envelope of `input`, and says how many bytes those were.
    fn handle_envelopes(
        &mut self,
        input: &[u8],
        answers: &mut Answers,
        out: &mut Vec<u8>,
    ) -> Result<usize, Closing> {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let Some(&first) = rest.first() else { return Ok(used) };
            let Some(version) = ProtocolVersion::from_number(first) else {
                return Err(refuse_version(first, rest, out));
            };
            let Some(header) = rest.first_chunk::<HEADER_LENGTH>() else { return Ok(used) };
            let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]) as usize;
            if length > MAX_BODY_LENGTH {
                return Err(Closing);
            }
            let Some(body) = rest.get(HEADER_LENGTH..HEADER_LENGTH + length) else { return Ok(used) };
            let started = self.segments.is_none() && header[4] == RequestOpcode::Startup.number();
            self.version = version;
            self.answer(header, body, answers, out);
            used += HEADER_LENGTH + length;
            if started && version.has_segments() {
                let decoder = SegmentDecoder::new(None, MAX_BODY_LENGTH);
                self.segments = Some(Segments { decoder, input: BytesMut::new(), answers: Vec::new() });
                return Ok(used);
            }
        }
    }

    fn answer(
        &mut self,
        header: &[u8; HEADER_LENGTH],
        body: &[u8],
        answers: &mut Answers,
        out: &mut Vec<u8>,
    ) {
        // A custom payload stands in front of the body; drivers under measurement send none.
        let answered = match RequestOpcode::from_number(header[4]) {
            Some(RequestOpcode::Execute) => self.execute(header, body, answers, out),
            Some(RequestOpcode::Query) => query_text(body).map_err(Failure::from).and_then(|text| {
                let answer = answers.query(text)?;
                append(header, &answer.full, &[], out);
                Ok(())
            }),
            Some(RequestOpcode::Prepare) => query_text(body).map_err(Failure::from).and_then(|text| {
                let prepared = answers.catalogue.prepare(&String::from_utf8_lossy(text), self.version)?;
                append_bytes(header, prepared.opcode, &prepared.bytes, out);
                Ok(())
            }),
            Some(RequestOpcode::Batch) => {
                append_bytes(header, ResponseOpcode::Result, &1_i32.to_be_bytes(), out);
                Ok(())
            }
            Some(RequestOpcode::Options) => {
                append_bytes(header, ResponseOpcode::Supported, &answers.supported, out);
                Ok(())
            }
            Some(RequestOpcode::Startup | RequestOpcode::Register) => {
                append_bytes(header, ResponseOpcode::Ready, &[], out);
                Ok(())
            }
            Some(RequestOpcode::AuthResponse) | None => Err(Failure::Protocol("unexpected opcode".into())),
        };
        if let Err(failure) = answered
            && let Ok(body) = failure.body()
        {
            append_bytes(header, body.opcode, &body.bytes, out);
        }
    }

    fn execute(
        &mut self,
        header: &[u8; HEADER_LENGTH],
        body: &[u8],
        answers: &mut Answers,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let mut reader = Reader::new(body);
        let id = reader.short_bytes()?;
        if self.version.has_result_metadata_id() {
            reader.short_bytes()?;
        }
        reader.short()?;
        let flags =
            if self.version.has_int_query_flags() { reader.int()? } else { i32::from(reader.byte()?) };
        let answer = match &self.last {
            Some((last, answer)) if last == id => Arc::clone(answer),
            _ => {
                let known: Option<StatementId> = id.try_into().ok();
                let Some((id, answer)) = known.and_then(|id| Some((id, answers.execute(&id)?))) else {
                    return Err(Failure::Unprepared(id.to_vec()));
                };
                self.last = Some((id, Arc::clone(&answer)));
                answer
            }
        };
        // 0x01 says that values follow, 0x40 that they have names, 0x02 that the metadata is known.
        let mut key: &[u8] = &[];
        if flags & 0x41 == 0x01 && reader.short()? > 0 {
            key = reader.bytes()?.unwrap_or_default();
        }
        let body = if flags & 0x02 == 0 { &answer.full } else { &answer.without_metadata };
        append(header, body, key, out);
        Ok(())
    }
}

/// Why a request has no answer but an ERROR.
#[derive(Debug)]
enum Failure {
    Protocol(String),
    Unprepared(Vec<u8>),
    Server(EncodeError),
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Protocol(error.to_string())
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::Server(error)
    }
}

impl Failure {
    fn body(self) -> Result<Body, EncodeError> {
        match self {
            Self::Protocol(message) => Body::error(code::PROTOCOL, &message),
            Self::Server(error) => Body::error(code::SERVER, &error.to_string()),
            Self::Unprepared(id) => Body::unprepared(&id),
        }
    }
}

/// The text of a QUERY or PREPARE, unchecked.
fn query_text(body: &[u8]) -> Result<&[u8], DecodeError> {
    let mut reader = Reader::new(body);
    let length = reader.count(1, "[long string]")?;
    reader.take(length, "[long string]")
}

fn append(header: &[u8; HEADER_LENGTH], canned: &Canned, key: &[u8], out: &mut Vec<u8>) {
    let start = out.len() + HEADER_LENGTH;
    append_bytes(header, canned.opcode(), &canned.body.bytes, out);
    for range in &canned.keys {
        if range.len() == key.len() {
            out[start + range.start..start + range.end].copy_from_slice(key);
        }
    }
}

fn append_bytes(header: &[u8; HEADER_LENGTH], opcode: ResponseOpcode, body: &[u8], out: &mut Vec<u8>) {
    let [l0, l1, l2, l3] = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&[header[0] | 0x80, 0, header[2], header[3], opcode.number(), l0, l1, l2, l3]);
    out.extend_from_slice(body);
}

/// What Cassandra says to a version that it does not speak: an ERROR in its newest version, and the end.
fn refuse_version(first: u8, rest: &[u8], out: &mut Vec<u8>) -> Closing {
    let stream = [rest.get(2).copied().unwrap_or(0), rest.get(3).copied().unwrap_or(0)];
    let header = [ProtocolVersion::LATEST.number(), 0, stream[0], stream[1], 0, 0, 0, 0, 0];
    let message = format!(
        "Invalid or unsupported protocol version ({}); supported versions are (3/v3, 4/v4, 5/v5)",
        first & 0x7F
    );
    if let Ok(body) = Body::error(code::PROTOCOL, &message) {
        append_bytes(&header, body.opcode, &body.bytes, out);
    }
    Closing
}
