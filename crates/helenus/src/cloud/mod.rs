//! Secure connect bundles: a zip that holds all it takes to reach a cluster behind a proxy.
//!
//! ```no_run
//! use helenus::Cluster;
//! use helenus::cloud::SecureConnectBundle;
//!
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! let bundle = SecureConnectBundle::read("secure-connect-mydb.zip")?;
//! let session = Cluster::builder().secure_connect_bundle(bundle).credentials("token", "secret").session().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The bundle has the proxy's authority, a certificate of the client, and where the metadata service is. That service is asked
//! (by HTTPS, with that certificate) for the proxy's address and the ids of some nodes, when connecting and when all nodes
//! are lost. All nodes are dialled at the proxy, which knows by the host id in SNI which is meant.
//!
//! The metadata service's certificate must be for its name, and the proxy's for the proxy's name: host ids are in nobody's
//! certificate.

mod archive;
mod contact_info;
mod http;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::auth::PlainText;
use crate::cluster::Host;
use crate::cluster::proxy::Proxy;
use crate::connection::endpoint::Endpoint;
use crate::connection::transport::{Cipher, CipherError, CipherFactory};
use crate::error::{ConnectionError, Error};
use crate::tls::{TlsConfig, TlsError, server_name};
use archive::Contents;
use contact_info::ContactInfo;

/// What is wrong with a bundle. Its text holds nothing of the keys and passwords in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file cannot be read.
    #[error("the secure connect bundle {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        why: String,
        /// Its kind of error.
        kind: std::io::ErrorKind,
    },
    /// It is no zip archive, or a damaged one.
    #[error("the secure connect bundle is no zip archive: {0}")]
    NotAnArchive(String),
    /// Something is not in it.
    #[error("the secure connect bundle has no {0:?}")]
    Missing(String),
    /// The archive or a file in it is larger than those of any bundle.
    #[error("the secure connect bundle is refused: {what} has more than {limit} bytes")]
    TooLarge {
        /// The archive, or the file in it.
        what: String,
        /// How large it may be.
        limit: u64,
    },
    /// Its `config.json` does not say what it has to.
    #[error("config.json of the secure connect bundle: {0}")]
    BadConfig(String),
    /// Its certificates or its key cannot be used.
    #[error("the secure connect bundle: {0}")]
    Tls(#[from] TlsError),
}

/// A bundle that was read and checked. Cheap to clone.
#[derive(Clone)]
pub struct SecureConnectBundle {
    shared: Arc<Shared>,
}

struct Shared {
    host: String,
    port: u16,
    keyspace: Option<String>,
    login: Option<PlainText>,
    tls: TlsConfig,
    /// What the metadata service said last.
    known: ArcSwapOption<ContactInfo>,
}

impl SecureConnectBundle {
    /// Reads the bundle at `path`.
    ///
    /// # Errors
    ///
    /// [`BundleError`] says what is wrong with it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, BundleError> {
        Self::from_contents(Contents::read(path.as_ref())?)
    }

    /// Takes the bundle's bytes.
    ///
    /// # Errors
    ///
    /// [`BundleError`] says what is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        Self::from_contents(Contents::of(bytes)?)
    }

    fn from_contents(contents: Contents) -> Result<Self, BundleError> {
        let config = contents.config;
        server_name(&config.host).map_err(|error| BundleError::BadConfig(format!("\"host\": {error}")))?;
        let tls = TlsConfig::builder()
            .authority(contents.authority)
            .client_certificate(contents.certificate, contents.key.as_slice())
            .build()?;
        let login = match (config.username, config.password) {
            (Some(username), Some(password)) if !username.is_empty() => {
                Some(PlainText::new(username, password.as_str()))
            }
            _ => None,
        };
        let (host, port, keyspace) = (config.host, config.port, config.keyspace);
        let shared = Shared { host, port, keyspace, login, tls, known: ArcSwapOption::empty() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The keyspace that the bundle was made for, if it says one.
    #[must_use]
    pub fn keyspace(&self) -> Option<&str> {
        self.shared.keyspace.as_deref()
    }

    /// The user name and password in it; newer bundles have none.
    pub(crate) fn login(&self) -> Option<PlainText> {
        self.shared.login.clone()
    }

    async fn ask(&self) -> Result<Arc<ContactInfo>, ConnectionError> {
        let shared = &*self.shared;
        let tls = |error: CipherError| ConnectionError::Tls(error.0.into());
        let cipher = shared.tls.cipher(&shared.host).map_err(tls)?;
        let body = http::get(&shared.host, shared.port, "/metadata", cipher).await?;
        let info = ContactInfo::parse(&body).map_err(|why| {
            ConnectionError::Setup(format!("the metadata service's answer cannot be used: {why}").into())
        })?;
        let info = Arc::new(info);
        shared.known.store(Some(Arc::clone(&info)));
        Ok(info)
    }

    fn proxied(info: &ContactInfo, name: &str, host: Option<&Host>) -> Endpoint {
        Endpoint::Proxied {
            proxy: (Arc::clone(&info.proxy.0), info.proxy.1),
            name: name.into(),
            address: host.map(Host::address),
        }
    }
}

impl Proxy for SecureConnectBundle {
    fn contact_points(
        &self,
        patience: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Endpoint>, Error>> + Send + '_>> {
        Box::pin(async move {
            let asked = tokio::time::timeout(patience, self.ask()).await;
            match asked.unwrap_or(Err(ConnectionError::ConnectTimeout(patience))) {
                Ok(info) => Ok(info.contact_points.iter().map(|id| Self::proxied(&info, id, None)).collect()),
                Err(error) => {
                    let (host, port) = (&self.shared.host, self.shared.port);
                    let why =
                        format!("the metadata service {host}:{port} of the secure connect bundle: {error}");
                    let ip = host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                    let error = ConnectionError::Setup(why.into());
                    Err(Error::Connect(vec![(SocketAddr::new(ip, port), error)]))
                }
            }
        })
    }

    fn endpoint(&self, host: &Host) -> Option<Endpoint> {
        let info = self.shared.known.load_full()?;
        Some(Self::proxied(&info, &host.host_id().to_string(), Some(host)))
    }
}

impl CipherFactory for SecureConnectBundle {
    /// `host` is what SNI says; the certificate has to be the proxy's.
    fn cipher(&self, host: &str) -> Result<Box<dyn Cipher>, CipherError> {
        let name = |name: &str| server_name(name).map_err(|error| CipherError(error.to_string()));
        let known = self.shared.known.load_full();
        let known = known.ok_or_else(|| CipherError("the metadata service has not been asked yet".into()))?;
        self.shared.tls.cipher_for(name(host)?, name(&known.proxy.0)?)
    }
}

impl fmt::Debug for SecureConnectBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecureConnectBundle")
            .field("host", &self.shared.host)
            .field("port", &self.shared.port)
            .field("keyspace", &self.shared.keyspace)
            .finish_non_exhaustive()
    }
}
