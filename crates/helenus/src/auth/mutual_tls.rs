//! Login by certificate: Cassandra 5.0's `MutualTlsAuthenticator`.

use std::net::SocketAddr;

use super::{AuthError, AuthProvider, Authenticator};

/// The classes that look at the client's certificate.
const KNOWN: [&str; 2] = [
    "org.apache.cassandra.auth.MutualTlsAuthenticator",
    "org.apache.cassandra.auth.MutualTlsWithPasswordFallbackAuthenticator",
];

/// Authenticates by the certificate that the TLS settings show: to servers that look at nothing else, there is nothing to
/// say. Any other server's wish for credentials is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct MutualTls;

impl AuthProvider for MutualTls {
    fn authenticator(&self, _host: SocketAddr, class: &str) -> Result<Box<dyn Authenticator>, AuthError> {
        if KNOWN.contains(&class) {
            Ok(Box::new(Silent))
        } else {
            Err(AuthError(format!("the server asks by {class:?}, which does not look at certificates")))
        }
    }
}

struct Silent;

impl Authenticator for Silent {
    fn initial_response(&mut self) -> Result<Vec<u8>, AuthError> {
        Ok(Vec::new())
    }

    fn evaluate_challenge(&mut self, _challenge: &[u8]) -> Result<Vec<u8>, AuthError> {
        Err(AuthError("the server sent a challenge, which a certificate does not answer".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_and_only_to_those_who_look_at_certificates() {
        let address = SocketAddr::from(([127, 0, 0, 1], 9042));
        let mut authenticator = MutualTls.authenticator(address, KNOWN[0]).unwrap();
        assert!(authenticator.initial_response().unwrap().is_empty());
        assert!(authenticator.evaluate_challenge(b"?").is_err());
        assert!(authenticator.on_success(None).is_ok());
        let other = "org.apache.cassandra.auth.PasswordAuthenticator";
        assert!(MutualTls.authenticator(address, other).err().unwrap().to_string().contains(other));
    }
}
