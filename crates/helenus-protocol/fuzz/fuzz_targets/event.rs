//! EVENT: the version is the first byte.

#![no_main]

use helenus_protocol::ResponseOpcode;
use helenus_protocol::envelope::Flags;
use helenus_protocol_fuzz::{bounded, check_response, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&number, body)) = data.split_first() else { return };
    check_response(version(number), Flags::empty(), ResponseOpcode::Event, body);
}));
