//! Mistyped attributes are told with those that were probably meant.
use helenus::{FromRow, ToRow};

#[derive(FromRow)]
#[helenus(rename_al = "camelCase")]
struct Mistyped {
    #[helenus(renam = "e-mail")]
    email: String,
}

#[derive(FromRow)]
struct OfAnotherLibrary {
    #[helenus(primary_key)]
    id: i32,
}

#[derive(ToRow)]
#[helenus(rename = "x")]
struct OfAField {
    #[helenus(allow_extra)]
    id: i32,
}

fn main() {}
