//! A user name and a password (SASL PLAIN, RFC 4616), for `PasswordAuthenticator` and those that understand the same.

use std::fmt;
use std::net::SocketAddr;

use zeroize::Zeroizing;

use super::{AuthError, AuthProvider, Authenticator};

/// The classes that are known to take a user name and a password.
const KNOWN: [&str; 5] = [
    "org.apache.cassandra.auth.PasswordAuthenticator",
    "org.apache.cassandra.auth.MutualTlsWithPasswordFallbackAuthenticator",
    "com.datastax.bdp.cassandra.auth.DseAuthenticator",
    "com.datastax.bdp.cassandra.auth.TransitionalAuthenticator",
    "com.scylladb.auth.TransitionalAuthenticator",
];

/// A user name and a password. They are wiped when they are dropped, and never shown.
#[derive(Clone)]
pub struct Credentials {
    username: Zeroizing<String>,
    password: Zeroizing<String>,
}

impl Credentials {
    /// `username` with `password`. Where one of them has a NUL in it, which is what they are told apart by, each connection that is
    /// asked for them fails with an [`AuthError`] that says so.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: Zeroizing::new(username.into()), password: Zeroizing::new(password.into()) }
    }

    /// What SASL PLAIN makes of them: a NUL before each, so that neither may have one within. A server would take the part behind
    /// it for a password, or for the name of somebody else.
    fn token(&self) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        for (what, secret) in [("user name", &self.username), ("password", &self.password)] {
            if secret.contains('\0') {
                return Err(AuthError(format!(
                    "the {what} has a NUL (U+0000) in it, which ends it; none was sent"
                )));
            }
        }
        let mut token = Zeroizing::new(Vec::with_capacity(self.username.len() + self.password.len() + 2));
        token.push(0);
        token.extend_from_slice(self.username.as_bytes());
        token.push(0);
        token.extend_from_slice(self.password.as_bytes());
        Ok(token)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Which classes of servers' authenticators get the password.
#[derive(Debug, Clone)]
enum Audience {
    /// The known ones and these.
    Known(Vec<String>),
    Any,
}

impl Audience {
    fn admit(&self, class: &str) -> Result<(), AuthError> {
        match self {
            Self::Any => Ok(()),
            Self::Known(more) if KNOWN.contains(&class) || more.iter().any(|known| known == class) => Ok(()),
            Self::Known(_) => Err(AuthError(format!(
                "the server asks by {class:?}, which is not known to take a user name and a password; none was sent \
                 (`also_for` makes it known)"
            ))),
        }
    }
}

/// Authenticates by one user name and password.
#[derive(Debug, Clone)]
pub struct PlainText {
    credentials: Credentials,
    audience: Audience,
}

impl PlainText {
    /// Authenticates as `username` with `password`.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        let credentials = Credentials::new(username, password);
        Self { credentials, audience: Audience::Known(Vec::new()) }
    }

    /// Takes servers' authenticators of this class too: its full name, as the server says it.
    #[must_use]
    pub fn also_for(mut self, class: impl Into<String>) -> Self {
        if let Audience::Known(more) = &mut self.audience {
            more.push(class.into());
        }
        self
    }

    /// Gives the password to whatever authenticator asks for one.
    #[must_use]
    pub fn for_any_authenticator(mut self) -> Self {
        self.audience = Audience::Any;
        self
    }
}

impl AuthProvider for PlainText {
    fn authenticator(&self, _host: SocketAddr, class: &str) -> Result<Box<dyn Authenticator>, AuthError> {
        self.audience.admit(class)?;
        Ok(Box::new(PlainTextAuthenticator { token: self.credentials.token()? }))
    }
}

type Source = dyn Fn(SocketAddr) -> Result<Credentials, AuthError> + Send + Sync;

/// Authenticates by the user name and password of the moment: they are asked for at each connection, so that a password
/// that was changed is used without a restart.
///
/// ```
/// use helenus::auth::{AuthError, Credentials, RotatingPlainText};
///
/// let provider = RotatingPlainText::new(|_host| {
///     let password = std::fs::read_to_string("/run/secrets/cassandra")
///         .map_err(|error| AuthError(format!("the password's file: {error}")))?;
///     Ok(Credentials::new("app", password.trim_end()))
/// });
/// # let _ = provider;
/// ```
pub struct RotatingPlainText {
    source: Box<Source>,
    audience: Audience,
}

