//! TLS by rustls (H6): who is connected to is who was meant, and nothing is sent to anybody else.

mod cipher;
mod clients;
mod files;
mod servers;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use helenus::tls::{TlsConfig, TlsConfigBuilder};
use helenus::{Cluster, Error, Session};
use helenus_testkit::certificates::{Certificates, Identity, ServerCertificate};
use helenus_testkit::mock::{RunningCluster, any};
use helenus_testkit::tls_front::{Settings, TlsFront};

use crate::nodes;

/// Certificates in a directory that goes with them.
pub(crate) struct Scratch {
    pub(crate) certificates: Certificates,
    directory: PathBuf,
}

impl Scratch {
    /// For 127.0.0.1 and `localhost`.
    pub(crate) fn new() -> Self {
        Self::of(&["127.0.0.1"])
    }

    fn of(addresses: &[&str]) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("helenus-tls-{}-{number}", std::process::id()));
        let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        let certificates = Certificates::generate(&directory, &addresses).expect("certificates can be made");
        Self { certificates, directory }
    }

    /// Trusts the good authority.
    fn trusting(&self) -> TlsConfigBuilder {
        TlsConfig::builder().authority_file(self.certificates.ca())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is small, and in the directory for such things.
        let _left = std::fs::remove_dir_all(&self.directory);
    }
}

/// A mock node that is reached through TLS.
struct Secured {
    node: RunningCluster,
    front: TlsFront,
}

impl Secured {
    fn showing(identity: Identity) -> Self {
        Self::with(Settings::new(identity))
    }

    fn with(settings: Settings) -> Self {
        let node = nodes(1, 1).start().expect("the mock starts");
        let target = node.addresses()[0];
        let front = settings.start(move |_| Some(target)).expect("the front starts");
        Self { node, front }
    }

    /// The error of a connection that nothing must be sent on.
    async fn refusal(&self, tls: TlsConfigBuilder) -> String {
        let words = refusal(self.front.address(), tls).await;
        self.untouched();
        words
    }

    /// Nothing has arrived: not at the node, and not in the front's TLS.
    fn untouched(&self) {
        assert_eq!(self.node.received(&any()).len(), 0, "a request came through");
        let visits = self.front.visits();
        assert!(!visits.is_empty(), "nobody tried");
        assert!(visits.iter().all(|visit| visit.received == 0), "{visits:?}");
    }
}

/// Who connects to `address` by name.
async fn session_at(host: &str, port: u16, tls: TlsConfig) -> Result<Session, Error> {
    let mut builder = Cluster::builder().contact_point(host).port(port).tls(tls);
    builder.config_mut().connection.connect_timeout = Some(Duration::from_secs(5));
    builder.credentials("alice", "s3cret").session().await
}

async fn session(address: SocketAddr, tls: TlsConfigBuilder) -> Result<Session, Error> {
    session_at(&address.ip().to_string(), address.port(), tls.build().expect("the settings are sound")).await
}

/// What is said of a server that is not let in, without delay.
async fn refusal(address: SocketAddr, tls: TlsConfigBuilder) -> String {
    let began = std::time::Instant::now();
    let error = session(address, tls).await.expect_err("this server must not be let in");
    assert!(began.elapsed() < Duration::from_secs(4), "{error} only after {:?}", began.elapsed());
    assert!(matches!(error, Error::Connect(_)), "{error:?}");
    error.to_string()
}

async fn works(session: &Session) {
    let rows = session.execute("SELECT key FROM system.local").await.expect("the node answers");
    assert_eq!(rows.rows_as::<(&str,)>().next().unwrap().unwrap(), ("local",));
}

fn server(scratch: &Scratch, which: ServerCertificate) -> Identity {
    scratch.certificates.server(which)
}
