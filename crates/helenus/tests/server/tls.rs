//! TLS, certificates of clients, and certificates as logins.

use std::net::Ipv4Addr;
use std::sync::Arc;

use helenus::auth::MutualTls;
use helenus::tls::{TlsConfig, TlsConfigBuilder};
use helenus::{Cluster, ClusterBuilder, Error, Session};
use helenus_testkit::cassandra::{Authentication, Cassandra, Tls};
use helenus_testkit::certificates::{Certificates, Identity};

use crate::wanted;

fn trusting(certificates: &Certificates) -> TlsConfigBuilder {
    TlsConfig::builder().authority_file(certificates.ca())
}

fn showing(certificates: &Certificates, identity: &Identity) -> TlsConfigBuilder {
    trusting(certificates).client_certificate_files(&identity.certificate, &identity.key)
}

/// A builder for the nodes of `cassandra`.
fn to(cassandra: &Cassandra, tls: TlsConfigBuilder) -> ClusterBuilder {
    let points = cassandra.nodes().iter().map(|node| node.address().ip().to_string());
    Cluster::builder().contact_points(points).tls(tls.build().expect("the settings are sound"))
}

async fn works(session: &Session) {
    let rows = session.execute("SELECT key FROM system.local").await.expect("the node answers");
    assert_eq!(rows.rows_as::<(&str,)>().next().unwrap().unwrap(), ("local",));
}

async fn refusal(builder: ClusterBuilder) -> String {
    let error = builder.session().await.expect_err("nobody is let in");
    assert!(matches!(error, Error::Connect(_)), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn encrypted_nodes_are_verified_and_nothing_else_is_let_in() {
    if !wanted("encrypted_nodes_are_verified_and_nothing_else_is_let_in") {
        return;
    }
    let cassandra = Cassandra::builder().nodes(2).password(true).tls(Tls::On);
    let cassandra = cassandra.base_address(Ipv4Addr::new(127, 0, 60, 10)).start().unwrap();
    let certificates = cassandra.certificates().unwrap();
    let login = |builder: ClusterBuilder| builder.credentials("cassandra", "cassandra");

    let session = login(to(&cassandra, trusting(certificates))).session().await.unwrap();
    assert_eq!(session.cluster().snapshot().hosts().len(), 2);
    works(&session).await;
    let rows = session.execute("SELECT ssl_protocol, username FROM system_views.clients").await.unwrap();
    let clients: Vec<(String, String)> = rows.rows_as().collect::<Result<_, _>>().unwrap();
    assert!(clients.iter().any(|client| *client == ("TLSv1.3".into(), "cassandra".into())), "{clients:?}");
    let named = trusting(certificates).expect_name("localhost");
    works(&login(to(&cassandra, named)).session().await.unwrap()).await;
    session.cluster().shut_down();

    let other = TlsConfig::builder().authority_file(certificates.other_ca());
    let words = refusal(login(to(&cassandra, other))).await;
    assert!(words.contains("the server's certificate"), "{words}");
    let misnamed = trusting(certificates).expect_name("elsewhere.test");
    let words = refusal(login(to(&cassandra, misnamed))).await;
    assert!(words.contains("elsewhere.test was expected"), "{words}");
    let wrong = to(&cassandra, trusting(certificates)).credentials("cassandra", "wr0ng");
    let words = refusal(wrong).await;
    assert!(words.contains("incorrect") && !words.contains("wr0ng"), "{words}");
    let plain = Cluster::builder().contact_point(cassandra.nodes()[0].address().ip().to_string());
    let words = refusal(login(plain)).await;
    assert!(words.contains("TLS"), "{words}");
}

#[tokio::test]
async fn a_node_without_tls_is_no_way_around_it() {
    if !wanted("a_node_without_tls_is_no_way_around_it") {
        return;
    }
    let cassandra = Cassandra::builder().base_address(Ipv4Addr::new(127, 0, 60, 14)).start().unwrap();
    let elsewhere = std::env::temp_dir().join(format!("helenus-server-tls-{}", std::process::id()));
    let certificates = Certificates::generate(&elsewhere, &[cassandra.nodes()[0].address().ip()]).unwrap();
    let words = refusal(to(&cassandra, trusting(&certificates))).await;
    std::fs::remove_dir_all(elsewhere).unwrap();
    assert!(words.contains("does not speak TLS on this port"), "{words}");
}

#[tokio::test]
async fn a_node_that_wants_certificates_of_clients_says_which_one_it_does_not_take() {
    if !wanted("a_node_that_wants_certificates_of_clients_says_which_one_it_does_not_take") {
        return;
    }
    let cassandra = Cassandra::builder().tls(Tls::ClientCertificate);
    let cassandra = cassandra.base_address(Ipv4Addr::new(127, 0, 60, 20)).start().unwrap();
    let certificates = cassandra.certificates().unwrap();
    let session = to(&cassandra, showing(certificates, &certificates.client())).session().await.unwrap();
    works(&session).await;

    let words = refusal(to(&cassandra, trusting(certificates))).await;
    assert!(
        words.contains("the server wants a certificate of the client, and none was configured"),
        "{words}"
    );
    for bad in [certificates.expired_client(), certificates.other_client()] {
        let words = refusal(to(&cassandra, showing(certificates, &bad))).await;
        assert!(words.contains("the server refuses our certificate"), "{words}");
    }
}

#[tokio::test]
async fn the_owner_of_a_certificate_is_logged_in_by_it() {
    if !wanted("the_owner_of_a_certificate_is_logged_in_by_it") {
        return;
    }
    let cassandra =
        Cassandra::builder().authentication(Authentication::MutualTls { password_fallback: false });
    let cassandra = cassandra.base_address(Ipv4Addr::new(127, 0, 60, 30)).start().unwrap();
    let certificates = cassandra.certificates().unwrap();
    let by =
        |identity: Identity| to(&cassandra, showing(certificates, &identity)).require_authentication(true);

    let session = by(certificates.spiffe()).auth_provider(Arc::new(MutualTls)).session().await.unwrap();
    let rows = session.execute("SELECT username FROM system_views.clients").await.unwrap();
    let names: Vec<(String,)> = rows.rows_as().collect::<Result<_, _>>().unwrap();
    assert!(names.contains(&("alice".into(),)), "{names:?}");

    let words = refusal(by(certificates.client()).auth_provider(Arc::new(MutualTls))).await;
    assert!(words.contains("authentication error: Unable to extract Spiffe"), "{words}");
    let words = refusal(by(certificates.spiffe())).await;
    assert!(words.contains("no credentials were given"), "{words}");
    let words = refusal(by(certificates.spiffe()).credentials("cassandra", "s3cret")).await;
    assert!(words.contains("none was sent") && !words.contains("s3cret"), "{words}");
}
