//! Text that is borrowed from a page lives as long as the page.
use helenus::{FromRow, ResultSet};

#[derive(FromRow)]
struct User<'a> {
    name: &'a str,
}

fn name(result: ResultSet) -> Option<&'static str> {
    result.first_as::<User>().unwrap().map(|user| user.name)
}

fn stream(result: ResultSet) {
    let _ = result.into_rows::<User>();
}

fn main() {}
