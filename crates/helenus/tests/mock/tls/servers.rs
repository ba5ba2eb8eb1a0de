//! Each way in which a server's certificate can be wrong, with TLS 1.3 and 1.2.

use std::net::SocketAddr;

use helenus::tls::{TlsConfig, TlsConfigBuilder};
use helenus_testkit::certificates::ServerCertificate;
use helenus_testkit::tls_front::Settings;

use super::{Scratch, Secured, server, session, session_at, works};

/// The words for a server that shows `which`, which must be the same in both versions.
async fn words(which: ServerCertificate, tls: impl Fn(&Scratch) -> TlsConfigBuilder) -> String {
    let scratch = Scratch::new();
    let newest = Secured::showing(server(&scratch, which));
    let words = newest.refusal(tls(&scratch)).await;
    let older = Secured::with(Settings::new(server(&scratch, which)).only_tls12());
    let older_words = older.refusal(tls(&scratch)).await;
    let reason = |words: &str| words.split_once("TLS: ").expect("it is TLS's fault").1.to_owned();
    assert_eq!(reason(&words), reason(&older_words));
    reason(&words)
}

#[tokio::test]
async fn a_good_certificate_is_let_in_by_address_and_by_name() {
    let scratch = Scratch::new();
    for settings in [
        Settings::new(server(&scratch, ServerCertificate::Good)),
        Settings::new(server(&scratch, ServerCertificate::Good)).only_tls12(),
    ] {
        let secured = Secured::with(settings);
        works(&session(secured.front.address(), scratch.trusting()).await.expect("it is good")).await;
        let tls = scratch.trusting().expect_name("localhost").build().unwrap();
        let port = secured.front.address().port();
        works(&session_at("localhost", port, tls).await.expect("it is good")).await;
        let names: Vec<_> = secured.front.visits().into_iter().map(|visit| visit.server_name).collect();
        assert!(names.contains(&None), "an address is no name for SNI");
        assert!(names.contains(&Some("localhost".into())), "{names:?}");
    }
}

