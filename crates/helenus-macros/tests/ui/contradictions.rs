//! Attributes that cannot be true together.
use helenus::{FromRow, FromUdt};

#[derive(FromRow)]
#[helenus(allow_extra, deny_extra)]
struct Both {
    id: i32,
}

#[derive(FromRow)]
struct SkippedAndRenamed {
    #[helenus(skip, rename = "x")]
    id: i32,
    name: String,
}

#[derive(FromRow)]
#[helenus(by = "name")]
struct Tuple(i32, String);

#[derive(FromRow)]
#[helenus(by = "position", rename_all = "camelCase")]
struct Position {
    #[helenus(rename = "x")]
    id: i32,
}

#[derive(FromUdt)]
struct FlattenedUserType {
    #[helenus(flatten)]
    id: Both,
}

fn main() {}
