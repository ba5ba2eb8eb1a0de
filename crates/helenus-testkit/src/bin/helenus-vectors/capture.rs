//! The files that a capture leaves.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use helenus_protocol::compression::Compression;
use helenus_protocol::envelope::{Envelope, Flags};
use helenus_protocol::{RequestOpcode, ResponseOpcode};
use helenus_testkit::raw::Exchange;

use crate::Result;

const BYTES_PER_LINE: usize = 48;

/// Writes vectors into a directory.
pub(crate) struct Capture {
    directory: PathBuf,
    server: String,
    names: BTreeSet<String>,
}

impl Capture {
    pub(crate) fn new(directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory)?;
        Ok(Self { directory, server: String::new(), names: BTreeSet::new() })
    }

    /// The version of the server that is captured from now on.
    pub(crate) fn server(&mut self, version: &str) {
        self.server = format!("Apache Cassandra {version}");
    }

    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    /// A request and its response.
    pub(crate) fn both(
        &mut self,
        name: &str,
        exchange: &Exchange,
        compression: Option<Compression>,
    ) -> Result<()> {
        self.request(name, exchange, compression)?;
        self.response(name, &exchange.response, compression)
    }

    /// The request only.
    pub(crate) fn request(
        &mut self,
        name: &str,
        exchange: &Exchange,
        compression: Option<Compression>,
    ) -> Result<()> {
        let bytes = &exchange.request;
        let opcode = RequestOpcode::from_number(bytes[4]).map_or("?", RequestOpcode::name);
        let flags = Flags::from_bits(bytes[1]);
        let first = first_line(bytes[0], "request", opcode, flags, compression);
        self.write(&format!("{name}-request"), &first, bytes)
    }

    /// The response only.
    pub(crate) fn response(
        &mut self,
        name: &str,
        envelope: &Envelope,
        compression: Option<Compression>,
    ) -> Result<()> {
        let header = &envelope.header;
        let first = first_line(header.version, "response", header.opcode.name(), header.flags, compression);
        let bytes = [&header.encode()[..], &envelope.body].concat();
        self.write(&format!("{name}-response"), &first, &bytes)
    }

    /// Segments of v5, as they travelled.
    pub(crate) fn segments(
        &mut self,
        name: &str,
        side: &str,
        bytes: &[u8],
        compression: Option<Compression>,
    ) -> Result<()> {
        let compression = compression.map_or("none", Compression::name);
        let first = format!("v5 segments {side} compression={compression}");
        self.write(&format!("{name}-segments-{side}"), &first, bytes)
    }

    fn write(&mut self, name: &str, first_line: &str, bytes: &[u8]) -> Result<()> {
        if !self.names.insert(name.to_owned()) {
            return Err(format!("two vectors are called {name}").into());
        }
        let mut hex = format!("# {}\n", self.server);
        for chunk in bytes.chunks(BYTES_PER_LINE) {
            hex.extend(chunk.iter().map(|byte| format!("{byte:02x}")));
            hex.push('\n');
        }
        fs::write(self.directory.join(format!("{name}.hex")), hex)?;
        fs::write(self.directory.join(format!("{name}.txt")), format!("{first_line}\n"))?;
        Ok(())
    }
}

fn first_line(
    version: u8,
    side: &str,
    opcode: &str,
    flags: Flags,
    compression: Option<Compression>,
) -> String {
    let compression = match compression {
        Some(compression) if flags.contains(Flags::COMPRESSION) => format!(" compression={compression}"),
        _ => String::new(),
    };
    format!("v{version} {side} {opcode} flags={:#04x}{compression}", flags.bits())
}

/// Fails unless the answer is what was to be captured: a vector that is not what its name says is worse than none.
pub(crate) fn expect(name: &str, exchange: &Exchange, opcode: ResponseOpcode) -> Result<()> {
    let got = exchange.response.header.opcode;
    if got == opcode {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&exchange.response.body).into_owned();
    Err(format!("{name}: {got} instead of {opcode}: {body}").into())
}
