//! What is made of rows, and what of rows that cannot be.

use helenus_protocol::CqlType;
use helenus_protocol::response::{ColumnSpec, RawRows, RowsMetadata};
use helenus_protocol::value::EncodeValue;

use super::*;
use crate::schema::ColumnKind;

/// A cell of a row: text, or what is not.
enum Cell {
    Text(&'static str),
    Null,
    Int(i32),
    Map(&'static [(&'static str, &'static str)]),
    Texts(&'static [&'static str]),
}
use Cell::{Int, Map, Null, Text, Texts};

impl Cell {
    fn encoded(&self, cql_type: &CqlType) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let _encoded = match self {
            Null => return None,
            Text(text) => text.encode(cql_type, &mut out),
            Int(number) => number.encode(cql_type, &mut out),
            Map(entries) => {
                let entries: BTreeMap<&str, &str> = entries.iter().copied().collect();
                entries.encode(cql_type, &mut out)
            }
            Texts(texts) => texts.to_vec().encode(cql_type, &mut out),
        }
        .unwrap();
        Some(out)
    }
}

/// A page of rows with columns as `name type`.
fn page(columns: &[(&str, &str)], rows: &[&[Cell]]) -> Vec<Page> {
    let none = |_: Option<&str>, _: &str| None;
    let types: Vec<CqlType> =
        columns.iter().map(|(_, kind)| CqlType::from_cql(kind, &none).unwrap()).collect();
    let metadata = RowsMetadata {
        columns: columns
            .iter()
            .zip(&types)
            .map(|((name, _), cql_type)| ColumnSpec {
                keyspace: "system_schema".into(),
                table: "t".into(),
                name: (*name).into(),
                cql_type: cql_type.clone(),
            })
            .collect(),
    };
    let encoded: Vec<Vec<Option<Vec<u8>>>> = rows
        .iter()
        .map(|row| row.iter().zip(&types).map(|(cell, cql_type)| cell.encoded(cql_type)).collect())
        .collect();
    let borrowed = encoded.iter().map(|row| row.iter().map(|cell| cell.as_deref()));
    vec![Page::new(RawRows::from_rows(Arc::new(metadata), borrowed).unwrap()).unwrap()]
}

const KEYSPACES: [(&str, &str); 2] = [("keyspace_name", "text"), ("replication", "map<text, text>")];
const LOCAL: Cell = Map(&[("class", "LocalStrategy")]);
const TABLES: [(&str, &str); 6] = [
    ("keyspace_name", "text"),
    ("table_name", "text"),
    ("additional_write_policy", "text"),
    ("flags", "set<text>"),
    ("gc_grace_seconds", "int"),
    ("compaction", "map<text, text>"),
];
const COLUMNS: [(&str, &str); 6] = [
    ("keyspace_name", "text"),
    ("table_name", "text"),
    ("column_name", "text"),
    ("kind", "text"),
    ("position", "int"),
    ("type", "text"),
];
const VIEWS: [(&str, &str); 4] =
    [("keyspace_name", "text"), ("view_name", "text"), ("base_table_name", "text"), ("where_clause", "text")];

fn table_row(name: &'static str) -> [Cell; 6] {
    [Text("ks"), Text(name), Text("99p"), Texts(&["compound"]), Int(5), Map(&[("class", "X")])]
}

fn column_row(table: &'static str, name: &'static str, kind: &'static str) -> [Cell; 6] {
    [Text("ks"), Text(table), Text(name), Text(kind), Int(0), Text("int")]
}

fn answers() -> Answers {
    Answers {
        keyspaces: page(&KEYSPACES, &[&[Text("ks"), LOCAL], &[Text("other"), LOCAL]]),
        tables: page(&TABLES, &[&table_row("t"), &table_row("u")]),
        columns: page(
            &COLUMNS,
            &[
                &column_row("t", "k", "partition_key"),
                &column_row("t", "v", "regular"),
                &column_row("u", "k", "partition_key"),
                &column_row("view", "v", "partition_key"),
            ],
        ),
        views: page(&VIEWS, &[&[Text("ks"), Text("view"), Text("t"), Text("v IS NOT NULL")]]),
        ..Answers::default()
    }
}

fn schema() -> Schema {
    answers().put_into(&Schema::default(), &SchemaPart::Everything)
}

#[test]
fn tables_views_and_their_columns() {
    let schema = schema();
    let keyspace = schema.keyspace("ks").unwrap();
    let names: Vec<_> = keyspace.tables.keys().map(|name| &**name).collect();
    assert_eq!(names, ["t", "u"]);
    let (t, u) = (&keyspace.tables["t"], &keyspace.tables["u"]);
    assert_eq!(t.columns().iter().map(|column| &*column.name).collect::<Vec<_>>(), ["k", "v"]);
    assert!(Arc::ptr_eq(&t.options, &u.options), "tables with the same options share them");
    assert!(!t.is_compact);
    let view = keyspace.views_of("t").next().unwrap();
    assert_eq!((view.name(), &*view.table.partition_key()[0].name), ("view", "v"));
    assert!(schema.table("ks", "view").is_some());
}

