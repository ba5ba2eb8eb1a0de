//! `ToRow`.

use helenus_macros::ToRow;
use helenus_protocol::notation::Value;
use helenus_protocol::value::MaybeUnset;

use super::*;
use crate::statement::to_row::{ToRow, serialize};

#[derive(ToRow)]
#[helenus(crate = crate)]
struct User<'a> {
    id: i32,
    name: &'a str,
    email: Option<String>,
}

const ID: (&str, CqlType) = ("id", CqlType::Int);
const NAME: (&str, CqlType) = ("name", CqlType::Text);
const EMAIL: (&str, CqlType) = ("email", CqlType::Text);

/// The bytes of each value; `None` is null, and not set is told as such.
fn written<R: ToRow>(row: &R, of: &[(&str, CqlType)]) -> Vec<Option<Vec<u8>>> {
    let owned = |value: Value<&[u8]>| match value {
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        Value::Null => None,
        Value::Unset => Some(b"unset".to_vec()),
    };
    let values = serialize(row, &columns(of)).expect("it fits");
    values.iter().map(|(_, value)| owned(value)).collect()
}

#[track_caller]
fn refusal<R: ToRow>(row: &R, of: &[(&str, CqlType)]) -> String {
    serialize(row, &columns(of)).expect_err("it is refused").to_string()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

#[test]
fn markers_are_served_by_name() {
    let dido = User { id: 7, name: "Dido", email: None };
    assert_eq!(written(&dido, &[ID, NAME, EMAIL]), [bytes("\0\0\0\x07"), bytes("Dido"), None]);
    assert_eq!(written(&dido, &[EMAIL, ID, NAME]), [None, bytes("\0\0\0\x07"), bytes("Dido")]);
    // `:id` may stand in a statement more than once.
    assert_eq!(written(&&dido, &[ID, NAME, EMAIL, ID])[3], bytes("\0\0\0\x07"));
    assert!(dido.is_by_name() && ToRow::is_by_name(&&dido) && !(1,).is_by_name());
}

#[test]
fn what_is_missing_unknown_or_of_another_type_is_named() {
    let dido = User { id: 7, name: "Dido", email: Some("secret".into()) };
    for (columns, expected) in [
        (
            &[ID, NAME][..],
            "cannot encode User.email (Option<String>): the statement has no bind marker \"email\"; there is \"id\", \
             \"name\". If this statement is not to write the field, let #[helenus(allow_extra)] leave it out",
        ),
        (
            &[ID, NAME, EMAIL, ("age", CqlType::Int)],
            "cannot encode User: no field is for the bind marker \"age\" (int); there is \"id\", \"name\", \"email\"",
        ),
        (
            &[ID, NAME, ("email", CqlType::Int)],
            "cannot encode User.email (Option<String>): bind value \"email\": a Rust str: the CQL type is int",
        ),
    ] {
        assert_eq!(refusal(&dido, columns), expected);
    }
}

#[test]
fn attributes_count_here_too() {
    #[derive(ToRow)]
    #[helenus(crate = crate, rename_all = "PascalCase", allow_extra)]
    struct Renamed {
        user_id: i32,
        #[helenus(rename = "e-mail")]
        email: MaybeUnset<&'static str>,
        #[helenus(skip)]
        #[expect(dead_code, reason = "it is never written")]
        note: u8,
    }
    let row = Renamed { user_id: 1, email: MaybeUnset::Unset, note: 0 };
    let user_id = ("UserId", CqlType::Int);
    assert_eq!(
        written(&row, &[("e-mail", CqlType::Text), user_id.clone()]),
        [bytes("unset"), bytes("\0\0\0\x01")]
    );
    assert_eq!(written(&row, &[user_id]), [bytes("\0\0\0\x01")]);
    assert!(refusal(&row, &[("note", CqlType::Tinyint)]).contains("\"note\" (tinyint)"));
}

#[test]
fn by_position_and_in_parts() {
    #[derive(ToRow)]
    #[helenus(crate = crate)]
    struct Pair<T>(T, &'static str);
    assert_eq!(written(&Pair(7, "x"), &[ID, NAME]), [bytes("\0\0\0\x07"), bytes("x")]);
    let few = refusal(&Pair(7, "x"), &[ID]);
    assert_eq!(few, "cannot encode Pair: the statement has 1 bind markers, 2 values are given");
    let wrong = refusal(&Pair(7, "x"), &[NAME, NAME]);
    assert_eq!(wrong, "cannot encode Pair.0 (T): bind value \"name\": a Rust i32: the CQL type is text");

    #[derive(ToRow)]
    #[helenus(crate = crate)]
    struct Place {
        city: String,
    }
    #[derive(ToRow)]
    #[helenus(crate = crate)]
    struct Person<P> {
        #[helenus(flatten)]
        first: P,
        id: i32,
        #[helenus(flatten)]
        user: User<'static>,
    }
    let user = || User { id: 0, name: "Dido", email: None };
    let person = Person { first: Place { city: "Carthage".into() }, id: 7, user: user() };
    // The outer `id` is the one that is written, and the inner one has no marker left: that is told.
    let error = refusal(&person, &[ID, NAME, EMAIL, ("city", CqlType::Text)]);
    assert!(error.contains("User.id (i32)"), "{error}");
    #[derive(ToRow)]
    #[helenus(crate = crate)]
    struct Both {
        #[helenus(flatten)]
        place: Place,
        #[helenus(flatten)]
        user: User<'static>,
    }
    let both = Both { place: Place { city: "Carthage".into() }, user: user() };
    let all = [EMAIL, ("city", CqlType::Text), ID, NAME];
    assert_eq!(written(&both, &all), [None, bytes("Carthage"), bytes("\0\0\0\0"), bytes("Dido")]);
    assert!(refusal(&both, &all[..3]).contains("User.name (&'a str)"));
}

#[test]
fn maps_go_by_name() {
    use std::collections::{BTreeMap, HashMap};
    let pairs = [("id", 7), ("age", 8)];
    let age = ("age", CqlType::Int);
    let expected = [bytes("\0\0\0\x08"), bytes("\0\0\0\x07")];
    assert_eq!(written(&HashMap::from(pairs), &[age.clone(), ID]), expected);
    assert_eq!(
        written(&BTreeMap::from(pairs.map(|(name, value)| (name.to_owned(), value))), &[age, ID]),
        expected
    );
    let map = BTreeMap::from(pairs);
    assert_eq!(refusal(&map, &[ID]), "cannot encode bind values: the statement has no bind marker \"age\"");
    let missing = refusal(&map, &[ID, ("age", CqlType::Int), NAME]);
    assert_eq!(missing, "cannot encode bind values: there is no value for the bind marker \"name\" (text)");
}
