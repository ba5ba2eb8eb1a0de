//! Connections without a task: what they promise of room, how much one flush does, what senders write themselves, and who has
//! the turn.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::{OnceLock, Weak};

use helenus_protocol::ProtocolVersion;
use helenus_protocol::connection::Receiver;
use helenus_protocol::connection::handshake::Supported;
use helenus_protocol::envelope::MAX_BODY_LENGTH;

use super::config::ConnectionConfig;
use super::open::assemble;
use super::pump::Drained;
use super::transport::{CipherError, CipherFactory};
use super::*;

struct Nobody;

impl Owner for Nobody {
    fn handle_event(&self, _: &Arc<Connection>, _: Event) {}
    fn handle_closed(&self, _: &Arc<Connection>, _: &ConnectionError) {}
}

/// A connection that speaks v4, and the other end of its socket.
fn connection(
    compression: Option<Compression>,
    cipher: Option<Box<dyn Cipher>>,
) -> (Arc<Connection>, UnixStream) {
    connection_of(ProtocolVersion::V4, compression, cipher)
}

fn connection_of(
    version: ProtocolVersion,
    compression: Option<Compression>,
    cipher: Option<Box<dyn Cipher>>,
) -> (Arc<Connection>, UnixStream) {
    connection_with(version, compression, cipher, &ConnectionConfig::default())
}

fn connection_with(
    version: ProtocolVersion,
    compression: Option<Compression>,
    cipher: Option<Box<dyn Cipher>>,
    config: &ConnectionConfig,
) -> (Arc<Connection>, UnixStream) {
    let (ours, server) = UnixStream::pair().expect("two sockets");
    ours.set_nonblocking(true).expect("a socket's option");
    let ready = Ready { version, compression, supported: Supported::default(), authenticator: None };
    let receiver = Receiver::new(version, MAX_BODY_LENGTH);
    let address = SocketAddr::from(([127, 0, 0, 1], 9042));
    let socket = Arc::new(Socket::Unix(ours));
    (assemble(address, ready, socket, cipher, receiver, config, Arc::new(Nobody)), server)
}

fn dispatch(body: &[u8], waits: bool) -> Dispatch<'_> {
    let (flags, opcode) = (Flags::default(), RequestOpcode::Query);
    Dispatch { flags, opcode, body: Body::from(body), wake_at: None, waits }
}

/// With compression, too: bytes like these only grow by it. Whoever is let in because there is room must not be refused for
/// want of room, or it would be let in and refused for ever.
#[test]
fn where_there_is_room_a_request_is_taken() {
    let mut random = fastrand::Rng::with_seed(7);
    for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
        let (connection, _server) = connection(compression, None);
        let _seat = connection.send(dispatch(&[1; 64], false), Token::heartbeat()).expect("it is empty");
        for length in 64..400 {
            let body: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
            if let Some(compression) = compression {
                let mut compressed = Vec::new();
                compression.compress_body(&body, &mut compressed).expect("it can be compressed");
                assert!(compressed.len() > length, "it is to grow");
            }
            let limit = connection.unsent() + length;
            assert!(!connection.has_room(length, limit - 1));
            let refused = connection.offer(dispatch(&body, false), Token::heartbeat(), limit - 1);
            assert!(matches!(refused, Err(NotSent::Full(_))), "{compression:?}, {length} bytes");
            assert!(connection.has_room(length, limit));
            let taken = connection.offer(dispatch(&body, false), Token::heartbeat(), limit);
            assert!(taken.is_ok(), "{compression:?}, {length} bytes: {taken:?}");
        }
    }
}

/// While something is sealed, somebody sends one more request.
#[derive(Debug, Default)]
struct NeverDone {
    connection: Arc<OnceLock<Weak<Connection>>>,
    output: Vec<u8>,
}

