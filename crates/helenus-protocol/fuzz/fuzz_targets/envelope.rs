//! Bytes of a socket in v3 and v4: envelopes, compressed or not. The first byte is the limit of a body in KiB.

#![no_main]

use bytes::BytesMut;
use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{Envelope, Flags};
use helenus_protocol_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&kibibytes, stream)) = data.split_first() else { return };
    let limit = usize::from(kibibytes) << 10;
    let mut input = BytesMut::from(stream);
    while let Ok(Some(envelope)) = Envelope::decode(&mut input, limit) {
        let header = envelope.header;
        assert_eq!(header.length as usize, envelope.body.len());
        assert!(envelope.body.len() <= limit);
        if header.flags.contains(Flags::COMPRESSION) {
            for compression in Compression::ALL {
                if let Ok(body) = compression.decompress_body(&envelope.body, limit) {
                    assert!(body.len() <= limit);
                }
            }
        }
    }
}));
