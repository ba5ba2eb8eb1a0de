//! One node: a process, its files and what can be done to it.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::builder::Watcher;
use super::error::{Error, Result};
use super::jvm::{Jvm, Purpose};
use super::log::{self, Log};
use super::watchdog::Watchdog;

const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);

/// A node of a [`Cassandra`](super::Cassandra) cluster.
///
/// All methods take `&self`: a test that loads the cluster from some threads may kill a node from another.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    storage_port: u16,
    directory: PathBuf,
    heap_mib: u32,
    nodetool: bool,
    properties: Vec<(String, String)>,
    jvm: Arc<Jvm>,
    watcher: Watcher,
    watchdog: Arc<Watchdog>,
    run: Mutex<Option<Run>>,
}

/// A process, from its start to its end.
#[derive(Debug)]
struct Run {
    child: Child,
    log: Arc<Log>,
    /// Where it can be managed.
    management_port: Option<u16>,
}

impl Run {
    /// How it ended, if it has.
    fn ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(format!("ended while it was starting ({status})")),
            Err(error) => Some(format!("cannot be watched ({error})")),
        }
    }
}

/// What all nodes of a cluster have in common, for making one.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) storage_port: u16,
    pub(crate) heap_mib: u32,
    pub(crate) nodetool: bool,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) jvm: Arc<Jvm>,
    pub(crate) watcher: Watcher,
    pub(crate) watchdog: Arc<Watchdog>,
}

impl Node {
    pub(crate) fn new(address: SocketAddr, directory: PathBuf, shared: Shared) -> Self {
        let Shared { storage_port, heap_mib, nodetool, properties, jvm, watcher, watchdog } = shared;
        Self {
            address,
            storage_port,
            directory,
            heap_mib,
            nodetool,
            properties,
            jvm,
            watcher,
            watchdog,
            run: Mutex::default(),
        }
    }

