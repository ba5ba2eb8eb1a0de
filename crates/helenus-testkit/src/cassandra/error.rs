//! What can go wrong with a real node, said so that a person can mend it.

use std::io;
use std::path::PathBuf;

/// A node, or what it needs, could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A program that is needed is not there.
    #[error("{tool} is needed to run Apache Cassandra and was not found; install it: {remedy}")]
    MissingTool {
        /// Its name.
        tool: &'static str,
        /// The command that installs it.
        remedy: &'static str,
    },
    /// The Java that was found cannot run this Cassandra.
    #[error(
        "Apache Cassandra runs on Java 11 to 17, and {} is Java {found}; install one (apt-get install openjdk-17-jdk-headless) or let JAVA_HOME name it",
        path.display()
    )]
    JavaVersion {
        /// The program that was asked.
        path: PathBuf,
        /// What it said of itself.
        found: String,
    },
    /// Maven did not bring the jars.
    #[error("Maven could not fetch Apache Cassandra {version}:\n{output}")]
    Maven {
        /// The version wanted.
        version: String,
        /// The last lines of what Maven said.
        output: String,
    },
    /// Something else listens where the node should.
    #[error("{address} is in use already: another node may run there; end it, or choose another address")]
    AddressInUse {
        /// The address and port.
        address: std::net::SocketAddr,
    },
    /// A node did not come up.
    #[error("the node at {address} {why}; the end of its log ({}):\n{tail}", log.display())]
    Boot {
        /// Its address.
        address: std::net::SocketAddr,
        /// What happened instead.
        why: String,
        /// Its log file.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// What was asked for cannot be, with this version or in this state.
    #[error("{0}")]
    Unsupported(String),
    /// A statement that sets a node up was refused, or the node's answer could not be read.
    #[error("setting up the node failed: {0}")]
    SetUp(String),
    /// The caller's flag asked for an end while this was under way.
    #[error("interrupted")]
    Interrupted,
    /// The operating system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
}

impl Error {
    /// Turns an [`io::Error`] into one that says what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// What this module's functions return.
pub type Result<T> = std::result::Result<T, Error>;