#[tokio::test]
async fn only_tls_1_3_means_it() {
    let scratch = Scratch::new();
    let good = || Settings::new(server(&scratch, ServerCertificate::Good));
    let newest = Secured::with(good());
    works(&session(newest.front.address(), scratch.trusting().only_tls13()).await.unwrap()).await;
    let words = Secured::with(good().only_tls12()).refusal(scratch.trusting().only_tls13()).await;
    assert!(words.contains("neither TLS 1.3 nor TLS 1.2") || words.contains("TLS 1.3"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn expired() {
    let words = words(ServerCertificate::Expired, Scratch::trusting).await;
    assert!(
        words.starts_with("the server's certificate has expired, ") && words.ends_with("days ago"),
        "{words}"
    );
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn not_yet_valid() {
    let words = words(ServerCertificate::NotYetValid, Scratch::trusting).await;
    assert!(words.contains("is not valid yet, only in ") && words.contains("clock"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn self_signed() {
    let words = words(ServerCertificate::SelfSigned, Scratch::trusting).await;
    assert_eq!(
        words,
        "the server's certificate is signed by itself, and is not among the trusted authorities"
    );
}

#[tokio::test]
async fn self_signed_and_trusted_is_let_in() {
    let scratch = Scratch::new();
    let identity = server(&scratch, ServerCertificate::SelfSigned);
    let secured = Secured::showing(identity.clone());
    let tls = TlsConfig::builder().authority_file(identity.certificate);
    works(&session(secured.front.address(), tls).await.expect("it is trusted itself")).await;
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn of_another_authority() {
    let words = words(ServerCertificate::OtherAuthority, Scratch::trusting).await;
    assert_eq!(words, "the server's certificate leads to an authority that is not trusted");
}

#[tokio::test]
async fn an_authority_is_not_known_by_its_name_alone() {
    let (scratch, impostor) = (Scratch::new(), Scratch::new());
    let secured = Secured::showing(server(&impostor, ServerCertificate::Good));
    let words = secured.refusal(scratch.trusting()).await;
    assert!(words.contains("is not signed by the key of the authority that it names"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn wrong_host() {
    let words = words(ServerCertificate::WrongName, Scratch::trusting).await;
    assert_eq!(words, "the server's certificate is for elsewhere.test, and 127.0.0.1 was expected");
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    let words = secured.refusal(scratch.trusting().expect_name("elsewhere.test")).await;
    assert!(words.contains("is for 127.0.0.1, localhost, and elsewhere.test was expected"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn wrong_ip_address() {
    let scratch = Scratch::of(&["127.0.60.9"]);
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    let words = secured.refusal(scratch.trusting()).await;
    assert!(words.contains("127.0.60.9") && words.contains("127.0.0.1 was expected"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_common_name_only() {
    let words = words(ServerCertificate::CommonNameOnly, Scratch::trusting).await;
    assert!(words.contains("no subjectAltName") && words.contains("127.0.0.1 was expected"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn of_node_b_shown_by_node_a() {
    let scratch = Scratch::of(&["127.0.60.2"]);
    let identity = server(&scratch, ServerCertificate::Good);
    let at = |address: [u8; 4]| Settings::new(identity.clone()).address(SocketAddr::from((address, 0)));
    let b = Secured::with(at([127, 0, 60, 2]));
    works(&session(b.front.address(), scratch.trusting()).await.expect("its own certificate")).await;
    let a = Secured::with(at([127, 0, 60, 1]));
    let words = a.refusal(scratch.trusting()).await;
    assert!(words.contains("127.0.60.2") && words.contains("127.0.60.1 was expected"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn revoked() {
    let list =
        |scratch: &Scratch| scratch.trusting().revocation_list_file(scratch.certificates.revocation_list());
    let words = words(ServerCertificate::Revoked, list).await;
    assert_eq!(words, "the server's certificate was revoked by its authority");
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    works(&session(secured.front.address(), list(&scratch)).await.expect("another is not revoked")).await;
}

#[tokio::test]
async fn not_covered_by_the_revocation_lists() {
    let list =
        |scratch: &Scratch| scratch.trusting().revocation_list_file(scratch.certificates.revocation_list());
    let words = words(ServerCertificate::Intermediate, list).await;
    assert!(words.contains("covered by none of the given revocation lists"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn an_outdated_revocation_list() {
    let words = words(ServerCertificate::Good, |scratch| {
        scratch.trusting().revocation_list_file(scratch.certificates.outdated_revocation_list())
    });
    assert!(words.await.contains("revocation list is outdated"));
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn for_another_purpose() {
    let words = words(ServerCertificate::ForClients, Scratch::trusting).await;
    assert!(words.contains("is not meant for servers"), "{words}");
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_chain_with_a_gap() {
    let words = words(ServerCertificate::MissingIntermediate, Scratch::trusting).await;
    assert!(words.contains("leaves out an intermediate certificate"), "{words}");
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Intermediate));
    works(&session(secured.front.address(), scratch.trusting()).await.expect("the chain is whole")).await;
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_weak_key() {
    let words = words(ServerCertificate::WeakKey, Scratch::trusting).await;
    assert_eq!(words, "the server's certificate has a key that is too weak: RSA keys need 2048 bits");
}

#[tokio::test]
async fn an_authority_that_stands_for_a_server() {
    let scratch = Scratch::new();
    let mut identity = server(&scratch, ServerCertificate::Good);
    identity.certificate = scratch.certificates.ca();
    let words = Secured::showing(identity).refusal(scratch.trusting()).await;
    assert!(words.contains("is an authority's own"), "{words}");
}

#[tokio::test]
async fn any_name_still_wants_the_chain() {
    let scratch = Scratch::new();
    let any_name = || scratch.trusting().dangerously_accept_any_name();
    let other = Secured::showing(server(&scratch, ServerCertificate::WrongName));
    works(&session(other.front.address(), any_name()).await.expect("any name will do")).await;
    for which in ServerCertificate::ALL {
        if matches!(
            which,
            ServerCertificate::Good
                | ServerCertificate::WrongName
                | ServerCertificate::CommonNameOnly
                | ServerCertificate::Intermediate
                | ServerCertificate::Revoked
        ) {
            continue;
        }
        Secured::showing(server(&scratch, which)).refusal(any_name()).await;
    }
    let list = scratch.certificates.revocation_list();
    let revoked = Secured::showing(server(&scratch, ServerCertificate::Revoked));
    revoked.refusal(any_name().revocation_list_file(list)).await;
}

#[tokio::test]
async fn any_certificate_is_any_but_its_signature_must_hold() {
    let scratch = Scratch::new();
    let anything = || TlsConfig::builder().dangerously_accept_any_certificate();
    for which in
        [ServerCertificate::Expired, ServerCertificate::SelfSigned, ServerCertificate::OtherAuthority]
    {
        let secured = Secured::showing(server(&scratch, which));
        works(&session(secured.front.address(), anything()).await.expect("nothing is verified")).await;
    }
    // The key is not the certificate's: whoever shows it has copied it.
    let copied = Secured::showing(server(&scratch, ServerCertificate::WeakKey));
    copied.refusal(anything()).await;
}
