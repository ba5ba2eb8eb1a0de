//! Only structs have fields that all are there at once.
use helenus::FromRow;

#[derive(FromRow)]
enum Animal {
    Cat { name: String },
    Dog { name: String },
}

fn main() {}
