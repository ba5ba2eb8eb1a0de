//! Nodes speak TLS with the certificates they are told to, good and bad ones.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::envelope::Flags;
use helenus_protocol::request::Request;
use helenus_testkit::cassandra::{Cassandra, Tls};
use helenus_testkit::certificates::{Certificates, Identity, ServerCertificate};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::{options, wanted};

pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// Connects with `client`'s certificate, trusting the good authority.
pub(crate) fn connect(
    address: SocketAddr,
    certificates: &Certificates,
    client: Option<&Identity>,
) -> TlsStream {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificates.ca()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = CertificateDer::pem_file_iter(&identity.certificate).unwrap();
            let chain = chain.collect::<Result<Vec<_>, _>>().unwrap();
            let key = PrivateKeyDer::from_pem_file(&identity.key).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let name = ServerName::IpAddress(address.ip().into());
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(address).unwrap())
}

/// Sends a request in v4 and tells the opcode of the answer.
pub(crate) fn ask(stream: &mut TlsStream, request: &Request) -> io::Result<u8> {
    let mut bytes = Vec::new();
    let encoded = request.encode_envelope(ProtocolVersion::V4, Flags::empty(), 1, &[], None, &mut bytes);
    encoded.map_err(io::Error::other)?;
    stream.write_all(&bytes)?;
    let mut header = [0; 9];
    stream.read_exact(&mut header)?;
    let length = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
    stream.read_exact(&mut vec![0; length as usize])?;
    Ok(header[4])
}

const SUPPORTED: u8 = 0x06;

#[test]
fn a_good_certificate_is_verified_and_plain_is_refused() {
    if !wanted("a_good_certificate_is_verified_and_plain_is_refused") {
        return;
    }
    let builder = Cassandra::builder().tls(Tls::On).base_address(Ipv4Addr::new(127, 0, 30, 60));
    let cluster = builder.start().unwrap();
    let address = cluster.nodes()[0].address();
    let certificates = cluster.certificates().unwrap();
    assert_eq!(ask(&mut connect(address, certificates, None), &Request::Options).unwrap(), SUPPORTED);
    options(address).unwrap_err();
}

#[test]
fn each_bad_certificate_is_bad_in_its_own_way() {
    if !wanted("each_bad_certificate_is_bad_in_its_own_way") {
        return;
    }
    let bad = [
        (ServerCertificate::Expired, "expired"),
        (ServerCertificate::WrongName, "not valid for name"),
        (ServerCertificate::OtherAuthority, "UnknownIssuer"),
    ];
    for (certificate, reason) in bad {
        let builder = Cassandra::builder().tls(Tls::On).server_certificate(certificate);
        let cluster = builder.base_address(Ipv4Addr::new(127, 0, 30, 61)).start().unwrap();
        let mut stream = connect(cluster.nodes()[0].address(), cluster.certificates().unwrap(), None);
        let error = ask(&mut stream, &Request::Options).unwrap_err().to_string();
        assert!(error.contains(reason), "{certificate:?}: {error}");
    }
}

#[test]
fn a_client_without_a_certificate_of_the_authority_is_refused() {
    if !wanted("a_client_without_a_certificate_of_the_authority_is_refused") {
        return;
    }
    let builder = Cassandra::builder().tls(Tls::ClientCertificate);
    let cluster = builder.base_address(Ipv4Addr::new(127, 0, 30, 62)).start().unwrap();
    let address = cluster.nodes()[0].address();
    let certificates = cluster.certificates().unwrap();
    let ask_as = |client: Option<Identity>| {
        ask(&mut connect(address, certificates, client.as_ref()), &Request::Options)
    };
    assert_eq!(ask_as(Some(certificates.client())).unwrap(), SUPPORTED);
    ask_as(None).unwrap_err();
    ask_as(Some(certificates.other_client())).unwrap_err();
    ask_as(Some(certificates.expired_client())).unwrap_err();
}
