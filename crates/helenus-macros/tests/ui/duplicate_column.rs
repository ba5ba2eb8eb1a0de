//! Two fields for one column.
use helenus::FromRow;

#[derive(FromRow)]
struct User {
    id: i32,
    #[helenus(rename = "id")]
    other: i32,
}

#[derive(FromRow)]
#[helenus(rename_all = "lowercase")]
struct Spelled {
    user_id: i32,
    userid: i32,
}

fn main() {}
