//! What a mock cluster pretends to be, before any rule: its topology and schema, the versions and compressions that it
//! speaks, whom it lets in.

use std::fmt;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::compression::Compression;

use super::schema::Keyspace;
use super::topology::Topology;

/// All facts of a cluster. They can be changed while it runs; what is said once on a connection stays said.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct World {
    /// The nodes as the system tables tell them.
    pub topology: Topology,
    /// The schema.
    pub schema: Vec<Keyspace>,
    /// The oldest version that is spoken.
    pub oldest: ProtocolVersion,
    /// The newest version that is spoken.
    pub newest: ProtocolVersion,
    /// The compressions that SUPPORTED lists and STARTUP may ask for.
    pub compressions: Vec<Compression>,
    /// More options that SUPPORTED lists.
    pub supported: Vec<(String, Vec<String>)>,
    /// Who may come in; everyone, if it is not given.
    pub authentication: Option<Authentication>,
    /// What the bind markers of some statements are, where the schema does not tell.
    pub bindings: Vec<Binding>,
}

/// What the bind markers of a statement are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// A part of the statement's text.
    pub text: String,
    /// The markers' names and types, in order.
    pub markers: Vec<(String, String)>,
    /// Which of them make the partition key.
    pub partition_key: Vec<u16>,
}

/// How a client proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Authentication {
    /// The class that AUTHENTICATE names.
    pub authenticator: String,
    /// The name that is let in.
    pub user: String,
    /// Its password.
    pub password: String,
    /// What AUTH_CHALLENGE says, one round each, before the credentials are looked at. The answers to all but the last
    /// are ignored.
    pub challenges: Vec<Vec<u8>>,
    /// Whether any token will do, as for servers that know clients by their certificates.
    pub anyone: bool,
    /// What AUTH_SUCCESS carries.
    pub success: Option<Vec<u8>>,
}

impl Authentication {
    /// Cassandra's PasswordAuthenticator.
    #[must_use]
    pub fn password(user: &str, password: &str) -> Self {
        Self {
            authenticator: "org.apache.cassandra.auth.PasswordAuthenticator".into(),
            user: user.into(),
            password: password.into(),
            challenges: Vec::new(),
            anyone: false,
            success: None,
        }
    }

    /// Whether a SASL PLAIN token (`authzid NUL user NUL password`) carries the credentials, where that matters.
    pub(super) fn accepts(&self, token: &[u8]) -> bool {
        if self.anyone {
            return true;
        }
        let mut parts = token.splitn(3, |byte| *byte == 0).skip(1);
        parts.next() == Some(self.user.as_bytes()) && parts.next() == Some(self.password.as_bytes())
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication")
            .field("authenticator", &self.authenticator)
            .field("user", &self.user)
            .field("challenges", &self.challenges.len())
            .finish_non_exhaustive()
    }
}

impl World {
    /// A cluster of this topology, without a schema, that speaks everything and lets everyone in.
    #[must_use]
    pub fn new(topology: Topology) -> Self {
        Self {
            topology,
            schema: Vec::new(),
            oldest: ProtocolVersion::V3,
            newest: ProtocolVersion::V5,
            compressions: Compression::ALL.to_vec(),
            supported: Vec::new(),
            authentication: None,
            bindings: Vec::new(),
        }
    }

    /// The versions that are spoken, as Cassandra lists them: `3/v3, 4/v4`.
    pub(super) fn versions(&self) -> Vec<String> {
        (self.oldest.number()..=self.newest.number()).map(|number| format!("{number}/v{number}")).collect()
    }

    /// The version of a request's first byte, if it is spoken.
    pub(super) fn version(&self, first: u8) -> Option<ProtocolVersion> {
        ProtocolVersion::from_number(first).filter(|version| (self.oldest..=self.newest).contains(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_credentials_are_let_in_and_none_are_shown() {
        let authentication = Authentication::password("cassandra", "s3cret");
        assert!(authentication.accepts(b"\0cassandra\0s3cret"));
        for wrong in [
            &b""[..],
            b"cassandra\0s3cret",
            b"\0cassandra\0",
            b"\0cassandra\0s3cret2",
            b"\0Cassandra\0s3cret",
        ] {
            assert!(!authentication.accepts(wrong), "{wrong:?}");
        }
        assert!(!format!("{authentication:?}").contains("s3cret"));
    }
}
