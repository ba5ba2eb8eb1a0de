//! `helenus-vectors`: captures golden vectors for `helenus-protocol` from real Cassandra nodes.
//!
//! `helenus-vectors DIRECTORY` starts the nodes that it needs, talks to them in v3, v4 and v5, and writes what travelled
//! as `NAME.hex`, with the first line of `NAME.txt` beside it. The rest of the texts is written by the test that reads
//! them: `HELENUS_WRITE_VECTORS=1 cargo test -p helenus-protocol --test vectors`. Existing files of the same name are
//! replaced. About a minute.
//!
//! Not here: what the bytes mean.

mod capture;
mod compression;
mod conversation;
mod events;
mod failures;
mod handshake;
mod statements;
mod types;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use capture::Capture;
use helenus_protocol::ProtocolVersion;
use helenus_testkit::cassandra::{Builder, Cassandra};

/// Whatever goes wrong here is told to a person.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const VERSIONS: [ProtocolVersion; 3] = [ProtocolVersion::V3, ProtocolVersion::V4, ProtocolVersion::V5];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(directory), address, None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: helenus-vectors DIRECTORY [FIRST-ADDRESS]");
        return ExitCode::from(2);
    };
    let address = match address.map(|address| address.to_string_lossy().parse()).transpose() {
        Ok(address) => address.unwrap_or(Ipv4Addr::LOCALHOST),
        Err(error) => {
            eprintln!("helenus-vectors: {error}");
            return ExitCode::from(2);
        }
    };
    match run(PathBuf::from(directory), address) {
        Ok(count) => {
            println!("{count} vectors");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("helenus-vectors: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(directory: PathBuf, address: Ipv4Addr) -> Result<usize> {
    let mut capture = Capture::new(directory)?;
    let builder = || Cassandra::builder().base_address(address);
    open_node(builder(), &mut capture)?;
    guarded_nodes(builder(), &mut capture)?;
    limited_node(builder(), &mut capture)?;
    Ok(capture.count())
}

/// A node without passwords: what needs no other.
fn open_node(builder: Builder, capture: &mut Capture) -> Result<()> {
    let cluster = builder.start()?;
    let node = cluster.nodes()[0].address();
    capture.server(cluster.version());
    for version in VERSIONS {
        handshake::open(node, version, capture)?;
        types::capture(node, version, capture)?;
        compression::capture(node, version, capture)?;
    }
    handshake::unknown_versions(node, capture)
}

/// Two nodes with passwords, of which the second joins later, stops and hangs.
fn guarded_nodes(builder: Builder, capture: &mut Capture) -> Result<()> {
    // Limits low enough to be broken by a few rows, and timeouts short enough to be waited for.
    let mut builder = builder.nodes(2).initially(1).password(true).nodetool(true);
    for timeout in ["read", "write", "counter_write", "truncate", "range"] {
        builder = builder.config(format!("{timeout}_request_timeout"), "1500ms");
    }
    // What a role may do must be known while the node that has it hangs.
    for validity in ["permissions", "roles"] {
        builder = builder.config(format!("{validity}_validity"), "600s");
    }
    let cluster = builder
        .config("cas_contention_timeout", "1500ms")
        .config("tombstone_warn_threshold", "3")
        .config("tombstone_failure_threshold", "5")
        .config("cdc_enabled", "true")
        .config("cdc_total_space", "1MiB")
        .start()?;
    let (first, second) = (&cluster.nodes()[0], &cluster.nodes()[1]);
    capture.server(cluster.version());
    for version in VERSIONS {
        handshake::guarded(first.address(), version, capture)?;
        statements::capture(first.address(), version, capture)?;
        events::schema(first.address(), version, capture)?;
        failures::alone(first.address(), version, capture)?;
    }
    events::nodes(first.address(), second, capture)?;
    failures::with_a_hanging_node(first.address(), second, capture)?;
    events::removal(first.address(), second, capture)
}

/// A node that answers one request a second.
fn limited_node(builder: Builder, capture: &mut Capture) -> Result<()> {
    let builder = builder.config("native_transport_rate_limiting_enabled", "true");
    let cluster = builder.config("native_transport_max_requests_per_second", "1").start()?;
    VERSIONS
        .iter()
        .try_for_each(|version| failures::overload(cluster.nodes()[0].address(), *version, capture))
}
