//! Nodes that come and go, and what the cluster tells about itself.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use helenus_protocol::ProtocolVersion;
use helenus_protocol::envelope::Flags;
use helenus_protocol::response::{Event, Message, StatusChange};
use helenus_testkit::mock::{MockCluster, any, query as queried};

use crate::client::{Client, Failure, cells, query};

#[test]
fn each_node_has_an_address_of_its_own_and_tells_of_the_others() {
    let cluster = MockCluster::new(3).start().unwrap();
    let addresses = cluster.addresses();
    assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 9042));
    for (index, &address) in addresses.iter().enumerate() {
        let mut client = Client::ready(address, ProtocolVersion::V4, None);
        let own = cells(&client.query("SELECT rpc_address FROM system.local"));
        let mut all = cells(&client.query("SELECT native_address FROM system.peers_v2"));
        assert_eq!(all.len(), 2);
        assert_eq!(cells(&client.query("SELECT rpc_address FROM system.peers")), all);
        all.insert(index, own[0].clone());
        let expected: Vec<_> = addresses
            .iter()
            .map(|address| match address.ip() {
                std::net::IpAddr::V4(ip) => vec![Some(ip.octets().to_vec())],
                std::net::IpAddr::V6(_) => unreachable!(),
            })
            .collect();
        assert_eq!(all, expected);
    }
}

#[test]
fn a_mock_listens_on_loopback_only() {
    let error = MockCluster::new(1).address(Ipv4Addr::new(192, 0, 2, 1)).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let cluster = MockCluster::new(2).address(Ipv4Addr::new(127, 0, 40, 200)).port(0).start().unwrap();
    let [first, second] = cluster.addresses()[..] else { panic!() };
    assert_eq!((first.ip().to_string(), first.port()), ("127.0.40.200".into(), second.port()));
}

#[test]
fn what_the_cluster_pretends_to_be_can_change() {
    let cluster = MockCluster::new(2)
        .world(|world| world.topology.nodes[1].datacenter = "elsewhere".into())
        .start()
        .unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    let datacenter = "SELECT data_center FROM system.peers";
    assert_eq!(cells(&client.query(datacenter)), [[Some(b"elsewhere".to_vec())]]);
    cluster.change(|world| world.topology.nodes[1].is_member = false);
    assert_eq!(cells(&client.query(datacenter)).len(), 0);
}

#[test]
fn a_stopped_node_refuses_and_a_started_one_serves_again() {
    let cluster = MockCluster::new(1).start().unwrap();
    let node = cluster.node(0);
    let mut client = Client::ready(node.address(), ProtocolVersion::V4, None);
    node.stop_listening();
    assert_eq!(TcpStream::connect(node.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(cells(&client.query("SELECT * FROM system.local")).len(), 1, "open connections stay");
    node.stop();
    assert!(matches!(client.receive(), Err(Failure::Io(ErrorKind::UnexpectedEof))));
    node.listen().unwrap();
    Client::ready(node.address(), ProtocolVersion::V4, None);
    assert_eq!(node.accepted(), 2);
}

#[test]
fn a_paused_node_accepts_and_says_nothing_until_it_goes_on() {
    let cluster = MockCluster::new(1).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V5, None);
    cluster.node(0).pause();
    client.socket.set_read_timeout(Some(Duration::from_millis(80))).unwrap();
    client.send(&query("SELECT a FROM b"), Flags::empty());
    assert!(matches!(client.receive(), Err(Failure::Io(ErrorKind::WouldBlock))));
    TcpStream::connect(cluster.addresses()[0]).unwrap();
    assert_eq!(cluster.received(&queried("FROM b")).len(), 0);
    cluster.node(0).resume();
    client.socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    client.receive().unwrap();
}

#[test]
fn connections_can_be_reset_all_at_once() {
    let cluster = MockCluster::new(1).start().unwrap();
    let mut clients: Vec<_> =
        (0..3).map(|_| Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None)).collect();
    assert_eq!(cluster.node(0).connections(), 3);
    cluster.node(0).reset_connections();
    for client in &mut clients {
        assert!(matches!(client.receive(), Err(Failure::Io(ErrorKind::ConnectionReset))));
    }
}

#[test]
fn events_reach_those_who_registered_and_nobody_else() {
    let cluster = MockCluster::new(1).start().unwrap();
    let mut deaf = Client::ready(cluster.addresses()[0], ProtocolVersion::V5, None);
    let mut listeners: Vec<_> = ProtocolVersion::ALL
        .into_iter()
        .map(|version| Client::ready(cluster.addresses()[0], version, None))
        .collect();
    listeners.iter_mut().for_each(Client::register);
    let event = Event::StatusChange { status: StatusChange::Down, address: cluster.addresses()[0] };
    assert_eq!(cluster.push_event(&event).unwrap(), 3);
    for client in &mut listeners {
        let (stream, response) = client.receive().unwrap();
        assert_eq!((stream, response.message), (-1, Message::Event(event.clone())));
    }
    assert!(matches!(deaf.query("SELECT * FROM system.local"), Message::Result(_)));
}

#[test]
fn an_event_for_a_paused_node_is_told_when_it_goes_on() {
    let cluster = MockCluster::new(1).start().unwrap();
    let mut client = Client::ready(cluster.addresses()[0], ProtocolVersion::V4, None);
    client.register();
    cluster.node(0).pause();
    let event = Event::StatusChange { status: StatusChange::Up, address: cluster.addresses()[0] };
    assert_eq!(cluster.push_event(&event).unwrap(), 1);
    cluster.node(0).resume();
    assert_eq!(client.receive().unwrap().1.message, Message::Event(event));
}

#[test]
fn bytes_that_are_no_protocol_end_their_connection_only() {
    use std::io::{Read, Write};
    let cluster = MockCluster::new(1).start().unwrap();
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let mut socket = TcpStream::connect(cluster.addresses()[0]).unwrap();
        let length = rng.usize(1..100);
        let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(length).collect();
        // The node may have closed it before all is written.
        let _ = socket.write_all(&bytes).and_then(|()| socket.shutdown(std::net::Shutdown::Write));
        let _ = socket.read_to_end(&mut Vec::new());
    }
    Client::ready(cluster.addresses()[0], ProtocolVersion::V5, None);
}

#[test]
fn a_dropped_cluster_leaves_nothing_listening() {
    let cluster = MockCluster::new(2).start().unwrap();
    let addresses = cluster.addresses();
    cluster.node(1).pause();
    let mut client = Client::ready(addresses[0], ProtocolVersion::V4, None);
    assert!(cluster.wait_for(&any(), 1, Duration::from_secs(1)));
    assert!(!cluster.wait_for(&any(), 2, Duration::from_millis(20)));
    drop(cluster);
    assert!(client.receive().is_err());
    for address in addresses {
        assert!(TcpStream::connect(address).is_err());
    }
}
