//! Golden vectors: bytes captured between a real server and a client, in both directions through our code.
//!
//! `vectors/NAME.hex` are the bytes: one envelope, or v5 segments. `vectors/NAME.txt` is what they say: a line that
//! tells their kind, then the decoded message. Each must decode to its text and encode to its bytes again; every cut
//! must be an error and no flipped bit may panic. With `HELENUS_WRITE_VECTORS=1` the texts of new vectors (`.txt`
//! missing, or nothing but its first line) are written instead; read them before you commit them.

#[path = "vectors/describe.rs"]
mod describe;

use std::path::{Path, PathBuf};
use std::{env, fs};

use bytes::{Bytes, BytesMut};
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{
    CustomPayload, Envelope, Flags, HEADER_LENGTH, MAX_BODY_LENGTH, RequestHeader,
};
use helenus_protocol::notation::Writer;
use helenus_protocol::request::Request;
use helenus_protocol::response::{Message, Response, ResultMessage, ServerError, WriteType};
use helenus_protocol::segment::{SegmentDecoder, encode_envelopes};
use helenus_protocol::{ProtocolVersion, RequestOpcode, ResponseOpcode};

use describe::trailing_of;

struct Vector {
    name: String,
    bytes: Vec<u8>,
    text: String,
    text_path: PathBuf,
}

/// What the first line says, beyond what the bytes themselves do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Envelope { compression: Option<Compression> },
    Segments { of_server: bool, compression: Option<Compression> },
}

fn vectors() -> Vec<Vector> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut paths: Vec<_> = fs::read_dir(directory)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.retain(|path: &PathBuf| path.extension().is_some_and(|extension| extension == "hex"));
    paths.sort();
    let vector = |path: PathBuf| {
        let text_path = path.with_extension("txt");
        Vector {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            bytes: from_hex(&fs::read_to_string(&path).unwrap()),
            text: fs::read_to_string(&text_path).unwrap_or_default(),
            text_path,
        }
    };
    paths.into_iter().map(vector).collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let digits: Vec<u8> = lines.flat_map(str::bytes).filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(digits.len().is_multiple_of(2), "half a byte");
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Vector {
    fn kind(&self) -> Kind {
        let first = self.text.lines().next().unwrap_or_default();
        let compression = first
            .split_once("compression=")
            .and_then(|(_, name)| Compression::from_name(name.split_whitespace().next().unwrap_or_default()));
        match first.split_whitespace().collect::<Vec<_>>()[..] {
            [_, "segments", side, ..] => Kind::Segments { of_server: side == "response", compression },
            _ => Kind::Envelope { compression },
        }
    }

    fn is_response(&self) -> bool {
        self.bytes[0] & 0x80 != 0
    }
}

fn segments(bytes: &[u8], compression: Option<Compression>) -> Vec<(Bytes, bool)> {
    let mut decoder = SegmentDecoder::new(compression, MAX_BODY_LENGTH);
    let mut input = BytesMut::from(bytes);
    let mut segments = Vec::new();
    while let Some(segment) = decoder.decode(&mut input).unwrap() {
        segments.push((segment.payload, segment.self_contained));
    }
    assert!(input.is_empty(), "{} bytes are no segment", input.len());
    segments
}

/// A message with its flags and its body as it was before compression.
enum Decoded {
    Request { header: RequestHeader, body: Bytes, message: Request, custom_payload: CustomPayload },
    Response { envelope: Envelope, version: ProtocolVersion, body: Bytes, response: Response },
}

fn decompressed(flags: Flags, body: Bytes, compression: Option<Compression>) -> Bytes {
    if !flags.contains(Flags::COMPRESSION) {
        return body;
    }
    let compression = compression.expect("the first line of a compressed vector says compression=…");
    compression.decompress_body(&body, MAX_BODY_LENGTH).unwrap()
}

fn decode(bytes: &[u8], compression: Option<Compression>) -> Decoded {
    if bytes[0] & 0x80 == 0 {
        let header = RequestHeader::decode(bytes.first_chunk().unwrap(), MAX_BODY_LENGTH).unwrap();
        let body = Bytes::copy_from_slice(&bytes[HEADER_LENGTH..]);
        assert_eq!(header.length as usize, body.len());
        let body = decompressed(header.flags, body, compression);
        let (message, custom_payload) =
            Request::decode(header.version, header.opcode, header.flags, &body).unwrap();
        return Decoded::Request { header, body, message, custom_payload };
    }
    let mut input = BytesMut::from(bytes);
    let envelope = Envelope::decode(&mut input, MAX_BODY_LENGTH).unwrap().expect("a whole envelope");
    assert!(input.is_empty(), "{} bytes behind the envelope", input.len());
    let header = envelope.header;
    let version = ProtocolVersion::from_number(header.version).unwrap_or(ProtocolVersion::LATEST);
    let body = decompressed(header.flags, envelope.body.clone(), compression);
    let response = Response::decode(version, header.flags, header.opcode, &body).unwrap();
    Decoded::Response { envelope, version, body, response }
}

/// How many bytes of its body `response` needs. Servers may send more, which nobody reads: Cassandra sends v3 an empty
/// string behind some schema changes.
fn meaningful(version: ProtocolVersion, response: &Response) -> usize {
    let mut out = Vec::new();
    response.encode(version, &mut Writer::new(&mut out)).unwrap();
    out.len()
}

