//! Secure connect bundles: a cluster behind a proxy, and bundles that are none.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use helenus::cloud::{BundleError, SecureConnectBundle};
use helenus::policy::ConstantReconnectionPolicy;
use helenus::{Cluster, ClusterBuilder, Error, Session};
use helenus_testkit::certificates::ServerCertificate;
use helenus_testkit::cloud::{Cloud, Files, http, pack};
use helenus_testkit::mock::{RunningCluster, any};

use crate::tls::Scratch;
use crate::{all_up, is_connected, nodes, settings, until};

/// The nodes of a mock by their host ids.
async fn by_id(mock: &RunningCluster) -> BTreeMap<String, SocketAddr> {
    let session =
        settings(mock).credentials("alice", "s3cret").session().await.expect("the mock lets everyone in");
    let snapshot = session.cluster().snapshot();
    session.cluster().shut_down();
    snapshot.hosts().iter().map(|host| (host.host_id().to_string(), host.address())).collect()
}

fn by(bundle: &[u8]) -> ClusterBuilder {
    let bundle = SecureConnectBundle::from_bytes(bundle).expect("the bundle is sound");
    let again = Arc::new(ConstantReconnectionPolicy::new(Duration::from_millis(50), None));
    Cluster::builder().secure_connect_bundle(bundle).reconnection(again)
}

async fn works(session: &Session) {
    let rows = session.execute("SELECT key FROM system.local").await.expect("a node answers");
    assert_eq!(rows.rows_as::<(&str,)>().next().unwrap().unwrap(), ("local",));
}

#[tokio::test]
async fn every_node_is_reached_through_the_proxy_by_its_id() {
    let scratch = Scratch::new();
    let mock = nodes(3, 1).credentials("alice", "s3cret").start().expect("the mock starts");
    let ids = by_id(&mock).await;
    let cloud = Cloud::start(&scratch.certificates, ids.clone()).expect("the cloud starts");
    let session =
        by(&cloud.bundle().unwrap()).credentials("alice", "s3cret").session().await.expect("it connects");
    all_up(&session).await;
    works(&session).await;
    let hosts: BTreeMap<_, _> =
        session.cluster().snapshot().hosts().iter().map(|h| (h.host_id().to_string(), h.address())).collect();
    assert_eq!(hosts, ids, "hosts are known by their own addresses");
    let visits = cloud.proxy().visits();
    for id in ids.keys() {
        assert!(visits.iter().any(|visit| visit.server_name.as_ref() == Some(id)), "{id}: {visits:?}");
    }
    assert_eq!(cloud.metadata().visits().len(), 1);
    assert_eq!(cloud.metadata().visits()[0].server_name.as_deref(), Some("localhost"));

    // A wrong password, by the same bundle.
    let wrong =
        by(&cloud.bundle().unwrap()).credentials("alice", "gu3ss").session().await.expect_err("it is wrong");
    assert!(matches!(&wrong, Error::Connect(errors) if errors[0].1.is_authentication()), "{wrong:?}");
    assert!(!format!("{wrong} {wrong:?}").contains("gu3ss"));
}

#[tokio::test]
async fn a_bundles_own_credentials_are_used_unless_others_are_given() {
    let scratch = Scratch::new();
    let mock = nodes(1, 1).credentials("alice", "s3cret").start().expect("the mock starts");
    let cloud = Cloud::start(&scratch.certificates, by_id(&mock).await).expect("the cloud starts");
    let mut files = cloud.files();
    change_config(&mut files, |config| {
        config["username"] = "alice".into();
        config["password"] = "s3cret".into();
    });
    let bundle = pack(&files).unwrap();
    works(&by(&bundle).session().await.expect("they are in the bundle")).await;
    by(&bundle).credentials("alice", "gu3ss").session().await.expect_err("these are wrong");
    let shown = format!("{:?}", SecureConnectBundle::from_bytes(&bundle).unwrap());
    assert!(!shown.contains("s3cret") && !shown.contains("BEGIN"), "{shown}");
}

#[tokio::test]
async fn the_cluster_is_found_again_when_all_was_lost() {
    let scratch = Scratch::new();
    let mock = nodes(2, 1).start().expect("the mock starts");
    let cloud = Cloud::start(&scratch.certificates, by_id(&mock).await).expect("the cloud starts");
    let session = by(&cloud.bundle().unwrap()).session().await.expect("it connects");
    all_up(&session).await;
    mock.nodes().for_each(|node| node.stop());
    until("all is lost", || {
        session.cluster().snapshot().hosts().iter().all(|host| !is_connected(&session, host))
    })
    .await;
    let asked = cloud.metadata().visits().len();
    until("the metadata service was asked again", || cloud.metadata().visits().len() > asked).await;
    mock.nodes().for_each(|node| node.listen().expect("its address is free"));
    all_up(&session).await;
    works(&session).await;
}

#[tokio::test]
async fn proxies_and_services_that_are_not_who_they_say_are_refused() {
    let scratch = Scratch::new();
    let mock = nodes(1, 1).credentials("alice", "s3cret").start().expect("the mock starts");
    let ids = by_id(&mock).await;
    mock.clear_received();
    let good = ServerCertificate::Good;
    for bad in [ServerCertificate::WrongName, ServerCertificate::OtherAuthority, ServerCertificate::Expired] {
        for (proxy, metadata) in [(bad, good), (good, bad)] {
            let cloud = Cloud::showing(&scratch.certificates, proxy, metadata, ids.clone()).unwrap();
            let builder = by(&cloud.bundle().unwrap()).credentials("alice", "s3cret");
            let words = builder.session().await.expect_err("it is bad").to_string();
            assert!(words.contains("TLS: the server's certificate"), "{words}");
            assert_eq!(words.contains("the metadata service localhost:"), metadata == bad, "{words}");
            assert!(cloud.proxy().visits().iter().all(|visit| visit.received == 0));
            assert_eq!(mock.received(&any()).len(), 0);
        }
    }
}

