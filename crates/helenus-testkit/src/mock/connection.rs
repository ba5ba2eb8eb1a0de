//! One accepted connection: a thread that reads and answers, and, once something is to be answered later, one that
//! does that.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use helenus_protocol::envelope::Flags;
use helenus_protocol::request::Request;
use helenus_protocol::response::{Event, Response};
use helenus_protocol::{EncodeError, ResponseOpcode};

use super::body::{Body, code};
use super::gate::Gate;
use super::inbound::{Envelope, Inbound, Refusal};
use super::node::Node;
use super::outbound::{Framing, Outgoing, pieces, wire};
use super::page::page;
use super::reaction::{Answer, Decoration, Delivery, Reaction, Then};
use super::received::Received;
use super::session::{Session, is_traceable};

/// The pause between the two halves of a split answer.
const SPLIT_PAUSE: Duration = Duration::from_millis(5);
/// The stream of events.
const EVENTS: i16 = -1;

/// An accepted connection.
#[derive(Debug)]
pub(super) struct Connection {
    node: Arc<Node>,
    index: usize,
    socket: TcpStream,
    session: Mutex<Session>,
    /// Answers that wait for others to go with; whoever holds the lock may write.
    gathered: Mutex<Vec<Outgoing>>,
    reading: Gate,
    closed: AtomicBool,
    later: OnceLock<Sender<Later>>,
}

/// An answer with the time when it is due.
#[derive(Debug)]
struct Later {
    due: Instant,
    outgoing: Option<Outgoing>,
    delivery: Delivery,
}

