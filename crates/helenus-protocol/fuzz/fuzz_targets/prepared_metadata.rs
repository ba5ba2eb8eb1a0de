//! RESULT prepared: the version is the first byte, then the body without its kind.

#![no_main]

use helenus_protocol::ResponseOpcode;
use helenus_protocol::envelope::Flags;
use helenus_protocol::response::{Message, ResultMessage};
use helenus_protocol_fuzz::{bounded, check_response, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&number, rest)) = data.split_first() else { return };
    let body = [&[0, 0, 0, 4], rest].concat();
    let message = check_response(version(number), Flags::empty(), ResponseOpcode::Result, &body);
    if let Some(Message::Result(ResultMessage::Prepared(prepared))) = message {
        let bind = prepared.bind;
        assert!(bind.partition_key_indexes.iter().all(|&index| usize::from(index) < bind.columns.len()));
    }
}));
