//! Who we are: providers of credentials, and the authenticators that answer a server's challenges.
//!
//! A provider makes an authenticator for each connection. Credentials appear in AUTH_RESPONSE and nowhere else: not in
//! `Debug`, not in errors, not in logs; what was sent is wiped. Sections 4.1.2, 4.2.3, 4.2.7 and 4.2.8 of the
//! specification.
//!
//! * [`PlainText`]: a user name and a password. * [`RotatingPlainText`]: those of the moment, asked for at each connection.
//! * [`MutualTls`]: the certificate of the client says it all. * Anything else: an [`AuthProvider`] of your own, with as many
//!   rounds as SASL takes (at most 16).

mod mutual_tls;
mod plain_text;

use std::fmt;
use std::net::SocketAddr;

pub use mutual_tls::MutualTls;
pub use plain_text::{Credentials, PlainText, RotatingPlainText};

/// Why an authenticator cannot answer. The message must not hold the secret: it ends in errors and logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthError(pub String);

/// Makes an authenticator for each connection.
pub trait AuthProvider: Send + Sync + fmt::Debug {
    /// An authenticator for a connection to `host`, whose server names the class `authenticator`. A provider refuses
    /// a class that it was not set up for: credentials are for whom they are meant.
    fn authenticator(
        &self,
        host: SocketAddr,
        authenticator: &str,
    ) -> Result<Box<dyn Authenticator>, AuthError>;

    /// Whether it may block (on an interpreter's lock, on a file), so that it must not run on an I/O thread.
    fn may_block(&self) -> bool {
        false
    }
}

/// Answers the challenges of one connection's server.
pub trait Authenticator: Send {
    /// The first token. It is wiped when it was sent, like all others.
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError>;

    /// The token that answers `challenge`.
    fn evaluate_challenge(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError>;

    /// The server is satisfied; `token` is what it sent along. An error refuses the connection: in mechanisms where the server
    /// proves itself too, that is where it does.
    fn on_success(&mut self, token: Option<&[u8]>) -> Result<(), AuthError> {
        let _ = token;
        Ok(())
    }
}