#[tokio::test]
async fn answers_of_the_metadata_service_that_cannot_be_used_are_refused() {
    let scratch = Scratch::new();
    let mock = nodes(1, 1).start().expect("the mock starts");
    let cloud = Cloud::start(&scratch.certificates, by_id(&mock).await).unwrap();
    let endless = [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 1_100_000]].concat();
    let no_nodes =
        r#"{"contact_info":{"type":"sni_proxy","sni_proxy_address":"localhost:1","contact_points":[]}}"#;
    for (answer, words) in [
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".to_vec(), "the status is 503"),
        (b"nonsense".to_vec(), "the answer by HTTP cannot be used"),
        (Vec::new(), "it was cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec(), "it was cut off"),
        (endless, "it has more than 1048576 bytes"),
        (http("{}"), "it is no contact information"),
        (http(no_nodes), "it names no node"),
    ] {
        cloud.answer(answer);
        let error = by(&cloud.bundle().unwrap()).session().await.expect_err(words).to_string();
        assert!(
            error.contains(words) && error.contains("the metadata service localhost:"),
            "{error}, not {words}"
        );
    }
}

#[tokio::test]
async fn contact_points_beside_a_bundle_are_a_contradiction() {
    let scratch = Scratch::new();
    let cloud = Cloud::start(&scratch.certificates, BTreeMap::new()).unwrap();
    let error = by(&cloud.bundle().unwrap()).contact_point("127.0.0.1").session().await.expect_err("both");
    assert!(matches!(&error, Error::Configuration(why) if why.contains("contact points")), "{error}");
}

fn change_config(files: &mut Files, change: impl FnOnce(&mut serde_json::Value)) {
    let mut config = serde_json::from_slice(&files["config.json"]).unwrap();
    change(&mut config);
    files.insert("config.json".into(), config.to_string().into_bytes());
}

fn refusal(files: &Files) -> BundleError {
    SecureConnectBundle::from_bytes(&pack(files).unwrap()).expect_err("the bundle is bad")
}

#[test]
fn bundles_that_are_none_are_refused() {
    let scratch = Scratch::new();
    let cloud = Cloud::start(&scratch.certificates, BTreeMap::new()).unwrap();
    let good = cloud.files();
    let with = |name: &str, bytes: &[u8]| {
        let mut files = good.clone();
        files.insert(name.into(), bytes.into());
        refusal(&files)
    };

    let missing = SecureConnectBundle::read("/nowhere/bundle.zip").unwrap_err();
    assert!(
        matches!(&missing, BundleError::Unreadable { kind: std::io::ErrorKind::NotFound, .. }),
        "{missing}"
    );
    let bundle = cloud.bundle().unwrap();
    for bytes in [&b""[..], b"nonsense", &bundle[..bundle.len() / 2], &bundle[..bundle.len() - 1]] {
        let error = SecureConnectBundle::from_bytes(bytes).unwrap_err();
        assert!(matches!(error, BundleError::NotAnArchive(_)), "{error}");
    }
    for name in ["config.json", "ca.crt", "cert", "key"] {
        let mut files = good.clone();
        files.remove(name);
        assert_eq!(refusal(&files), BundleError::Missing(name.into()));
        let error = with(name, b"");
        assert!(matches!(error, BundleError::BadConfig(_) | BundleError::Tls(_)), "{error}");
    }
    for config in [
        "{",
        "[]",
        "{}",
        r#"{"host":"localhost"}"#,
        r#"{"host":1,"port":"s3cret"}"#,
        r#"{"host":"","port":1}"#,
        r#"{"host":"a b","port":1}"#,
        r#"{"host":"localhost","port":0}"#,
        r#"{"host":"localhost","port":70000}"#,
    ] {
        let error = with("config.json", config.as_bytes());
        assert!(matches!(error, BundleError::BadConfig(_)), "{config}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let other = scratch.certificates.other_client();
    let error = with("key", &std::fs::read(other.key).unwrap());
    assert!(error.to_string().contains("does not belong to the certificate"), "{error}");
}

#[test]
fn a_bundle_that_unpacks_to_more_than_it_may_is_refused_before_it_is_unpacked() {
    let scratch = Scratch::new();
    let cloud = Cloud::start(&scratch.certificates, BTreeMap::new()).unwrap();
    let mut files = cloud.files();
    files.insert("ca.crt".into(), vec![b' '; 200 * 1024 * 1024]);
    let bomb = pack(&files).unwrap();
    assert!(bomb.len() < 1024 * 1024, "it is no bomb");
    let error = SecureConnectBundle::from_bytes(&bomb).unwrap_err();
    assert_eq!(error, BundleError::TooLarge { what: "ca.crt".into(), limit: 1024 * 1024 });
    let error = SecureConnectBundle::from_bytes(&vec![0; 9 * 1024 * 1024]).unwrap_err();
    assert!(matches!(error, BundleError::TooLarge { .. }), "{error}");
}

#[test]
fn no_damage_to_a_bundle_panics() {
    let scratch = Scratch::new();
    let bundle = Cloud::start(&scratch.certificates, BTreeMap::new()).unwrap().bundle().unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..2000 {
        let mut damaged = bundle.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(0..damaged.len());
            damaged[at] = random.u8(..);
        }
        // Refused or, where the damage does not matter, not.
        let _either = SecureConnectBundle::from_bytes(&damaged);
    }
}
