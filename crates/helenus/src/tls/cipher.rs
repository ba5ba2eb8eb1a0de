//! rustls' client as a [`Cipher`]: bytes in, bytes out.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rustls::ClientConnection;

use super::explain;
use super::peer::{Identity, Peer};
use crate::connection::transport::{Cipher, CipherError};

/// One connection's TLS.
pub(super) struct RustlsCipher {
    connection: ClientConnection,
    peer: Arc<Peer>,
    identity: Arc<Identity>,
    /// Whether the server has said anything yet.
    heard: bool,
}

impl fmt::Debug for RustlsCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustlsCipher")
            .field("handshaking", &self.connection.is_handshaking())
            .field("version", &self.connection.protocol_version())
            .finish_non_exhaustive()
    }
}

impl RustlsCipher {
    pub(super) fn new(mut connection: ClientConnection, peer: Arc<Peer>, identity: Arc<Identity>) -> Self {
        // What may wait to be sent is bounded by who fills it: the connection's write buffer.
        connection.set_buffer_limit(None);
        Self { connection, peer, identity, heard: false }
    }

    /// Appends the plaintext that is there, all of it.
    fn drain(&mut self, length: usize, plaintext: &mut Vec<u8>) -> Result<(), CipherError> {
        let start = plaintext.len();
        plaintext.resize(start + length, 0);
        self.connection
            .reader()
            .read_exact(&mut plaintext[start..])
            .map_err(|error| CipherError(error.to_string()))
    }
}

impl Cipher for RustlsCipher {
    fn open(&mut self, mut ciphertext: &[u8], plaintext: &mut Vec<u8>) -> Result<bool, CipherError> {
        if !self.heard
            && let Some(first) = ciphertext.first()
        {
            self.heard = true;
            if !explain::begins_a_record(*first) {
                return Err(CipherError(explain::PLAIN_SERVER.into()));
            }
        }
        while !ciphertext.is_empty() {
            let taken =
                self.connection.read_tls(&mut ciphertext).map_err(|error| CipherError(error.to_string()))?;
            let state = match self.connection.process_new_packets() {
                Ok(state) => state,
                Err(error) => {
                    // Records before the bad one were good. That there are no more is what is known already.
                    let _no_more = self.connection.reader().read_to_end(plaintext);
                    return Err(CipherError(match self.peer.refusal() {
                        Some(words) => words.to_owned(),
                        None => explain::handshake(&error, &self.identity),
                    }));
                }
            };
            self.drain(state.plaintext_bytes_to_read(), plaintext)?;
            if state.peer_has_closed() {
                return Ok(true);
            }
            if taken == 0 {
                break;
            }
        }
        Ok(false)
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<(), CipherError> {
        self.connection.writer().write_all(plaintext).map_err(|error| CipherError(error.to_string()))
    }

    fn take_output(&mut self, ciphertext: &mut Vec<u8>) -> Result<(), CipherError> {
        while self.connection.wants_write() {
            self.connection.write_tls(ciphertext).map_err(|error| CipherError(error.to_string()))?;
        }
        Ok(())
    }

    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn handle_end(&mut self) -> CipherError {
        CipherError(explain::end(self.connection.is_handshaking(), self.heard, &self.identity))
    }

    fn close(&mut self) {
        self.connection.send_close_notify();
    }
}
