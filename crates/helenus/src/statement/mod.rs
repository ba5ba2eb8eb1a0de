//! Statements: what is known of one before it is sent.

pub mod routing_key;
