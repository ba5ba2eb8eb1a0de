//! Nothing can be made of no columns.
use helenus::{FromUdt, ToRow};

#[derive(ToRow)]
struct Nothing;

#[derive(FromUdt)]
struct AllSkipped {
    #[helenus(skip)]
    note: String,
}

fn main() {}
