//! A certificate as a login.

use std::net::Ipv4Addr;

use bytes::Bytes;
use helenus_protocol::request::{AuthResponse, Request, Startup};
use helenus_testkit::cassandra::{Authentication, Cassandra};

use crate::tls::{ask, connect};
use crate::wanted;

#[test]
fn the_owner_of_the_certificate_is_let_in_and_nobody_else() {
    if !wanted("the_owner_of_the_certificate_is_let_in_and_nobody_else") {
        return;
    }
    let authentication = Authentication::MutualTls { password_fallback: false };
    let builder = Cassandra::builder().authentication(authentication);
    let cluster = builder.base_address(Ipv4Addr::new(127, 0, 30, 70)).start().unwrap();
    let certificates = cluster.certificates().unwrap();
    for (client, opcode) in [(certificates.spiffe(), 0x10), (certificates.client(), 0x00)] {
        let mut stream = connect(cluster.nodes()[0].address(), certificates, Some(&client));
        let options = vec![("CQL_VERSION".into(), "3.0.0".into())];
        assert_eq!(ask(&mut stream, &Request::Startup(Startup { options })).unwrap(), 0x03);
        let nothing = Request::AuthResponse(AuthResponse { token: Some(Bytes::new()) });
        assert_eq!(ask(&mut stream, &nothing).unwrap(), opcode, "{client:?}");
    }
}
