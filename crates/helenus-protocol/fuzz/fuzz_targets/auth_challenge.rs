//! The messages of authentication. Tokens are in no debug text, however they look.

#![no_main]

use helenus_protocol::ResponseOpcode;
use helenus_protocol::envelope::Flags;
use helenus_protocol_fuzz::{bounded, check_response, version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&number, body)) = data.split_first() else { return };
    for opcode in [ResponseOpcode::Authenticate, ResponseOpcode::AuthChallenge, ResponseOpcode::AuthSuccess] {
        let message = check_response(version(number), Flags::empty(), opcode, body);
        if let Some(message) = message
            && opcode != ResponseOpcode::Authenticate
        {
            assert!(format!("{message:?}").len() < 64, "nothing of the token, whatever its length");
        }
    }
}));
