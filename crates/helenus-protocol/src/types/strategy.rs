//! Arbitrary CQL types for property tests.

use std::sync::Arc;

use proptest::prelude::*;

use super::{CqlType, UserType};

/// A thousand cases, or as many as `PROPTEST_CASES` asks for.
pub(crate) fn many_cases() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(1024),
    }
}

/// Any type without parameters.
pub(crate) fn native() -> impl Strategy<Value = CqlType> {
    prop_oneof![
        Just(CqlType::Ascii),
        Just(CqlType::Bigint),
        Just(CqlType::Blob),
        Just(CqlType::Boolean),
        Just(CqlType::Counter),
        Just(CqlType::Date),
        Just(CqlType::Decimal),
        Just(CqlType::Double),
        Just(CqlType::Duration),
        Just(CqlType::Float),
        Just(CqlType::Inet),
        Just(CqlType::Int),
        Just(CqlType::Smallint),
        Just(CqlType::Text),
        Just(CqlType::Time),
        Just(CqlType::Timestamp),
        Just(CqlType::Timeuuid),
        Just(CqlType::Tinyint),
        Just(CqlType::Uuid),
        Just(CqlType::Varint),
    ]
}

/// Any type: natives, and up to four levels of collections, tuples, user types, vectors, frozen and custom types.
pub(crate) fn cql_type() -> impl Strategy<Value = CqlType> {
    let leaf = prop_oneof![
        8 => native(),
        1 => Just(CqlType::Custom("com.example.Shape(a=>b,(c))".into())),
        1 => Just(CqlType::Custom("org.apache.cassandra.db.marshal.EmptyType".into())),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = || prop_oneof![r"[a-z][a-z0-9_]{0,6}", r#"[A-Z "'é]{1,5}"#];
        let fields = proptest::collection::vec((name(), inner.clone()), 0..4);
        prop_oneof![
            inner.clone().prop_map(|element| CqlType::List(Arc::new(element))),
            inner.clone().prop_map(|element| CqlType::Set(Arc::new(element))),
            (inner.clone(), inner.clone()).prop_map(|(k, v)| CqlType::Map(Arc::new(k), Arc::new(v))),
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|elements| CqlType::Tuple(elements.into())),
            (inner.clone(), 1_u32..5).prop_map(|(element, n)| CqlType::Vector(Arc::new(element), n)),
            inner.prop_map(|inner| CqlType::Frozen(Arc::new(inner))),
            (r"[a-z_0-9]{1,6}", name(), fields).prop_map(|(keyspace, name, mut fields)| {
                let mut seen = std::collections::HashSet::new();
                fields.retain(|(field, _)| seen.insert(field.clone()));
                CqlType::Udt(Arc::new(UserType { keyspace, name, fields }))
            }),
        ]
    })
}

/// The type without any `frozen<>` in it, which is what the wire's `[option]` tells.
pub(crate) fn thawed(cql_type: &CqlType) -> CqlType {
    match cql_type {
        CqlType::Frozen(inner) => thawed(inner),
        CqlType::List(element) => CqlType::List(Arc::new(thawed(element))),
        CqlType::Set(element) => CqlType::Set(Arc::new(thawed(element))),
        CqlType::Map(k, v) => CqlType::Map(Arc::new(thawed(k)), Arc::new(thawed(v))),
        CqlType::Vector(element, dimension) => CqlType::Vector(Arc::new(thawed(element)), *dimension),
        CqlType::Tuple(elements) => CqlType::Tuple(elements.iter().map(thawed).collect()),
        CqlType::Udt(udt) => CqlType::Udt(Arc::new(UserType {
            keyspace: udt.keyspace.clone(),
            name: udt.name.clone(),
            fields: udt.fields.iter().map(|(name, field)| (name.clone(), thawed(field))).collect(),
        })),
        other => other.clone(),
    }
}
