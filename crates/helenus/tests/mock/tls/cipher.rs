//! Settings that cannot be used, and the cipher against a server of rustls in the same thread, byte by byte.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use helenus::tls::TlsConfig;
use helenus::{Cipher, CipherFactory as _};
use helenus_testkit::certificates::ServerCertificate;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::Scratch;

impl Scratch {
    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.join(name);
        fs::write(&path, contents).unwrap();
        path
    }
}

fn der(path: &Path) -> Vec<u8> {
    CertificateDer::from_pem_file(path).unwrap().to_vec()
}

#[test]
fn settings_that_cannot_be_used_say_why() {
    let scratch = Scratch::new();
    let (ca, client) = (scratch.certificates.ca(), scratch.certificates.client());
    let empty = scratch.write("empty", "");
    let nonsense = scratch.write("nonsense", [0x30, 0x82, 0xFF, 0xFF, 0x00]);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = scratch.write("encrypted", encrypted);
    let large = scratch.write("large", vec![b'x'; 16 * 1024 * 1024 + 1]);
    let trusting = || TlsConfig::builder().authority_file(&ca);
    let as_client = |key: &Path| trusting().client_certificate_files(&client.certificate, key);
    let cases = [
        (TlsConfig::builder(), "no authority is trusted"),
        (
            TlsConfig::builder().authority_file("/nowhere/ca.pem"),
            "/nowhere/ca.pem cannot be read: No such file",
        ),
        (TlsConfig::builder().authority_file(&scratch.directory), "cannot be read: "),
        (TlsConfig::builder().authority_file(&large), "it has 16777217 bytes, more than 16777216"),
        (TlsConfig::builder().authority_file(&empty), "empty holds no certificate"),
        (TlsConfig::builder().authority_file(&nonsense), "nonsense holds a certificate that cannot be used"),
        (TlsConfig::builder().authority_file(&client.key), "client.key holds no certificate"),
        (
            TlsConfig::builder().authority(*b"nonsense"),
            "the given authority holds a certificate that cannot be",
        ),
        (as_client(&empty), "empty holds no private key"),
        (as_client(&nonsense), "nonsense holds no private key"),
        (as_client(&ca), "ca.pem holds no private key"),
        (as_client(&encrypted), "encrypted holds an encrypted private key"),
        (as_client(&scratch.certificates.spiffe().key), "spiffe.key does not belong to the certificate of "),
        (trusting().client_certificate_files(&ca, &client.key), "does not belong to the certificate of "),
        (trusting().client_certificate_files(&empty, &client.key), "empty holds no certificate"),
        (trusting().revocation_list_file(&ca), "ca.pem holds no list of revoked certificates"),
        (trusting().revocation_list_file(&empty), "empty holds no list of revoked certificates"),
        (trusting().revocation_list_file(&nonsense), "nonsense holds no list of revoked certificates"),
        (trusting().expect_name("not a name"), "\"not a name\" is neither a DNS name nor an IP address"),
        (trusting().expect_name(""), "\"\" is neither"),
        (
            TlsConfig::builder()
                .dangerously_accept_any_certificate()
                .revocation_list_file(scratch.certificates.revocation_list()),
            "no list of revoked certificates acts",
        ),
        (trusting().dangerously_accept_any_name().expect_name("a.b"), "any name accepted"),
    ];
    for (builder, words) in cases {
        let shown = format!("{builder:?}");
        let error = builder.build().expect_err(&shown).to_string();
        assert!(error.contains(words), "{error}, not {words}");
    }
}

#[test]
fn der_is_taken_as_well_as_pem() {
    let scratch = Scratch::new();
    let client = scratch.certificates.client();
    let key = PrivateKeyDer::from_pem_file(&client.key).unwrap();
    let ca = scratch.write("ca.der", der(&scratch.certificates.ca()));
    let certificate = scratch.write("client.der", der(&client.certificate));
    let key = scratch.write("client.key.der", key.secret_der());
    let builder = TlsConfig::builder().authority_file(ca).client_certificate_files(certificate, key);
    builder.build().unwrap();
}

#[cfg(feature = "system-authorities")]
#[test]
fn the_operating_systems_authorities_are_found_or_missed_loudly() {
    match TlsConfig::builder().system_authorities().build() {
        Ok(_) => {}
        Err(error) => assert!(error.to_string().contains("the operating system's authorities"), "{error}"),
    }
}

#[test]
fn nothing_of_keys_is_shown() {
    let scratch = Scratch::new();
    let client = scratch.certificates.client();
    let key = fs::read_to_string(&client.key).unwrap();
    let secret = key.lines().nth(1).unwrap();
    let builder = TlsConfig::builder()
        .authority_file(scratch.certificates.ca())
        .client_certificate(fs::read(&client.certificate).unwrap(), key.clone());
    let mut shown = format!("{builder:#?}");
    let config = builder.build().unwrap();
    shown += &format!("{config:#?} {:#?}", config.cipher("127.0.0.1").unwrap());
    assert!(shown.contains("the given client certificate"), "{shown}");
    assert!(!shown.contains(secret) && !shown.contains("BEGIN"), "{shown}");
}

