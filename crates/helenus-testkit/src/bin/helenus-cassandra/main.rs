//! `helenus-cassandra`: real Cassandra nodes from the command line, for `./dev`, for pytest and for trying things out.
//!
//! Not here: how nodes are made (`helenus_testkit::cassandra`).

mod arguments;
mod environment;
mod run;
mod serve;
mod up;

use std::process::ExitCode;

use arguments::{Arguments, Command};

const USAGE: &str = "\
usage: helenus-cassandra COMMAND [OPTIONS]

commands
  up                   start nodes that stay until `down`
  down                 end them and remove their files
  status               say which nodes are up; exit code 3 unless all are
  run -- PROGRAM …     start nodes, run PROGRAM with HELENUS_CONTACT_POINTS, HELENUS_PORT … set, end the nodes
  serve                start nodes, print the same settings and `ready`, obey lines on standard input
                       (`start|stop|kill|pause|resume NUMBER`, the first node being 1), end with it
  path                 fetch the server's jars if need be, and print where they are

options
  --nodes N            how many nodes (1)
  --version V          of Apache Cassandra (5.0.6)
  --address A          of the first node, the others take those after it (127.0.0.1)
  --port P             for clients (9042)
  --storage-port P     for nodes among themselves (7000)
  --password           clients log in as cassandra/cassandra
  --tls[=KIND]         on, optional (plain too), or client (the client shows a certificate too)
  --mutual-tls         who shows the SPIFFE certificate is the role alice (5.0)
  --server-certificate KIND   good, expired, wrong-name or other-authority
  --heap MIB           most heap of a node (512)
  --racks DC:RACK,…    data centre and rack of each node in turn
  --config KEY=VALUE   a line for cassandra.yaml; may be repeated
  --property NAME=VALUE   a system property of the Java virtual machine; may be repeated
  --dir DIRECTORY      where `up` keeps its nodes (.dev/cassandra)";

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("helenus-cassandra: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let outcome = match arguments.command {
        Command::Help => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Up => up::up(arguments.builder, &arguments.directory),
        Command::Down => up::down(&arguments.directory),
        Command::Status => up::status(&arguments.directory),
        Command::Run(program) => run::run(arguments.builder, &program),
        Command::Serve => serve::serve(arguments.builder),
        Command::Path => up::path(&arguments.version),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("helenus-cassandra: {error}");
        ExitCode::FAILURE
    })
}

/// Whatever goes wrong here is told to a person.
type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;
