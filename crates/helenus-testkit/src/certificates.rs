//! Certificates for tests of TLS: an authority, good certificates, and one for each way a certificate can be wrong.
//!
//! Made anew for each use, as PEM files in a directory that nobody else may read; nothing here is fit for anything but
//! tests. Keys are ECDSA P-256, in PKCS#8.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

/// Which certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ServerCertificate {
    /// Of the authority, for the server's addresses and `localhost`.
    #[default]
    Good,
    /// Good, but it ended in 2021.
    Expired,
    /// Good, but for `elsewhere.test` only.
    WrongName,
    /// Good, but of another authority.
    OtherAuthority,
}

impl ServerCertificate {
    const ALL: [Self; 4] = [Self::Good, Self::Expired, Self::WrongName, Self::OtherAuthority];

    const fn stem(self) -> &'static str {
        match self {
            Self::Good => "server",
            Self::Expired => "server-expired",
            Self::WrongName => "server-wrong-name",
            Self::OtherAuthority => "server-other-authority",
        }
    }
}

/// A certificate (with its authority's behind it) and its key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate and then its authority's.
    pub certificate: PathBuf,
    /// The key, in PKCS#8, not encrypted.
    pub key: PathBuf,
}

/// A directory of certificates.
#[derive(Debug, Clone)]
pub struct Certificates {
    directory: PathBuf,
}

impl Certificates {
    /// The identity that [`spiffe`](Self::spiffe) carries.
    pub const SPIFFE_ID: &'static str = "spiffe://helenus.test/app/alice";

    /// Makes all of them in `directory`, which must not exist yet; the servers' are for `addresses` and `localhost`.
    pub fn generate(directory: &Path, addresses: &[IpAddr]) -> io::Result<Self> {
        fs::DirBuilder::new().mode(0o700).create(directory)?;
        let certificates = Self { directory: directory.to_owned() };
        certificates.make(addresses).map_err(|error| match error {
            MakeError::Io(error) => error,
            MakeError::Certificate(error) => io::Error::other(error),
        })?;
        Ok(certificates)
    }

    fn make(&self, addresses: &[IpAddr]) -> Result<(), MakeError> {
        let authority = make_authority("helenus test authority")?;
        let other = make_authority("helenus other test authority")?;
        self.write("ca.pem", &authority.pem())?;
        self.write("other-ca.pem", &other.pem())?;
        let names: Vec<String> =
            addresses.iter().map(ToString::to_string).chain(["localhost".to_owned()]).collect();
        for which in ServerCertificate::ALL {
            let names = if which == ServerCertificate::WrongName {
                vec!["elsewhere.test".to_owned()]
            } else {
                names.clone()
            };
            let mut params = CertificateParams::new(names)?;
            valid(&mut params, if which == ServerCertificate::Expired { 2021 } else { 2120 });
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            let issuer = if which == ServerCertificate::OtherAuthority { &other } else { &authority };
            self.issue(which.stem(), params, issuer)?;
        }
        for (stem, issuer) in [("client", &authority), ("client-other-authority", &other)] {
            self.issue(stem, client_params(2120), issuer)?;
        }
        self.issue("client-expired", client_params(2021), &authority)?;
        let mut spiffe = client_params(2120);
        spiffe.subject_alt_names.push(SanType::URI(Self::SPIFFE_ID.try_into()?));
        self.issue("spiffe", spiffe, &authority)?;
        Ok(())
    }

    fn issue(
        &self,
        stem: &str,
        mut params: CertificateParams,
        issuer: &CertifiedIssuer<'_, KeyPair>,
    ) -> Result<(), MakeError> {
        params.distinguished_name.push(DnType::CommonName, format!("helenus test {stem}"));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, issuer)?.pem() + &issuer.pem();
        self.write(&format!("{stem}.pem"), &certificate)?;
        self.write(&format!("{stem}.key"), &key.serialize_pem())?;
        if stem.starts_with("server") {
            // Cassandra takes a key and its chain from one file.
            self.write(&format!("{stem}-keystore.pem"), &(key.serialize_pem() + &certificate))?;
        }
        Ok(())
    }

    fn write(&self, name: &str, pem: &str) -> io::Result<()> {
        let path = self.directory.join(name);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(pem.as_bytes())
    }

    fn identity(&self, stem: impl Display) -> Identity {
        Identity {
            certificate: self.directory.join(format!("{stem}.pem")),
            key: self.directory.join(format!("{stem}.key")),
        }
    }

    /// Where they all are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The authority's certificate: what a client trusts.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// The certificate of an authority that signed none of the good certificates.
    #[must_use]
    pub fn other_ca(&self) -> PathBuf {
        self.directory.join("other-ca.pem")
    }

    /// A server's certificate.
    #[must_use]
    pub fn server(&self, which: ServerCertificate) -> Identity {
        self.identity(which.stem())
    }

    /// A server's key, certificate and authority in one file.
    #[must_use]
    pub fn keystore(&self, which: ServerCertificate) -> PathBuf {
        self.directory.join(format!("{}-keystore.pem", which.stem()))
    }

    /// A client's good certificate, which names nobody.
    #[must_use]
    pub fn client(&self) -> Identity {
        self.identity("client")
    }

    /// A client's certificate that ended in 2021.
    #[must_use]
    pub fn expired_client(&self) -> Identity {
        self.identity("client-expired")
    }

    /// A client's certificate of the other authority.
    #[must_use]
    pub fn other_client(&self) -> Identity {
        self.identity("client-other-authority")
    }

    /// A client's certificate that carries [`SPIFFE_ID`](Self::SPIFFE_ID).
    #[must_use]
    pub fn spiffe(&self) -> Identity {
        self.identity("spiffe")
    }
}

fn make_authority(name: &str) -> Result<CertifiedIssuer<'static, KeyPair>, MakeError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, 2120);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn client_params(until: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    valid(&mut params, until);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Valid from the beginning of 2020 to that of year `until`.
fn valid(params: &mut CertificateParams, until: i32) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
}

/// The two things that go wrong while certificates are made.
enum MakeError {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn every_file_is_there_and_nobody_else_may_read_it() {
        let directory = std::env::temp_dir().join(format!("helenus-certificates-{}", std::process::id()));
        let certificates = Certificates::generate(&directory, &["127.0.30.1".parse().unwrap()]).unwrap();
        let mut identities = vec![
            certificates.client(),
            certificates.expired_client(),
            certificates.other_client(),
            certificates.spiffe(),
        ];
        identities.extend(ServerCertificate::ALL.map(|which| certificates.server(which)));
        let mut files = vec![certificates.ca(), certificates.other_ca()];
        files.extend(ServerCertificate::ALL.map(|which| certificates.keystore(which)));
        files.extend(identities.into_iter().flat_map(|identity| [identity.certificate, identity.key]));
        for file in &files {
            assert!(fs::read_to_string(file).unwrap().starts_with("-----BEGIN "), "{}", file.display());
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        }
        assert_eq!(fs::read_dir(&directory).unwrap().count(), files.len());
        assert!(Certificates::generate(&directory, &[]).is_err(), "an old directory was taken");
        fs::remove_dir_all(directory).unwrap();
    }
}