    /// Where it answers clients.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its log, which stays through stops and starts.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.directory.join("system.log")
    }

    /// The directory of its files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The id of its process, while it has one.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.locked().as_ref().map(|run| run.child.id())
    }

    /// Starts the process, on the files that it left, if any; [`wait_until_up`](Self::wait_until_up) waits for it.
    pub fn start(&self) -> Result<()> {
        self.start_for(Purpose::Serve)
    }

    /// As [`start`](Self::start), for `purpose`.
    pub(crate) fn start_for(&self, purpose: Purpose) -> Result<()> {
        let mut run = self.locked();
        if run.is_some() {
            return Err(Error::Unsupported(format!("the node at {} is running already", self.address)));
        }
        self.check_ports()?;
        let log = Arc::new(Log::from_end(self.log_path()));
        let mut command = self.jvm.node(&self.directory, self.heap_mib, &self.properties, purpose);
        let management_port = if self.nodetool { Some(free_port()?) } else { None };
        command.args(management_port.map(|port| format!("-Dcassandra.jmx.local.port={port}")));
        self.jvm.finish(&mut command);
        let child = self.spawn(&mut command)?;
        self.watchdog.watch(child.id())?;
        *run = Some(Run { child, log, management_port });
        Ok(())
    }

    fn spawn(&self, command: &mut Command) -> Result<Child> {
        let path = self.directory.join("console.log");
        let what = || format!("writing {}", path.display());
        let console = File::options().create(true).append(true).open(&path).map_err(Error::io(what()))?;
        let errors = console.try_clone().map_err(Error::io(what()))?;
        command.stdin(Stdio::null()).stdout(console).stderr(errors).process_group(0);
        command.spawn().map_err(Error::io(format!("starting Java for the node at {}", self.address)))
    }

    /// Java's own complaint about a port in use comes late and is long.
    fn check_ports(&self) -> Result<()> {
        for port in [self.address.port(), self.storage_port] {
            let address = SocketAddr::new(self.address.ip(), port);
            TcpListener::bind(address).map_err(|source| match source.kind() {
                std::io::ErrorKind::AddrInUse => Error::AddressInUse { address },
                _ => Error::io(format!("listening on {address}"))(source),
            })?;
        }
        Ok(())
    }

    /// Waits until it answers clients.
    pub fn wait_until_up(&self) -> Result<()> {
        // The line is written a moment before the socket listens.
        let listens = || TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        self.wait_for(|log| log.contains(log::LISTENING) && listens(), "did not come up")
    }

    /// Waits until what this run has logged pleases `pleased`.
    pub(crate) fn wait_for(&self, pleased: impl Fn(&Log) -> bool, otherwise: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let (log, ended) = match self.locked().as_mut() {
                Some(run) => (Arc::clone(&run.log), run.ended()),
                None => {
                    return Err(Error::Unsupported(format!("the node at {} is not running", self.address)));
                }
            };
            if pleased(&log) {
                return Ok(());
            }
            if let Some(why) = ended {
                return Err(self.boot_error(why));
            }
            if begun.elapsed() > Jvm::BOOT_TIMEOUT {
                return Err(self.boot_error(format!("{otherwise} within {} s", Jvm::BOOT_TIMEOUT.as_secs())));
            }
            self.watcher.sleep(Duration::from_millis(50))?;
        }
    }

    /// Whether this run has logged `needle`.
    pub(crate) fn has_logged(&self, needle: &str) -> bool {
        self.locked().as_ref().is_some_and(|run| run.log.contains(needle))
    }

    fn boot_error(&self, why: String) -> Error {
        let log = self.log_path();
        let mut tail = log::tail(&log, 15);
        if tail.is_empty() {
            tail = log::tail(&self.directory.join("console.log"), 15);
        }
        Error::Boot { address: self.address, why, log, tail }
    }

    /// Ends it as an operator would: it drains, so that nothing has to be replayed, and ends. A few seconds.
    pub fn stop(&self) -> Result<()> {
        let mut run = self.locked();
        let Some(running) = run.as_mut() else { return Ok(()) };
        signal(&running.child, Signal::CONT)?;
        signal(&running.child, Signal::TERM)?;
        let begun = Instant::now();
        while begun.elapsed() < DRAIN_TIMEOUT {
            if running.child.try_wait().map_err(Error::io("waiting for a node"))?.is_some() {
                self.watchdog.forget(running.child.id());
                *run = None;
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(run);
        self.kill()?;
        Err(self.boot_error(format!("did not stop within {} s and was killed", DRAIN_TIMEOUT.as_secs())))
    }

    /// Ends it at once, as a crash would (SIGKILL).
    pub fn kill(&self) -> Result<()> {
        let Some(mut run) = self.locked().take() else { return Ok(()) };
        self.watchdog.forget(run.child.id());
        run.child.kill().map_err(Error::io("killing a node"))?;
        run.child.wait().map_err(Error::io("waiting for a killed node"))?;
        Ok(())
    }

    /// Stops it in its tracks: its sockets stay open and silent (SIGSTOP).
    pub fn pause(&self) -> Result<()> {
        self.signal_running(Signal::STOP)
    }

    /// Lets a paused node go on (SIGCONT).
    pub fn resume(&self) -> Result<()> {
        self.signal_running(Signal::CONT)
    }

    /// Manages the running node as an operator would, for example with `["decommission"]`, and tells what nodetool
    /// printed. The cluster must have been built with [`nodetool`](super::Builder::nodetool).
    pub fn nodetool(&self, words: &[&str]) -> Result<String> {
        let port = self.locked().as_ref().and_then(|run| run.management_port).ok_or_else(|| {
            Error::Unsupported(format!("the node at {} does not run, or not with nodetool", self.address))
        })?;
        let output = self
            .jvm
            .nodetool(&self.directory, port, words)
            .output()
            .map_err(Error::io("running nodetool"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::SetUp(format!("nodetool {}: {said}", words.join(" "))))
    }

    fn signal_running(&self, what: Signal) -> Result<()> {
        match self.locked().as_ref() {
            Some(run) => signal(&run.child, what),
            None => Err(Error::Unsupported(format!("the node at {} is not running", self.address))),
        }
    }

    fn locked(&self) -> MutexGuard<'_, Option<Run>> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signal(child: &Child, signal: Signal) -> Result<()> {
    kill_process(Pid::from_child(child), signal)
        .map_err(|source| Error::io("signalling a node")(source.into()))
}

/// A port of 127.0.0.1 on which nobody listens at this moment.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(Error::io("looking for a free port"))
}
