//! A default of a type that has none.
use helenus::FromRow;

#[derive(FromRow)]
struct User {
    id: i32,
    #[helenus(default)]
    address: std::net::IpAddr,
    #[helenus(default = nowhere)]
    other: i32,
}

fn main() {}
