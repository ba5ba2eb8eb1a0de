//! Files of TLS that change, and those that cannot be used.

use std::fs;
use std::path::Path;

use helenus::tls::{TlsConfig, TlsError};
use helenus_testkit::certificates::ServerCertificate;
use helenus_testkit::tls_front::Settings;

use super::{Scratch, Secured, refusal, server, session_at, works};

/// Puts what `from` holds in the place of `to`, as programs that renew certificates do.
fn replace(from: &Path, to: &Path) {
    let beside = to.with_extension("new");
    fs::copy(from, &beside).unwrap();
    fs::rename(beside, to).unwrap();
}

#[tokio::test]
async fn a_new_authority_is_read_when_the_file_changes() {
    let (old, new) = (Scratch::new(), Scratch::new());
    let secured = Secured::showing(server(&new, ServerCertificate::Good));
    let tls = old.trusting().build().unwrap();
    let port = secured.front.address().port();
    session_at("127.0.0.1", port, tls.clone()).await.expect_err("it is of the new authority");
    replace(&new.certificates.ca(), &old.certificates.ca());
    works(&session_at("127.0.0.1", port, tls.clone()).await.expect("the new one is trusted now")).await;
    assert_eq!(tls.reload_error(), None);
}

#[tokio::test]
async fn a_new_certificate_of_the_client_is_shown_by_new_connections() {
    let scratch = Scratch::new();
    let settings = Settings::new(server(&scratch, ServerCertificate::Good));
    let asking = Secured::with(settings.client_authority(&scratch.certificates.ca()).unwrap());
    let mine = scratch.certificates.expired_client();
    let tls = scratch.trusting().client_certificate_files(&mine.certificate, &mine.key).build().unwrap();
    let port = asking.front.address().port();
    session_at("127.0.0.1", port, tls.clone()).await.expect_err("it has expired");
    // Between the two, certificate and key do not fit: what was there before stays.
    let renewed = scratch.certificates.client();
    replace(&renewed.certificate, &mine.certificate);
    assert!(matches!(tls.reload(), Err(TlsError::KeyMismatch { .. })));
    session_at("127.0.0.1", port, tls.clone()).await.expect_err("it has still expired");
    replace(&renewed.key, &mine.key);
    works(&session_at("127.0.0.1", port, tls).await.expect("it is good now")).await;
}

#[tokio::test]
async fn a_broken_new_file_keeps_the_old_and_says_so() {
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Good));
    let tls = scratch.trusting().build().unwrap();
    let port = secured.front.address().port();
    let ca = scratch.certificates.ca();
    let good = fs::read(&ca).unwrap();
    for broken in [
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n",
    ] {
        fs::write(&ca, broken).unwrap();
        works(&session_at("127.0.0.1", port, tls.clone()).await.expect("the old one is kept")).await;
        let error = tls.reload_error().expect("it says so").to_string();
        assert!(error.contains(ca.to_str().unwrap()), "{error}");
    }
    fs::remove_file(&ca).unwrap();
    works(&session_at("127.0.0.1", port, tls.clone()).await.expect("the old one is kept")).await;
    assert!(matches!(tls.reload_error(), Some(TlsError::Unreadable { .. })));
    fs::write(&ca, good).unwrap();
    works(&session_at("127.0.0.1", port, tls.clone()).await.expect("it is there again")).await;
    assert_eq!(tls.reload_error(), None);
}

#[tokio::test]
async fn a_certificate_that_is_revoked_later_is_refused_from_then_on() {
    let scratch = Scratch::new();
    let secured = Secured::showing(server(&scratch, ServerCertificate::Revoked));
    let list = scratch.certificates.empty_revocation_list();
    let tls = scratch.trusting().revocation_list_file(&list).build().unwrap();
    let port = secured.front.address().port();
    works(&session_at("127.0.0.1", port, tls.clone()).await.expect("not revoked yet")).await;
    replace(&scratch.certificates.revocation_list(), &list);
    let error = session_at("127.0.0.1", port, tls).await.expect_err("revoked now").to_string();
    assert!(error.contains("was revoked"), "{error}");
}

#[tokio::test]
async fn bytes_in_the_place_of_files() {
    let scratch = Scratch::new();
    let settings = Settings::new(server(&scratch, ServerCertificate::Good));
    let asking = Secured::with(settings.client_authority(&scratch.certificates.ca()).unwrap());
    let mine = scratch.certificates.client();
    let read = |path: &Path| fs::read(path).unwrap();
    let tls = TlsConfig::builder()
        .authority(read(&scratch.certificates.ca()))
        .revocation_list(read(&scratch.certificates.revocation_list()))
        .client_certificate(read(&mine.certificate), read(&mine.key))
        .build()
        .unwrap();
    let port = asking.front.address().port();
    works(&session_at("127.0.0.1", port, tls).await.expect("all good")).await;
    let other = TlsConfig::builder().authority(read(&scratch.certificates.other_ca()));
    let words = refusal(asking.front.address(), other).await;
    assert!(words.contains("trusted"), "{words}");
}
