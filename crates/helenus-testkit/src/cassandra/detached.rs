//! Nodes that outlive the process which started them: who they are, and how they are found again and ended.
//!
//! A process id alone is not an identity, since ids are used again. So a record keeps the start time too, and nothing is
//! signalled unless both still agree.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::error::{Error, Result};
use super::node::Node;

/// A process of a node, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Where the node answers clients.
    pub address: SocketAddr,
    /// The process's id.
    pub pid: u32,
    /// When it was started, in clock ticks since the machine was (`/proc/PID/stat`, field 22).
    started: u64,
}

impl Process {
    pub(crate) fn of(node: &Node) -> Result<Self> {
        let address = node.address();
        let missing = || Error::Unsupported(format!("the node at {address} is not running"));
        let pid = node.pid().ok_or_else(missing)?;
        Ok(Self { address, pid, started: start_time(pid).ok_or_else(missing)? })
    }

    /// Writes the record of `processes`.
    pub fn record(path: &Path, processes: &[Self]) -> Result<()> {
        let line = |process: &Self| format!("{} {} {}\n", process.pid, process.started, process.address);
        let text: String = processes.iter().map(line).collect();
        fs::write(path, text).map_err(Error::io(format!("writing {}", path.display())))
    }

    /// Reads a record; none where there is no file.
    pub fn read(path: &Path) -> Result<Vec<Self>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::io(format!("reading {}", path.display()))(source)),
        };
        let bad = |line: &str| {
            Error::Unsupported(format!("{} has a line that is not ours: {line:?}", path.display()))
        };
        text.lines().map(|line| parse(line).ok_or_else(|| bad(line))).collect()
    }

    /// Whether the process is still the recorded one.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        start_time(self.pid) == Some(self.started)
    }

    /// Ends it: SIGTERM, and SIGKILL for one that has not ended after `patience`.
    pub fn end(&self, patience: Duration) -> Result<()> {
        for (signal, patience) in [(Signal::TERM, patience), (Signal::KILL, Duration::from_secs(10))] {
            if !self.is_alive() {
                return Ok(());
            }
            let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
            let Some(pid) = pid else { return Ok(()) };
            // A stopped process takes no SIGTERM.
            let _ = kill_process(pid, Signal::CONT);
            kill_process(pid, signal).map_err(|error| Error::io("ending a node")(error.into()))?;
            let begun = Instant::now();
            while self.is_alive() && begun.elapsed() < patience {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        match self.is_alive() {
            false => Ok(()),
            true => Err(Error::Unsupported(format!("process {} does not end", self.pid))),
        }
    }
}

fn parse(line: &str) -> Option<Process> {
    let mut words = line.split_ascii_whitespace();
    let (pid, started) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let address = words.next()?.parse().ok()?;
    words.next().is_none().then_some(Process { address, pid, started })
}

/// When process `pid` was started; none if there is none, or if it has ended and only waits for its parent.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    match fields.next()? {
        "Z" | "X" => None,
        _ => fields.nth(18)?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_anything_else_is_refused() {
        let path = std::env::temp_dir().join(format!("helenus-record-{}", std::process::id()));
        assert_eq!(Process::read(&path).unwrap(), []);
        let own = Process {
            address: "127.0.30.1:9042".parse().unwrap(),
            pid: std::process::id(),
            started: start_time(std::process::id()).unwrap(),
        };
        Process::record(&path, std::slice::from_ref(&own)).unwrap();
        assert_eq!(Process::read(&path).unwrap(), std::slice::from_ref(&own));
        assert!(own.is_alive());
        let earlier = Process { started: own.started - 1, ..own };
        assert!(!earlier.is_alive());
        earlier.end(Duration::ZERO).unwrap();
        fs::write(&path, "1 2\n").unwrap();
        assert!(Process::read(&path).unwrap_err().to_string().contains("not ours"));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_process_that_was_started_is_ended_and_known_to_be() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let process =
            Process { address: "127.0.30.1:9042".parse().unwrap(), pid, started: start_time(pid).unwrap() };
        process.end(Duration::from_secs(5)).unwrap();
        assert!(!process.is_alive());
        assert!(!child.wait().unwrap().success());
    }
}
