//! What rustls says, in words that tell which side is to be mended, and how.

use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::peer::Identity;

pub(super) const PLAIN_SERVER: &str = "the server does not speak TLS on this port: it answered in plain text";

const TOO_OLD: &str = "the server speaks neither TLS 1.3 nor TLS 1.2";

const WANTS_CERTIFICATE: &str = "the server wants a certificate of the client, and none was configured";

/// Whether a record of TLS may begin with this byte: an alert or a message of the handshake, at first.
pub(super) const fn begins_a_record(byte: u8) -> bool {
    matches!(byte, 0x14..=0x18)
}

/// Why a server's certificate was refused.
pub(super) fn certificate(
    error: &Error,
    certificate: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> String {
    let Error::InvalidCertificate(reason) = error else { return error.to_string() };
    let what = match reason {
        CertificateError::Expired => "has expired".into(),
        CertificateError::ExpiredContext { time, not_after } => {
            format!("has expired, {} days ago", days(time.as_secs(), not_after.as_secs()))
        }
        CertificateError::NotValidYet => "is not valid yet; is the clock of this machine right?".into(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "is not valid yet, only in {} days; is the clock of this machine right?",
            days(not_before.as_secs(), time.as_secs())
        ),
        CertificateError::Revoked => "was revoked by its authority".into(),
        CertificateError::UnknownRevocationStatus => {
            "is covered by none of the given revocation lists".into()
        }
        CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
            "cannot be judged: the given revocation list is outdated".into()
        }
        CertificateError::UnknownIssuer => issuer(certificate, intermediates).into(),
        CertificateError::NotValidForName => "is for another name than the one that was expected".into(),
        CertificateError::NotValidForNameContext { expected, presented } if presented.is_empty() => format!(
            "has no subjectAltName, so it is for nobody (a common name does not count); {} was expected",
            expected.to_str()
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<_> = presented.iter().map(|name| bare(name)).collect();
            format!("is for {}, and {} was expected", names.join(", "), expected.to_str())
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not meant for servers (its extended key usage does not say so)".into()
        }
        CertificateError::BadSignature => "is not signed by the key of the authority that it names: the trusted one may be another of the same name".into(),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed by an algorithm that is not accepted, such as SHA-1 or DSA".into()
        }
        CertificateError::ApplicationVerificationFailure => {
            "has a key that is too weak: RSA keys need 2048 bits".into()
        }
        CertificateError::Other(other) if is_authority_as_server(&*other.0) => {
            "is an authority's own (its basic constraints say CA), and cannot stand for a server".into()
        }
        other => format!("cannot be used: {other}"),
    };
    format!("the server's certificate {what}")
}

/// `DnsName("node")` and `IpAddress(127.0.0.1)` without what is around them.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

fn days(later: u64, earlier: u64) -> u64 {
    later.saturating_sub(earlier) / 86_400
}

fn is_authority_as_server(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    matches!(error.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// What an unknown issuer is: none at all, one that is missing, or one that nobody here trusts.
fn issuer(certificate: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> &'static str {
    let Ok(server) = webpki::EndEntityCert::try_from(certificate) else {
        return "cannot be read";
    };
    if server.issuer() == server.subject() {
        return "is signed by itself, and is not among the trusted authorities";
    }
    let is_sent = intermediates.iter().any(|sent| {
        webpki::EndEntityCert::try_from(sent).is_ok_and(|sent| sent.subject() == server.issuer())
    });
    if is_sent {
        "leads to an authority that is not trusted"
    } else {
        "has an issuer that is neither trusted nor sent along: the server leaves out an intermediate certificate, or \
         the trusted authority is another one"
    }
}

/// Whether the key is one of RSA with less than 2048 bits, which is verified by nobody any more.
pub(super) fn is_weak(certificate: &CertificateDer<'_>) -> bool {
    /// `rsaEncryption` (RFC 8017, A.1), as DER.
    const RSA: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
    /// The shortest that a SubjectPublicKeyInfo with a modulus of 2048 bits can be.
    const SHORTEST: usize = 290;
    let Ok(server) = webpki::EndEntityCert::try_from(certificate) else { return false };
    let key = server.subject_public_key_info();
    key.len() < SHORTEST && key.windows(RSA.len()).any(|window| window == RSA)
}

/// Why a handshake failed, or a record was wrong.
pub(super) fn handshake(error: &Error, identity: &Identity) -> String {
    match error {
        Error::AlertReceived(alert) => self::alert(*alert, identity),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => TOO_OLD.into(),
        other => other.to_string(),
    }
}

fn alert(alert: AlertDescription, identity: &Identity) -> String {
    match alert {
        AlertDescription::CertificateRequired if !identity.is_given() => WANTS_CERTIFICATE.into(),
        AlertDescription::ProtocolVersion => TOO_OLD.into(),
        AlertDescription::CertificateExpired if identity.is_given() => {
            "the server refuses our certificate: it has expired".into()
        }
        AlertDescription::UnknownCA if identity.is_given() => {
            "the server refuses our certificate: it does not trust the authority that issued it".into()
        }
        AlertDescription::CertificateRevoked if identity.is_given() => {
            "the server refuses our certificate: it was revoked".into()
        }
        AlertDescription::HandshakeFailure if identity.was_asked() && !identity.is_given() => {
            WANTS_CERTIFICATE.into()
        }
        AlertDescription::HandshakeFailure => {
            "the server found nothing in common with us: no version, cipher suite or kind of key".into()
        }
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError
        | AlertDescription::InternalError
            if identity.was_asked() && identity.is_given() =>
        {
            format!("the server refuses our certificate (alert {alert:?})")
        }
        other => format!("the server ended TLS (alert {other:?})"),
    }
}

/// What it means that the socket has ended without a goodbye.
pub(super) fn end(handshaking: bool, heard: bool, identity: &Identity) -> String {
    if handshaking && !heard {
        return "the server closed the connection at the first message of TLS: it may not speak TLS on this port".into();
    }
    if handshaking {
        return "the server closed the connection in the middle of the TLS handshake".into();
    }
    if identity.was_asked() && !identity.is_given() {
        return format!("the connection was cut off after the TLS handshake: {WANTS_CERTIFICATE}");
    }
    "the connection was cut off: the server did not end TLS before it closed the socket".into()
}
