//! Types in CQL read and printed: as people write them, as they are generated, and as nonsense.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;

use super::super::strategy::{cql_type, many_cases};
use super::*;

fn without_user_types(_: Option<&str>, _: &str) -> Option<Arc<UserType>> {
    None
}

fn read(text: &str) -> Result<CqlType, DecodeError> {
    CqlType::from_cql(text, &without_user_types)
}

/// The user types of a type by name; `None` where two of one name differ, which CQL text cannot tell apart.
fn user_types(cql_type: &CqlType, found: &mut HashMap<String, Arc<UserType>>) -> Option<()> {
    match cql_type {
        CqlType::Frozen(inner) | CqlType::List(inner) | CqlType::Set(inner) | CqlType::Vector(inner, _) => {
            user_types(inner, found)
        }
        CqlType::Map(key, value) => {
            user_types(key, found)?;
            user_types(value, found)
        }
        CqlType::Tuple(elements) => elements.iter().try_for_each(|element| user_types(element, found)),
        CqlType::Udt(udt) => {
            let known = found.entry(udt.name.clone()).or_insert_with(|| udt.clone());
            (known == udt).then_some(())
        }
        _ => Some(()),
    }
}

proptest! {
    #![proptest_config(many_cases())]

    #[test]
    fn what_is_printed_is_read_again(printed in cql_type()) {
        let mut known = HashMap::new();
        prop_assume!(user_types(&printed, &mut known).is_some());
        let resolve = |keyspace: Option<&str>, name: &str| {
            assert_eq!(keyspace, None);
            known.get(name).cloned()
        };
        let text = printed.to_string();
        prop_assert_eq!(CqlType::from_cql(&text, &resolve).unwrap(), printed, "{}", text);
    }

    #[test]
    fn any_text_is_a_type_or_an_error(text in r#"(list|map|set|tuple|vector|frozen|int|[<>,'". é0-9]){0,30}|\PC{0,40}"#) {
        let any = |_: Option<&str>, name: &str| {
            Some(Arc::new(UserType { keyspace: "k".into(), name: name.into(), fields: Vec::new() }))
        };
        if let Ok(read) = CqlType::from_cql(&text, &any) {
            prop_assert_eq!(CqlType::from_cql(&read.to_string(), &any), Ok(read));
        }
    }
}

#[test]
fn words_are_of_any_case_and_blanks_do_not_matter() {
    let list = CqlType::Frozen(Arc::new(CqlType::List(Arc::new(CqlType::Int))));
    let expected = CqlType::Map(Arc::new(CqlType::Text), Arc::new(list));
    for text in [
        "map<text, frozen<list<int>>>",
        "MAP<VarChar,Frozen<LIST<INT>>>",
        " map < text\t,\nfrozen<list< int > > > ",
    ] {
        assert_eq!(read(text).unwrap(), expected, "{text}");
    }
    assert_eq!(read("vector<float, 3>").unwrap(), CqlType::Vector(Arc::new(CqlType::Float), 3));
    assert_eq!(read("tuple<int,text>").unwrap(), CqlType::Tuple([CqlType::Int, CqlType::Text].into()));
}

#[test]
fn user_types_are_asked_for_as_they_are_written() {
    let asked = RefCell::new(Vec::new());
    let resolve = |keyspace: Option<&str>, name: &str| {
        asked.borrow_mut().push((keyspace.map(str::to_owned), name.to_owned()));
        Some(Arc::new(UserType { keyspace: "k".into(), name: name.into(), fields: Vec::new() }))
    };
    for text in ["Address", "\"Ad\"\"dress\"", "ks . \"int\"", "\"K s\".Address", "list<address>"] {
        CqlType::from_cql(text, &resolve).unwrap();
    }
    let some = |keyspace: &str| Some(keyspace.to_owned());
    let expected = [
        (None, "address"),
        (None, "Ad\"dress"),
        (some("ks"), "int"),
        (some("K s"), "address"),
        (None, "address"),
    ];
    let asked = asked.into_inner();
    assert_eq!(asked, expected.map(|(keyspace, name)| (keyspace, name.to_owned())));
}

#[test]
fn a_string_is_a_class_name() {
    assert_eq!(read("'com.example.Shape(a=>b)'").unwrap(), CqlType::Custom("com.example.Shape(a=>b)".into()));
    assert_eq!(
        read("list<'org.apache.cassandra.db.marshal.Int32Type'>").unwrap(),
        CqlType::List(Arc::new(CqlType::Int))
    );
    assert_eq!(read("empty").unwrap(), CqlType::Custom("org.apache.cassandra.db.marshal.EmptyType".into()));
    assert_eq!(read("empty").unwrap().to_string(), "empty");
}

#[test]
fn a_user_type_named_like_a_type_is_quoted() {
    for (name, printed) in [("address", "address"), ("Address", "\"Address\""), ("int", "\"int\"")] {
        let user_type = UserType { keyspace: "k".into(), name: name.into(), fields: Vec::new() };
        assert_eq!(CqlType::Udt(Arc::new(user_type)).to_string(), printed);
    }
}

#[test]
fn nonsense_is_refused_where_it_stands() {
    for (text, offset) in [
        ("", 0),
        ("list<>", 5),
        ("list<int", 8),
        ("list<int>>", 9),
        ("list<int,int>", 8),
        ("map<int>", 7),
        ("int<int>", 0),
        ("int int", 4),
        ("vector<float, 0>", 14),
        ("vector<float, -1>", 14),
        ("vector<float, 2147483648>", 14),
        ("vector<float>", 12),
        ("list<address>", 5),
        ("\"address", 0),
        ("'com.example", 0),
        ("'com.example.Shape('", 19),
        ("ks.", 3),
        ("tuple<int,>", 10),
        ("é", 0),
    ] {
        let error = read(text).unwrap_err();
        assert_eq!(error.offset, offset, "{text}: {error}");
    }
}

#[test]
fn nesting_has_a_limit_and_no_stack_overflows() {
    let nested = |depth: usize| format!("{}int{}", "list<".repeat(depth), ">".repeat(depth));
    let outcome = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
        assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
        assert!(read(&nested(MAX_DEPTH)).is_err());
        assert!(read(&nested(10_000)).is_err());
    });
    outcome.unwrap().join().unwrap();
}
