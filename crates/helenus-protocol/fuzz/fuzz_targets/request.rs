//! A body of any request, as the mock node reads it: version, flags and opcode are the first three bytes.

#![no_main]

use helenus_protocol::RequestOpcode;
use helenus_protocol::envelope::{Flags, HEADER_LENGTH};
use helenus_protocol::request::Request;
use helenus_protocol_fuzz::{bounded, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&[number, flags, opcode], body)) = data.split_first_chunk() else { return };
    let version = version(number);
    let opcode = RequestOpcode::ALL[usize::from(opcode) % RequestOpcode::ALL.len()];
    // Only a version that has custom payloads lets their flag through its header.
    let mut flags = Flags::from_bits(flags);
    if !version.has_custom_payload() {
        flags.remove(Flags::CUSTOM_PAYLOAD);
    }
    let Ok((request, payload)) = Request::decode(version, opcode, flags, body) else { return };
    let mut out = Vec::new();
    request
        .encode_envelope(version, Flags::empty(), 0, &payload, None, &mut out)
        .expect("what decodes can be encoded");
    let mut again = Flags::empty();
    if !payload.is_empty() {
        again.insert(Flags::CUSTOM_PAYLOAD);
    }
    let decoded = Request::decode(version, opcode, again, &out[HEADER_LENGTH..]);
    assert_eq!(decoded, Ok((request, payload)));
}));
