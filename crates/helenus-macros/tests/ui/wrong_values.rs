//! Values of attributes that are none.
use helenus::FromRow;

#[derive(FromRow)]
#[helenus(rename_all = "cammelCase")]
struct Rule {
    id: i32,
}

#[derive(FromRow)]
#[helenus(by = "order")]
struct By {
    id: i32,
}

#[derive(FromRow)]
struct NoString {
    #[helenus(rename = id)]
    id: i32,
}

#[derive(FromRow)]
struct NoValue {
    #[helenus(rename)]
    id: i32,
}

#[derive(FromRow)]
struct ValueOfAFlag {
    #[helenus(skip = true)]
    id: i32,
    name: String,
}

#[derive(FromRow)]
struct Twice {
    #[helenus(rename = "a", rename = "b")]
    id: i32,
}

fn main() {}
