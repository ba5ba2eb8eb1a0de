//! Where certificates, keys and revocation lists come from: files, which may change, or bytes that were given.
//!
//! PEM and DER are told apart by what is there. Buffers that may hold a key are wiped.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::error::TlsError;

/// More than any of these files has: a wrong path must not fill the memory.
const MAX_LENGTH: u64 = 16 * 1024 * 1024;

/// Where something comes from. It shows no contents.
#[derive(Clone)]
pub(super) enum Source {
    File(PathBuf),
    /// Bytes that the program gave, under the name by which errors call them.
    Given(&'static str, Arc<Zeroizing<Vec<u8>>>),
}

/// What tells that a file is another than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    place: (u64, u64),
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Source {
    pub(super) fn given(what: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::Given(what, Arc::new(Zeroizing::new(bytes.into())))
    }

    /// What is known of the file; `None` where there is none to look at.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let Self::File(path) = self else { return None };
        let found = path.metadata().ok()?;
        Some(Stamp {
            place: (found.dev(), found.ino()),
            length: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }

    fn read(&self) -> Result<Arc<Zeroizing<Vec<u8>>>, TlsError> {
        let path = match self {
            Self::Given(_, bytes) => return Ok(Arc::clone(bytes)),
            Self::File(path) => path,
        };
        let unreadable = |why: String| TlsError::Unreadable { from: self.to_string(), why };
        let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
        let length = file.metadata().map_err(|error| unreadable(error.to_string()))?.len();
        if length > MAX_LENGTH {
            return Err(unreadable(format!("it has {length} bytes, more than {MAX_LENGTH}")));
        }
        // All the room at once: a buffer that grows leaves copies of a key behind.
        let room = usize::try_from(length).unwrap_or(0) + 1;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        file.take(MAX_LENGTH).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        Ok(Arc::new(bytes))
    }

    /// All certificates in it, at least one.
    pub(super) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let bytes = self.read()?;
        let found = if is_pem(&bytes) {
            CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>().map_err(|error| {
                TlsError::BadCertificate { from: self.to_string(), why: error.to_string() }
            })?
        } else if bytes.is_empty() {
            Vec::new()
        } else {
            vec![CertificateDer::from(bytes.to_vec())]
        };
        if found.is_empty() {
            return Err(TlsError::NoCertificate { from: self.to_string() });
        }
        Ok(found)
    }

    /// The private key in it, which the caller wipes.
    pub(super) fn key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let bytes = self.read()?;
        if !is_pem(&bytes) {
            return match PrivateKeyDer::try_from(bytes.as_slice()) {
                Ok(key) => Ok(key.clone_key()),
                Err(_) => Err(TlsError::NoKey { from: self.to_string() }),
            };
        }
        if [&b"ENCRYPTED PRIVATE KEY-----"[..], b"Proc-Type: 4,ENCRYPTED"]
            .iter()
            .any(|mark| holds(&bytes, mark))
        {
            return Err(TlsError::EncryptedKey { from: self.to_string() });
        }
        PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| TlsError::NoKey { from: self.to_string() })
    }

    /// All lists of revoked certificates in it, at least one.
    pub(super) fn revocation_lists(&self) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
        let bytes = self.read()?;
        let bad = |why: &str| TlsError::BadRevocationList { from: self.to_string(), why: why.into() };
        if !is_pem(&bytes) {
            return Ok(vec![CertificateRevocationListDer::from(bytes.to_vec())]);
        }
        let found = CertificateRevocationListDer::pem_slice_iter(&bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(&error.to_string()))?;
        if found.is_empty() { Err(bad("there is none in it")) } else { Ok(found) }
    }
}

fn holds(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

fn is_pem(bytes: &[u8]) -> bool {
    holds(bytes, b"-----BEGIN ")
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Given(what, _) => f.write_str(what),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Given(what, _) => f.debug_tuple("Given").field(what).finish(),
        }
    }
}
