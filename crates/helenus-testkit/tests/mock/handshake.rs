//! Versions, compressions and credentials.

use helenus_protocol::ProtocolVersion;
use helenus_protocol::compression::Compression;
use helenus_protocol::request::Request;
use helenus_protocol::response::{Message, ServerError};
use helenus_testkit::mock::{Authentication, MockCluster, opcode};

use crate::client::{Client, cells, code, query};

#[test]
fn every_version_connects_with_every_compression_that_it_allows() {
    let cluster = MockCluster::new(1).start().unwrap();
    for version in ProtocolVersion::ALL {
        for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
            let mut client = Client::new(cluster.addresses()[0], version);
            let answer = client.start(compression);
            if compression == Some(Compression::Snappy) && !version.has_snappy() {
                assert_eq!(code(&answer), 0x0A);
                continue;
            }
            assert_eq!(answer, Message::Ready);
            let rows = cells(&client.query("SELECT key, cluster_name FROM system.local WHERE key='local'"));
            assert_eq!(rows, [[Some(b"local".to_vec()), Some(b"helenus mock".to_vec())]]);
        }
    }
}

#[test]
fn a_version_that_is_not_spoken_is_refused_in_the_newest_one_and_the_connection_ends() {
    let cluster = MockCluster::new(1).versions(ProtocolVersion::V3, ProtocolVersion::V4).start().unwrap();
    let mut client = Client::new(cluster.addresses()[0], ProtocolVersion::V5);
    let answer = client.start(None);
    let Message::Error(ServerError::ProtocolError { message }) = &answer else { panic!("{answer:?}") };
    assert_eq!(message, "Invalid or unsupported protocol version (5); supported versions are (3/v3, 4/v4)");
    assert!(client.receive().is_err());
    Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
}

#[test]
fn only_the_right_password_is_let_in_on_every_version() {
    let cluster = MockCluster::new(1).credentials("cassandra", "s3cret").start().unwrap();
    for version in ProtocolVersion::ALL {
        let mut client = Client::new(cluster.addresses()[0], version);
        assert!(matches!(client.start(None),
            Message::Authenticate { authenticator } if authenticator.ends_with(".PasswordAuthenticator")));
        assert_eq!(code(&client.query("SELECT * FROM system.local")), 0x0A, "not before it is authenticated");
        assert_eq!(code(&client.authenticate(b"\0cassandra\0guess")), 0x0100);
        assert!(matches!(client.authenticate(b"\0cassandra\0s3cret"), Message::AuthSuccess(_)));
        assert_eq!(cells(&client.query("SELECT * FROM system.local")).len(), 1);
    }
    let log = cluster.received(&opcode(helenus_protocol::RequestOpcode::AuthResponse));
    assert_eq!(log.len(), 6);
    assert!(!format!("{log:?}").contains("s3cret"));
}

#[test]
fn challenges_come_before_the_credentials_are_looked_at() {
    let mut authentication = Authentication::password("u", "p");
    authentication.challenges = vec![b"one".to_vec(), b"two".to_vec()];
    let cluster = MockCluster::new(1).authentication(authentication).start().unwrap();
    let mut client = Client::new(cluster.addresses()[0], ProtocolVersion::V4);
    client.start(None);
    for expected in [&b"one"[..], b"two"] {
        let Message::AuthChallenge(challenge) = client.authenticate(b"") else { panic!() };
        assert_eq!(challenge.token.as_deref(), Some(expected));
    }
    assert!(matches!(client.authenticate(b"\0u\0p"), Message::AuthSuccess(_)));
}

#[test]
fn supported_tells_what_the_cluster_was_told_to_support() {
    let cluster = MockCluster::new(1)
        .versions(ProtocolVersion::V4, ProtocolVersion::V4)
        .compressions(&[Compression::Lz4])
        .world(|world| world.supported.push(("EXTRA".into(), vec!["x".into()])))
        .start()
        .unwrap();
    let mut client = Client::new(cluster.addresses()[0], ProtocolVersion::V4);
    let Message::Supported(supported) = client.ask(&Request::Options).unwrap().message else { panic!() };
    assert_eq!(supported.values("COMPRESSION"), ["lz4"]);
    assert_eq!(supported.values("PROTOCOL_VERSIONS"), ["4/v4"]);
    assert_eq!(supported.values("EXTRA"), ["x"]);
    assert_eq!(code(&client.ask(&query("SELECT 1")).unwrap().message), 0x0A, "not before STARTUP");
    assert_eq!(code(&client.start(Some(Compression::Snappy))), 0x0A);
}
