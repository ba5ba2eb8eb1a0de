//! Who we are: providers of credentials, and the plain user name and password.
//!
//! A provider makes an authenticator for each connection, which answers the server's challenges. Credentials appear
//! in AUTH_RESPONSE and nowhere else: not in `Debug`, not in errors, not in logs.

use std::fmt;
use std::net::SocketAddr;

use zeroize::Zeroizing;

/// Why an authenticator cannot answer. The message must not hold the secret.
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

/// Answers the challenges of one connection's server (sections 4.1.2, 4.2.7 and 4.2.8).
pub trait Authenticator: Send {
    /// The first token.
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError>;

    /// The token that answers `challenge`.
    fn evaluate_challenge(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError>;

    /// The server is satisfied.
    fn on_success(&mut self) {}
}

/// A user name and a password (SASL PLAIN), for `PasswordAuthenticator` and those that understand the same.
pub struct PlainText {
    username: Zeroizing<String>,
    password: Zeroizing<String>,
}

impl PlainText {
    /// Authenticates as `username` with `password`.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: Zeroizing::new(username.into()), password: Zeroizing::new(password.into()) }
    }
}

impl fmt::Debug for PlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainText").finish_non_exhaustive()
    }
}

impl AuthProvider for PlainText {
    fn authenticator(
        &self,
        _host: SocketAddr,
        _authenticator: &str,
    ) -> Result<Box<dyn Authenticator>, AuthError> {
        let mut token = Zeroizing::new(Vec::with_capacity(self.username.len() + self.password.len() + 2));
        token.push(0);
        token.extend_from_slice(self.username.as_bytes());
        token.push(0);
        token.extend_from_slice(self.password.as_bytes());
        Ok(Box::new(PlainTextAuthenticator { token }))
    }
}

struct PlainTextAuthenticator {
    token: Zeroizing<Vec<u8>>,
}

impl Authenticator for PlainTextAuthenticator {
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError> {
        Ok(self.token.to_vec())
    }

    fn evaluate_challenge(&mut self, challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        // The DSE flavour of the same exchange asks in two steps.
        if challenge == b"PLAIN-START" {
            return Ok(self.token.to_vec());
        }
        Err(AuthError("the server sent a challenge that a user name and a password do not answer".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_that_of_sasl_plain() {
        let provider = PlainText::new("alice", "secret");
        let address = SocketAddr::from(([127, 0, 0, 1], 9042));
        let mut authenticator = provider.authenticator(address, "PasswordAuthenticator").unwrap();
        assert_eq!(authenticator.initial_response().unwrap(), b"\0alice\0secret");
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", PlainText::new("alice", "secret"));
        assert!(!shown.contains("alice") && !shown.contains("secret"), "{shown}");
    }
}
