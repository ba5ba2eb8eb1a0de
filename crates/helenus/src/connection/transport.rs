//! What a connection's bytes travel over: a socket, and perhaps a cipher between it and the protocol.
//!
//! The cipher is sans-IO too: ciphertext in, plaintext out. rustls is one; a caller's own `ssl.SSLContext` is another, in
//! the Python door. So nothing above knows whether a connection is encrypted.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A connected, non-blocking stream socket, which any thread may read and write.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// The path at the other end, of a Unix-domain socket.
    pub(crate) fn path(&self) -> Option<Arc<Path>> {
        let Self::Unix(socket) = self else { return None };
        socket.peer_addr().ok()?.as_pathname().map(Arc::from)
    }

    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let outcome = match self {
                Self::Tcp(socket) => (&*socket).read(buffer),
                Self::Unix(socket) => (&*socket).read(buffer),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let outcome = match self {
                Self::Tcp(socket) => (&*socket).write(bytes),
                Self::Unix(socket) => (&*socket).write(bytes),
            };
            match outcome {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    pub(crate) fn shutdown(&self) {
        // The other side may have closed it already, which is what we want.
        let _already_closed = match self {
            Self::Tcp(socket) => socket.shutdown(std::net::Shutdown::Both),
            Self::Unix(socket) => socket.shutdown(std::net::Shutdown::Both),
        };
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// Has the current runtime watch a socket.
#[allow(unsafe_code)]
pub(super) fn register(socket: Arc<Socket>, interest: Interest) -> io::Result<AsyncFd<Arc<Socket>>> {
    // SAFETY: the descriptor that `Socket` gives is always the one that it owns, and it stays open as long as the
    // `Arc` that the `AsyncFd` holds.
    unsafe { AsyncFd::register_with_interest(socket, interest) }.map_err(io::Error::from)
}

/// Why a cipher could not go on. Its message never holds plaintext or keys.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct CipherError(pub String);

/// A secure channel as pure code: it turns bytes into bytes and does no I/O.
///
/// Both directions are called under one lock, in any order; output that a call owes to the peer (handshake messages,
/// alerts, key updates) is left for [`take_output`](Self::take_output).
pub trait Cipher: Send + fmt::Debug {
    /// Takes bytes from the peer and appends the plaintext they give to `plaintext`. Tells whether the peer has ended
    /// the channel properly.
    fn open(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>) -> Result<bool, CipherError>;

    /// Takes plaintext for the peer. While the handshake is under way it is kept until that is done.
    fn seal(&mut self, plaintext: &[u8]) -> Result<(), CipherError>;

    /// Appends what the socket should get to `ciphertext`.
    fn take_output(&mut self, ciphertext: &mut Vec<u8>) -> Result<(), CipherError>;

    /// Whether the handshake is still under way.
    fn is_handshaking(&self) -> bool;

    /// The socket has ended, and the peer has not ended the channel before: says what that means.
    fn handle_end(&mut self) -> CipherError {
        CipherError(if self.is_handshaking() {
            "the server closed the connection during the TLS handshake".into()
        } else {
            "the connection was cut off: the server did not end TLS before it closed the socket".into()
        })
    }

    /// Ends the channel: a closing message is left for [`take_output`](Self::take_output).
    fn close(&mut self);
}

/// Makes the cipher of each new connection.
pub trait CipherFactory: Send + Sync + fmt::Debug {
    /// A fresh cipher for a connection to `host`, whose certificate must name it: an IP address or a DNS name.
    fn cipher(&self, host: &str) -> Result<Box<dyn Cipher>, CipherError>;

    /// Whether its ciphers may block on something like an interpreter's lock, so that their connections should have an
    /// I/O thread to themselves.
    fn may_block(&self) -> bool {
        false
    }
}
