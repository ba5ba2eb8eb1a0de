//! What statements look like: compared whole, as other programs compare them.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::schema::{Column, ColumnKind, Index, OptionValue, Table, TableOptions, Trigger, View};

fn column(name: &str, kind: ColumnKind, position: i32, type_text: &str) -> Column {
    Column::new(name, kind, position, type_text)
}

fn options() -> Arc<TableOptions> {
    Arc::new(TableOptions::new([
        ("cdc".into(), None),
        ("comment".into(), Some(OptionValue::Text("it's odd".into()))),
        ("gc_grace_seconds".into(), Some(OptionValue::Int(100))),
        (
            "caching".into(),
            Some(OptionValue::Map(vec![
                ("keys".into(), "ALL".into()),
                ("rows_per_partition".into(), "1".into()),
            ])),
        ),
    ]))
}

fn odd_table() -> Table {
    let mut masked = column("m", ColumnKind::Regular, -1, "text");
    masked.mask = Some("system.mask_inner(1, null, '#')".into());
    let mut order = column("C1", ColumnKind::Clustering, 0, "timeuuid");
    order.is_descending = true;
    let mut table = Table::new(
        "ks",
        "Odd",
        [
            column("Key", ColumnKind::PartitionKey, 0, "int"),
            column("select", ColumnKind::PartitionKey, 1, "text"),
            order,
            column("c2", ColumnKind::Clustering, 1, "int"),
            column("s", ColumnKind::Static, -1, "frozen<\"Person\">"),
            masked,
        ],
    );
    table.options = options();
    table
}

#[test]
fn a_table_with_everything() {
    let mut table = odd_table();
    let index = |name: &str, kind: &str, options: &[(&str, &str)]| {
        let options = options.iter().map(|&(key, value)| (key.into(), value.into())).collect();
        (name.into(), Index { name: name.into(), kind: kind.into(), options })
    };
    table.indexes = [
        index("I", "COMPOSITES", &[("target", "keys(c)")]),
        index("v", "CUSTOM", &[("class_name", "sai"), ("normalize", "true"), ("target", "m")]),
        index("w", "CUSTOM", &[("class_name", "it's"), ("target", "\"Q\"")]),
    ]
    .into();
    let trigger = Trigger { name: "t".into(), options: [("class".into(), "org.x.Y".into())].into() };
    table.triggers = [("t".into(), trigger)].into();
    assert_eq!(
        table.describe([]),
        r#"CREATE TABLE ks."Odd" (
    "Key" int,
    "select" text,
    "C1" timeuuid,
    c2 int,
    s frozen<"Person"> static,
    m text MASKED WITH system.mask_inner(1, null, '#'),
    PRIMARY KEY (("Key", "select"), "C1", c2)
) WITH CLUSTERING ORDER BY ("C1" DESC, c2 ASC)
    AND caching = {'keys': 'ALL', 'rows_per_partition': '1'}
    AND comment = 'it''s odd'
    AND gc_grace_seconds = 100;
CREATE INDEX "I" ON ks."Odd" (keys(c));
CREATE CUSTOM INDEX v ON ks."Odd" (m) USING 'sai' WITH OPTIONS = {'normalize': 'true'};
CREATE CUSTOM INDEX w ON ks."Odd" ("Q") USING 'it''s';
CREATE TRIGGER t ON ks."Odd" USING 'org.x.Y';"#
    );
}

#[test]
fn a_key_of_one_column_stands_with_it() {
    let table = Table::new(
        "ks",
        "t",
        [column("a", ColumnKind::PartitionKey, 0, "int"), column("b", ColumnKind::Regular, -1, "text")],
    );
    assert_eq!(table.create_statement(Layout::Line), "CREATE TABLE ks.t (a int PRIMARY KEY, b text)");
    assert_eq!(
        table.create_statement(Layout::Lines),
        "CREATE TABLE ks.t (\n    a int PRIMARY KEY,\n    b text\n)"
    );
}

