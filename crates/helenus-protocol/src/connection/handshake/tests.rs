//! Every step of the handshake with every answer to it.

use bytes::{Bytes, BytesMut};

use super::*;
use crate::envelope::HEADER_LENGTH;
use crate::request::Request;
use crate::response::{AuthChallenge, AuthSuccess, Supported as SupportedMessage};
use crate::segment::SegmentDecoder;

const LOUD: &str = "hunter2";

fn wanted(version: ProtocolVersion) -> Wanted {
    Wanted {
        version,
        compression: CompressionChoice::Off,
        cql_version: None,
        options: Vec::new(),
        require_authentication: false,
    }
}

fn supported() -> Response {
    let all = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let options = vec![
        ("CQL_VERSION".into(), all(&["3.4.7", "3.0.0"])),
        ("COMPRESSION".into(), all(&["snappy", "LZ4"])),
    ];
    Message::Supported(SupportedMessage { options }).into()
}

fn authenticate() -> Response {
    Message::Authenticate { authenticator: "a.b.PasswordAuthenticator".into() }.into()
}

fn challenge(token: Option<&'static [u8]>) -> Response {
    Message::AuthChallenge(AuthChallenge { token: token.map(Into::into) }).into()
}

fn protocol_error(message: &str) -> Response {
    Message::Error(ServerError::ProtocolError { message: message.into() }).into()
}

/// What the bytes say to a server: one bare envelope on stream 0.
fn said(version: ProtocolVersion, bytes: &[u8]) -> Request {
    let header = RequestHeader::decode(bytes.first_chunk().unwrap(), 1 << 20).unwrap();
    assert_eq!((header.version, header.stream, header.flags), (version, 0, Flags::empty()));
    assert_eq!(header.length as usize, bytes.len() - HEADER_LENGTH);
    Request::decode(version, header.opcode, header.flags, &bytes[HEADER_LENGTH..]).unwrap().0
}

fn startup(wanted: Wanted) -> Result<(Startup, AwaitReady), HandshakeError> {
    let version = wanted.version;
    let options = begin(wanted)?;
    assert!(matches!(said(version, &options.bytes), Request::Options));
    let startup = options.then.handle(supported())?;
    let Request::Startup(message) = said(version, &startup.bytes) else { panic!("not STARTUP") };
    Ok((message, startup.then))
}

