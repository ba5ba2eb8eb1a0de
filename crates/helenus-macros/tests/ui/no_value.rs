//! Fields of types that are no CQL values.
use helenus::{FromRow, FromUdt, ToRow, ToUdt};

struct Opaque;

#[derive(FromRow, ToRow)]
struct User {
    id: i32,
    unsigned: u32,
    opaque: Option<Opaque>,
}

#[derive(FromUdt, ToUdt)]
struct Address {
    street: String,
    opaque: Opaque,
}

fn main() {}