#[test]
fn a_host_that_no_certificate_can_name_is_an_error() {
    let scratch = Scratch::new();
    let config = TlsConfig::builder().authority_file(scratch.certificates.ca()).build().unwrap();
    assert!(
        config.cipher("no name").unwrap_err().to_string().contains("neither a DNS name nor an IP address")
    );
    config.cipher("::1").unwrap();
    config.cipher("b3e5c9f4-1111-4222-8333-444455556666").unwrap();
}

fn server(scratch: &Scratch) -> ServerConnection {
    let identity = scratch.certificates.server(ServerCertificate::Good);
    let chain = CertificateDer::pem_file_iter(&identity.certificate).unwrap().collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_file(&identity.key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.unwrap(), key)
        .unwrap();
    let mut server = ServerConnection::new(Arc::new(config)).unwrap();
    server.set_buffer_limit(None);
    server
}

/// Carries what both owe each other, `piece` bytes at a time to the client, until neither owes anything. Gives back what
/// the server has read, and whether the client has heard the end.
fn carry(
    client: &mut dyn Cipher,
    server: &mut ServerConnection,
    piece: usize,
    plaintext: &mut Vec<u8>,
) -> (Vec<u8>, bool) {
    let (mut ended, mut read) = (false, Vec::new());
    loop {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        client.take_output(&mut up).unwrap();
        let mut rest = up.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets().unwrap();
            // There is more to come, which is not the end.
            let _more = server.reader().read_to_end(&mut read);
        }
        while server.wants_write() {
            server.write_tls(&mut down).unwrap();
        }
        if up.is_empty() && down.is_empty() {
            return (read, ended);
        }
        for piece in down.chunks(piece) {
            ended |= client.open(piece, plaintext).unwrap();
        }
    }
}

#[test]
fn every_split_of_the_stream_gives_the_same_plaintext() {
    let scratch = Scratch::new();
    let config = TlsConfig::builder().authority_file(scratch.certificates.ca()).build().unwrap();
    let answer: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
    for piece in [1, 2, 3, 5, 1000, 4096, 20_000, usize::MAX] {
        let (mut client, mut server) = (config.cipher("127.0.0.1").unwrap(), server(&scratch));
        let mut plaintext = Vec::new();
        assert!(client.is_handshaking());
        let (_, ended) = carry(&mut *client, &mut server, piece, &mut plaintext);
        assert!(!ended && !client.is_handshaking() && plaintext.is_empty());
        client.seal(&vec![7; 300_000]).unwrap();
        let (question, _) = carry(&mut *client, &mut server, piece, &mut plaintext);
        assert_eq!(question, vec![7; 300_000]);
        server.writer().write_all(&answer).unwrap();
        let (_, ended) = carry(&mut *client, &mut server, piece, &mut plaintext);
        assert!(!ended && plaintext == answer);
        server.send_close_notify();
        let (_, ended) = carry(&mut *client, &mut server, piece, &mut plaintext);
        assert!(ended, "the goodbye was not heard");
    }
}

#[test]
fn every_flipped_bit_of_an_answer_is_seen_and_what_came_before_it_is_good() {
    let scratch = Scratch::new();
    let config = TlsConfig::builder().authority_file(scratch.certificates.ca()).build().unwrap();
    for turn in 0..40 {
        let (mut client, mut server) = (config.cipher("127.0.0.1").unwrap(), server(&scratch));
        let mut plaintext = Vec::new();
        carry(&mut *client, &mut server, usize::MAX, &mut plaintext);
        let mut records = Vec::new();
        for record in [b"first", b"second".as_slice()] {
            server.writer().write_all(record).unwrap();
            while server.wants_write() {
                server.write_tls(&mut records).unwrap();
            }
        }
        // Somewhere behind the header of the last record.
        let at = records.len() - 1 - turn % 20;
        records[at] ^= 1 << (turn % 8);
        client.open(&records, &mut plaintext).unwrap_err();
        assert_eq!(plaintext, b"first");
    }
}

#[test]
fn the_end_of_the_socket_is_explained() {
    let scratch = Scratch::new();
    let config = TlsConfig::builder().authority_file(scratch.certificates.ca()).build().unwrap();
    let (mut client, mut server) = (config.cipher("127.0.0.1").unwrap(), server(&scratch));
    assert!(client.handle_end().to_string().contains("may not speak TLS on this port"));
    let mut hello = Vec::new();
    client.take_output(&mut hello).unwrap();
    server.read_tls(&mut hello.as_slice()).unwrap();
    server.process_new_packets().unwrap();
    let mut answer = Vec::new();
    server.write_tls(&mut answer).unwrap();
    client.open(&answer[..100], &mut Vec::new()).unwrap();
    assert!(client.handle_end().to_string().contains("in the middle of the TLS handshake"));
    client.open(&answer[100..], &mut Vec::new()).unwrap();
    let (mut client, mut server) = (config.cipher("127.0.0.1").unwrap(), self::server(&scratch));
    carry(&mut *client, &mut server, usize::MAX, &mut Vec::new());
    assert!(client.handle_end().to_string().contains("did not end TLS before it closed the socket"));
}
