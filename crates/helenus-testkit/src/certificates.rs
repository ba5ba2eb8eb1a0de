//! Certificates for tests of TLS: an authority, good certificates, and one for each way a certificate can be wrong.
//!
//! Made anew for each use, as PEM files in a directory that nobody else may read; nothing here is fit for anything but
//! tests. Keys are ECDSA P-256, in PKCS#8.

mod authority;

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, KeyPair, SanType, date_time_ymd};

use authority::{Authorities, MakeError, REVOKED, WeakKey, client_params, finish, revocation_list, valid};

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
    /// Good, but it begins in 2119.
    NotYetValid,
    /// Of nobody but itself.
    SelfSigned,
    /// With the server's name as its common name, and nothing else that says whose it is.
    CommonNameOnly,
    /// Good, but for clients.
    ForClients,
    /// Good, of an intermediate authority whose certificate is sent along.
    Intermediate,
    /// The same without the intermediate's certificate.
    MissingIntermediate,
    /// Good, but [`revocation_list`](Certificates::revocation_list) names it.
    Revoked,
    /// Good, but with an RSA key of 1024 bits. Nothing that is kept makes such keys any more: the key beside it is another's,
    /// so that a client must refuse it for what it is, before any signature.
    WeakKey,
}

impl ServerCertificate {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Good,
        Self::Expired,
        Self::WrongName,
        Self::OtherAuthority,
        Self::NotYetValid,
        Self::SelfSigned,
        Self::CommonNameOnly,
        Self::ForClients,
        Self::Intermediate,
        Self::MissingIntermediate,
        Self::Revoked,
        Self::WeakKey,
    ];

    const fn stem(self) -> &'static str {
        match self {
            Self::Good => "server",
            Self::Expired => "server-expired",
            Self::WrongName => "server-wrong-name",
            Self::OtherAuthority => "server-other-authority",
            Self::NotYetValid => "server-not-yet-valid",
            Self::SelfSigned => "server-self-signed",
            Self::CommonNameOnly => "server-common-name-only",
            Self::ForClients => "server-for-clients",
            Self::Intermediate => "server-intermediate",
            Self::MissingIntermediate => "server-missing-intermediate",
            Self::Revoked => "server-revoked",
            Self::WeakKey => "server-weak-key",
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
        let authorities = Authorities::make()?;
        self.write("ca.pem", &authorities.good.pem())?;
        self.write("other-ca.pem", &authorities.other.pem())?;
        let names: Vec<String> =
            addresses.iter().map(ToString::to_string).chain(["localhost".to_owned()]).collect();
        for which in ServerCertificate::ALL {
            self.make_server(which, &names, &authorities)?;
        }
        let lists =
            [("crl.pem", 2120, true), ("crl-outdated.pem", 2021, true), ("crl-empty.pem", 2120, false)];
        for (name, until, is_revoked) in lists {
            self.write(name, &revocation_list(&authorities.good, until, is_revoked)?)?;
        }
        for (stem, issuer) in [("client", &authorities.good), ("client-other-authority", &authorities.other)]
        {
            self.issue(stem, client_params(2120), issuer)?;
        }
        self.issue("client-expired", client_params(2021), &authorities.good)?;
        let mut spiffe = client_params(2120);
        spiffe.subject_alt_names.push(SanType::URI(Self::SPIFFE_ID.try_into()?));
        self.issue("spiffe", spiffe, &authorities.good)?;
        Ok(())
    }

    fn make_server(
        &self,
        which: ServerCertificate,
        names: &[String],
        authorities: &Authorities,
    ) -> Result<(), MakeError> {
        use ServerCertificate as Server;
        let names = match which {
            Server::WrongName => vec!["elsewhere.test".to_owned()],
            Server::CommonNameOnly => Vec::new(),
            _ => names.to_vec(),
        };
        let mut params = CertificateParams::new(names)?;
        valid(&mut params, if which == Server::Expired { 2021 } else { 2120 });
        if which == Server::NotYetValid {
            params.not_before = date_time_ymd(2119, 1, 1);
        }
        if which == Server::Revoked {
            params.serial_number = Some(REVOKED.into());
        }
        params.extended_key_usages = vec![if which == Server::ForClients {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        }];
        match which {
            Server::SelfSigned => {
                finish(&mut params, which.stem());
                let key = KeyPair::generate()?;
                self.write_identity(which.stem(), &key, &params.self_signed(&key)?.pem())
            }
            Server::WeakKey => {
                finish(&mut params, which.stem());
                let certificate = params.signed_by(&WeakKey::new(), &authorities.good)?.pem();
                self.write_identity(which.stem(), &KeyPair::generate()?, &certificate)
            }
            Server::Intermediate => self.issue(which.stem(), params, &authorities.intermediate),
            Server::MissingIntermediate => {
                finish(&mut params, which.stem());
                let key = KeyPair::generate()?;
                let certificate = params.signed_by(&key, &authorities.intermediate)?.pem();
                self.write_identity(which.stem(), &key, &certificate)
            }
            Server::OtherAuthority => self.issue(which.stem(), params, &authorities.other),
            _ => self.issue(which.stem(), params, &authorities.good),
        }
    }

    fn issue(
        &self,
        stem: &str,
        mut params: CertificateParams,
        issuer: &CertifiedIssuer<'_, KeyPair>,
    ) -> Result<(), MakeError> {
        finish(&mut params, stem);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, issuer)?.pem() + &issuer.pem();
        self.write_identity(stem, &key, &certificate)
    }

    fn write_identity(&self, stem: &str, key: &KeyPair, certificates: &str) -> Result<(), MakeError> {
        self.write(&format!("{stem}.pem"), certificates)?;
        self.write(&format!("{stem}.key"), &key.serialize_pem())?;
        if stem.starts_with("server") {
            // Cassandra takes a key and its chain from one file.
            self.write(&format!("{stem}-keystore.pem"), &(key.serialize_pem() + certificates))?;
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

    /// The authority's list of revoked certificates: [`ServerCertificate::Revoked`] is on it.
    #[must_use]
    pub fn revocation_list(&self) -> PathBuf {
        self.directory.join("crl.pem")
    }

    /// The same list, which ought to have been replaced in 2021.
    #[must_use]
    pub fn outdated_revocation_list(&self) -> PathBuf {
        self.directory.join("crl-outdated.pem")
    }

    /// A list of the authority with nothing on it.
    #[must_use]
    pub fn empty_revocation_list(&self) -> PathBuf {
        self.directory.join("crl-empty.pem")
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
        let mut files = vec![
            certificates.ca(),
            certificates.other_ca(),
            certificates.revocation_list(),
            certificates.outdated_revocation_list(),
            certificates.empty_revocation_list(),
        ];
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
