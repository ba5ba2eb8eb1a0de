//! The runner on a true connection, where what it decides itself shows: which host a fixed route gives.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::envelope::{HEADER_LENGTH, RequestHeader};
use helenus_protocol::response::{Event, Message, Response, Supported};

use super::*;
use crate::cluster::host::tests::host;
use crate::cluster::link::Link;
use crate::connection::config::ConnectionConfig;
use crate::connection::endpoint::Endpoint;
use crate::connection::open::open;
use crate::connection::{Connection, Owner};
use crate::error::{ConnectionError, Error, RequestFailure};
use crate::policy::Plan;

struct Nobody;

impl Owner for Nobody {
    fn handle_event(&self, _: &Arc<Connection>, _: Event) {}
    fn handle_closed(&self, _: &Arc<Connection>, _: &ConnectionError) {}
}

/// A server that is polite, and says nothing after the handshake.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("the client");
        for message in [Message::Supported(Supported::default()), Message::Ready] {
            let mut header = [0; HEADER_LENGTH];
            client.read_exact(&mut header).expect("a header");
            let header = RequestHeader::decode(&header, 1 << 20).expect("a right one");
            client.read_exact(&mut vec![0; header.length as usize]).expect("its body");
            let mut answer = Vec::new();
            let encoded =
                Response::from(message).encode_envelope(header.version, header.stream, None, &mut answer);
            encoded.expect("a short message");
            client.write_all(&answer).expect("room for it");
        }
        let _until_the_client_has_enough = client.read(&mut [0; 1]);
    });
    address
}

#[tokio::test]
async fn a_connection_that_has_ended_is_tried_once() {
    let endpoint = Endpoint::Tcp { address: server(), name: None };
    let config = ConnectionConfig::default();
    let connection = open(&endpoint, ProtocolVersion::V4, &config, Arc::new(Nobody)).await;
    let connection = connection.expect("the server lets everyone in");
    // First of all, since what gives a host again and again never comes to its end.
    let mut route = Route::Fixed(Some(host(1, "dc", "r")), Arc::clone(&connection));
    assert!(route.next_host(Plan::empty).is_some());
    assert!(route.next_host(Plan::empty).is_none());
    connection.close(ConnectionError::Closed("for this test"));
    let link = Link { host: host(1, "dc", "r"), connection };
    let failure = link.query("SELECT key FROM system.local", Duration::from_secs(5)).await;
    let Err(Error::Request(failure)) = failure else { panic!("it came to something") };
    let RequestFailure::Exhausted { attempts, .. } = *failure else { panic!("{failure}") };
    assert_eq!(attempts.len(), 1);
    assert!(!attempts[0].written);
    assert!(attempts[0].error.to_string().contains("for this test"), "{}", attempts[0].error);
}
