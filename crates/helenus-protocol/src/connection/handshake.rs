//! How a connection begins: OPTIONS → STARTUP → (AUTHENTICATE → AUTH_RESPONSE …) → ready; one type per step.
//!
//! Each step is consumed by the answer that ends it, so that a step out of order cannot be written. The steps give
//! bytes to send and take decoded answers; sockets, time limits and credentials are the caller's. Sections 4.1.1 to
//! 4.1.3 and 4.2.2 to 4.2.8 of the specification; the outer layer of v5 begins after the answer to STARTUP (v5, 2).

use std::fmt;

use zeroize::Zeroizing;

use crate::compression::Compression;
use crate::envelope::{Flags, MAX_BODY_LENGTH, RequestHeader};
use crate::error::{EncodeError, ProtocolViolation};
use crate::notation::Writer;
use crate::opcode::RequestOpcode;
use crate::request::Startup;
use crate::response::{Message, Response, ServerError};
use crate::segment;
use crate::version::ProtocolVersion;

/// How many challenges of a server are answered before it is taken for one that only keeps us busy.
pub const MAX_CHALLENGES: usize = 16;

/// Which compression to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompressionChoice {
    /// None.
    Off,
    /// The first of these that both the server and the version know, or none.
    Preferred(Vec<Compression>),
    /// This one; a server that does not know it is an error.
    Required(Compression),
}

/// What a connection asks for when it begins.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The version to speak.
    pub version: ProtocolVersion,
    /// The compression to ask for.
    pub compression: CompressionChoice,
    /// `CQL_VERSION`; by default the first that the server supports.
    pub cql_version: Option<String>,
    /// Further options of STARTUP, such as `DRIVER_NAME` (4.1.1).
    pub options: Vec<(String, String)>,
    /// Refuse a server that wants no credentials: whoever stands there may not be the server that was meant.
    pub require_authentication: bool,
}

/// Why a handshake failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The server does not speak the version; an older one may do.
    #[error("the server does not speak protocol {version}: {message}")]
    VersionRefused {
        /// The version that was asked for.
        version: ProtocolVersion,
        /// The server's words.
        message: String,
    },
    /// The server said no.
    #[error("the server refused the connection: {0}")]
    Server(ServerError),
    /// The server broke the protocol.
    #[error(transparent)]
    Violation(#[from] ProtocolViolation),
    /// What was to be sent cannot be said.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The required compression is unknown to the server or to the version.
    #[error("compression {wanted} cannot be had: {why}")]
    Compression {
        /// The name of what was required.
        wanted: &'static str,
        /// Who does not know it.
        why: String,
    },
    /// Credentials were required and the server did not ask for any.
    #[error("the server asks for no credentials although authentication is required")]
    NotAuthenticated,
    /// More challenges than anyone needs.
    #[error("the server sent more than {MAX_CHALLENGES} authentication challenges")]
    TooManyChallenges,
}

/// What the server can do, as SUPPORTED said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supported {
    /// The options and their values, in the order of the wire.
    pub options: Vec<(String, Vec<String>)>,
}

impl Supported {
    /// The values of `option`.
    #[must_use]
    pub fn values(&self, option: &str) -> &[String] {
        self.options.iter().find(|(name, _)| name == option).map_or(&[], |(_, values)| values)
    }
}

/// A connection that may be used.
#[derive(Debug, Clone)]
pub struct Ready {
    /// What it speaks.
    pub version: ProtocolVersion,
    /// What its bodies (v3, v4) or segments (v5) are compressed with.
    pub compression: Option<Compression>,
    /// What the server said that it can do.
    pub supported: Supported,
    /// The authenticator that was satisfied, if the server asked for one.
    pub authenticator: Option<String>,
}

/// Bytes for the socket, and the step that takes the answer to them.
pub struct Send<Step> {
    /// The bytes. They may hold a password.
    pub bytes: Vec<u8>,
    /// The step that waits for the answer.
    pub then: Step,
}

impl<Step: fmt::Debug> fmt::Debug for Send<Step> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send").field("length", &self.bytes.len()).field("then", &self.then).finish()
    }
}

/// Begins a handshake: OPTIONS.
pub fn begin(wanted: Wanted) -> Result<Send<AwaitSupported>, HandshakeError> {
    let bytes = envelope(wanted.version, RequestOpcode::Options, 0, |_body| Ok(()))?;
    Ok(Send { bytes, then: AwaitSupported { wanted } })
}

