//! A type that is a value and not a row, and values that are bound without a tuple.
use helenus::{BoundStatement, PreparedStatement, ResultSet};

fn read(result: &ResultSet) -> Option<String> {
    result.first_as::<String>().unwrap()
}

fn bind(prepared: &PreparedStatement) -> BoundStatement {
    prepared.bind(7_i32).unwrap()
}

fn main() {}
