//! Class names read and printed: as servers write them, as they are generated, and as nonsense.

use proptest::prelude::*;

use super::super::strategy::{cql_type, many_cases};
use super::*;

proptest! {
    #![proptest_config(many_cases())]

    #[test]
    fn what_is_printed_is_read_again(printed in cql_type()) {
        let (read, reversed) = parse(&printed.class_name()).unwrap();
        prop_assert_eq!(read, printed);
        prop_assert!(!reversed);
    }

    #[test]
    fn any_text_is_a_type_or_an_error(text in r"[A-Za-z0-9(),:=>. \t-]{0,80}|(ListType|MapType|VectorType|UserType|TupleType|FrozenType|[(),: 0-9a-f]){0,30}|\PC{0,40}") {
        if let Ok((read, _)) = parse(&text) {
            prop_assert_eq!(parse(&read.class_name()), Ok((read, false)));
        }
    }
}

#[test]
fn every_native_class_has_its_type() {
    for (class, expected) in NATIVE {
        let spellings =
            [class.to_owned(), format!("{PACKAGE}{class}"), format!("\t{class} \n"), format!("{class}( )")];
        for text in spellings {
            assert_eq!(parse(&text).unwrap(), (expected.clone(), false), "{text}");
        }
    }
}

#[test]
fn nested_classes_as_a_server_prints_them() {
    let (read, _) = parse(
        "org.apache.cassandra.db.marshal.MapType(org.apache.cassandra.db.marshal.UTF8Type,\
         org.apache.cassandra.db.marshal.FrozenType(org.apache.cassandra.db.marshal.ListType(\
         org.apache.cassandra.db.marshal.VectorType(org.apache.cassandra.db.marshal.FloatType , 3))))",
    )
    .unwrap();
    let vector = CqlType::Vector(Arc::new(CqlType::Float), 3);
    let list = CqlType::Frozen(Arc::new(CqlType::List(Arc::new(vector))));
    assert_eq!(read, CqlType::Map(Arc::new(CqlType::Text), Arc::new(list)));
}

#[test]
fn a_user_type_has_its_names_in_hexadecimal() {
    let (read, _) = parse("UserType(ks,61646472,73747265657473:UTF8Type, 7a6970 : Int32Type)").unwrap();
    let expected = UserType {
        keyspace: "ks".into(),
        name: "addr".into(),
        fields: vec![("streets".into(), CqlType::Text), ("zip".into(), CqlType::Int)],
    };
    assert_eq!(read, CqlType::Udt(Arc::new(expected)));
}

#[test]
fn a_reversed_order_is_told_and_dropped() {
    assert_eq!(parse("ReversedType(Int32Type)").unwrap(), (CqlType::Int, true));
    assert_eq!(
        parse(" org.apache.cassandra.db.marshal.ReversedType( TimeUUIDType )").unwrap(),
        (CqlType::Timeuuid, true)
    );
}

#[test]
fn unknown_classes_keep_their_spelling() {
    for (text, custom) in [
        ("com.example.Point", "com.example.Point"),
        ("EmptyType", "org.apache.cassandra.db.marshal.EmptyType"),
        ("com.example.Shape(a=>UTF8Type,(x))", "com.example.Shape(a=>UTF8Type,(x))"),
        (
            "DynamicCompositeType(b=>BytesType)",
            "org.apache.cassandra.db.marshal.DynamicCompositeType(b=>BytesType)",
        ),
        (
            "CompositeType(UTF8Type,ColumnToCollectionType(6c:ListType(Int32Type)))",
            "org.apache.cassandra.db.marshal.CompositeType(UTF8Type,ColumnToCollectionType(6c:ListType(Int32Type)))",
        ),
        // A native class with parameters is not the native type.
        ("LongType(reversed=true)", "org.apache.cassandra.db.marshal.LongType(reversed=true)"),
    ] {
        assert_eq!(parse(text).unwrap().0, CqlType::Custom(custom.into()), "{text}");
    }
    let (list, _) = parse("ListType(com.example.Shape(a(b),c) )").unwrap();
    assert_eq!(list, CqlType::List(Arc::new(CqlType::Custom("com.example.Shape(a(b),c)".into()))));
}

#[test]
fn nonsense_is_refused_where_it_stands() {
    for (text, offset) in [
        ("", 0),
        ("  ", 2),
        ("ListType", 8),
        ("ListType(", 9),
        ("ListType(Int32Type", 18),
        ("ListType(Int32Type))", 19),
        ("ListType(Int32Type,Int32Type)", 18),
        ("MapType(Int32Type)", 17),
        ("Int32Type Int32Type", 10),
        ("VectorType(FloatType,0)", 21),
        ("VectorType(FloatType , -1)", 23),
        ("VectorType(FloatType , 2147483648)", 23),
        ("VectorType(FloatType , +3)", 23),
        ("VectorType(FloatType)", 20),
        ("UserType(ks,zz)", 12),
        ("UserType(ks,616)", 12),
        ("UserType(ks,ff)", 12),
        ("UserType(ks,61,62)", 17),
        ("com.example.Shape(a(b)", 22),
        ("é", 0),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.offset, offset, "{text}: {error}");
    }
}

/// W8 of docs/promises.md.
#[test]
fn nesting_has_a_limit_and_no_stack_overflows() {
    let nested = |depth: usize| format!("{}Int32Type{}", "ListType(".repeat(depth), ")".repeat(depth));
    let outcome = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
        assert!(parse(&nested(MAX_DEPTH - 1)).is_ok());
        assert!(parse(&nested(MAX_DEPTH)).is_err());
        assert!(parse(&nested(10_000)).is_err());
        assert!(parse(&format!("X{}{}", "(".repeat(10_000), ")".repeat(10_000))).is_ok());
    });
    outcome.unwrap().join().unwrap();
}
