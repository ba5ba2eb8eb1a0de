//! A cluster of real nodes, which ends when it is dropped.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::builder::{Authentication, Builder, Served, Settings, Tls, Watcher};
use super::detached::Process;
use super::error::{Error, Result};
use super::jars::Jars;
use super::jvm::{Jvm, Purpose};
use super::log;
use super::node::{Node, Shared};
use super::set_up;
use super::watchdog::Watchdog;
use super::yaml::{self, Place};
use crate::certificates::Certificates;

/// Real Cassandra nodes that form one cluster.
///
/// Dropping it kills its processes, and only those, and removes their files. If this process ends without dropping it, even by
/// SIGKILL, a small guarding shell does the same.
#[derive(Debug)]
pub struct Cassandra {
    settings: Settings,
    directory: PathBuf,
    certificates: Option<Certificates>,
    nodes: Vec<Node>,
    watchdog: Arc<Watchdog>,
    detached: bool,
}

impl Cassandra {
    /// Begins to say what the cluster is to be.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn start(mut settings: Settings, watcher: &Watcher) -> Result<Self> {
        let jars = Jars::of(&settings.version, watcher)?;
        let jvm = Arc::new(Jvm::new(jars)?);
        let directory = make_directory(settings.directory.take())?;
        let watchdog = Watchdog::start(&directory).inspect_err(|_| {
            let _ = fs::remove_dir_all(&directory);
        })?;
        // From here on, dropping `cluster` cleans up.
        let mut cluster = Self {
            settings,
            directory,
            certificates: None,
            nodes: Vec::new(),
            watchdog: Arc::new(watchdog),
            detached: false,
        };
        cluster.make_certificates()?;
        cluster.make_archive(&jvm, watcher)?;
        cluster.nodes = cluster.make_nodes("node", &jvm, watcher)?;
        cluster.boot(watcher)?;
        Ok(cluster)
    }

    fn make_certificates(&mut self) -> Result<()> {
        if self.settings.tls == Tls::Off {
            return Ok(());
        }
        let addresses = self.settings.addresses();
        let certificates = Certificates::generate(&self.directory.join("certificates"), &addresses)
            .map_err(Error::io("making certificates"))?;
        self.settings.served = Some(Served {
            keystore: certificates.keystore(self.settings.server_certificate),
            truststore: certificates.ca(),
        });
        self.certificates = Some(certificates);
        Ok(())
    }

    /// The first cluster of a version on this machine boots a node for nothing, so that all later ones boot faster.
    fn make_archive(&self, jvm: &Arc<Jvm>, watcher: &Watcher) -> Result<()> {
        jvm.make_archive(watcher, || {
            let nodes = self.make_nodes("preparing", jvm, watcher)?;
            let Some(node) = nodes.first() else { return Ok(()) };
            node.start_for(Purpose::MakeArchive)?;
            let outcome = node.wait_until_up().and_then(|()| node.stop());
            node.kill()?;
            outcome
        })
    }

    fn make_nodes(&self, name: &str, jvm: &Arc<Jvm>, watcher: &Watcher) -> Result<Vec<Node>> {
        let settings = &self.settings;
        let mut properties = settings.properties.clone();
        // With one replica, losing one node of three could keep everybody from logging in; with more than there are nodes
        // at first, nobody ever could.
        let replicas = settings.initial.unwrap_or(settings.nodes).min(3);
        properties.push(("cassandra.system_auth.default_rf".to_owned(), replicas.to_string()));
        let shared = Shared {
            storage_port: settings.storage_port,
            heap_mib: settings.heap_mib,
            nodetool: settings.nodetool,
            properties,
            jvm: Arc::clone(jvm),
            watcher: watcher.clone(),
            watchdog: Arc::clone(&self.watchdog),
        };
        let all = settings.addresses();
        let make = |(index, address)| {
            let directory = self.directory.join(format!("{name}{}", index + 1));
            fs::create_dir_all(&directory).map_err(Error::io(format!("making {}", directory.display())))?;
            let place = Place { directory: &directory, address, index, all: &all };
            yaml::write(settings, jvm.server_major(), &place)?;
            Ok(Node::new(SocketAddr::new(address, settings.port), directory, shared.clone()))
        };
        all.iter().copied().enumerate().map(make).collect()
    }

    fn boot(&mut self, watcher: &Watcher) -> Result<()> {
        let begun = Instant::now();
        let (version, nodes) = (&self.settings.version, self.initial().len());
        let plural = if nodes == 1 { "node" } else { "nodes" };
        watcher.say(&format!("starting {nodes} {plural} of Apache Cassandra {version}"));
        self.start_all(watcher)?;
        if self.settings.has_roles() {
            // One of them makes the role; which one is theirs to decide.
            let made = |_: &log::Log| self.initial().iter().any(|node| node.has_logged(log::FIRST_ROLE));
            self.nodes[0].wait_for(made, "did not make the default role")?;
        }
        if self.settings.awaiting_identities {
            watcher.say("  telling the node whose certificate is whose, and starting it again");
            set_up::identities(&self.nodes[0])?;
            self.nodes.iter().try_for_each(Node::stop)?;
            self.settings.awaiting_identities = false;
            self.rewrite_yaml()?;
            self.start_all(watcher)?;
        }
        watcher.say(&format!("  up after {:.1} s", begun.elapsed().as_secs_f64()));
        Ok(())
    }

    fn initial(&self) -> &[Node] {
        &self.nodes[..self.settings.initial.unwrap_or(self.nodes.len())]
    }

    fn start_all(&self, watcher: &Watcher) -> Result<()> {
        let starting = self.initial();
        starting.iter().try_for_each(Node::start)?;
        for node in starting {
            node.wait_until_up()?;
            watcher.say(&format!("  {} answers", node.address()));
        }
        for node in starting {
            let others = starting.iter().filter(|other| other.address() != node.address());
            let known: Vec<_> = others
                .map(|other| format!("/{}:{} is now UP", other.address().ip(), self.settings.storage_port))
                .collect();
            node.wait_for(|log| known.iter().all(|line| log.contains(line)), "did not see the other nodes")?;
        }
        Ok(())
    }

    fn rewrite_yaml(&self) -> Result<()> {
        let all = self.settings.addresses();
        let major = self.settings.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
        for (index, (node, address)) in self.nodes.iter().zip(&all).enumerate() {
            yaml::write(
                &self.settings,
                major,
                &Place { directory: node.directory(), address: *address, index, all: &all },
            )?;
        }
        Ok(())
    }

    /// Its nodes, in the order of their addresses.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Where its nodes answer clients.
    #[must_use]
    pub fn contact_points(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(Node::address).collect()
    }

    /// The server's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.settings.version
    }

    /// The name and password of the role that may do all, where one is needed.
    #[must_use]
    pub fn credentials(&self) -> Option<(&'static str, &'static str)> {
        self.settings.has_roles().then_some(("cassandra", "cassandra"))
    }

    /// Whether a client logs in by its certificate.
    #[must_use]
    pub fn knows_certificates(&self) -> bool {
        matches!(self.settings.authentication, Authentication::MutualTls { .. })
    }

    /// The certificates, where it speaks TLS.
    #[must_use]
    pub const fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// The directory of all its files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Lets the nodes run on after this process has ended, and tells which they are.
    pub fn detach(mut self) -> Result<Vec<Process>> {
        let processes = self.nodes.iter().map(Process::of).collect::<Result<Vec<_>>>()?;
        self.detached = true;
        Ok(processes)
    }
}

impl Drop for Cassandra {
    fn drop(&mut self) {
        if !self.detached {
            for node in &self.nodes {
                let _ = node.kill();
            }
            let _ = fs::remove_dir_all(&self.directory);
        }
        self.watchdog.farewell();
    }
}

/// Makes the directory of a cluster, which nobody else may look into: it holds keys.
fn make_directory(wanted: Option<PathBuf>) -> Result<PathBuf> {
    let make = |path: &Path| fs::DirBuilder::new().mode(0o700).create(path);
    if let Some(path) = wanted {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::io(format!("making {}", parent.display())))?;
        }
        make(&path).map_err(Error::io(format!("making {}", path.display())))?;
        return path.canonicalize().map_err(Error::io(format!("resolving {}", path.display())));
    }
    let mut number = 0_u32;
    loop {
        let path = std::env::temp_dir().join(format!("helenus-cassandra-{}-{number}", std::process::id()));
        match make(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(source) => return Err(Error::io(format!("making {}", path.display()))(source)),
        }
    }
}
