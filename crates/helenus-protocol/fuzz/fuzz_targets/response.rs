//! A body of any response: version, flags and opcode are the first three bytes.

#![no_main]

use helenus_protocol::envelope::Flags;
use helenus_protocol_fuzz::{bounded, check_response, response_opcode, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&[number, flags, opcode], body)) = data.split_first_chunk() else { return };
    check_response(version(number), Flags::from_bits(flags), response_opcode(opcode), body);
}));
