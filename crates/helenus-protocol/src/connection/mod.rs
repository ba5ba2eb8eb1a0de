//! The machine that one socket runs, in two halves that never wait for each other.
//!
//! * [`Sender`] is what callers touch: it allots stream ids and gathers envelopes. [`Outgoing`] turns what has gathered
//!   into bytes for the socket.
//! * [`Receiver`] belongs to whoever reads the socket at the moment: bytes in, envelopes out. Each envelope's stream is
//!   then told to the sender ([`Sender::answer`]), which says whose it is.
//! * [`handshake`] is how both begin, [`Heartbeat`] how a silent server is found out.
//!
//! The order for whoever drives them: read the socket into [`Receiver::buffer`]; [`Receiver::poll_envelope`] until it
//! gives `None`; [`Sender::answer`] for each; then [`Outgoing::gather`] and [`Outgoing::poll_transmit`] until nothing is
//! left; then sleep until [`Sender::poll_timeout`] or [`Heartbeat::poll_timeout`], whichever is first. Any error of the
//! receiver, an answer for [`Answered::Nobody`] and a lost heartbeat end the connection: [`Sender::close`] gives back
//! what waits, with whether it may have reached the server.

mod burst;
pub mod handshake;
mod heartbeat;
mod receiver;
mod sender;
mod streams;

pub use heartbeat::{Beat, Heartbeat};
pub use receiver::Receiver;
pub use sender::{Body, Outgoing, Refused, Sender, Sent};
pub use streams::{Answered, MAX_STREAMS, Pending, Streams};
