//! The scripted mock, seen from a client that is a few lines of blocking code: what it answers by itself, what rules do
//! to answers, how nodes come and go.

mod client;
mod handshake;
mod mishaps;
mod nodes;
mod proxy;
mod statements;
