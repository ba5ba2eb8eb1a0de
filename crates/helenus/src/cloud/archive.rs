//! The zip and its `config.json`. What is unpacked is bounded, whatever the archive says.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;
use zip::ZipArchive;
use zip::result::ZipError;

use super::BundleError;

/// Bundles have about 20 KB.
const MAX_ARCHIVE: u64 = 8 * 1024 * 1024;
/// A certificate chain or a key has some KB.
const MAX_ENTRY: u64 = 1024 * 1024;

/// What is needed of a bundle.
pub(super) struct Contents {
    pub(super) config: Config,
    pub(super) authority: Vec<u8>,
    pub(super) certificate: Vec<u8>,
    pub(super) key: Zeroizing<Vec<u8>>,
}

/// What is needed of `config.json`.
#[derive(Deserialize)]
pub(super) struct Config {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) keyspace: Option<String>,
    pub(super) username: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) password: Option<Zeroizing<String>>,
    #[serde(rename = "caCertLocation", default = "default_authority")]
    authority: String,
    #[serde(rename = "certLocation", default = "default_certificate")]
    certificate: String,
    #[serde(rename = "keyLocation", default = "default_key")]
    key: String,
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Zeroizing::new))
}

fn default_authority() -> String {
    "ca.crt".into()
}

fn default_certificate() -> String {
    "cert".into()
}

fn default_key() -> String {
    "key".into()
}

impl Contents {
    pub(super) fn read(path: &Path) -> Result<Self, BundleError> {
        let unreadable = |error: std::io::Error| BundleError::Unreadable {
            path: path.display().to_string(),
            why: error.to_string(),
            kind: error.kind(),
        };
        let mut bytes = Zeroizing::new(Vec::new());
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::of(&bytes)
    }

    pub(super) fn of(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() as u64 > MAX_ARCHIVE {
            return Err(BundleError::TooLarge { what: "the archive".into(), limit: MAX_ARCHIVE });
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| not_an_archive(&error))?;
        let config = entry(&mut archive, "config.json")?;
        let config: Config = serde_json::from_slice(&config).map_err(|error| {
            // serde's own words may quote the value, which may be a password.
            let what = match error.classify() {
                serde_json::error::Category::Data => "a field is missing or of the wrong kind",
                _ => "it is no JSON",
            };
            BundleError::BadConfig(format!("{what} (line {}, column {})", error.line(), error.column()))
        })?;
        if config.host.is_empty() || config.port == 0 {
            return Err(BundleError::BadConfig("it names no host and port of the metadata service".into()));
        }
        let authority = entry(&mut archive, &config.authority)?.to_vec();
        let certificate = entry(&mut archive, &config.certificate)?.to_vec();
        let key = entry(&mut archive, &config.key)?;
        Ok(Self { config, authority, certificate, key })
    }
}

fn not_an_archive(error: &ZipError) -> BundleError {
    BundleError::NotAnArchive(error.to_string())
}

/// The file `name` of the archive; `./` in front of it, as bundles say, is no part of it.
fn entry<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Result<Zeroizing<Vec<u8>>, BundleError> {
    let name = name.strip_prefix("./").unwrap_or(name);
    let entry = match archive.by_name(name) {
        Ok(entry) => entry,
        Err(ZipError::FileNotFound) => return Err(BundleError::Missing(name.into())),
        Err(error) => return Err(not_an_archive(&error)),
    };
    // The stated size may lie in both directions: what comes out is what counts.
    let mut bytes = Zeroizing::new(Vec::with_capacity(entry.size().min(MAX_ENTRY) as usize + 1));
    entry
        .take(MAX_ENTRY + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| BundleError::NotAnArchive(format!("{name}: {error}")))?;
    if bytes.len() as u64 > MAX_ENTRY {
        return Err(BundleError::TooLarge { what: name.into(), limit: MAX_ENTRY });
    }
    Ok(bytes)
}
