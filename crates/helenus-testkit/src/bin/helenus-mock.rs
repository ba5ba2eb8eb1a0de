//! `helenus-mock`: the testkit's nodes that are no Cassandra, as a program.
//!
//! * `helenus-mock answer` runs the answering node for benchmarks. It prints `listening ADDRESS:PORT` when it is ready,
//!   and ends when the pipe on its standard input is closed (so that it never outlives who started it) or on SIGTERM.
//!   Without a pipe there it runs until SIGTERM.
//! * `helenus-mock serve` runs scripted clusters, told by lines of JSON on its standard input; it ends with that.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::process::ExitCode;

use helenus_testkit::mock::answering::{AnsweringNode, Options};
use helenus_testkit::mock::serve::serve;

const USAGE: &str = "\
usage: helenus-mock answer [--address 127.0.0.1] [--port 9042] [--threads 1] [--rows 1]
       helenus-mock serve

  answer     a node that answers everything with canned bytes, for benchmarks
             --threads  threads that answer
             --rows     rows that a SELECT answers with
             It prints `listening ADDRESS:PORT` when ready, and ends when the pipe on its standard input closes,
             or on SIGTERM.
  serve      scripted clusters for tests, told by lines of JSON on standard input, answered on standard output;
             the commands are in the documentation of helenus_testkit::mock::serve";

fn main() -> ExitCode {
    match run(lexopt::Parser::from_env()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helenus-mock: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: lexopt::Parser) -> Result<(), lexopt::Error> {
    use lexopt::prelude::*;
    match arguments.next()? {
        Some(Value(command)) if command == "answer" => answer(arguments),
        Some(Value(command)) if command == "serve" => match arguments.next()? {
            Some(other) => Err(other.unexpected()),
            None => serve(io::stdin().lock(), io::stdout().lock())
                .map_err(|error| format!("the pipe to whoever tells us what to do: {error}").into()),
        },
        Some(Long("help") | Short('h')) => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(other.unexpected()),
        None => Err("which node?".into()),
    }
}

fn answer(mut arguments: lexopt::Parser) -> Result<(), lexopt::Error> {
    use lexopt::prelude::*;
    let mut address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (mut port, mut threads, mut rows) = (9042, 1, 1);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("address") => address = arguments.value()?.parse()?,
            Long("port") => port = arguments.value()?.parse()?,
            Long("threads") => threads = arguments.value()?.parse()?,
            Long("rows") => rows = arguments.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    if threads == 0 {
        return Err("--threads must be at least 1".into());
    }
    let address = SocketAddr::new(address, port);
    let node = AnsweringNode::start(Options { address, threads, rows })
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    println!("listening {}", node.address());
    let _ = io::stdout().flush();
    wait_for_the_end();
    Ok(())
}

/// Returns when whoever holds the other end of our standard input has let go of it; never, if it is no pipe.
fn wait_for_the_end() {
    let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let kind = input.and_then(|input| input.metadata()).map(|metadata| metadata.file_type());
    if kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket()) {
        let _ = io::stdin().read_to_end(&mut Vec::new());
    } else {
        loop {
            std::thread::park();
        }
    }
}
