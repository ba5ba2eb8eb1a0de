//! A page of rows with whatever types its metadata states: the version is the first byte, then the RESULT's body without
//! its kind.

#![no_main]

use helenus_protocol::ResponseOpcode;
use helenus_protocol::envelope::Flags;
use helenus_protocol_fuzz::{bounded, check_cells, check_response, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&number, rest)) = data.split_first() else { return };
    let body = [&[0, 0, 0, 2], rest].concat();
    let message = check_response(version(number), Flags::empty(), ResponseOpcode::Result, &body);
    if let Some(message) = message {
        check_cells(&message);
    }
}));