fn challenged(version: ProtocolVersion) -> Answer {
    let (_, then) = startup(wanted(version)).unwrap();
    match then.handle(authenticate()).unwrap() {
        Step::Challenged { then, challenge: None, .. } => then,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_credentials_it_is_two_questions() {
    for version in ProtocolVersion::ALL {
        let (message, then) = startup(wanted(version)).unwrap();
        assert_eq!(message.options, [("CQL_VERSION".into(), "3.4.7".into())]);
        let Step::Ready(ready) = then.handle(Message::Ready.into()).unwrap() else { panic!("not ready") };
        assert_eq!((ready.version, ready.compression, ready.authenticator), (version, None, None));
        assert_eq!(ready.supported.values("COMPRESSION"), ["snappy", "LZ4"]);
        assert!(ready.supported.values("NO_SUCH").is_empty());
    }
}

#[test]
fn startup_says_what_was_asked_for() {
    let asked = Wanted {
        cql_version: Some("3.0.0".into()),
        compression: CompressionChoice::Required(Compression::Lz4),
        options: vec![("DRIVER_NAME".into(), "helenus".into())],
        ..wanted(ProtocolVersion::V4)
    };
    let (message, then) = startup(asked).unwrap();
    let expected = [("CQL_VERSION", "3.0.0"), ("COMPRESSION", "lz4"), ("DRIVER_NAME", "helenus")];
    assert_eq!(message.options, expected.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(then.compression(), Some(Compression::Lz4));
}

#[test]
fn a_server_that_names_no_cql_version_is_asked_for_the_first() {
    let options = begin(wanted(ProtocolVersion::V4)).unwrap();
    let silent = Message::Supported(SupportedMessage::default()).into();
    let startup = options.then.handle(silent).unwrap();
    let Request::Startup(message) = said(ProtocolVersion::V4, &startup.bytes) else { panic!("not STARTUP") };
    assert_eq!(message.option("CQL_VERSION"), Some("3.0.0"));
}

#[test]
fn compression_is_what_the_caller_the_server_and_the_version_know() {
    use Compression::{Lz4, Snappy};
    use CompressionChoice::{Off, Preferred, Required};
    use ProtocolVersion::{V4, V5};
    for (version, choice, expected) in [
        (V4, Off, None),
        (V4, Preferred(vec![Snappy, Lz4]), Some(Snappy)),
        (V4, Preferred(vec![Lz4, Snappy]), Some(Lz4)),
        (V5, Preferred(vec![Snappy, Lz4]), Some(Lz4)),
        (V5, Preferred(vec![Snappy]), None),
        (V4, Preferred(Vec::new()), None),
        (V4, Required(Snappy), Some(Snappy)),
        (V5, Required(Lz4), Some(Lz4)),
    ] {
        let (message, then) = startup(Wanted { compression: choice.clone(), ..wanted(version) }).unwrap();
        assert_eq!(then.compression(), expected, "{version} {choice:?}");
        assert_eq!(message.option("COMPRESSION"), expected.map(Compression::name));
    }
}

#[test]
fn a_required_compression_that_cannot_be_had_is_an_error() {
    let asked = |version, choice| Wanted { compression: choice, ..wanted(version) };
    let error =
        startup(asked(ProtocolVersion::V5, CompressionChoice::Required(Compression::Snappy))).unwrap_err();
    assert_eq!(error.to_string(), "compression snappy cannot be had: protocol v5 does not allow it");
    let options = begin(asked(ProtocolVersion::V4, CompressionChoice::Required(Compression::Lz4))).unwrap();
    let only_snappy = SupportedMessage { options: vec![("COMPRESSION".into(), vec!["snappy".into()])] };
    let error = options.then.handle(Message::Supported(only_snappy).into()).unwrap_err();
    assert_eq!(error.to_string(), r#"compression lz4 cannot be had: the server supports ["snappy"]"#);
    // One that is only preferred is done without.
    let preferred = CompressionChoice::Preferred(vec![Compression::Lz4]);
    let options = begin(asked(ProtocolVersion::V4, preferred)).unwrap();
    let none = Message::Supported(SupportedMessage::default()).into();
    assert_eq!(options.then.handle(none).unwrap().then.compression(), None);
}

#[test]
fn a_version_that_is_refused_is_told_from_other_errors() {
    for words in [
        "Invalid or unsupported protocol version (5); supported versions are (3/v3, 4/v4)",
        "Beta version of the protocol used (5/v5-beta), but USE_BETA flag is unset",
    ] {
        let refused = HandshakeError::VersionRefused { version: ProtocolVersion::V5, message: words.into() };
        let options = begin(wanted(ProtocolVersion::V5)).unwrap();
        assert_eq!(options.then.handle(protocol_error(words)).unwrap_err(), refused);
        let (_, then) = startup(wanted(ProtocolVersion::V5)).unwrap();
        assert_eq!(then.handle(protocol_error(words)).unwrap_err(), refused);
    }
    for error in [
        ServerError::ProtocolError { message: "Unexpected message OPTIONS".into() },
        ServerError::Overloaded { message: "protocol version".into() },
        ServerError::ServerError { message: "starting".into() },
    ] {
        let options = begin(wanted(ProtocolVersion::V5)).unwrap();
        let got = options.then.handle(Message::Error(error.clone()).into()).unwrap_err();
        assert_eq!(got, HandshakeError::Server(error));
    }
}

/// W3 of docs/promises.md.
#[test]
fn each_step_takes_only_its_answers() {
    let expect = |outcome: HandshakeError, words: &str| assert_eq!(outcome.to_string(), words);
    let success = || Response::from(Message::AuthSuccess(AuthSuccess::default()));
    for answer in [Message::Ready.into(), authenticate(), challenge(None), success()] {
        let name = answer.message.opcode().name();
        let options = begin(wanted(ProtocolVersion::V4)).unwrap();
        let due = format!("the server sent {name} while SUPPORTED was due");
        expect(options.then.handle(answer).unwrap_err(), &due);
    }
    for answer in [supported(), challenge(None), success()] {
        let name = answer.message.opcode().name();
        let (_, then) = startup(wanted(ProtocolVersion::V4)).unwrap();
        let due = format!("the server sent {name} while READY or AUTHENTICATE was due");
        expect(then.handle(answer).unwrap_err(), &due);
    }
    for answer in [supported(), authenticate(), Message::Ready.into()] {
        let name = answer.message.opcode().name();
        let verdict = challenged(ProtocolVersion::V4).respond(Vec::new()).unwrap().then;
        let due = format!("the server sent {name} while AUTH_CHALLENGE or AUTH_SUCCESS was due");
        expect(verdict.handle(answer).unwrap_err(), &due);
    }
}

#[test]
fn credentials_are_sent_round_by_round() {
    let answer = challenged(ProtocolVersion::V4);
    let sent = answer.respond(b"first".to_vec()).unwrap();
    let Request::AuthResponse(message) = said(ProtocolVersion::V4, &sent.bytes) else { panic!("what?") };
    assert_eq!(message.token.as_deref(), Some(b"first".as_slice()));
    let next = sent.then.handle(challenge(Some(b"nonce"))).unwrap();
    let Step::Challenged { authenticator, challenge: Some(nonce), then } = next else { panic!("{next:?}") };
    assert_eq!(
        (authenticator.as_str(), nonce.as_slice()),
        ("a.b.PasswordAuthenticator", b"nonce".as_slice())
    );
    let sent = then.respond(b"second".to_vec()).unwrap();
    // A challenge without a token is an empty one.
    let next = sent.then.handle(challenge(None)).unwrap();
    let Step::Challenged { challenge: Some(empty), then, .. } = next else { panic!("{next:?}") };
    assert!(empty.is_empty());
    let sent = then.respond(b"third".to_vec()).unwrap();
    let success = Message::AuthSuccess(AuthSuccess { token: Some(Bytes::from_static(b"proof")) }).into();
    let step = sent.then.handle(success).unwrap();
    assert!(!format!("{step:?}").contains("proof"));
    let Step::Authenticated { ready, token } = step else { panic!("not ready") };
    assert_eq!(token.as_deref(), Some(b"proof".as_slice()));
    assert_eq!(ready.authenticator.as_deref(), Some("a.b.PasswordAuthenticator"));
}

#[test]
fn wrong_credentials_are_the_servers_error() {
    let sent = challenged(ProtocolVersion::V4).respond(LOUD.into()).unwrap();
    let error = ServerError::AuthenticationError {
        message: "Provided username and/or password are incorrect".into(),
    };
    let got = sent.then.handle(Message::Error(error.clone()).into()).unwrap_err();
    assert_eq!(got, HandshakeError::Server(error));
}

#[test]
fn a_server_that_never_has_enough_is_left() {
    let mut answer = challenged(ProtocolVersion::V4);
    for _ in 0..MAX_CHALLENGES {
        let sent = answer.respond(Vec::new()).unwrap();
        let Step::Challenged { then, .. } = sent.then.handle(challenge(None)).unwrap() else {
            panic!("what?")
        };
        answer = then;
    }
    let sent = answer.respond(Vec::new()).unwrap();
    assert_eq!(sent.then.handle(challenge(None)).unwrap_err(), HandshakeError::TooManyChallenges);
}

#[test]
fn who_requires_authentication_is_not_served_without() {
    let asked = || Wanted { require_authentication: true, ..wanted(ProtocolVersion::V4) };
    let (_, then) = startup(asked()).unwrap();
    assert_eq!(then.handle(Message::Ready.into()).unwrap_err(), HandshakeError::NotAuthenticated);
    let (_, then) = startup(asked()).unwrap();
    assert!(matches!(then.handle(authenticate()).unwrap(), Step::Challenged { .. }));
}

/// W4 of docs/promises.md.
#[test]
fn in_v5_credentials_travel_in_a_segment() {
    for compression in [None, Some(Compression::Lz4)] {
        let choice = compression.map_or(CompressionChoice::Off, CompressionChoice::Required);
        let (_, then) = startup(Wanted { compression: choice, ..wanted(ProtocolVersion::V5) }).unwrap();
        let Step::Challenged { then, .. } = then.handle(authenticate()).unwrap() else { panic!("what?") };
        // Long and dull, so that it is worth compressing.
        let token = vec![b'x'; 1000];
        let sent = then.respond(token.clone()).unwrap();
        assert_eq!(sent.bytes.len() < 500, compression.is_some());
        let mut input = BytesMut::from(sent.bytes.as_slice());
        let segment = SegmentDecoder::new(compression, 1 << 20).decode(&mut input).unwrap().unwrap();
        assert!(segment.self_contained && input.is_empty());
        let Request::AuthResponse(message) = said(ProtocolVersion::V5, &segment.payload) else {
            panic!("what?")
        };
        assert_eq!(message.token.as_deref(), Some(token.as_slice()));
    }
}

#[test]
fn no_secret_is_shown() {
    for version in ProtocolVersion::ALL {
        let sent = challenged(version).respond(LOUD.into()).unwrap();
        let shown = format!("{sent:?}");
        let bytes = format!("{:?}", LOUD.as_bytes());
        assert!(!shown.contains(LOUD) && !shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
        let step = sent.then.handle(challenge(Some(LOUD.as_bytes()))).unwrap();
        let shown = format!("{step:?}");
        assert!(!shown.contains(LOUD) && !shown.contains(bytes.trim_matches(['[', ']'])), "{shown}");
    }
}

#[test]
fn what_cannot_be_said_is_an_error() {
    let asked = Wanted { options: vec![("K".into(), "v".repeat(70_000))], ..wanted(ProtocolVersion::V4) };
    assert!(matches!(startup(asked), Err(HandshakeError::Encode(_))));
}

/// P3 of docs/promises.md: no server would read on behind it.
#[test]
fn what_no_envelope_holds_is_not_sent_and_nothing_is_allocated_for_it() {
    let whole = |room| envelope(ProtocolVersion::V4, RequestOpcode::AuthResponse, room, |_| Ok(()));
    for room in [MAX_BODY_LENGTH + 1, usize::MAX] {
        let error = whole(room).unwrap_err().to_string();
        assert!(error.contains("AUTH_RESPONSE") && error.contains("268435456"), "{error}");
    }
    let without_a_hint = envelope(ProtocolVersion::V4, RequestOpcode::AuthResponse, 0, |out| {
        out.buffer().resize(MAX_BODY_LENGTH + 1, 0);
        Ok(())
    });
    assert!(without_a_hint.unwrap_err().to_string().contains("268435456"));
}
