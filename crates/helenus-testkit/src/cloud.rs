//! A cluster in a cloud: a proxy that finds nodes by the host id in SNI, a metadata service, and the secure connect bundle that
//! leads to both.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::certificates::{Certificates, Identity, ServerCertificate};
use crate::tls_front::{Settings, TlsFront};

/// The files of a bundle by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A proxy and a metadata service, on free ports of 127.0.0.1, until it is dropped. Both call themselves `localhost` and want
/// a certificate of the client.
#[derive(Debug)]
pub struct Cloud {
    proxy: TlsFront,
    metadata: TlsFront,
    service: MetadataService,
    files: Files,
}

impl Cloud {
    /// In front of these plain nodes, by host id.
    ///
    /// # Errors
    /// If a file of the certificates cannot be read, or a port not be had.
    pub fn start(certificates: &Certificates, nodes: BTreeMap<String, SocketAddr>) -> io::Result<Self> {
        Self::showing(certificates, ServerCertificate::Good, ServerCertificate::Good, nodes)
    }

    /// The same, where the proxy and the metadata service show these certificates.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    pub fn showing(
        certificates: &Certificates,
        proxy: ServerCertificate,
        metadata: ServerCertificate,
        nodes: BTreeMap<String, SocketAddr>,
    ) -> io::Result<Self> {
        let front = |which| Settings::new(certificates.server(which)).client_authority(&certificates.ca());
        let ids: Vec<String> = nodes.keys().cloned().collect();
        let proxy = front(proxy)?.start(move |name| nodes.get(name?).copied())?;
        let info = json!({
            "version": 1,
            "region": "local",
            "contact_info": {
                "type": "sni_proxy",
                "local_dc": "datacenter1",
                "sni_proxy_address": format!("localhost:{}", proxy.address().port()),
                "contact_points": ids,
            },
        });
        let service = MetadataService::start(http(&info.to_string()))?;
        let target = service.address;
        let metadata = front(metadata)?.start(move |_| Some(target))?;
        let files = files(certificates, &certificates.client(), metadata.address().port())?;
        Ok(Self { proxy, metadata, service, files })
    }

    /// What clients did at the proxy.
    #[must_use]
    pub const fn proxy(&self) -> &TlsFront {
        &self.proxy
    }

    /// What clients did at the metadata service.
    #[must_use]
    pub const fn metadata(&self) -> &TlsFront {
        &self.metadata
    }

    /// Has the metadata service answer with these bytes: a whole answer of HTTP, or none.
    pub fn answer(&self, bytes: impl Into<Vec<u8>>) {
        *self.service.answer.lock().unwrap_or_else(PoisonError::into_inner) = bytes.into();
    }

    /// The files of the bundle.
    #[must_use]
    pub fn files(&self) -> Files {
        self.files.clone()
    }

    /// The bundle.
    ///
    /// # Errors
    /// If it cannot be packed.
    pub fn bundle(&self) -> io::Result<Vec<u8>> {
        pack(&self.files)
    }
}

/// The files of a bundle with this certificate of the client.
fn files(certificates: &Certificates, client: &Identity, port: u16) -> io::Result<Files> {
    let config = json!({
        "host": "localhost",
        "port": port,
        "cql_port": 9042,
        "keyspace": "ks",
        "localDC": "datacenter1",
        "caCertLocation": "./ca.crt",
        "keyLocation": "./key",
        "certLocation": "./cert",
        "keyStorePassword": "unused",
    });
    Ok([
        ("config.json", config.to_string().into_bytes()),
        ("ca.crt", std::fs::read(certificates.ca())?),
        ("cert", std::fs::read(&client.certificate)?),
        ("key", std::fs::read(&client.key)?),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .collect())
}

/// A zip of these files.
///
/// # Errors
/// If a name cannot be in one.
pub fn pack(files: &Files) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name.as_str(), SimpleFileOptions::default()).map_err(io::Error::other)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish().map_err(io::Error::other)?.into_inner())
}

/// An answer of HTTP with this body.
#[must_use]
pub fn http(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Answers every request alike, in plain HTTP.
#[derive(Debug)]
struct MetadataService {
    address: SocketAddr,
    answer: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MetadataService {
    fn start(answer: Vec<u8>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (answer, stop) = (Arc::new(Mutex::new(answer)), Arc::new(AtomicBool::new(false)));
        let (answering, stopping) = (Arc::clone(&answer), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            while !stopping.load(Ordering::Relaxed) {
                match serve(&listener, &answering) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                    // A client that leaves early is no reason to stop.
                    Ok(()) | Err(_) => {}
                }
            }
        });
        Ok(Self { address, answer, stop, thread: Some(thread) })
    }
}

fn serve(listener: &TcpListener, answer: &Mutex<Vec<u8>>) -> io::Result<()> {
    let (mut client, _) = listener.accept()?;
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    let known = request.starts_with(b"GET /metadata HTTP/1.1\r\n");
    let answer = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
    client.write_all(if known { &answer } else { b"HTTP/1.1 404 Not Found\r\n\r\n" })
}

impl Drop for MetadataService {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed.
            let _panicked = thread.join();
        }
    }
}
