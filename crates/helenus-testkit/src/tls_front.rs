//! A TLS server in front of plain ones: it shows any certificate, wants one of the client if told so, and hands the plaintext
//! on to a node, by the name that the client says in SNI if need be.
//!
//! Not a product's proxy: a thread a connection, and no limit to their number. It counts what clients sent inside of TLS, so
//! that a test can see that nothing was sent.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use crate::certificates::Identity;

/// How long a client may take for its handshake, and a peer to take what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// To which server the connection of a client goes that said this name in SNI; to none, and it is closed.
pub type Route = Arc<dyn Fn(Option<&str>) -> Option<SocketAddr> + Send + Sync>;

/// What one client did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// What it said in SNI.
    pub server_name: Option<String>,
    /// Whether the handshake came to its end.
    pub is_secure: bool,
    /// How many bytes it sent inside of TLS.
    pub received: usize,
    /// What went wrong, if anything did.
    pub error: Option<String>,
}

/// How a front behaves.
#[derive(Clone)]
pub struct Settings {
    identity: Identity,
    client_authority: Option<RootCertStore>,
    only_tls12: bool,
    address: SocketAddr,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Settings {
    /// Shows this certificate; listens on a free port of 127.0.0.1.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { identity, client_authority: None, only_tls12: false, address }
    }

    /// Listens here; port 0 is any that is free.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Wants a certificate of an authority in this PEM file from every client.
    ///
    /// # Errors
    /// If there is no certificate in the file.
    pub fn client_authority(mut self, file: &Path) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)? {
            roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
        }
        self.client_authority = Some(roots);
        Ok(self)
    }

    /// Speaks TLS 1.2 and nothing newer.
    #[must_use]
    pub fn only_tls12(mut self) -> Self {
        self.only_tls12 = true;
        self
    }

    /// Starts it; connections go where `route` says.
    ///
    /// # Errors
    /// If the files cannot be used, or the address is taken.
    pub fn start(
        self,
        route: impl Fn(Option<&str>) -> Option<SocketAddr> + Send + Sync + 'static,
    ) -> io::Result<TlsFront> {
        let config = Arc::new(self.server_config()?);
        let listener = TcpListener::bind(self.address)?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { route: Arc::new(route), ..State::default() });
        let accepting = Arc::clone(&state);
        let thread = thread::Builder::new()
            .name("tls-front".into())
            .spawn(move || accepting.accept(&listener, &config))?;
        Ok(TlsFront { address, state, thread: Some(thread) })
    }

    fn server_config(&self) -> io::Result<ServerConfig> {
        let provider: Arc<CryptoProvider> = Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_file_iter(&self.identity.certificate)
            .and_then(Iterator::collect)
            .map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_file(&self.identity.key).map_err(io::Error::other)?;
        let key = provider.key_provider.load_private_key(key).map_err(io::Error::other)?;
        let versions: &[_] = if self.only_tls12 { &[&rustls::version::TLS12] } else { rustls::ALL_VERSIONS };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(io::Error::other)?;
        let builder = match &self.client_authority {
            None => builder.with_no_client_auth(),
            Some(roots) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots.clone()), provider)
                    .build()
                    .map_err(io::Error::other)?,
            ),
        };
        // Whatever is in the files is shown, also a key that does not belong to its certificate.
        let shown = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        Ok(builder.with_cert_resolver(Arc::new(shown)))
    }
}

/// A TLS server that runs until it is dropped.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    route: Route,
    stop: AtomicBool,
    visits: Mutex<Vec<Visit>>,
    clients: Mutex<Vec<TcpStream>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            route: Arc::new(|_| None),
            stop: AtomicBool::new(false),
            visits: Mutex::default(),
            clients: Mutex::default(),
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("visits", &self.visits).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TlsFront {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What each client did, in the order in which they came.
    #[must_use]
    pub fn visits(&self) -> Vec<Visit> {
        lock(&self.state.visits).clone()
    }

    /// Closes all connections to clients without TLS's goodbye, as an attacker would or a crash.
    pub fn cut_off(&self) {
        for client in lock(&self.state.clients).drain(..) {
            // It may be closed already.
            let _closed = client.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        self.cut_off();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed.
            let _panicked = thread.join();
        }
    }
}

