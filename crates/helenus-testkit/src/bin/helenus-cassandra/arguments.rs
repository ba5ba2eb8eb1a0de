//! The command line.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;

use helenus_testkit::cassandra::{Authentication, Builder, Cassandra, Tls, VERSIONS};
use helenus_testkit::certificates::ServerCertificate;
use lexopt::{Arg, Parser, ValueExt as _};

/// What is to be done.
pub(crate) enum Command {
    Help,
    Up,
    Down,
    Status,
    Run(Vec<OsString>),
    Serve,
    Path,
}

/// The whole command line.
pub(crate) struct Arguments {
    pub(crate) command: Command,
    pub(crate) builder: Builder,
    pub(crate) version: String,
    pub(crate) directory: PathBuf,
}

impl Arguments {
    pub(crate) fn parse() -> Result<Self, lexopt::Error> {
        Self::parse_from(Parser::from_env())
    }

    fn parse_from(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let mut command = None;
        let mut builder = Cassandra::builder();
        let mut version = VERSIONS[0].to_owned();
        let mut directory = PathBuf::from(".dev/cassandra");
        while let Some(argument) = parser.next()? {
            builder = match argument {
                Arg::Value(name) if command.is_none() => {
                    command = Some(Self::command(&name)?);
                    builder
                }
                // Everything behind the options of `run` is the program's.
                Arg::Value(program) => match &mut command {
                    Some(Command::Run(words)) => {
                        words.push(program);
                        words.extend(parser.raw_args()?);
                        builder
                    }
                    _ => return Err(Arg::Value(program).unexpected()),
                },
                Arg::Short('h') | Arg::Long("help") => {
                    command = Some(Command::Help);
                    builder
                }
                Arg::Long("nodes") => builder.nodes(parser.value()?.parse()?),
                Arg::Long("version") => {
                    version = parser.value()?.string()?;
                    builder.version(&version)
                }
                Arg::Long("address") => builder.base_address(parser.value()?.parse::<Ipv4Addr>()?),
                Arg::Long("port") => builder.port(parser.value()?.parse()?),
                Arg::Long("storage-port") => builder.storage_port(parser.value()?.parse()?),
                Arg::Long("heap") => builder.heap_mib(parser.value()?.parse()?),
                Arg::Long("password") => builder.password(true),
                Arg::Long("mutual-tls") => {
                    builder.authentication(Authentication::MutualTls { password_fallback: false })
                }
                Arg::Long("tls") => builder.tls(match parser.optional_value() {
                    None => Tls::On,
                    Some(kind) => kind.parse_with(tls)?,
                }),
                Arg::Long("server-certificate") => {
                    builder.server_certificate(parser.value()?.parse_with(server_certificate)?)
                }
                Arg::Long("racks") => {
                    let racks: Racks = parser.value()?.parse()?;
                    builder
                        .racks(racks.0.iter().map(|(datacenter, rack)| (datacenter.as_str(), rack.as_str())))
                }
                Arg::Long("config") => {
                    let (key, value) = parser.value()?.parse_with(pair)?;
                    builder.config(key, value)
                }
                Arg::Long("property") => {
                    let (name, value) = parser.value()?.parse_with(pair)?;
                    builder.property(name, value)
                }
                Arg::Long("dir") => {
                    directory = parser.value()?.into();
                    builder
                }
                other => return Err(other.unexpected()),
            };
        }
        let command = command.ok_or("a command is missing")?;
        if matches!(&command, Command::Run(program) if program.is_empty()) {
            return Err("`run` needs a program: helenus-cassandra run --nodes 1 -- PROGRAM …".into());
        }
        Ok(Self { command, builder, version, directory })
    }

    fn command(name: &OsString) -> Result<Command, lexopt::Error> {
        Ok(match name.to_str() {
            Some("help") => Command::Help,
            Some("up") => Command::Up,
            Some("down") => Command::Down,
            Some("status") => Command::Status,
            Some("run") => Command::Run(Vec::new()),
            Some("serve") => Command::Serve,
            Some("path") => Command::Path,
            _ => return Err(format!("there is no command {name:?}").into()),
        })
    }
}

fn tls(kind: &str) -> Result<Tls, String> {
    match kind {
        "on" => Ok(Tls::On),
        "off" => Ok(Tls::Off),
        "optional" => Ok(Tls::Optional),
        "client" => Ok(Tls::ClientCertificate),
        _ => Err("it is one of on, off, optional, client".to_owned()),
    }
}

fn server_certificate(kind: &str) -> Result<ServerCertificate, String> {
    match kind {
        "good" => Ok(ServerCertificate::Good),
        "expired" => Ok(ServerCertificate::Expired),
        "wrong-name" => Ok(ServerCertificate::WrongName),
        "other-authority" => Ok(ServerCertificate::OtherAuthority),
        _ => Err("it is one of good, expired, wrong-name, other-authority".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it has the form KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

struct Racks(Vec<(String, String)>);

impl FromStr for Racks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = |place: &str| {
            let (datacenter, rack) = place.split_once(':').ok_or("it has the form DC:RACK,DC:RACK,…")?;
            Ok((datacenter.to_owned(), rack.to_owned()))
        };
        text.split(',').map(place).collect::<Result<_, String>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse_from(Parser::from_args(line.split(' '))).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_behind_the_dashes_is_the_programs() {
        let arguments = parse("run --nodes 2 --property a=b=c --tls=client -- pytest --nodes 3 -x").unwrap();
        let Command::Run(program) = arguments.command else { panic!("not run") };
        assert_eq!(program, ["pytest", "--nodes", "3", "-x"]);
        let shown = format!("{:?}", arguments.builder);
        assert!(shown.contains("nodes: 2") && shown.contains("ClientCertificate"), "{shown}");
        assert!(shown.contains(r#"("a", "b=c")"#), "{shown}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for line in [
            "",
            "fly",
            "run",
            "up --nodes",
            "up --nodes x",
            "up down",
            "up --tls=maybe",
            "up --config a",
            "up --property a",
            "up --racks a",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("up --address 127.0.0.300").is_err());
    }
}