impl RotatingPlainText {
    /// Asks `source`, on a thread where it may block, with the address that is being connected to.
    pub fn new(
        source: impl Fn(SocketAddr) -> Result<Credentials, AuthError> + Send + Sync + 'static,
    ) -> Self {
        Self { source: Box::new(source), audience: Audience::Known(Vec::new()) }
    }

    /// Takes servers' authenticators of this class too: its full name, as the server says it.
    #[must_use]
    pub fn also_for(mut self, class: impl Into<String>) -> Self {
        if let Audience::Known(more) = &mut self.audience {
            more.push(class.into());
        }
        self
    }
}

impl fmt::Debug for RotatingPlainText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatingPlainText").finish_non_exhaustive()
    }
}

impl AuthProvider for RotatingPlainText {
    fn authenticator(&self, host: SocketAddr, class: &str) -> Result<Box<dyn Authenticator>, AuthError> {
        self.audience.admit(class)?;
        Ok(Box::new(PlainTextAuthenticator { token: (self.source)(host)?.token()? }))
    }

    fn may_block(&self) -> bool {
        true
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

    const PASSWORD_AUTHENTICATOR: &str = KNOWN[0];

    fn address() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 9042))
    }

    #[test]
    fn the_token_is_that_of_sasl_plain() {
        let provider = PlainText::new("alice", "secret");
        let mut authenticator = provider.authenticator(address(), PASSWORD_AUTHENTICATOR).unwrap();
        assert_eq!(authenticator.initial_response().unwrap(), b"\0alice\0secret");
        assert!(authenticator.evaluate_challenge(b"and now?").is_err());
    }

    /// W10 of docs/promises.md.
    #[test]
    fn a_nul_would_change_who_one_is_and_is_refused() {
        for (username, password, what) in [
            ("alice\0admin", "secret", "user name"),
            ("\0", "secret", "user name"),
            ("alice", "sec\0ret", "password"),
            ("alice", "secret\0", "password"),
        ] {
            let rotating = RotatingPlainText::new(move |_| Ok(Credentials::new(username, password)));
            for provider in [&PlainText::new(username, password) as &dyn AuthProvider, &rotating] {
                let refused = provider.authenticator(address(), PASSWORD_AUTHENTICATOR).err();
                let words = refused.expect("it has a NUL").to_string();
                assert!(words.contains(&format!("the {what} has a NUL")), "{words}");
                assert!(!words.contains("alice") && !words.contains("sec"), "{words}");
            }
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let rotating = RotatingPlainText::new(|_| Ok(Credentials::new("alice", "secret")));
        let shown = format!("{:?} {rotating:?}", PlainText::new("alice", "secret"));
        assert!(!shown.contains("alice") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_class_that_is_not_known_gets_nothing() {
        let refused = |provider: &dyn AuthProvider, class: &str| {
            provider.authenticator(address(), class).err().map(|error| error.to_string())
        };
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let noted = std::sync::Arc::clone(&asked);
        let rotating = RotatingPlainText::new(move |_| {
            noted.store(true, std::sync::atomic::Ordering::Relaxed);
            Ok(Credentials::new("alice", "secret"))
        });
        for class in [
            "",
            "PasswordAuthenticator",
            "evil.PasswordAuthenticator",
            "org.apache.cassandra.auth.passwordauthenticator",
        ] {
            let words = refused(&PlainText::new("alice", "secret"), class).expect("it is not known");
            assert!(words.contains(&format!("{class:?}")) && !words.contains("secret"), "{words}");
            assert!(refused(&rotating, class).is_some());
        }
        assert!(!asked.load(std::sync::atomic::Ordering::Relaxed), "credentials were fetched for nobody");
        let known = PlainText::new("alice", "secret").also_for("com.example.Authenticator");
        assert_eq!(refused(&known, "com.example.Authenticator"), None);
        assert!(refused(&known, "com.example.Other").is_some());
        assert_eq!(refused(&known.for_any_authenticator(), "com.example.Other"), None);
    }

    #[test]
    fn the_credentials_of_the_moment_are_asked_for_each_time() {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let provider = RotatingPlainText::new(move |host| {
            assert_eq!(host, address());
            match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => Ok(Credentials::new("alice", "first")),
                1 => Ok(Credentials::new("alice", "second")),
                _ => Err(AuthError("the vault is closed".into())),
            }
        });
        let next = || {
            let mut authenticator = provider.authenticator(address(), PASSWORD_AUTHENTICATOR)?;
            authenticator.initial_response()
        };
        assert_eq!(next().unwrap(), b"\0alice\0first");
        assert_eq!(next().unwrap(), b"\0alice\0second");
        assert_eq!(next().unwrap_err().to_string(), "the vault is closed");
    }
}