impl Cipher for NeverDone {
    fn open(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<bool, CipherError> {
        Ok(false)
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<(), CipherError> {
        self.output.extend_from_slice(plaintext);
        let connection = self.connection.get().and_then(Weak::upgrade).expect("it is there");
        let _seat = connection.send(dispatch(b"one more", false), Token::heartbeat()).expect("it has room");
        Ok(())
    }

    fn take_output(&mut self, ciphertext: &mut Vec<u8>) -> Result<(), CipherError> {
        ciphertext.append(&mut self.output);
        Ok(())
    }

    fn is_handshaking(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

#[test]
fn a_flush_ends_also_where_others_keep_sending() {
    let cipher = NeverDone::default();
    let known = Arc::clone(&cipher.connection);
    let (connection, server) = connection(None, Some(Box::new(cipher)));
    known.set(Arc::downgrade(&connection)).expect("once");
    let _seat = connection.send(dispatch(b"first", false), Token::heartbeat()).expect("it is empty");
    for flushes in 1..4 {
        assert_eq!(connection.flush().expect("the socket has room"), Drained::No);
        assert!((2..20 * flushes).contains(&connection.in_flight()), "{}", connection.in_flight());
        assert!(connection.unsent() > 0, "the last one waits");
    }
    drop(server);
}

/// So many bytes has what [`dispatch`] makes of four.
const SMALL: usize = 9 + 4;

fn send_many(connection: &Arc<Connection>, count: usize) -> Vec<Seat> {
    let send = |number: usize| {
        let body = u32::try_from(number).expect("small").to_be_bytes();
        connection.send(dispatch(&body, false), Token::heartbeat()).expect("it has room")
    };
    (0..count).map(send).collect()
}

fn what_came(server: &mut UnixStream) -> Vec<u8> {
    server.set_nonblocking(true).expect("a socket's option");
    let (mut came, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = server.read(&mut buffer) {
        came.extend_from_slice(&buffer[..count]);
    }
    came
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// The task has no turn before all who are ready have sent: half of what they send is with the server by then.
#[test]
fn a_sender_on_the_runtime_writes_a_burst() {
    let runtime = runtime();
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let (connection, mut server) = connection_of(version, None, None);
        let _here = runtime.enter();
        let _seats = send_many(&connection, 100);
        let early = what_came(&mut server).len();
        assert!(early >= 32 * SMALL && connection.unsent() > 0, "{early} bytes came");
        assert_eq!(connection.signals.load(Ordering::SeqCst) & FLUSH, FLUSH, "the task writes the rest");
        assert_eq!(connection.flush().expect("the socket has room"), Drained::Yes);
        assert!(what_came(&mut server).len() >= SMALL);
        assert_eq!(connection.unsent(), 0);
    }
}

/// Another thread may hold a lock that others want while it writes, and the task does not wait for it.
#[test]
fn a_sender_elsewhere_leaves_it_to_the_task() {
    let (connection, mut server) = connection(None, None);
    let _seats = send_many(&connection, 100);
    assert_eq!((what_came(&mut server).len(), connection.unsent()), (0, 100 * SMALL));
}

/// Hands on what it gets.
#[derive(Debug, Default)]
struct Plain {
    output: Vec<u8>,
}

impl Cipher for Plain {
    fn open(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>) -> Result<bool, CipherError> {
        plaintext.extend_from_slice(ciphertext);
        Ok(false)
    }

    fn seal(&mut self, plaintext: &[u8]) -> Result<(), CipherError> {
        self.output.extend_from_slice(plaintext);
        Ok(())
    }

    fn take_output(&mut self, ciphertext: &mut Vec<u8>) -> Result<(), CipherError> {
        ciphertext.append(&mut self.output);
        Ok(())
    }

    fn is_handshaking(&self) -> bool {
        false
    }

    fn close(&mut self) {}
}

/// Makes [`Plain`] ones, which may block if it says so.
#[derive(Debug)]
struct Plains(bool);

impl CipherFactory for Plains {
    fn cipher(&self, _: &str) -> Result<Box<dyn Cipher>, CipherError> {
        Ok(Box::<Plain>::default())
    }

    fn may_block(&self) -> bool {
        self.0
    }
}

/// A sender holds its request. A thread that holds the interpreter's lock may wait for that, and the cipher for the lock.
#[test]
fn a_sender_does_not_wait_for_a_cipher_that_may_block() {
    let runtime = runtime();
    let _here = runtime.enter();
    for may_block in [false, true] {
        let tls: Arc<dyn CipherFactory> = Arc::new(Plains(may_block));
        let cipher = tls.cipher("127.0.0.1").expect("one that hands on");
        let config = ConnectionConfig { tls: Some(tls), ..ConnectionConfig::default() };
        let (connection, mut server) = connection_with(ProtocolVersion::V4, None, Some(cipher), &config);
        let _seats = send_many(&connection, 100);
        let early = what_came(&mut server).len();
        assert_eq!(early == 0, may_block, "{early} bytes came");
        assert_eq!(early + connection.unsent(), 100 * SMALL);
    }
}

/// Nothing is lost, doubled or put in another order where the socket takes only a part.
#[test]
fn a_burst_that_the_socket_does_not_take_is_the_task_s() {
    let (connection, mut server) = connection(None, None);
    let runtime = runtime();
    let _here = runtime.enter();
    let blob = vec![7; 50_000];
    let mut sent = 0;
    for _ in 0..60 {
        let _seat = connection.send(dispatch(&blob, false), Token::heartbeat()).expect("it has room");
        sent += 9 + blob.len();
    }
    assert!(connection.unsent() > 0, "a socket that takes three megabytes at once");
    let mut came = what_came(&mut server);
    assert!(!came.is_empty() && came.len() + connection.unsent() == sent);
    while connection.unsent() > 0 {
        // A socket that is full again is to be emptied first.
        let _full = connection.flush();
        came.extend(what_came(&mut server));
    }
    assert_eq!(came.len(), sent);
    for (number, envelope) in came.chunks(9 + blob.len()).enumerate() {
        let stream = [envelope[2], envelope[3]];
        assert_eq!((usize::from(u16::from_be_bytes(stream)), &envelope[9..]), (number, &blob[..]));
    }
}

/// Whoever holds a request must not be told of the end of it: the task ends the connection, with what the sender saw.
#[test]
fn a_burst_into_a_closed_socket_is_the_task_s_to_tell() {
    let (connection, server) = connection(None, None);
    drop(server);
    let runtime = runtime();
    let _here = runtime.enter();
    let _seats = send_many(&connection, 100);
    assert!(connection.ended().is_none() && connection.in_flight() == 100);
    assert_eq!(connection.signals.load(Ordering::SeqCst) & FLUSH, FLUSH);
    for _ in 0..2 {
        let error = connection.flush().expect_err("the other end is gone");
        assert!(
            matches!(&error, ConnectionError::Io(error) if error.kind() == io::ErrorKind::BrokenPipe),
            "{error}"
        );
    }
}

#[test]
fn a_turn_that_is_not_performed_is_given_up_with_the_seat() {
    let (connection, _server) = connection(None, None);
    connection.turn.lend();
    let seat = connection.send(dispatch(b"alone", true), Token::heartbeat()).expect("it is empty");
    assert!(seat.taken.is_some(), "it is alone");
    assert_eq!(connection.signals.load(Ordering::SeqCst) & FLUSH, 0, "its caller is to write");
    assert!(connection.turn.take().is_none());
    drop(seat);
    assert_eq!(connection.signals.load(Ordering::SeqCst) & FLUSH, FLUSH, "the task is to write");
    assert!(connection.turn.take().is_some());
}
