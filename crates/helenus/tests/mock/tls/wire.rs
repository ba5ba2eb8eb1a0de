//! Servers that speak an old TLS, none, or stop speaking it: never a way back to plain text.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use helenus::Cluster;
use helenus::policy::ConstantReconnectionPolicy;
use helenus_testkit::certificates::ServerCertificate;
use helenus_testkit::mock::any;

use super::{Scratch, Secured, refusal, server, session, works};
use crate::nodes;

/// A server of one connection that answers the first message with `answer`; gives back all that it was sent.
fn answering(answer: Vec<u8>) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut received = vec![0; 64 * 1024];
        let mut length = client.read(&mut received).unwrap();
        client.write_all(&answer).unwrap();
        if !answer.is_empty() {
            // Whatever comes until the client leaves. It may leave with a reset.
            while let Ok(more @ 1..) = client.read(&mut received[length..]) {
                length += more;
            }
        }
        received.truncate(length);
        received
    });
    (address, thread)
}

/// All that was sent is records of TLS: a ClientHello, then at most an alert.
fn only_tls(received: &[u8]) {
    let mut rest = received;
    let mut kinds = Vec::new();
    while let [kind, _, _, high, low, ..] = rest {
        kinds.push(*kind);
        rest = &rest[5 + usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert!(matches!(kinds[..], [0x16] | [0x16, 0x15]), "{kinds:?}");
    assert!(!received.windows(6).any(|window| window == b"s3cret"), "the password was sent");
}

/// A ServerHello of `version`, as openssl's `s_server` begins its answer: TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, no extension.
fn server_hello(version: [u8; 2]) -> Vec<u8> {
    let mut hello =
        vec![0x16, version[0], version[1], 0x00, 0x2A, 0x02, 0x00, 0x00, 0x26, version[0], version[1]];
    hello.extend([0x5A; 32]);
    hello.extend([0x00, 0xC0, 0x14, 0x00]);
    hello
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn tls_1_0_and_1_1() {
    let scratch = Scratch::new();
    let alert = vec![0x15, 0x03, 0x02, 0x00, 0x02, 0x02, 70];
    for answer in [server_hello([3, 1]), server_hello([3, 2]), alert] {
        let (address, thread) = answering(answer);
        let words = refusal(address, scratch.trusting()).await;
        assert!(words.contains("the server speaks neither TLS 1.3 nor TLS 1.2"), "{words}");
        only_tls(&thread.join().unwrap());
    }
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_plain_server_on_a_port_for_tls() {
    let scratch = Scratch::new();
    // What Cassandra answers: an ERROR of v5, since 0x16 is no version that it knows.
    let mut error = vec![0x85, 0, 0, 0, 0, 0, 0, 0, 0, 38, 0, 0, 0, 0x0A, 0, 32];
    error.extend([b'x'; 32]);
    let (address, thread) = answering(error);
    let words = refusal(address, scratch.trusting()).await;
    assert!(words.contains("does not speak TLS on this port"), "{words}");
    only_tls(&thread.join().unwrap());

    let mock = nodes(1, 1).start().unwrap();
    let words = refusal(mock.addresses()[0], scratch.trusting()).await;
    assert!(words.contains("TLS"), "{words}");
    assert_eq!(mock.received(&any()).len(), 0);
}

#[tokio::test]
async fn a_server_that_closes_at_the_first_message() {
    let scratch = Scratch::new();
    let (address, thread) = answering(Vec::new());
    let words = refusal(address, scratch.trusting()).await;
    assert!(words.contains("it may not speak TLS on this port"), "{words}");
    only_tls(&thread.join().unwrap());
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_server_for_tls_on_a_plain_port() {
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    let port = secured.front.address().port();
    let error = Cluster::builder().contact_point("127.0.0.1").port(port).session().await.unwrap_err();
    assert!(error.to_string().contains("the server speaks TLS, and none was configured"), "{error}");
    assert_eq!(secured.node.received(&any()).len(), 0);

    // One that says nothing, like Cassandra.
    let (address, thread) = answering(Vec::new());
    let error =
        Cluster::builder().contact_point("127.0.0.1").port(address.port()).session().await.unwrap_err();
    assert!(error.to_string().contains("it may want TLS"), "{error}");
    thread.join().unwrap();
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn rubbish_in_the_place_of_a_handshake() {
    let scratch = Scratch::new();
    let rubbish = [
        vec![0x16, 3, 3, 0xFF, 0xFF],
        vec![0x16, 3, 3, 0, 4, 2, 0xFF, 0xFF, 0xFF],
        vec![0x17, 3, 3, 0, 1, 0],
        vec![0x15, 3, 3, 0, 2, 2, 255],
        [vec![0x16, 3, 3, 0x40, 0], vec![0xEE; 0x4000]].concat(),
    ];
    for answer in rubbish {
        let (address, thread) = answering(answer);
        let tls = scratch.trusting().build().unwrap();
        let mut builder = Cluster::builder().contact_point("127.0.0.1").port(address.port()).tls(tls);
        builder.config_mut().connection.connect_timeout = Some(Duration::from_millis(300));
        builder.session().await.expect_err("this is no handshake");
        only_tls(&thread.join().unwrap());
    }
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_connection_that_is_cut_off_is_an_error_and_is_made_anew() {
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    let address = secured.front.address();
    let tls = scratch.trusting().build().unwrap();
    let again = Arc::new(ConstantReconnectionPolicy::new(Duration::from_millis(50), None));
    let builder = Cluster::builder().contact_point("127.0.0.1").port(address.port()).reconnection(again);
    let session = builder.tls(tls).session().await.unwrap();
    works(&session).await;
    secured.node.on(helenus_testkit::mock::query("SELECT silent FROM t"), helenus_testkit::mock::silence());
    let pending = session.execute("SELECT silent FROM t");
    let cut = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        secured.front.cut_off();
    };
    let (outcome, ()) = tokio::join!(pending, cut);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("the server did not end TLS before it closed the socket"), "{error}");
    crate::until("a new connection", || {
        session.cluster().snapshot().hosts().iter().all(|host| crate::is_connected(&session, host))
    })
    .await;
    works(&session).await;
}

#[tokio::test]
async fn large_requests_and_answers_come_through() {
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    let session = session(secured.front.address(), scratch.trusting()).await.unwrap();
    let long = format!("SELECT key FROM system.local -- {}", "x".repeat(3_000_000));
    let before = secured.front.visits().iter().map(|visit| visit.received).sum::<usize>();
    session.execute(long).await.unwrap();
    let after = secured.front.visits().iter().map(|visit| visit.received).sum::<usize>();
    assert!(after - before > 3_000_000, "{before} {after}");
    let many = (0..2000).map(|_| session.execute("SELECT key FROM system.local"));
    for outcome in many.collect::<Vec<_>>() {
        outcome.await.unwrap();
    }
}
