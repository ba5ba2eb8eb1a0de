//! TLS by rustls: on means that the server's certificate chain and its name are verified.
//!
//! ```no_run
//! use helenus::Cluster;
//! use helenus::tls::TlsConfig;
//!
//! # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
//! let tls = TlsConfig::builder()
//!     .authority_file("ca.pem")
//!     .client_certificate_files("client.pem", "client.key")
//!     .build()?;
//! let session = Cluster::builder().contact_point("10.0.0.1").tls(tls).session().await?;
//! # Ok(())
//! # }
//! ```
//!
//! * A server has to show a certificate of a trusted authority for the name or the IP address that was dialled. Nodes that
//!   are found in the cluster are dialled by address, so their certificates need it as an IP in `subjectAltName`; where
//!   all nodes' certificates hold one name instead, [`expect_name`](TlsConfigBuilder::expect_name) says it. A common name
//!   does not count.
//! * Nothing is sent before that is verified, and there is no way back to plain text.
//! * TLS 1.3 and 1.2; no ALPN, since Cassandra has none; no session is resumed, so that each connection is verified
//!   afresh, by the files as they are then.
//! * Files are read again when they change: new connections use the new ones, open connections are left alone. Files that
//!   cannot be used leave the old ones in place, and say so in the log and by
//!   [`reload_error`](TlsConfig::reload_error).
//!
//! Not here: sockets, and what a Python program's own `ssl.SSLContext` does. The cipher is sans-IO
//! ([`Cipher`]).

mod builder;
mod cipher;
mod error;
mod explain;
mod material;
mod peer;
mod source;

use std::fmt;
use std::sync::{Arc, Mutex};

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, SupportedProtocolVersion};

pub use builder::TlsConfigBuilder;
pub use error::TlsError;

use crate::connection::transport::{Cipher, CipherError, CipherFactory};
use crate::lock::lock;
use cipher::RustlsCipher;
use material::{Material, Sources};
use peer::{Identity, Peer};
use source::Stamp;

/// How far a server's certificate is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Verification {
    /// The chain and the name are verified.
    #[default]
    Full,
    /// The chain only.
    AnyName,
    /// Nothing.
    Nothing,
}

/// How connections are encrypted. Cheap to clone; clones share what was read from files.
#[derive(Clone)]
pub struct TlsConfig {
    shared: Arc<Shared>,
}

struct Shared {
    sources: Sources,
    verification: Verification,
    name: Option<ServerName<'static>>,
    versions: &'static [&'static SupportedProtocolVersion],
    provider: Arc<CryptoProvider>,
    current: Mutex<Current>,
}

/// What was last read well, and what was refused since.
struct Current {
    material: Arc<Material>,
    stamps: Vec<Option<Stamp>>,
    refused: Option<(Vec<Option<Stamp>>, TlsError)>,
}

impl TlsConfig {
    /// Settings; at least one authority has to be given.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder::default()
    }

    /// Looks whether files have changed, and reads them again if so. Each new connection does that by itself.
    ///
    /// # Errors
    ///
    /// What is wrong with the files; those read before stay in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let shared = &*self.shared;
        let mut current = lock(&shared.current);
        // Looked at before they are read: what is written meanwhile is read next time.
        let stamps = shared.sources.stamps();
        if stamps == current.stamps {
            current.refused = None;
            return Ok(());
        }
        if let Some((refused, error)) = &current.refused
            && *refused == stamps
        {
            return Err(error.clone());
        }
        match Material::read(&shared.sources, &shared.provider) {
            Ok(material) => {
                tracing::info!("the files of TLS have changed and were read again");
                *current = Current { material: Arc::new(material), stamps, refused: None };
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "the files of TLS have changed and cannot be used; those read before still are");
                current.refused = Some((stamps, error.clone()));
                Err(error)
            }
        }
    }

    /// Why the files as they are now are not in use, if they are not.
    #[must_use]
    pub fn reload_error(&self) -> Option<TlsError> {
        lock(&self.shared.current).refused.as_ref().map(|(_, error)| error.clone())
    }

    /// A cipher that says `indicated` in SNI (if it is a DNS name) and wants a certificate for `expected`.
    pub(crate) fn cipher_for(
        &self,
        indicated: ServerName<'static>,
        expected: ServerName<'static>,
    ) -> Result<Box<dyn Cipher>, CipherError> {
        // What is wrong is in the log; a connection by the older files is better than none.
        let _kept = self.reload();
        let shared = &*self.shared;
        let material = Arc::clone(&lock(&shared.current).material);
        let identity = Arc::new(Identity::new(material.identity.clone()));
        let peer = Arc::new(Peer::new(material, shared.verification, expected, &shared.provider));
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&shared.provider))
            .with_protocol_versions(shared.versions)
            .map_err(|error| CipherError(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&peer) as _)
            .with_client_cert_resolver(Arc::clone(&identity) as _);
        config.resumption = Resumption::disabled();
        let connection = ClientConnection::new(Arc::new(config), indicated)
            .map_err(|error| CipherError(error.to_string()))?;
        Ok(Box::new(RustlsCipher::new(connection, peer, identity)))
    }
}

impl CipherFactory for TlsConfig {
    fn cipher(&self, host: &str) -> Result<Box<dyn Cipher>, CipherError> {
        let name = match &self.shared.name {
            Some(name) => name.clone(),
            None => server_name(host).map_err(|error| CipherError(error.to_string()))?,
        };
        self.cipher_for(name.clone(), name)
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &*self.shared;
        f.debug_struct("TlsConfig")
            .field("authorities", &shared.sources.authorities)
            .field("revocation_lists", &shared.sources.revocation_lists)
            .field(
                "client_certificate",
                &shared.sources.identity.as_ref().map(|(certificate, _)| certificate),
            )
            .field("verification", &shared.verification)
            .field("name", &shared.name)
            .finish_non_exhaustive()
    }
}

impl From<TlsConfig> for Arc<dyn CipherFactory> {
    fn from(config: TlsConfig) -> Self {
        Arc::new(config)
    }
}

pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsError::BadName(name.to_owned()))
}