#[test]
fn compact_tables_name_only_what_was_named() {
    let compact = |columns: Vec<Column>| {
        let mut table = Table::new("ks", "t", columns);
        table.is_compact = true;
        table.create_statement(Layout::Line)
    };
    let key = || column("a", ColumnKind::PartitionKey, 0, "int");
    assert_eq!(
        compact(vec![
            key(),
            column("b", ColumnKind::Clustering, 0, "int"),
            column("c", ColumnKind::Regular, -1, "int")
        ]),
        "CREATE TABLE ks.t (a int, b int, c int, PRIMARY KEY (a, b)) WITH COMPACT STORAGE AND CLUSTERING ORDER BY (b ASC)"
    );
    assert_eq!(
        compact(vec![
            key(),
            column("b", ColumnKind::Clustering, 0, "int"),
            column("value", ColumnKind::Regular, -1, "empty")
        ]),
        "CREATE TABLE ks.t (a int, b int, PRIMARY KEY (a, b)) WITH COMPACT STORAGE AND CLUSTERING ORDER BY (b ASC)"
    );
    assert_eq!(
        compact(vec![
            key(),
            column("b", ColumnKind::Static, -1, "int"),
            column("column1", ColumnKind::Clustering, 0, "text"),
            column("value", ColumnKind::Regular, -1, "blob"),
        ]),
        "CREATE TABLE ks.t (a int PRIMARY KEY, b int) WITH COMPACT STORAGE"
    );
}

#[test]
fn views() {
    let table = Table::new(
        "ks",
        "v",
        [column("c", ColumnKind::PartitionKey, 0, "int"), column("a", ColumnKind::Clustering, 0, "int")],
    );
    let mut view = View {
        table,
        base_table: "Base".into(),
        include_all_columns: false,
        where_clause: "a IS NOT NULL".into(),
    };
    assert_eq!(
        view.create_statement(Layout::Line),
        "CREATE MATERIALIZED VIEW ks.v AS SELECT c, a FROM ks.\"Base\" WHERE a IS NOT NULL PRIMARY KEY (c, a) WITH \
         CLUSTERING ORDER BY (a ASC)"
    );
    view.include_all_columns = true;
    view.table.options = options();
    assert_eq!(
        view.describe(),
        "CREATE MATERIALIZED VIEW ks.v AS\n    SELECT *\n    FROM ks.\"Base\"\n    WHERE a IS NOT NULL\n    PRIMARY KEY (c, \
         a)\n    WITH CLUSTERING ORDER BY (a ASC)\n    AND caching = {'keys': 'ALL', 'rows_per_partition': '1'}\n    AND \
         comment = 'it''s odd'\n    AND gc_grace_seconds = 100;"
    );
}

fn function() -> Function {
    Function {
        keyspace: "ks".into(),
        name: "Fn".into(),
        arguments: vec![("x".into(), "frozen<tuple<int, text>>".into()), ("Y".into(), "int".into())],
        return_type: "frozen<list<int>>".into(),
        language: "java".into(),
        body: "return \"a'b\";".into(),
        called_on_null_input: true,
        deterministic: false,
        monotonic: Monotonic::Unknown,
    }
}

#[test]
fn functions() {
    assert_eq!(
        function().create_statement(Layout::Line),
        "CREATE FUNCTION ks.\"Fn\"(x tuple<int, text>, \"Y\" int) CALLED ON NULL INPUT RETURNS list<int> LANGUAGE java AS \
         $$return \"a'b\";$$"
    );
    let more = Function {
        called_on_null_input: false,
        deterministic: true,
        monotonic: Monotonic::On("Y".into()),
        arguments: Vec::new(),
        ..function()
    };
    assert_eq!(
        more.describe(),
        "CREATE FUNCTION ks.\"Fn\"()\n    RETURNS NULL ON NULL INPUT\n    RETURNS list<int>\n    DETERMINISTIC\n    \
         MONOTONIC ON \"Y\"\n    LANGUAGE java\n    AS $$return \"a'b\";$$;"
    );
    let all = Function { monotonic: Monotonic::All, ..function() };
    assert!(all.create_statement(Layout::Line).contains(" MONOTONIC LANGUAGE"));
    assert_eq!(function().signature(), "Fn(frozen<tuple<int, text>>,int)");
}

#[test]
fn the_marks_around_a_body_do_not_end_inside_it() {
    for (body, expected) in [
        ("a'b", "$$a'b$$"),
        ("a$$b'c", "'a$$b''c'"),
        ("costs 1$", "'costs 1$'"),
        ("$a", "$$$a$$"),
        ("", "$$$$"),
    ] {
        assert_eq!(function_body(body), expected);
    }
}

#[test]
fn aggregates() {
    let aggregate = Aggregate {
        keyspace: "ks".into(),
        name: "avg2".into(),
        argument_types: vec!["frozen<list<int>>".into(), "text".into()],
        state_function: "St".into(),
        state_type: "frozen<tuple<int, bigint>>".into(),
        final_function: Some("fin".into()),
        initial_condition: Some("(0, 0)".into()),
        return_type: "double".into(),
        deterministic: true,
    };
    assert_eq!(
        aggregate.create_statement(Layout::Line),
        "CREATE AGGREGATE ks.avg2(list<int>, text) SFUNC \"St\" STYPE tuple<int, bigint> FINALFUNC fin INITCOND (0, 0) \
         DETERMINISTIC"
    );
    let least =
        Aggregate { final_function: None, initial_condition: None, deterministic: false, ..aggregate };
    assert_eq!(
        least.describe(),
        "CREATE AGGREGATE ks.avg2(list<int>, text)\n    SFUNC \"St\"\n    STYPE tuple<int, bigint>;"
    );
}