impl Connection {
    /// Serves `socket`, on threads of its own.
    pub(super) fn start(node: &Arc<Node>, index: usize, socket: TcpStream) -> io::Result<Arc<Self>> {
        socket.set_nodelay(true)?;
        let connection = Arc::new(Self {
            node: Arc::clone(node),
            index,
            socket,
            session: Mutex::default(),
            gathered: Mutex::default(),
            reading: Gate::default(),
            closed: AtomicBool::new(false),
            later: OnceLock::new(),
        });
        let reader = Arc::clone(&connection);
        let name = format!("mock-{}-{index}", node.index());
        thread::Builder::new().name(name).spawn(move || {
            // Whatever ends the reading ends the connection; there is nobody to tell.
            let _ = reader.read();
            reader.close();
            reader.node.forget(index);
        })?;
        Ok(connection)
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says goodbye (FIN).
    pub(super) fn close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            let _ = self.socket.shutdown(std::net::Shutdown::Both);
            self.reading.open();
        }
    }

    /// Drops dead (RST).
    pub(super) fn reset(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            let socket = socket2::SockRef::from(&self.socket);
            // The reset goes out when the reader, woken by this, lets go of the socket.
            let _ = socket.set_linger(Some(Duration::ZERO));
            let _ = socket.shutdown(std::net::Shutdown::Read);
            self.reading.open();
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    fn read(self: &Arc<Self>) -> io::Result<()> {
        let mut inbound = Inbound::default();
        let mut chunk = vec![0; 64 * 1024];
        while !self.is_closed() {
            self.reading.pass();
            self.node.gate().pass();
            let length = (&self.socket).read(&mut chunk)?;
            self.node.gate().pass();
            if length == 0 {
                return Ok(());
            }
            inbound.extend(&chunk[..length]);
            loop {
                self.reading.pass();
                let next = inbound.next(&self.session(), &self.node.world());
                match next {
                    Ok(Some(envelope)) => self.serve(&envelope).map_err(io::Error::other)?,
                    Ok(None) => break,
                    Err(refusal) => return self.refuse(&refusal).map_err(io::Error::other),
                }
            }
        }
        Ok(())
    }

    fn serve(self: &Arc<Self>, envelope: &Envelope) -> Result<(), EncodeError> {
        let header = envelope.header;
        let (request, custom_payload) = match envelope.decode() {
            Ok(decoded) => decoded,
            Err(error) => {
                let body = Body::error(code::PROTOCOL, &error.to_string())?;
                let framing = Framing::of(&self.session());
                let decoration = Decoration::default();
                let answer = Outgoing::envelope(&body, &decoration, header.version, header.stream, framing)?;
                self.deliver(Some(answer), Delivery::default());
                return Ok(());
            }
        };
        let received = Arc::new(Received {
            node: self.node.index(),
            connection: self.index,
            stream: header.stream,
            version: header.version,
            flags: header.flags,
            opcode: header.opcode,
            statements: self.node.statements(&request),
            keyspace: keyspace_of(&request).or_else(|| self.session().keyspace.clone()),
            request,
            custom_payload,
            at: self.node.elapsed(),
        });
        let reaction = self.node.decide(&received);
        let (answer, delivery) = self.react(&received, reaction.as_deref())?;
        self.deliver(answer, delivery);
        Ok(())
    }

    /// The answer to `received`, in the form that was agreed on before it changes anything about that.
    fn react(
        &self,
        received: &Received,
        reaction: Option<&Reaction>,
    ) -> Result<(Option<Outgoing>, Delivery), EncodeError> {
        let mut session = self.session();
        session.version = received.version;
        let was_segmented = session.segmented;
        let answer = reaction.map_or(&Answer::Usual, |reaction| &reaction.answer);
        let body = match answer {
            Answer::Usual => session.answer(&self.node, received)?,
            Answer::Nothing => Body::empty(ResponseOpcode::Ready),
            Answer::Void => Body::void(),
            Answer::Rows(rows) => page(&rows.table, received)?,
            Answer::Message(message) => Body::new(message.opcode(), |out| {
                Response::from(message.as_ref().clone()).encode(received.version, out)
            })?,
            Answer::Unprepared => match &received.request {
                Request::Execute(execute) => {
                    self.node.forget_statement(&execute.id);
                    Body::unprepared(&execute.id)?
                }
                _ => Body::unprepared(&[])?,
            },
            Answer::Body(opcode, bytes) => Body { opcode: *opcode, bytes: bytes.clone() },
            Answer::Raw(bytes) => Body { opcode: ResponseOpcode::Ready, bytes: bytes.clone() },
        };
        // The answer to STARTUP itself goes without a segment, whatever it is (v5 spec, 2.3).
        let framing = Framing::of(&session).segmented(was_segmented);
        let started = matches!(body.opcode, ResponseOpcode::Ready | ResponseOpcode::Authenticate)
            && matches!(received.request, Request::Startup(_));
        if started && received.version.has_segments() {
            session.segmented = true;
        }
        drop(session);
        let mut decoration =
            reaction.map_or_else(Decoration::default, |reaction| reaction.decoration.clone());
        if received.flags.contains(Flags::TRACING) && is_traceable(received.opcode) {
            let id = decoration.tracing_id.unwrap_or_else(|| self.node.trace(received));
            decoration.tracing_id = Some(id);
        }
        let delivery = reaction.map_or_else(Delivery::default, |reaction| reaction.delivery.clone());
        let stream = delivery.stream.unwrap_or(received.stream);
        let outgoing = match answer {
            Answer::Nothing => None,
            Answer::Raw(_) => Some(Outgoing::raw(body.bytes)),
            _ => Some(Outgoing::envelope(&body, &decoration, received.version, stream, framing)?),
        };
        Ok((outgoing, delivery))
    }

    fn refuse(self: &Arc<Self>, refusal: &Refusal) -> Result<(), EncodeError> {
        let world = self.node.world();
        let (version, stream, message) = match refusal {
            Refusal::Version { number, stream } => {
                let versions = world.versions().join(", ");
                let message = format!(
                    "Invalid or unsupported protocol version ({number}); supported versions are ({versions})"
                );
                (world.newest, *stream, message)
            }
            Refusal::Violation(violation) => (self.session().version, 0, violation.to_string()),
        };
        let framing = Framing::of(&self.session()).for_errors();
        let body = Body::error(code::PROTOCOL, &message)?;
        let answer = Outgoing::envelope(&body, &Decoration::default(), version, stream, framing)?;
        self.perform(Some(answer), &Delivery { then: Then::Close, ..Delivery::default() });
        Ok(())
    }

    /// Tells the client of `event`, if it asked for events of its kind.
    pub(super) fn tell(self: &Arc<Self>, event: &Event) -> Result<bool, EncodeError> {
        let session = self.session();
        if !session.events.contains(&event.event_type()) {
            return Ok(false);
        }
        let body = Body::new(ResponseOpcode::Event, |out| event.encode(out))?;
        let framing = Framing::of(&session);
        let answer = Outgoing::envelope(&body, &Decoration::default(), session.version, EVENTS, framing)?;
        drop(session);
        // Whoever pushes events must not wait for a node that is paused or a client that does not read.
        self.put_off(Some(answer), Delivery::default());
        Ok(true)
    }

    fn deliver(self: &Arc<Self>, outgoing: Option<Outgoing>, delivery: Delivery) {
        if delivery.delay.is_zero() && delivery.pieces.is_none() {
            self.perform(outgoing, &delivery);
            return;
        }
        self.put_off(outgoing, delivery);
    }

    fn put_off(self: &Arc<Self>, outgoing: Option<Outgoing>, delivery: Delivery) {
        let sender = self.later.get_or_init(|| later(self));
        // The thread ends with the connection; then there is nobody to answer.
        let _ = sender.send(Later { due: Instant::now() + delivery.delay, outgoing, delivery });
    }

    fn perform(&self, outgoing: Option<Outgoing>, delivery: &Delivery) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outgoing) = outgoing {
            gathered.push(outgoing);
            if gathered.len() < delivery.gathered {
                return;
            }
            if delivery.reversed {
                gathered.reverse();
            }
            let bytes = wire(&gathered, delivery);
            gathered.clear();
            let pause = delivery.pieces.map_or(SPLIT_PAUSE, |(_, pause)| pause);
            for (number, piece) in pieces(&bytes, delivery).into_iter().enumerate() {
                if number > 0 {
                    thread::sleep(pause);
                }
                self.node.gate().pass();
                if self.is_closed() || (&self.socket).write_all(piece).is_err() {
                    return;
                }
            }
        }
        match delivery.then {
            Then::Go => {}
            Then::Close => self.close(),
            Then::Reset => self.reset(),
            Then::StopReading => self.reading.shut(),
        }
    }
}

