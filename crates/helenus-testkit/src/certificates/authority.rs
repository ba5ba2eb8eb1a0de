//! Who issues the certificates, what is in each of them, and the lists of what is revoked.

use std::io;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, PublicKeyData,
    RevocationReason, RevokedCertParams, SignatureAlgorithm, date_time_ymd,
};

/// The serial number that is revoked.
pub(super) const REVOKED: u64 = 666;

pub(super) struct Authorities {
    pub(super) good: CertifiedIssuer<'static, KeyPair>,
    pub(super) other: CertifiedIssuer<'static, KeyPair>,
    /// Of the good one.
    pub(super) intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Authorities {
    pub(super) fn make() -> Result<Self, MakeError> {
        let good = make_authority("helenus test authority")?;
        let params = authority_params("helenus test intermediate authority");
        let intermediate = CertifiedIssuer::signed_by(params, KeyPair::generate()?, &good)?;
        Ok(Self { good, other: make_authority("helenus other test authority")?, intermediate })
    }
}

/// A public key of RSA with a modulus of 1024 bits. Nobody has the private one.
pub(super) struct WeakKey(Vec<u8>);

impl WeakKey {
    pub(super) fn new() -> Self {
        // RSAPublicKey (RFC 8017, A.1.1): a modulus whose highest and lowest bits are set, and 65537.
        let mut der = vec![0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00];
        der.extend([0xC5; 128]);
        der.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
        Self(der)
    }
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

pub(super) fn revocation_list(
    issuer: &CertifiedIssuer<'_, KeyPair>,
    until: i32,
    is_revoked: bool,
) -> Result<String, MakeError> {
    let revoked = RevokedCertParams {
        serial_number: REVOKED.into(),
        revocation_time: date_time_ymd(2020, 6, 1),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2020, 6, 1),
        next_update: date_time_ymd(until, 1, 1),
        crl_number: 1.into(),
        issuing_distribution_point: None,
        revoked_certs: if is_revoked { vec![revoked] } else { Vec::new() },
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(list.signed_by(issuer)?.pem()?)
}

/// What all certificates of servers and clients have.
pub(super) fn finish(params: &mut CertificateParams, stem: &str) {
    params.distinguished_name.push(DnType::CommonName, format!("helenus test {stem}"));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
}

fn make_authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, MakeError> {
    Ok(CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate()?)?)
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, 2120);
    params
}

pub(super) fn client_params(until: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    valid(&mut params, until);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Valid from the beginning of 2020 to that of year `until`.
pub(super) fn valid(params: &mut CertificateParams, until: i32) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
}

/// The two things that go wrong while certificates are made.
pub(super) enum MakeError {
    Io(io::Error),
    Certificate(rcgen::Error),
}

impl From<io::Error> for MakeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rcgen::Error> for MakeError {
    fn from(error: rcgen::Error) -> Self {
        Self::Certificate(error)
    }
}
