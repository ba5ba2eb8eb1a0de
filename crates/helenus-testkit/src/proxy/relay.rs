//! Performs what two lanes decide for one connection: reads, writes, closes and resets two sockets. A thread a connection.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

use super::Shared;
use super::knobs::{Knobs, Towards};
use super::lane::Lane;

/// How long a node may take to let a connection in.
const PATIENCE: Duration = Duration::from_secs(5);

/// One way: where its bytes come from and go to, and what becomes of them in between.
struct Way<'a> {
    from: &'a TcpStream,
    to: &'a TcpStream,
    lane: Lane,
    towards: Towards,
    /// Its end has been passed on.
    shut: bool,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Both sides have said that they are done.
    Closed,
    /// One side has broken it off, or we have.
    Reset,
}

/// Serves one client until the connection's end. `number` is the connection's own.
pub(super) fn serve(shared: &Arc<Shared>, client: &TcpStream, number: u64) {
    let end = connect(shared).and_then(|node| {
        let end = relay(shared, client, &node, number);
        if !matches!(end, Ok(End::Closed)) {
            abort(&node);
        }
        end
    });
    if !matches!(end, Ok(End::Closed)) {
        abort(client);
    }
}

fn connect(shared: &Shared) -> io::Result<TcpStream> {
    let node = TcpStream::connect_timeout(&shared.target, PATIENCE)?;
    node.set_nodelay(true)?;
    node.set_nonblocking(true)?;
    Ok(node)
}

/// Has the socket's other side see a reset once the socket is dropped.
fn abort(socket: &TcpStream) {
    // Where it cannot be set, the other side sees an ordinary end.
    let _without = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}

fn relay(shared: &Shared, client: &TcpStream, node: &TcpStream, number: u64) -> io::Result<End> {
    client.set_nodelay(true)?;
    client.set_nonblocking(true)?;
    let mut rng = Rng::with_seed(shared.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut way = |from, to, towards| {
        let lane = Lane::new(towards == Towards::Client && shared.reads_answers, rng.fork());
        Way { from, to, lane, towards, shut: false }
    };
    let mut ways = [way(client, node, Towards::Node), way(node, client, Towards::Client)];
    let mut buffer = vec![0; 64 * 1024];
    loop {
        if shared.is_broken(number) {
            return Ok(End::Reset);
        }
        let mut wait = None;
        for way in &mut ways {
            let knobs = shared.knobs(way.towards);
            let now = Instant::now();
            if way.lane.is_reset(&knobs, now) {
                shared.note_reset();
                return Ok(End::Reset);
            }
            way.pump(&knobs, &mut buffer, now)?;
            shared.note(way.lane.take_deeds());
            let next = way.lane.poll_timeout(&knobs).map(|at| at.saturating_duration_since(Instant::now()));
            wait = [wait, next].into_iter().flatten().min();
        }
        if ways.iter().all(|way| way.shut) {
            return Ok(End::Closed);
        }
        sleep(shared, &ways, wait.unwrap_or(Lane::LOOK).min(Lane::LOOK))?;
    }
}

impl Way<'_> {
    /// Takes what has come and passes on what is due.
    fn pump(&mut self, knobs: &Knobs, buffer: &mut [u8], now: Instant) -> io::Result<()> {
        while self.lane.wants_bytes(knobs) {
            match self.from.read(buffer) {
                Ok(0) => self.lane.handle_end(),
                Ok(count) => {
                    self.lane.handle_bytes(&buffer[..count], knobs, now).map_err(io::Error::other)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        loop {
            let bytes = self.lane.poll_transmit(knobs, now);
            if bytes.is_empty() {
                break;
            }
            match self.to.write(bytes) {
                Ok(count) => self.lane.handle_accepted(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if self.lane.is_over() && !self.shut && !knobs.hold {
            self.shut = true;
            // The other side may be gone already.
            let _gone = self.to.shutdown(Shutdown::Write);
        }
        Ok(())
    }
}

/// Sleeps until a socket can be used or `wait` is over.
fn sleep(shared: &Shared, ways: &[Way<'_>; 2], wait: Duration) -> io::Result<()> {
    let mut fds = Vec::with_capacity(4);
    for way in ways {
        let knobs = shared.knobs(way.towards);
        if way.lane.wants_bytes(&knobs) {
            fds.push(PollFd::new(way.from, PollFlags::IN));
        }
        if way.lane.has_going(&knobs) {
            fds.push(PollFd::new(way.to, PollFlags::OUT));
        }
    }
    let wait = Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
    match poll(&mut fds, Some(&wait)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