/// The thread that answers later. It does not keep the connection alive.
fn later(connection: &Arc<Connection>) -> Sender<Later> {
    let (sender, waiting) = mpsc::channel::<Later>();
    let connection: Weak<Connection> = Arc::downgrade(connection);
    thread::spawn(move || {
        let mut due: Vec<Later> = Vec::new();
        loop {
            // Of two that are due at the same time, the first to come goes first.
            let next = due.iter().enumerate().min_by_key(|(at, later)| (later.due, *at)).map(|(at, _)| at);
            let patience =
                next.map_or(Duration::MAX, |at| due[at].due.saturating_duration_since(Instant::now()));
            match waiting.recv_timeout(patience) {
                Ok(later) => due.push(later),
                Err(RecvTimeoutError::Timeout) => {
                    let Some(connection) = connection.upgrade() else { return };
                    if let Some(at) = next {
                        let later = due.remove(at);
                        connection.perform(later.outgoing, &later.delivery);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
    sender
}

fn keyspace_of(request: &Request) -> Option<String> {
    match request {
        Request::Query(query) => query.parameters.keyspace.clone(),
        Request::Execute(execute) => execute.parameters.keyspace.clone(),
        Request::Prepare(prepare) => prepare.keyspace.clone(),
        Request::Batch(batch) => batch.keyspace.clone(),
        _ => None,
    }
}
