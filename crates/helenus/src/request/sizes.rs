//! What a request takes in memory: thousands of them are under way at a time, and each is moved into its place. Whoever makes
//! one of these larger should know it, and whether what is new could be a box that few have.

use std::mem::size_of;
use std::sync::Arc;

use helenus_protocol::connection::{Pending, Streams};
use helenus_protocol::envelope::Envelope;

use super::completion::{Waiter, Waiters};
use super::execution::Execution;
use super::{Message, Outcome, Request, State, Token};
use crate::cluster::Host;
use crate::future::ResponseFuture;
use crate::result::ResultSet;
use crate::statement::Statement;

#[test]
fn a_request_is_no_larger_than_it_was() {
    let sizes = [
        ("Token", size_of::<Token>(), 16),
        ("Pending", size_of::<Pending<Token>>(), 40),
        ("Streams", size_of::<Streams<Token>>(), 72),
        ("Envelope", size_of::<Envelope>(), 48),
        ("Waiter", size_of::<Waiter>(), 24),
        ("Waiters", size_of::<Waiters>(), 48),
        ("Statement", size_of::<Statement>(), 64),
        ("Message", size_of::<Message>(), 80),
        ("Execution", size_of::<Execution<Arc<Host>>>(), 248),
        ("Outcome", size_of::<Outcome>(), 80),
        ("State", size_of::<State>(), 496),
        ("Request", size_of::<Request>(), 736),
        ("ResponseFuture", size_of::<ResponseFuture>(), 16),
        ("ResultSet", size_of::<ResultSet>(), 152),
    ];
    for (name, size, limit) in sizes {
        assert!(size <= limit, "{name} has {size} bytes; {limit} were enough. All: {sizes:?}");
    }
}