fn envelope(
    version: ProtocolVersion,
    opcode: RequestOpcode,
    room: usize,
    encode: impl FnOnce(&mut Writer<'_>) -> Result<(), EncodeError>,
) -> Result<Vec<u8>, EncodeError> {
    let fitting = |length: usize| {
        let why = || format!("{length} bytes are more than the {MAX_BODY_LENGTH} that an envelope can have");
        let fitting = u32::try_from(length).ok().filter(|_| length <= MAX_BODY_LENGTH);
        fitting.ok_or_else(|| EncodeError::new(opcode.name(), why()))
    };
    fitting(room)?;
    // It may be a password, of which no copy is to stay: not here, and not where a buffer was that had to grow.
    let mut body = Zeroizing::new(Vec::with_capacity(room));
    encode(&mut Writer::new(&mut body))?;
    let length = fitting(body.len())?;
    let header = RequestHeader { version, flags: Flags::default(), stream: 0, opcode, length };
    let header = header.encode();
    let mut bytes = Vec::with_capacity(header.len() + body.len());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

fn unexpected(message: &Message, expected: &'static str) -> HandshakeError {
    ProtocolViolation::UnexpectedMessage { got: message.opcode().name(), expected }.into()
}

fn refused(error: ServerError, version: ProtocolVersion) -> HandshakeError {
    // There is no code of its own for a version that is refused; servers say it in these words, and those that know
    // the version as a beta only (Cassandra 3.10 and 3.11 of v5) in the second.
    let message = error.message();
    let words = message.to_ascii_lowercase();
    if matches!(error, ServerError::ProtocolError { .. })
        && ["protocol version", "beta version of the protocol"].iter().any(|known| words.contains(known))
    {
        return HandshakeError::VersionRefused { version, message: message.to_owned() };
    }
    HandshakeError::Server(error)
}

/// OPTIONS was sent.
#[derive(Debug)]
pub struct AwaitSupported {
    wanted: Wanted,
}

impl AwaitSupported {
    /// Takes the answer to OPTIONS; STARTUP is next.
    pub fn handle(self, response: Response) -> Result<Send<AwaitReady>, HandshakeError> {
        let wanted = self.wanted;
        let version = wanted.version;
        let options = match response.message {
            Message::Supported(supported) => supported.options,
            Message::Error(error) => return Err(refused(error, version)),
            other => return Err(unexpected(&other, "SUPPORTED")),
        };
        let supported = Supported { options };
        let compression = choose(&wanted.compression, &supported, version)?;
        let cql_version =
            wanted.cql_version.as_deref().or(supported.values("CQL_VERSION").first().map(String::as_str));
        let mut startup = vec![("CQL_VERSION".into(), cql_version.unwrap_or("3.0.0").to_owned().into())];
        if let Some(compression) = compression {
            startup.push(("COMPRESSION".into(), compression.name().into()));
        }
        startup
            .extend(wanted.options.iter().map(|(name, value)| (name.clone().into(), value.clone().into())));
        let startup = Startup { options: startup };
        let bytes = envelope(version, RequestOpcode::Startup, 64, |out| startup.encode(version, out))?;
        let ready = Ready { version, compression, supported, authenticator: None };
        Ok(Send { bytes, then: AwaitReady { ready, require_authentication: wanted.require_authentication } })
    }
}

fn choose(
    choice: &CompressionChoice,
    supported: &Supported,
    version: ProtocolVersion,
) -> Result<Option<Compression>, HandshakeError> {
    let in_version = |c: Compression| c != Compression::Snappy || version.has_snappy();
    let in_server = |c: Compression| {
        supported.values("COMPRESSION").iter().any(|name| name.eq_ignore_ascii_case(c.name()))
    };
    match choice {
        CompressionChoice::Off => Ok(None),
        CompressionChoice::Preferred(list) => {
            Ok(list.iter().copied().find(|c| in_version(*c) && in_server(*c)))
        }
        CompressionChoice::Required(c) if !in_version(*c) => {
            let why = format!("protocol {version} does not allow it");
            Err(HandshakeError::Compression { wanted: c.name(), why })
        }
        CompressionChoice::Required(c) if !in_server(*c) => {
            let why = format!("the server supports {:?}", supported.values("COMPRESSION"));
            Err(HandshakeError::Compression { wanted: c.name(), why })
        }
        CompressionChoice::Required(c) => Ok(Some(*c)),
    }
}

/// STARTUP was sent.
#[derive(Debug)]
pub struct AwaitReady {
    ready: Ready,
    require_authentication: bool,
}

/// What the answer to STARTUP or to AUTH_RESPONSE means.
pub enum Step {
    /// The connection may be used.
    Ready(Ready),
    /// The server is satisfied with the credentials, and the connection may be used.
    Authenticated {
        /// What is known of the connection.
        ready: Ready,
        /// The last word of the authenticator, which may prove that the server is who it says.
        token: Option<Vec<u8>>,
    },
    /// The server wants a token: what it said, and the step that sends one.
    Challenged {
        /// The class of the server's authenticator, at the first challenge and at all later ones.
        authenticator: String,
        /// What the server sent along: nothing at first, then the token of AUTH_CHALLENGE.
        challenge: Option<Vec<u8>>,
        /// The step that answers.
        then: Answer,
    },
}

impl fmt::Debug for Step {
    // A challenge may be worth a password to whoever reads the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(ready) => f.debug_tuple("Ready").field(ready).finish(),
            Self::Authenticated { ready, .. } => {
                f.debug_struct("Authenticated").field("ready", ready).finish_non_exhaustive()
            }
            Self::Challenged { authenticator, .. } => {
                f.debug_struct("Challenged").field("authenticator", authenticator).finish_non_exhaustive()
            }
        }
    }
}

