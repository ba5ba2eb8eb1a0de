//! The two sides' certificates during one handshake: the server's is judged, ours is shown if it is asked for.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::Verification;
use super::explain;
use super::material::Material;

/// Judges the server's certificate, and keeps in words why it was refused.
pub(super) struct Peer {
    material: Arc<Material>,
    verification: Verification,
    expected: ServerName<'static>,
    algorithms: WebPkiSupportedAlgorithms,
    refusal: OnceLock<String>,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("expected", &self.expected).finish_non_exhaustive()
    }
}

impl Peer {
    pub(super) fn new(
        material: Arc<Material>,
        verification: Verification,
        expected: ServerName<'static>,
        provider: &CryptoProvider,
    ) -> Self {
        let algorithms = provider.signature_verification_algorithms;
        Self { material, verification, expected, algorithms, refusal: OnceLock::new() }
    }

    /// Why the certificate was refused, if it was.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.refusal.get().map(String::as_str)
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.verification == Verification::Nothing {
            return Ok(());
        }
        let Some(authorities) = &self.material.authorities else {
            return Err(CertificateError::UnknownIssuer.into());
        };
        match authorities.verify_server_cert(certificate, intermediates, &self.expected, ocsp, now) {
            Ok(_) => {}
            // The name is looked at last: the chain has been found good when it is said to be wrong.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.verification == Verification::AnyName => {}
            Err(error) => return Err(error),
        }
        if explain::is_weak(certificate) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(())
    }
}

impl ServerCertVerifier for Peer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Err(error) = self.judge(certificate, intermediates, ocsp, now) {
            let words = explain::certificate(&error, certificate, intermediates);
            // A handshake shows one certificate.
            let _first = self.refusal.set(words);
            return Err(error);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Our own certificate, and whether the server has asked for it: that makes the difference in what its refusal means.
pub(super) struct Identity {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("given", &self.key.is_some()).finish_non_exhaustive()
    }
}

impl Identity {
    pub(super) const fn new(key: Option<Arc<CertifiedKey>>) -> Self {
        Self { key, asked: AtomicBool::new(false) }
    }

    pub(super) const fn is_given(&self) -> bool {
        self.key.is_some()
    }

    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        let key = self.key.as_ref()?;
        key.key.choose_scheme(schemes).is_some().then(|| Arc::clone(key))
    }

    // Asked before there is a server: what matters is that `resolve` is called when one wants a certificate.
    fn has_certs(&self) -> bool {
        true
    }
}