#[test]
fn what_is_equal_is_the_same() {
    let before = schema();
    let again = answers().put_into(&before, &SchemaPart::Everything);
    assert!(Arc::ptr_eq(before.keyspace("ks").unwrap(), again.keyspace("ks").unwrap()));
    let mut changed = answers();
    changed.tables = page(
        &TABLES,
        &[&table_row("t"), &[Text("ks"), Text("u"), Text("99p"), Texts(&[]), Int(6), Map(&[])]],
    );
    let after = changed.put_into(&before, &SchemaPart::Keyspace("ks".into()));
    let tables = |schema: &Schema, name: &str| Arc::clone(&schema.keyspace("ks").unwrap().tables[name]);
    assert!(Arc::ptr_eq(&tables(&before, "t"), &tables(&after, "t")));
    assert!(!Arc::ptr_eq(&tables(&before, "u"), &tables(&after, "u")));
    assert!(tables(&after, "u").is_compact);
    assert!(Arc::ptr_eq(before.keyspace("other").unwrap(), after.keyspace("other").unwrap()));
}

#[test]
fn one_table_is_replaced_with_its_views_and_no_other() {
    let before = schema();
    let part = SchemaPart::table("ks", "t");
    let names: BTreeSet<Box<str>> = ["t".into()].into();
    assert_eq!(with_views(&before, "ks", &names), ["t".into(), "view".into()].into());
    let altered = Answers {
        tables: page(&TABLES, &[&table_row("t")]),
        columns: page(
            &COLUMNS,
            &[&column_row("t", "k", "partition_key"), &column_row("t", "new", "regular")],
        ),
        ..Answers::default()
    };
    let after = altered.put_into(&before, &part);
    let keyspace = after.keyspace("ks").unwrap();
    assert!(keyspace.tables["t"].column("new").is_some());
    assert!(keyspace.views.is_empty(), "the view is gone: it was asked for and not found");
    assert!(Arc::ptr_eq(&keyspace.tables["u"], &before.keyspace("ks").unwrap().tables["u"]));
    let dropped = Answers::default().put_into(&after, &part);
    assert_eq!(dropped.keyspace("ks").unwrap().tables.keys().map(|name| &**name).collect::<Vec<_>>(), ["u"]);
    let elsewhere = Answers::default().put_into(&before, &SchemaPart::table("nowhere", "t"));
    assert_eq!(elsewhere, before);
}

#[test]
fn a_keyspace_that_is_not_found_is_gone() {
    let after = Answers::default().put_into(&schema(), &SchemaPart::Keyspace("ks".into()));
    assert!(after.keyspace("ks").is_none());
    assert!(after.keyspace("other").is_some());
}

#[test]
fn rows_that_cannot_be_are_skipped_and_the_others_are_not() {
    let mut answers = answers();
    answers.keyspaces = page(
        &KEYSPACES,
        &[&[Null, LOCAL], &[Text("ks"), Map(&[("class", "Simple")])], &[Text("other"), Null]],
    );
    answers.tables = page(&TABLES, &[&[Text("ks"), Null, Null, Null, Null, Null], &table_row("t")]);
    answers.columns = page(
        &COLUMNS,
        &[
            &column_row("t", "k", "partition_key"),
            &column_row("t", "x", "no such kind"),
            &[Text("ks"), Text("t"), Null, Text("regular"), Int(0), Text("int")],
            &[Text("ks"), Text("t"), Text("y"), Text("regular"), Int(0), Text("list<")],
        ],
    );
    answers.views = page(&VIEWS, &[&[Text("ks"), Text("view"), Null, Null]]);
    answers.user_types = page(
        &[
            ("keyspace_name", "text"),
            ("type_name", "text"),
            ("field_names", "list<text>"),
            ("field_types", "list<text>"),
        ],
        &[
            &[Text("ks"), Text("bad"), Texts(&["a", "b"]), Texts(&["int"])],
            &[Text("ks"), Text("good"), Texts(&["a"]), Texts(&["int"])],
        ],
    );
    let schema = answers.put_into(&Schema::default(), &SchemaPart::Everything);
    assert_eq!(schema.keyspaces().map(|keyspace| &*keyspace.name).collect::<Vec<_>>(), ["ks", "other"]);
    let keyspace = schema.keyspace("ks").unwrap();
    assert_eq!(keyspace.tables.len(), 1);
    let columns = keyspace.tables["t"].columns();
    assert_eq!(columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), ["k", "y"]);
    assert_eq!(columns[1].kind, ColumnKind::Regular);
    assert_eq!(columns[1].cql_type, CqlType::Custom("list<".into()));
    assert!(keyspace.views.is_empty());
    assert_eq!(keyspace.user_types.keys().map(|name| &**name).collect::<Vec<_>>(), ["good"]);
}
