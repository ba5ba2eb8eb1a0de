//! The settings of TLS, one method each.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rustls::SupportedProtocolVersion;
use rustls::crypto::ring;
use rustls::version::{TLS12, TLS13};

use super::error::TlsError;
use super::material::{Material, Sources};
use super::source::Source;
use super::{Current, Shared, TlsConfig, Verification, server_name};

static ONLY_TLS13: &[&SupportedProtocolVersion] = &[&TLS13];
static TLS13_AND_TLS12: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

/// Collects settings for a [`TlsConfig`].
#[derive(Debug, Default)]
#[must_use]
pub struct TlsConfigBuilder {
    sources: Sources,
    verification: Verification,
    name: Option<String>,
    only_tls13: bool,
    system: bool,
}

impl TlsConfigBuilder {
    /// Trusts the authorities whose certificates are in this file, PEM or DER. It is read again when it changes.
    pub fn authority_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.authorities.push(Source::File(path.into()));
        self
    }

    /// Trusts the authorities whose certificates these are, PEM or one in DER.
    pub fn authority(mut self, certificates: impl Into<Vec<u8>>) -> Self {
        self.sources.authorities.push(Source::given("the given authority", certificates));
        self
    }

    /// Trusts whom the operating system trusts. Any of these public authorities may then say who the servers are, so that a
    /// cluster with an authority of its own is better off with that one alone.
    #[cfg(feature = "system-authorities")]
    pub fn system_authorities(mut self) -> Self {
        self.system = true;
        self
    }

    /// Shows the certificate (and its chain behind it) of the first file to servers that ask for one; its private key is in
    /// the second. PEM or DER, the key not encrypted. They are read again when they change.
    pub fn client_certificate_files(
        mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Self {
        self.sources.identity = Some((Source::File(certificate.into()), Source::File(key.into())));
        self
    }

    /// Shows this certificate (and its chain behind it) to servers that ask for one. PEM or DER, the key not encrypted;
    /// our copy of the key's bytes is wiped in the end.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        let certificate = Source::given("the given client certificate", certificate);
        self.sources.identity = Some((certificate, Source::given("the given private key", key)));
        self
    }

    /// Refuses certificates that the lists in this file (CRLs, PEM or DER) revoke. Every certificate of a server's chain
    /// must be covered by a list that is given and not outdated. The file is read again when it changes.
    pub fn revocation_list_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.revocation_lists.push(Source::File(path.into()));
        self
    }

    /// Refuses certificates that these lists revoke; see [`revocation_list_file`](Self::revocation_list_file).
    pub fn revocation_list(mut self, lists: impl Into<Vec<u8>>) -> Self {
        self.sources.revocation_lists.push(Source::given("the given revocation list", lists));
        self
    }

    /// The name (or IP address) that the certificates of all servers hold, instead of the one that is dialled. SNI says
    /// it as well.
    pub fn expect_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Speaks TLS 1.3 and not 1.2.
    pub const fn only_tls13(mut self) -> Self {
        self.only_tls13 = true;
        self
    }

    /// Takes any certificate of a trusted authority, whoever it was given to: **whoever has one can read and change
    /// everything**. Sound only with an authority that signs nothing but this cluster's servers.
    pub const fn dangerously_accept_any_name(mut self) -> Self {
        self.verification = Verification::AnyName;
        self
    }

    /// Takes any certificate at all: **whoever stands in between can read and change everything**, passwords included.
    pub const fn dangerously_accept_any_certificate(mut self) -> Self {
        self.verification = Verification::Nothing;
        self
    }

    /// Reads and checks what the settings name.
    ///
    /// # Errors
    ///
    /// [`TlsError`] says which file or setting cannot be used, and why.
    pub fn build(mut self) -> Result<TlsConfig, TlsError> {
        if self.verification == Verification::Nothing && !self.sources.revocation_lists.is_empty() {
            return Err(TlsError::Contradiction(
                "no list of revoked certificates acts where any certificate is accepted",
            ));
        }
        if self.verification == Verification::AnyName && self.name.is_some() {
            return Err(TlsError::Contradiction("a name is expected, and any name accepted"));
        }
        let name = self.name.as_deref().map(server_name).transpose()?;
        if self.system {
            self.sources.system = system_authorities()?;
        }
        let provider = Arc::new(ring::default_provider());
        let stamps = self.sources.stamps();
        let material = Material::read(&self.sources, &provider)?;
        if material.authorities.is_none() && self.verification != Verification::Nothing {
            return Err(TlsError::NoAuthority);
        }
        let current = Current { material: Arc::new(material), stamps, refused: None };
        Ok(TlsConfig {
            shared: Arc::new(Shared {
                sources: self.sources,
                verification: self.verification,
                name,
                versions: if self.only_tls13 { ONLY_TLS13 } else { TLS13_AND_TLS12 },
                provider,
                current: Mutex::new(current),
            }),
        })
    }
}

#[cfg(feature = "system-authorities")]
fn system_authorities() -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let why = if why.is_empty() { "there are none".into() } else { why };
        return Err(TlsError::Unreadable { from: "the operating system's authorities".into(), why });
    }
    Ok(found.certs)
}

#[cfg(not(feature = "system-authorities"))]
#[allow(clippy::unnecessary_wraps)] // The other one can fail.
fn system_authorities() -> Result<Vec<rustls::pki_types::CertificateDer<'static>>, TlsError> {
    Ok(Vec::new())
}
