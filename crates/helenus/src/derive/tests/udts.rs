//! `FromUdt` and `ToUdt`.

use std::collections::BTreeMap;

use helenus_macros::{FromUdt, ToUdt};
use helenus_protocol::value::DecodeValue;
use helenus_protocol::{DecodeError, EncodeError};

use super::*;

#[derive(Debug, PartialEq, FromUdt, ToUdt)]
#[helenus(crate = crate)]
struct Address<'a> {
    street: &'a str,
    zip: Option<i32>,
}

fn street() -> (&'static str, CqlType) {
    ("street", CqlType::Text)
}

fn zip() -> (&'static str, CqlType) {
    ("zip", CqlType::Int)
}

fn encoded<T: EncodeValue>(value: &T, cql_type: &CqlType) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    value.encode(cql_type, &mut bytes).map(|_| bytes)
}

fn decoded<'a, T: DecodeValue<'a>>(cql_type: &CqlType, bytes: &'a [u8]) -> Result<T, DecodeError> {
    T::check(cql_type)?;
    T::decode(cql_type, Some(bytes))
}

const BYTES: &[u8] = b"\0\0\0\x04Main\0\0\0\x04\0\0\0\x08";

#[test]
fn fields_go_by_name_both_ways() {
    let main = Address { street: "Main", zip: Some(8) };
    let address = user_type("address", &[street(), zip()]);
    assert_eq!(encoded(&main, &address).unwrap(), BYTES);
    let read: Address<'_> = decoded(&address, BYTES).unwrap();
    assert_eq!(read, main);
    assert_eq!(read.street.as_ptr(), BYTES[4..].as_ptr());
    let turned = CqlType::Frozen(Arc::new(user_type("address", &[zip(), street()])));
    let bytes = encoded(&main, &turned).unwrap();
    assert_eq!(bytes, b"\0\0\0\x04\0\0\0\x08\0\0\0\x04Main");
    assert_eq!(decoded::<Address<'_>>(&turned, &bytes).unwrap(), main);
}

#[test]
fn older_values_lack_the_last_fields_and_newer_types_have_more() {
    let address = user_type("address", &[street(), zip()]);
    let short: Address<'_> = decoded(&address, &BYTES[..8]).unwrap();
    assert_eq!(short, Address { street: "Main", zip: None });
    // A field that the struct does not know, in front, between and at the end.
    let country = ("country", CqlType::Text);
    let newer = user_type(
        "address",
        &[country.clone(), street(), ("floor", CqlType::Int), zip(), ("note", CqlType::Text)],
    );
    let bytes = encoded(&short, &newer).unwrap();
    assert_eq!(bytes, b"\xFF\xFF\xFF\xFF\0\0\0\x04Main\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
    assert_eq!(decoded::<Address<'_>>(&newer, &bytes).unwrap(), short);
    // Nothing is lost that the server knows and this type's description does not yet.
    let with_more = [BYTES, b"\0\0\0\x01x"].concat();
    assert_eq!(decoded::<Address<'_>>(&address, &with_more).unwrap().zip, Some(8));

    #[derive(Debug, FromUdt, ToUdt)]
    #[helenus(crate = crate, deny_extra)]
    struct Strict {
        street: String,
    }
    let strict = Strict { street: "Main".into() };
    let why = "no field is for \"zip\" of the user type k.address";
    assert_eq!(encoded(&strict, &address).unwrap_err().to_string(), format!("cannot encode Strict: {why}"));
    assert_eq!(Strict::check(&address).unwrap_err().to_string(), format!("cannot read Strict: {why}"));
    assert_eq!(
        Strict::decode(&address, Some(BYTES)).unwrap_err().to_string(),
        format!("cannot read Strict: {why}")
    );
    assert_eq!(decoded::<Strict>(&user_type("address", &[street()]), &BYTES[..8]).unwrap().street, "Main");
}

#[test]
fn what_does_not_fit_is_named() {
    let main = Address { street: "Main", zip: Some(8) };
    let without_zip = user_type("address", &[street()]);
    let error = encoded(&main, &without_zip).unwrap_err().to_string();
    let why = "the user type k.address has no field \"zip\"; there is \"street\"";
    assert_eq!(error, format!("cannot encode Address.zip (Option<i32>): {why}"));
    let error = Address::check(&without_zip).unwrap_err().to_string();
    assert_eq!(error, format!("cannot read Address.zip (Option<i32>): {why}"));
    assert_eq!(Address::decode(&without_zip, Some(&BYTES[..8])).unwrap_err().to_string(), error);

    let wrong = user_type("address", &[street(), ("zip", CqlType::Text)]);
    let error = encoded(&main, &wrong).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot encode Address.zip (Option<i32>) as field \"zip\": a Rust i32: the CQL type is text"
    );
    let error = Address::check(&wrong).unwrap_err().to_string();
    let expected = "cannot read field \"zip\" of k.address into Address.zip (Option<i32>): a Rust i32: the CQL type is text";
    assert_eq!(error, expected);

    let address = user_type("address", &[street(), zip()]);
    let null = [&[0xFF; 4][..], &BYTES[8..]].concat();
    let error = decoded::<Address<'_>>(&address, &null).unwrap_err().to_string();
    assert!(
        error.contains("\"street\" of k.address into Address.street (&'a str)") && error.contains("null"),
        "{error}"
    );
    let error = Address::decode(&address, None).unwrap_err().to_string();
    assert_eq!(error, "cannot read a Rust Address: the value is null, which an Option takes");
    let error = encoded(&main, &CqlType::Text).unwrap_err().to_string();
    assert_eq!(error, "cannot encode a Rust Address: the CQL type is text");
    assert!(Address::check(&CqlType::Text).unwrap_err().is_misread());
    for cut in 1..BYTES.len() {
        let read = decoded::<Address<'_>>(&address, &BYTES[..cut]);
        assert_eq!(read.is_ok(), cut == 8, "{cut}: {read:?}");
    }
}

#[test]
fn defaults_skipped_fields_and_positions() {
    #[derive(Debug, PartialEq, FromUdt, ToUdt)]
    #[helenus(crate = crate)]
    struct Place {
        #[helenus(rename = "zip")]
        code: Option<i32>,
        #[helenus(skip, default = String::new)]
        note: String,
    }
    #[derive(Debug, PartialEq, FromUdt)]
    #[helenus(crate = crate)]
    struct Defaulting {
        #[helenus(default)]
        country: String,
        street: String,
    }
    #[derive(Debug, PartialEq, FromUdt, ToUdt)]
    #[helenus(crate = crate)]
    struct Pair(String, Option<i32>);

    let address = user_type("address", &[street(), zip()]);
    assert_eq!(decoded::<Place>(&address, BYTES).unwrap(), Place { code: Some(8), note: String::new() });
    let place = Place { code: Some(8), note: "unsaid".into() };
    assert_eq!(encoded(&place, &address).unwrap(), b"\xFF\xFF\xFF\xFF\0\0\0\x04\0\0\0\x08");
    assert_eq!(
        decoded::<Defaulting>(&address, BYTES).unwrap(),
        Defaulting { country: String::new(), street: "Main".into() }
    );
    let pair = Pair("Main".into(), Some(8));
    assert_eq!(decoded::<Pair>(&address, BYTES).unwrap(), pair);
    assert_eq!(encoded(&pair, &address).unwrap(), BYTES);
    let one = user_type("address", &[street()]);
    let error = encoded(&pair, &one).unwrap_err().to_string();
    assert_eq!(error, "cannot encode Pair: it has 2 fields, the user type k.address has 1");
    let error = Pair::check(&one).unwrap_err().to_string();
    assert_eq!(error, "cannot read Pair.1 (Option<i32>): the user type k.address has only 1 fields");
}

#[test]
fn user_types_nest_in_collections_and_in_each_other() {
    #[derive(Debug, PartialEq, FromUdt, ToUdt)]
    #[helenus(crate = crate)]
    struct Person<T> {
        homes: BTreeMap<String, T>,
        work: Option<T>,
    }
    let address = Arc::new(user_type("address", &[street(), zip()]));
    let homes = CqlType::Map(Arc::new(CqlType::Text), Arc::clone(&address));
    let person = user_type("person", &[("homes", homes), ("work", (*address).clone())]);
    let people = CqlType::List(Arc::new(person));
    let all = vec![Person {
        homes: BTreeMap::from([("summer".to_owned(), Address { street: "Main", zip: None })]),
        work: Some(Address { street: "Wall", zip: Some(5) }),
    }];
    let bytes = encoded(&all, &people).unwrap();
    assert_eq!(decoded::<Vec<Person<Address<'_>>>>(&people, &bytes).unwrap(), all);
    let error = <Vec<Person<i32>>>::check(&people).unwrap_err().to_string();
    assert!(
        error.contains("element: field \"homes\" of k.person into Person.homes (BTreeMap<String, T>): value"),
        "{error}"
    );
}
