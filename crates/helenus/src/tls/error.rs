//! What is wrong with settings of TLS, told when they are made, or when a file has changed.

/// Settings of TLS that cannot be used. Its text names the file or the setting, never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or is absurdly large.
    #[error("{from} cannot be read: {why}")]
    Unreadable {
        /// The file.
        from: String,
        /// What the operating system says.
        why: String,
    },
    /// There is no certificate in it.
    #[error("{from} holds no certificate")]
    NoCertificate {
        /// The file or the setting.
        from: String,
    },
    /// A certificate in it is none.
    #[error("{from} holds a certificate that cannot be used: {why}")]
    BadCertificate {
        /// The file or the setting.
        from: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no private key in it.
    #[error("{from} holds no private key")]
    NoKey {
        /// The file or the setting.
        from: String,
    },
    /// The private key is encrypted.
    #[error(
        "{from} holds an encrypted private key: give it without a password, in a file that others cannot read"
    )]
    EncryptedKey {
        /// The file or the setting.
        from: String,
    },
    /// The private key is of a kind that is not known, or too weak.
    #[error("{from} holds a private key that cannot be used: {why}")]
    BadKey {
        /// The file or the setting.
        from: String,
        /// What is wrong with it, without the key.
        why: String,
    },
    /// The private key is another one than the certificate's.
    #[error("{key} does not belong to the certificate of {certificate}")]
    KeyMismatch {
        /// Where the certificate is from.
        certificate: String,
        /// Where the key is from.
        key: String,
    },
    /// A list of revoked certificates is none.
    #[error("{from} holds no list of revoked certificates that can be used: {why}")]
    BadRevocationList {
        /// The file or the setting.
        from: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody is trusted, so nobody could be connected to.
    #[error("no authority is trusted: give the certificate of the one that signed the servers' certificates")]
    NoAuthority,
    /// A name that no certificate can hold.
    #[error("{0:?} is neither a DNS name nor an IP address")]
    BadName(String),
    /// Two settings that cannot both be meant.
    #[error("{0}")]
    Contradiction(&'static str),
}