#[test]
fn frozen_is_left_out_of_types_and_not_of_names() {
    for (text, expected) in [
        ("int", "int"),
        ("frozen<tuple<text>>", "tuple<text>"),
        ("map<\"!@#$%^&*()[]\\ frozen >>>\", int>", "map<\"!@#$%^&*()[]\\ frozen >>>\", int>"),
        ("frozen<map<\"frozen<a>\", int>>", "map<\"frozen<a>\", int>"),
        (
            "frozen<map<frozen<tuple<int, frozen<list<text>>, int>>, frozen<map<int, frozen<tuple<int>>>>>>",
            "map<tuple<int, list<text>, int>, map<int, tuple<int>>>",
        ),
        ("'frozen<x>'", "'frozen<x>'"),
        ("unfrozen<x>", "unfrozen<x>"),
        ("frozen<\"open", "\"open"),
        ("frozen<a", "a"),
        ("a>>", "a>>"),
    ] {
        assert_eq!(without_frozen(text), expected, "{text}");
    }
}

#[test]
fn a_keyspace_is_told_in_the_order_in_which_it_can_be_made() {
    let options = [("class", "NetworkTopologyStrategy"), ("dc1", "3/1"), ("dc2", "2")];
    let mut keyspace = Keyspace::new("Ks", Replication::from_options(options));
    keyspace.durable_writes = false;
    let made = |name: &str, kind: &str| {
        let fields = vec![("f".into(), kind.into())];
        (name.into(), Arc::new(UserType { keyspace: "Ks".into(), name: name.into(), fields }))
    };
    keyspace.user_types = [made("a", "frozen<z>"), made("z", "int")].into();
    keyspace.functions = [("Fn()".into(), Arc::new(function()))].into();
    keyspace.tables = [("Odd".into(), Arc::new(odd_table()))].into();
    let text = keyspace.describe();
    assert!(text.starts_with(
        "CREATE KEYSPACE \"Ks\" WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3/1', 'dc2': '2'}  AND \
         durable_writes = false;\n\nCREATE TYPE \"Ks\".z (\n    f int\n);\n\nCREATE TYPE \"Ks\".a (\n    f frozen<z>\n);\n\n\
         CREATE FUNCTION"
    ), "{text}");
    assert!(text.find("CREATE FUNCTION") < text.find("CREATE TABLE"), "{text}");
    let system = Keyspace::new("system", Replication::Local);
    assert_eq!(Schema::new([keyspace, system]).describe(), text);
}

#[test]
fn what_is_virtual_is_a_comment() {
    let mut keyspace = Keyspace::new("system_views", Replication::Local);
    keyspace.is_virtual = true;
    let mut table = Table::new("system_views", "c", [column("a", ColumnKind::PartitionKey, 0, "int")]);
    table.is_virtual = true;
    keyspace.tables = [("c".into(), Arc::new(table))].into();
    assert_eq!(
        keyspace.describe(),
        "/*\nWarning: Keyspace system_views is a virtual keyspace and cannot be recreated with CQL.\nStructure, for \
         reference:*/\n// VIRTUAL KEYSPACE system_views;\n\n/*\nWarning: Table system_views.c is a virtual table and \
         cannot be recreated with CQL.\nStructure, for reference:\nVIRTUAL TABLE system_views.c (\n    a int PRIMARY \
         KEY\n);\n*/\n"
    );
}

proptest! {
    #[test]
    fn any_text_of_a_type_has_an_answer(text in "(frozen<|<|>|\"|'|[a-z]|, |é){0,40}") {
        let without = without_frozen(&text);
        prop_assert!(without.len() <= text.len());
        if !text.contains("frozen<") {
            prop_assert_eq!(&*without, text.as_str());
        }
        let kind = text.as_str();
        let made = |name: &str| {
            let fields = vec![("f".into(), kind.into())];
            (name.into(), Arc::new(UserType { keyspace: "ks".into(), name: name.into(), fields }))
        };
        prop_assert_eq!(in_order_of_need(&[made("a"), made("b"), made("c")].into()).len(), 3);
    }
}