impl State {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener, config: &Arc<ServerConfig>) {
        while !self.is_stopped() {
            if !readable(&[listener]).is_ok_and(|ready| ready[0]) {
                continue;
            }
            let Ok((client, _)) = listener.accept() else { continue };
            let Ok(handle) = client.try_clone() else { continue };
            lock(&self.clients).push(handle);
            let number = {
                let mut visits = lock(&self.visits);
                visits.push(Visit::default());
                visits.len() - 1
            };
            let (state, config) = (Arc::clone(self), Arc::clone(config));
            thread::spawn(move || {
                if let Err(error) = state.serve(&client, config, number) {
                    state.note(number, |visit| visit.error = Some(error.to_string()));
                }
                // There is another handle to it, so that dropping this one closes nothing.
                let _closed = client.shutdown(Shutdown::Both);
            });
        }
    }

    fn note(&self, number: usize, what: impl FnOnce(&mut Visit)) {
        if let Some(visit) = lock(&self.visits).get_mut(number) {
            what(visit);
        }
    }

    fn serve(&self, mut client: &TcpStream, config: Arc<ServerConfig>, number: usize) -> io::Result<()> {
        client.set_nodelay(true)?;
        client.set_read_timeout(Some(PATIENCE))?;
        client.set_write_timeout(Some(PATIENCE))?;
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            let done = tls.complete_io(&mut client);
            let name = tls.server_name().map(str::to_owned);
            self.note(number, |visit| visit.server_name = name);
            done?;
        }
        self.note(number, |visit| visit.is_secure = true);
        let Some(target) = (self.route)(tls.server_name()) else {
            return Err(io::Error::other("there is no server of this name"));
        };
        let mut server = TcpStream::connect_timeout(&target, PATIENCE)?;
        server.set_nodelay(true)?;
        server.set_write_timeout(Some(PATIENCE))?;
        self.relay(&mut tls, client, &mut server, number)
    }

    fn relay(
        &self,
        tls: &mut ServerConnection,
        mut client: &TcpStream,
        server: &mut TcpStream,
        number: usize,
    ) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if self.is_stopped() {
                return Ok(());
            }
            // What came together with the end of the handshake is there already.
            let state = tls.process_new_packets();
            while tls.wants_write() {
                tls.write_tls(&mut client)?;
            }
            let state = state.map_err(io::Error::other)?;
            let mut length = state.plaintext_bytes_to_read();
            self.note(number, |visit| visit.received += length);
            while length > 0 {
                let count = tls.reader().read(&mut buffer)?;
                server.write_all(&buffer[..count])?;
                length -= count;
            }
            if state.peer_has_closed() {
                return Ok(());
            }
            let ready = readable(&[client, &*server])?;
            if ready[0] && tls.read_tls(&mut client)? == 0 {
                return Ok(());
            }
            if ready[1] {
                let count = server.read(&mut buffer)?;
                if count == 0 {
                    tls.send_close_notify();
                } else {
                    tls.writer().write_all(&buffer[..count])?;
                }
                while tls.wants_write() {
                    tls.write_tls(&mut client)?;
                }
                if count == 0 {
                    return Ok(());
                }
            }
        }
    }
}

/// Waits for a while until one of the sockets can be read (or has ended); says which.
fn readable<S: std::os::fd::AsFd>(sockets: &[S]) -> io::Result<Vec<bool>> {
    let mut polled: Vec<PollFd<'_>> = sockets.iter().map(|s| PollFd::new(s, PollFlags::IN)).collect();
    let while_ = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    poll(&mut polled, Some(&while_))?;
    Ok(polled.iter().map(|socket| !socket.revents().is_empty()).collect())
}
