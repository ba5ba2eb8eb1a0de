//! What sources hold, read and checked: trusted authorities, revocation lists, the client's own certificate.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring;
use rustls::sign::CertifiedKey;
use rustls::{Error, RootCertStore};
use zeroize::Zeroize as _;

use super::error::TlsError;
use super::source::{Source, Stamp};

/// From where what is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    pub(super) authorities: Vec<Source>,
    /// Those of the operating system, read once.
    pub(super) system: Vec<rustls::pki_types::CertificateDer<'static>>,
    pub(super) revocation_lists: Vec<Source>,
    /// The client's certificate with its chain, and its key.
    pub(super) identity: Option<(Source, Source)>,
}

impl Sources {
    /// What is known of all files, in a fixed order.
    pub(super) fn stamps(&self) -> Vec<Option<Stamp>> {
        let identity = self.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        self.authorities.iter().chain(&self.revocation_lists).chain(identity).map(Source::stamp).collect()
    }
}

/// All that connections are made with.
pub(super) struct Material {
    /// `None` where no authority is trusted, which only a configuration without verification may have.
    pub(super) authorities: Option<Arc<WebPkiServerVerifier>>,
    pub(super) identity: Option<Arc<CertifiedKey>>,
}

impl Material {
    pub(super) fn read(sources: &Sources, provider: &Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for source in &sources.authorities {
            for certificate in source.certificates()? {
                roots.add(certificate).map_err(|error| TlsError::BadCertificate {
                    from: source.to_string(),
                    why: error.to_string(),
                })?;
            }
        }
        // One odd certificate of the operating system is no reason to trust none of the others.
        let (_added, _ignored) = roots.add_parsable_certificates(sources.system.iter().cloned());
        let authorities = if roots.is_empty() { None } else { Some(verifier(roots, sources, provider)?) };
        let identity = match &sources.identity {
            None => None,
            Some((certificate, key)) => Some(Arc::new(identity(certificate, key)?)),
        };
        Ok(Self { authorities, identity })
    }
}

fn verifier(
    roots: RootCertStore,
    sources: &Sources,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
    let mut lists = Vec::new();
    for source in &sources.revocation_lists {
        let found = source.revocation_lists()?;
        for list in &found {
            webpki::BorrowedCertRevocationList::from_der(list).map_err(|error| {
                TlsError::BadRevocationList { from: source.to_string(), why: error.to_string() }
            })?;
        }
        lists.extend(found);
    }
    // Whoever gives lists means them: a certificate that none of them covers is refused, and so is one that
    // only an outdated list covers.
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .with_crls(lists)
        .enforce_revocation_expiration()
        .build()
        .map_err(|error| TlsError::BadRevocationList {
            from: "what was given".into(),
            why: error.to_string(),
        })
}

fn identity(certificate: &Source, key: &Source) -> Result<CertifiedKey, TlsError> {
    let chain = certificate.certificates()?;
    let mut der = key.key()?;
    let signing = ring::sign::any_supported_type(&der);
    der.zeroize();
    let bad_key = |why: String| TlsError::BadKey { from: key.to_string(), why };
    let signing = signing.map_err(|error| bad_key(error.to_string()))?;
    let identity = CertifiedKey::new(chain, signing);
    match identity.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(identity),
        Err(Error::InconsistentKeys(_)) => {
            Err(TlsError::KeyMismatch { certificate: certificate.to_string(), key: key.to_string() })
        }
        Err(error) => Err(TlsError::BadCertificate { from: certificate.to_string(), why: error.to_string() }),
    }
}