#[test]
fn every_opcode_of_every_version_was_captured() {
    let vectors = vectors();
    let captured = |version: ProtocolVersion, opcode: u8, of_server: bool| {
        let first = version.number() | if of_server { 0x80 } else { 0 };
        vectors.iter().any(|vector| vector.bytes[0] == first && vector.bytes[4] == opcode)
    };
    for version in ProtocolVersion::ALL {
        for opcode in RequestOpcode::ALL {
            assert!(captured(version, opcode.number(), false), "{version} {opcode}");
        }
        for opcode in ResponseOpcode::ALL {
            // No authenticator of Cassandra's own sends a challenge.
            let sent = *opcode != ResponseOpcode::AuthChallenge;
            assert_eq!(captured(version, opcode.number(), true), sent, "{version} {opcode}");
        }
    }
}

#[test]
fn every_vector_says_what_its_text_says() {
    let write = env::var_os("HELENUS_WRITE_VECTORS").is_some();
    for vector in vectors() {
        println!("{}", vector.name);
        let text = vector.describe();
        if write && vector.text.lines().count() <= 1 {
            let first = vector.text.lines().next().unwrap_or_default();
            assert!(first.is_empty() || text.lines().next() == Some(first), "{first:?} is not what it is");
            fs::write(&vector.text_path, text).unwrap();
        } else {
            assert_eq!(text, vector.text, "{}", vector.name);
        }
    }
}

#[test]
fn every_vector_is_encoded_to_the_same_bytes() {
    for vector in vectors() {
        let name = &vector.name;
        match vector.kind() {
            Kind::Segments { compression, .. } => {
                let parts = segments(&vector.bytes, compression);
                let envelopes: Vec<u8> = parts.iter().flat_map(|(payload, _)| payload.to_vec()).collect();
                let mut out = Vec::new();
                encode_envelopes(&envelopes, compression, &mut out);
                let again: Vec<u8> =
                    segments(&out, compression).iter().flat_map(|(payload, _)| payload.to_vec()).collect();
                assert_eq!(again, envelopes, "{name}");
                // How envelopes are spread over segments, and how they are packed, is the sender's choice.
                if compression.is_none() && parts.len() == 1 {
                    assert_eq!(hex(&out), hex(&vector.bytes), "{name}");
                }
            }
            Kind::Envelope { compression } => match decode(&vector.bytes, compression) {
                Decoded::Request { header, body, message, custom_payload } => {
                    let mut out = Vec::new();
                    let mut flags = header.flags;
                    flags.remove(Flags::COMPRESSION | Flags::CUSTOM_PAYLOAD);
                    message
                        .encode_envelope(
                            header.version,
                            flags,
                            header.stream,
                            &custom_payload,
                            None,
                            &mut out,
                        )
                        .unwrap();
                    assert_eq!(hex(&out[HEADER_LENGTH..]), hex(&body), "{name}");
                    assert_eq!(hex(&header.encode()), hex(&vector.bytes[..HEADER_LENGTH]), "{name}");
                }
                Decoded::Response { envelope, version, body, response } => {
                    let (message, trailing) = body.split_at(meaningful(version, &response));
                    let mut out = Vec::new();
                    response.encode(version, &mut Writer::new(&mut out)).unwrap();
                    assert_eq!(hex(&out), hex(message), "{name}");
                    assert_eq!(trailing_of(&vector.text), hex(trailing), "{name}");
                    assert_eq!(hex(&envelope.header.encode()), hex(&vector.bytes[..HEADER_LENGTH]), "{name}");
                    let mut flags = envelope.header.flags;
                    flags.remove(Flags::COMPRESSION | Flags::USE_BETA);
                    assert_eq!(response.flags(), flags, "{name}");
                }
            },
        }
    }
}

/// The response that `body` is now, to the last cell of its rows.
fn decode_again(version: ProtocolVersion, envelope: &Envelope, body: &[u8]) -> Option<Response> {
    let header = envelope.header;
    let body = Bytes::copy_from_slice(body);
    let response = Response::decode(version, header.flags, header.opcode, &body).ok()?;
    if let Message::Result(ResultMessage::Rows(rows)) = &response.message {
        rows.rows().collect::<Result<Vec<_>, _>>().ok()?;
    }
    Some(response)
}

/// A WRITE_TIMEOUT of a lightweight transaction may lack its last field: v5 servers of old left it out.
fn without_contentions(response: Option<&Response>) -> bool {
    let Some(Message::Error(ServerError::WriteTimeout { write_type, contentions, .. })) =
        response.map(|response| &response.message)
    else {
        return false;
    };
    *write_type == WriteType::Cas && contentions.is_none()
}

/// W2 of docs/promises.md.
#[test]
fn every_cut_is_refused_and_no_flipped_bit_panics() {
    for vector in vectors() {
        let Kind::Envelope { compression } = vector.kind() else { continue };
        println!("{} ({})", vector.name, if vector.is_response() { "response" } else { "request" });
        match decode(&vector.bytes, compression) {
            Decoded::Request { header, body, .. } => {
                for length in 0..body.len() {
                    let cut = Request::decode(header.version, header.opcode, header.flags, &body[..length]);
                    assert!(cut.is_err(), "{} of {} bytes", length, body.len());
                }
            }
            Decoded::Response { envelope, version, body, .. } => {
                let response = decode_again(version, &envelope, &body).unwrap();
                for length in 0..meaningful(version, &response) {
                    let cut = decode_again(version, &envelope, &body[..length]);
                    if without_contentions(cut.as_ref()) {
                        continue;
                    }
                    assert!(cut.is_none(), "{length} of {} bytes gave {cut:?}", body.len());
                }
                let mut flipped = body.to_vec();
                for bit in 0..body.len().min(2000) * 8 {
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    let _outcome = decode_again(version, &envelope, &flipped).is_some();
                    flipped[bit / 8] ^= 1 << (bit % 8);
                }
            }
        }
    }
}
