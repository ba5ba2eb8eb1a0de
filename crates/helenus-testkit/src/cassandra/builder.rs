//! What a cluster is to be: the builder and the settings that it gathers.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::cluster::Cassandra;
use super::error::{Error, Result};
use crate::certificates::ServerCertificate;

/// How clients reach a node: in plain, or through TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Tls {
    /// In plain.
    #[default]
    Off,
    /// TLS only; the server shows its certificate.
    On,
    /// TLS and plain on the same port.
    Optional,
    /// TLS only, and the client must show a certificate of the same authority.
    ClientCertificate,
}

impl Tls {
    pub(crate) fn admits_plain(self) -> bool {
        self == Self::Optional
    }

    pub(crate) fn wants_client_certificate(self) -> bool {
        self == Self::ClientCertificate
    }
}

/// Who may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Authentication {
    /// Everybody: the server asks for nothing.
    #[default]
    AllowAll,
    /// `cassandra` with password `cassandra`, and whom that role makes.
    Password,
    /// Who shows the certificate [`spiffe`](crate::certificates::Certificates::spiffe): it is the role `alice`, which may
    /// do all. Cassandra 5.0 and later; it implies [`Tls::ClientCertificate`].
    MutualTls {
        /// Whether a client without a certificate may log in with a password, as far as the server lets it connect.
        password_fallback: bool,
    },
}

/// The certificate and the authorities that a node is started with.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) keystore: PathBuf,
    pub(crate) truststore: PathBuf,
}

/// Everything that a cluster's files are written from.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) version: String,
    pub(crate) nodes: usize,
    /// How many of them are started with the cluster.
    pub(crate) initial: Option<usize>,
    pub(crate) base_address: Ipv4Addr,
    pub(crate) port: u16,
    pub(crate) storage_port: u16,
    pub(crate) cluster_name: String,
    pub(crate) authentication: Authentication,
    pub(crate) tls: Tls,
    pub(crate) server_certificate: ServerCertificate,
    pub(crate) heap_mib: u32,
    pub(crate) racks: Vec<(String, String)>,
    pub(crate) config: BTreeMap<String, String>,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) directory: Option<PathBuf>,
    /// Whether nodes can be managed.
    pub(crate) nodetool: bool,
    /// Filled in when the certificates have been made.
    pub(crate) served: Option<Served>,
    /// The first boot of a cluster that knows clients by their certificates: nobody is known yet.
    pub(crate) awaiting_identities: bool,
}

impl Settings {
    /// The data centre and rack of node `index`.
    pub(crate) fn place(&self, index: usize) -> (&str, &str) {
        match self.racks.get(index % self.racks.len().max(1)) {
            Some((datacenter, rack)) => (datacenter, rack),
            None => ("datacenter1", "rack1"),
        }
    }

    /// The nodes' addresses: the base address and those after it.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let base = u32::from(self.base_address);
        (0..self.nodes).map(|index| Ipv4Addr::from(base + index as u32).into()).collect()
    }

    /// Whether the server keeps roles, and so has to make the first one.
    pub(crate) fn has_roles(&self) -> bool {
        self.authentication != Authentication::AllowAll
    }
}

type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// Where progress is told, and whether an end is wanted.
#[derive(Clone)]
pub(crate) struct Watcher {
    progress: Progress,
    interrupt: Arc<AtomicBool>,
}

impl Watcher {
    pub(crate) fn to_standard_error() -> Self {
        Self { progress: Arc::new(|line| eprintln!("{line}")), interrupt: Arc::default() }
    }

    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        Self { progress: Arc::new(|_| ()), interrupt: Arc::default() }
    }

    pub(crate) fn say(&self, line: &str) {
        (self.progress)(line);
    }

    pub(crate) fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// Sleeps, unless an end is wanted.
    pub(crate) fn sleep(&self, duration: Duration) -> Result<()> {
        if self.interrupted() {
            return Err(Error::Interrupted);
        }
        std::thread::sleep(duration);
        Ok(())
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("interrupt", &self.interrupt).finish_non_exhaustive()
    }
}