impl AwaitReady {
    /// The compression that STARTUP asked for, which the answer may already use (v3, v4).
    #[must_use]
    pub const fn compression(&self) -> Option<Compression> {
        self.ready.compression
    }

    /// Takes the answer to STARTUP.
    pub fn handle(self, response: Response) -> Result<Step, HandshakeError> {
        match response.message {
            Message::Ready if self.require_authentication => Err(HandshakeError::NotAuthenticated),
            Message::Ready => Ok(Step::Ready(self.ready)),
            Message::Authenticate { authenticator } => Ok(Step::Challenged {
                authenticator: authenticator.clone(),
                challenge: None,
                then: Answer { ready: self.ready, authenticator, challenges: 0 },
            }),
            Message::Error(error) => Err(refused(error, self.ready.version)),
            other => Err(unexpected(&other, "READY or AUTHENTICATE")),
        }
    }
}

/// The server waits for a token.
#[derive(Debug)]
pub struct Answer {
    ready: Ready,
    authenticator: String,
    challenges: usize,
}

impl Answer {
    /// Sends `token`, already inside a segment where the version has them. Our copies of it are wiped; the bytes to send are
    /// the caller's to wipe.
    pub fn respond(self, token: Vec<u8>) -> Result<Send<AwaitVerdict>, HandshakeError> {
        let token = Zeroizing::new(token);
        let version = self.ready.version;
        let room = token.len() + size_of::<i32>();
        let bare =
            envelope(version, RequestOpcode::AuthResponse, room, |out| out.bytes(Some(token.as_slice())))?;
        let bytes = if version.has_segments() {
            let bare = Zeroizing::new(bare);
            let mut segments = Vec::with_capacity(2 * bare.len() + 64);
            segment::encode_envelopes(&bare, self.ready.compression, &mut segments);
            segments
        } else {
            bare
        };
        Ok(Send { bytes, then: AwaitVerdict { answer: self } })
    }
}

/// A token was sent.
#[derive(Debug)]
pub struct AwaitVerdict {
    answer: Answer,
}

impl AwaitVerdict {
    /// Takes the answer to AUTH_RESPONSE.
    pub fn handle(self, response: Response) -> Result<Step, HandshakeError> {
        let Answer { mut ready, authenticator, challenges } = self.answer;
        match response.message {
            Message::AuthSuccess(success) => {
                ready.authenticator = Some(authenticator);
                Ok(Step::Authenticated { ready, token: success.token.map(|token| token.to_vec()) })
            }
            Message::AuthChallenge(_) if challenges >= MAX_CHALLENGES => {
                Err(HandshakeError::TooManyChallenges)
            }
            Message::AuthChallenge(challenge) => Ok(Step::Challenged {
                authenticator: authenticator.clone(),
                challenge: Some(challenge.token.map(|token| token.to_vec()).unwrap_or_default()),
                then: Answer { ready, authenticator, challenges: challenges + 1 },
            }),
            Message::Error(error) => Err(refused(error, ready.version)),
            other => Err(unexpected(&other, "AUTH_CHALLENGE or AUTH_SUCCESS")),
        }
    }
}

#[cfg(test)]
mod tests;
