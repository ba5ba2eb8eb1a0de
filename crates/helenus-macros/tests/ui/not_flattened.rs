//! Parts of a row that are no structs with named fields.
use helenus::{FromRow, ToRow};

#[derive(FromRow, ToRow)]
struct Pair(i32, i32);

#[derive(FromRow, ToRow)]
struct Line {
    name: String,
    #[helenus(flatten)]
    pair: Pair,
}

fn main() {}