/// Gathers what a cluster is to be; [`start`](Self::start) makes it so.
///
/// The defaults: version 5.0.6, one node on 127.0.0.1, port 9042, no TLS, no passwords, 512 MiB of heap.
#[derive(Debug, Clone)]
#[must_use = "a builder starts nothing until `start` is called"]
pub struct Builder {
    pub(crate) settings: Settings,
    pub(crate) watcher: Watcher,
}

impl Default for Builder {
    fn default() -> Self {
        let settings = Settings {
            version: super::jars::VERSIONS[0].to_owned(),
            nodes: 1,
            initial: None,
            base_address: Ipv4Addr::LOCALHOST,
            port: 9042,
            storage_port: 7000,
            cluster_name: "helenus".to_owned(),
            authentication: Authentication::AllowAll,
            tls: Tls::Off,
            server_certificate: ServerCertificate::Good,
            heap_mib: 512,
            racks: Vec::new(),
            config: BTreeMap::new(),
            properties: Vec::new(),
            directory: None,
            nodetool: false,
            served: None,
            awaiting_identities: false,
        };
        Self { settings, watcher: Watcher::to_standard_error() }
    }
}

impl Builder {
    /// The server's version, such as `5.0.6` or `4.1.10`; Maven must know it.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.settings.version = version.into();
        self
    }

    /// How many nodes: at least one. Each takes about 0.8 GiB with the default heap.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.settings.nodes = nodes;
        self
    }

    /// Starts only the first `nodes` of them with the cluster: the others join it when [`Node::start`](super::Node::start)
    /// is called.
    pub fn initially(mut self, nodes: usize) -> Self {
        self.settings.initial = Some(nodes);
        self
    }

    /// The first node's address, within 127.0.0.0/8; the others take those after it.
    pub fn base_address(mut self, address: Ipv4Addr) -> Self {
        self.settings.base_address = address;
        self
    }

    /// The port for clients, the same on all nodes.
    pub fn port(mut self, port: u16) -> Self {
        self.settings.port = port;
        self
    }

    /// The port that nodes use among themselves.
    pub fn storage_port(mut self, port: u16) -> Self {
        self.settings.storage_port = port;
        self
    }

    /// The cluster's name, as `system.local` shows it.
    pub fn cluster_name(mut self, name: impl Into<String>) -> Self {
        self.settings.cluster_name = name.into();
        self
    }

    /// Whether clients need a password: a short form of [`authentication`](Self::authentication).
    pub fn password(self, wanted: bool) -> Self {
        self.authentication(if wanted { Authentication::Password } else { Authentication::AllowAll })
    }

    /// Who may log in.
    pub fn authentication(mut self, authentication: Authentication) -> Self {
        self.settings.authentication = authentication;
        self
    }

    /// Whether clients use TLS. The certificates are made anew for each cluster:
    /// [`Cassandra::certificates`].
    pub fn tls(mut self, tls: Tls) -> Self {
        self.settings.tls = tls;
        self
    }

    /// Which certificate the nodes show: a good one, or one with something wrong.
    pub fn server_certificate(mut self, certificate: ServerCertificate) -> Self {
        self.settings.server_certificate = certificate;
        self
    }

    /// The most heap a node may take, in MiB: 512 suffices for tests, 1024 for load.
    pub fn heap_mib(mut self, heap: u32) -> Self {
        self.settings.heap_mib = heap;
        self
    }

    /// The data centre and rack of each node in turn; `datacenter1` and `rack1` where nothing is said.
    pub fn racks<'a>(mut self, racks: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.settings.racks =
            racks.into_iter().map(|(datacenter, rack)| (datacenter.to_owned(), rack.to_owned())).collect();
        self
    }

    /// Lets [`Node::nodetool`](super::Node::nodetool) manage the nodes; they listen on one more port of 127.0.0.1 each.
    pub fn nodetool(mut self, wanted: bool) -> Self {
        self.settings.nodetool = wanted;
        self
    }

    /// A line of `cassandra.yaml`, over what the testkit would write: a key of the top level and its value as YAML.
    pub fn config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.config.insert(key.into(), value.into());
        self
    }

    /// A system property of the Java virtual machine: `-Dname=value`.
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.properties.push((name.into(), value.into()));
        self
    }

    /// Where the nodes keep their files: a directory that does not exist yet. It is removed at the end like the
    /// temporary one that is used otherwise.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.settings.directory = Some(directory.into());
        self
    }

    /// Who is told what is being done, one line at a time; by default it goes to standard error.
    pub fn progress(mut self, progress: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.watcher.progress = Arc::new(progress);
        self
    }

    /// A flag that ends the start early, with [`Error::Interrupted`], once it is true.
    pub fn interrupt(mut self, flag: Arc<AtomicBool>) -> Self {
        self.watcher.interrupt = flag;
        self
    }

    /// Fetches what is missing, starts all nodes and waits until each answers clients and knows the others.
    pub fn start(mut self) -> Result<Cassandra> {
        self.settle()?;
        Cassandra::start(self.settings, &self.watcher)
    }

    /// Checks what the settings say together.
    fn settle(&mut self) -> Result<()> {
        let settings = &mut self.settings;
        let refuse = |why: String| Err(Error::Unsupported(why));
        let last = u32::from(settings.base_address).checked_add(settings.nodes.saturating_sub(1) as u32);
        let inside = last.is_some_and(|last| Ipv4Addr::from(last).is_loopback());
        if settings.nodes == 0 || !settings.base_address.is_loopback() || !inside {
            return refuse(format!(
                "a cluster needs at least one node, and all of them within 127.0.0.0/8: {} from {} on cannot be",
                settings.nodes, settings.base_address
            ));
        }
        if settings.initial.is_some_and(|initial| initial == 0 || initial > settings.nodes) {
            return refuse(format!(
                "at least one node and at most {} can start with the cluster",
                settings.nodes
            ));
        }
        if settings.port == settings.storage_port {
            return refuse(format!("port {} cannot be for clients and for nodes", settings.port));
        }
        if let Some((key, _)) =
            settings.config.iter().find(|(key, value)| key.contains([':', '\n']) || value.contains('\n'))
        {
            return refuse(format!("the configuration {key:?} is not one line of YAML"));
        }
        if matches!(settings.authentication, Authentication::MutualTls { .. }) {
            if settings.version.starts_with(['3', '4']) {
                return refuse("certificates as identities came with Cassandra 5.0".to_owned());
            }
            settings.tls = Tls::ClientCertificate;
            settings.awaiting_identities = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(builder: Builder) -> String {
        let mut builder = builder;
        builder.settle().unwrap_err().to_string()
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        assert!(refused(Builder::default().nodes(0)).contains("at least one node"));
        assert!(refused(Builder::default().base_address(Ipv4Addr::new(10, 0, 0, 1))).contains("127.0.0.0/8"));
        assert!(
            refused(Builder::default().base_address(Ipv4Addr::new(127, 255, 255, 255)).nodes(2))
                .contains("2 from")
        );
        assert!(refused(Builder::default().nodes(2).initially(3)).contains("at most 2"));
        assert!(refused(Builder::default().port(7000)).contains("7000"));
        assert!(refused(Builder::default().config("a", "b\nc: d")).contains("one line"));
        let old = Builder::default().version("4.1.10");
        let old = old.authentication(Authentication::MutualTls { password_fallback: false });
        assert!(refused(old).contains("5.0"));
    }

    #[test]
    fn nodes_take_the_addresses_after_the_base() {
        let settings = Builder::default().base_address(Ipv4Addr::new(127, 0, 0, 255)).nodes(2).settings;
        let shown: Vec<_> = settings.addresses().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["127.0.0.255", "127.0.1.0"]);
    }
}
