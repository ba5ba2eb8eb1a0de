//! `up`, `down` and `status`: nodes that stay, and the record of who they are.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::request::Request;
use helenus_testkit::cassandra::{Builder, Error, Process, fetch};
use helenus_testkit::raw::RawConnection;

use crate::run::{INTERRUPTED, interrupt_flag};
use crate::{Outcome, environment};

const RECORD: &str = "processes";
const SETTINGS: &str = "environment";

pub(crate) fn up(builder: Builder, directory: &Path) -> Outcome {
    let recorded = Process::read(&directory.join(RECORD))?;
    if !recorded.is_empty() {
        if recorded.iter().all(Process::is_alive) {
            println!("already up:");
            return status(directory);
        }
        return Err(format!("{} holds nodes that are gone; `down` clears it", directory.display()).into());
    }
    let interrupt = interrupt_flag()?;
    let cluster = match builder.directory(directory).interrupt(Arc::clone(&interrupt)).start() {
        Err(Error::Interrupted) => return Ok(ExitCode::from(INTERRUPTED)),
        outcome => outcome?,
    };
    let settings: String =
        environment::of(&cluster).iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    fs::write(directory.join(SETTINGS), &settings)?;
    let log = cluster.nodes().first().map(helenus_testkit::cassandra::Node::log_path);
    Process::record(&directory.join(RECORD), &cluster.detach()?)?;
    print!("{settings}");
    if let Some(log) = log {
        println!("log: {}", log.display());
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn down(directory: &Path) -> Outcome {
    let processes = Process::read(&directory.join(RECORD))?;
    if processes.is_empty() {
        println!("no nodes are recorded in {}", directory.display());
        return Ok(ExitCode::SUCCESS);
    }
    // Their files go anyway: nothing needs the long patience of a drain.
    let end = |process: &Process| process.end(Duration::from_secs(10));
    std::thread::scope(|scope| {
        let ends: Vec<_> = processes.iter().map(|process| scope.spawn(move || end(process))).collect();
        ends.into_iter().try_for_each(|end| end.join().map_or(Ok(()), |outcome| outcome))
    })?;
    // Only what has a record of ours in it is ever removed.
    fs::remove_dir_all(directory)?;
    println!("{} nodes ended", processes.len());
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn status(directory: &Path) -> Outcome {
    let processes = Process::read(&directory.join(RECORD))?;
    if processes.is_empty() {
        println!("no nodes are recorded in {}", directory.display());
    }
    let mut all = !processes.is_empty();
    for process in &processes {
        let answers = || {
            let mut connection = RawConnection::connect(process.address, ProtocolVersion::V4)?;
            connection.exchange(&Request::Options).map(|_| ())
        };
        let state = match process.is_alive() {
            false => "gone".to_owned(),
            true => answers().map_or_else(|error| format!("does not answer ({error})"), |()| "up".to_owned()),
        };
        all &= state == "up";
        println!("{}  pid {}  {state}", process.address, process.pid);
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

pub(crate) fn path(version: &str) -> Outcome {
    println!("{}", fetch(version)?.display());
    Ok(ExitCode::SUCCESS)
}
