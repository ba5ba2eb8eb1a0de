//! Servers that want a certificate of the client.

use helenus::tls::TlsConfigBuilder;
use helenus_testkit::certificates::{Identity, ServerCertificate};
use helenus_testkit::tls_front::Settings;

use super::{Scratch, Secured, server, session, works};

/// The words in both versions of TLS.
async fn words(client: impl Fn(&Scratch) -> Option<Identity>) -> [String; 2] {
    let scratch = Scratch::new();
    let settings = || {
        Settings::new(server(&scratch, ServerCertificate::Good))
            .client_authority(&scratch.certificates.ca())
            .expect("the authority is one")
    };
    let tls = || with(scratch.trusting(), client(&scratch));
    let newest = Secured::with(settings()).refusal(tls()).await;
    [newest, Secured::with(settings().only_tls12()).refusal(tls()).await]
}

fn with(tls: TlsConfigBuilder, client: Option<Identity>) -> TlsConfigBuilder {
    match client {
        Some(identity) => tls.client_certificate_files(identity.certificate, identity.key),
        None => tls,
    }
}

#[tokio::test]
async fn a_good_one_is_shown_when_it_is_asked_for() {
    let scratch = Scratch::new();
    let settings = Settings::new(server(&scratch, ServerCertificate::Good));
    let asking = Secured::with(settings.clone().client_authority(&scratch.certificates.ca()).unwrap());
    let tls = || with(scratch.trusting(), Some(scratch.certificates.client()));
    works(&session(asking.front.address(), tls()).await.expect("it is good")).await;
    let not_asking = Secured::with(settings);
    works(&session(not_asking.front.address(), tls()).await.expect("it is not needed")).await;
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn a_missing_one() {
    for words in words(|_| None).await {
        assert!(
            words.contains("the server wants a certificate of the client, and none was configured"),
            "{words}"
        );
    }
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn an_expired_one() {
    for words in words(|scratch| Some(scratch.certificates.expired_client())).await {
        assert!(words.contains("the server refuses our certificate: it has expired"), "{words}");
    }
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn one_of_another_authority() {
    for words in words(|scratch| Some(scratch.certificates.other_client())).await {
        assert!(
            words.contains("the server refuses our certificate: it does not trust the authority"),
            "{words}"
        );
    }
}

/// T1 of docs/promises.md.
#[tokio::test]
async fn one_for_servers() {
    for words in words(|scratch| Some(scratch.certificates.server(ServerCertificate::Good))).await {
        assert!(words.contains("the server refuses our certificate"), "{words}");
    }
}
