//! Statements and what is said of them: one line each.

use std::sync::Arc;

use helenus_protocol::CqlType;
use helenus_protocol::response::ColumnSpec;
use proptest::prelude::*;

use super::Idempotence::{
    Idempotent, IdempotentWithTimestamp as Timed, NotIdempotent as No, Undecidable as Unknown,
};
use super::{ColumnPath, Idempotence};
use crate::routing::Replication;
use crate::schema::{Column, ColumnKind, Keyspace, Schema, Table};

/// What the text alone says.
const CASES: &[(&str, Idempotence)] = &[
    // Reads, and what does nothing to data.
    ("SELECT * FROM t", Idempotent),
    ("select now() from system.local", Idempotent),
    ("SELECT JSON a FROM t WHERE k = uuid() ALLOW FILTERING", Idempotent),
    ("  /* c */ SELECT 1", Idempotent),
    ("-- c\nSELECT * FROM t;", Idempotent),
    ("LIST ROLES", Idempotent),
    ("DESCRIBE TABLE t", Idempotent),
    ("USE ks", Idempotent),
    // Plain writes of constants.
    ("INSERT INTO t (k, v) VALUES (1, 'a')", Timed),
    ("INSERT INTO ks.t (k, v) VALUES (-1, 1.5e3) USING TTL 3", Timed),
    ("INSERT INTO \"Ks\".\"T\" (\"K\", v) VALUES (f81d4fae-7dec-11d0-a765-00a0c91e6bf6, 0xff);", Timed),
    ("INSERT INTO t (k, v) VALUES (true, null)", Timed),
    ("INSERT INTO t (k, s, m) VALUES (1, {1, 2}, {'a': 1})", Timed),
    ("INSERT INTO t (k, u) VALUES (1, {street: 'a', no: 3})", Timed),
    ("UPDATE t SET v = 'a' WHERE k = 1", Timed),
    ("UPDATE t SET v = 'a', w = NaN, x = -Infinity WHERE k = 1 AND c IN (1, 2)", Timed),
    ("UPDATE t SET v = 1 + 2 WHERE (c, d) = (1, 2) AND token(k) > 5", Timed),
    ("UPDATE t USING TTL ? AND TIMESTAMP ? SET v = 'a' WHERE k = ?", Timed),
    ("UPDATE t SET u.street = 'a', u.no = ? WHERE k = 1", Timed),
    ("DELETE FROM t WHERE k = 1", Timed),
    ("DELETE FROM t WHERE k = ? AND c > ? AND c <= ?", Timed),
    ("DELETE a, b FROM t WHERE k IN (1, 2)", Timed),
    ("DELETE u.street, a FROM t WHERE k = 1", Timed),
    ("INSERT INTO t JSON '{\"k\": 1, \"v\": \"a\"}'", Timed),
    // A timestamp that stands in the text is the same each time.
    ("INSERT INTO t (k, v) VALUES (1, 'a') USING TIMESTAMP 5", Idempotent),
    ("INSERT INTO t (k, v) VALUES (1, 'a') USING TTL 5 AND TIMESTAMP -5", Idempotent),
    ("INSERT INTO t (k, v) VALUES (1, 'a') USING TTL 5", Timed),
    ("UPDATE t USING TIMESTAMP 5 SET v = 'a' WHERE k = 1", Idempotent),
    ("DELETE FROM t USING TIMESTAMP 5 WHERE k = 1", Idempotent),
    ("DELETE FROM t WHERE timestamp = 5", Timed),
    ("UPDATE t SET timestamp = 5 WHERE using_timestamp = 5", Timed),
    ("INSERT INTO t (k, timestamp) VALUES (1, 5)", Timed),
    ("UPDATE t USING TIMESTAMP 5 SET n = n + 1 WHERE k = 1", No),
    // Conditions.
    ("INSERT INTO t (k, v) VALUES (1, 'a') IF NOT EXISTS", No),
    ("INSERT INTO t (k, v) VALUES (1, ?) IF NOT EXISTS USING TTL 4", No),
    ("INSERT INTO t JSON ? IF NOT EXISTS", No),
    ("UPDATE t SET v = 'a' WHERE k = 1 IF v = 'b'", No),
    ("UPDATE t SET v = 'a' WHERE k = 1 if exists", No),
    ("DELETE FROM t WHERE k = 1 IF EXISTS", No),
    ("DELETE v FROM t WHERE k = 1/**/IF/**/v = 1", No),
    ("UPDATE t SET \"if\" = 'IF' WHERE k = ' IF ' -- IF", Timed),
    ("UPDATE t SET v = $$ IF $$ WHERE k = 1 /* IF */", Timed),
    // Counters, and what may be one.
    ("UPDATE t SET n = n + 1 WHERE k = 1", No),
    ("UPDATE t SET n=n-1 WHERE k = 1", No),
    ("UPDATE t SET n = n + -1 WHERE k = 1", No),
    ("UPDATE t SET n += 1 WHERE k = 1", No),
    ("UPDATE t SET n -= 1 WHERE k = 1", No),
    ("UPDATE t SET \"N\" = \"N\" + 1 WHERE k = 1", No),
    ("UPDATE t SET N = n + ? WHERE k = 1", Unknown),
    ("UPDATE t SET n = n + :n WHERE k = 1", Unknown),
    ("UPDATE t SET n = n - ? WHERE k = 1", Unknown),
    ("UPDATE t SET n += ? WHERE k = 1", Unknown),
    ("UPDATE t SET n = n + (int) 1 WHERE k = 1", Unknown),
    // Sets and maps.
    ("UPDATE t SET s = s + {1} WHERE k = 1", Timed),
    ("UPDATE t SET s = s - {1, ?} WHERE k = 1", Timed),
    ("UPDATE t SET s += {}, m -= {'a'} WHERE k = 1", Timed),
    ("UPDATE t SET m = m + {'a': 1}, v = 2 WHERE k = 1", Timed),
    ("UPDATE t SET s = s + {1} + ? WHERE k = 1", Unknown),
    ("UPDATE t SET m['a'] = 1 WHERE k = 1", Timed),
    ("UPDATE t SET m[f81d4fae-7dec-11d0-a765-00a0c91e6bf6] = ? WHERE k = 1", Timed),
    ("DELETE m['a'], m[true], m[0xff], m[1.5] FROM t WHERE k = 1", Timed),
    ("DELETE m[{1}], m[[1]] FROM t WHERE k = 1", Timed),
    // Lists, and what may be one.
    ("UPDATE t SET l = l + [1] WHERE k = 1", No),
    ("UPDATE t SET l = [1] + l WHERE k = 1", No),
    ("UPDATE t SET l = ? + l WHERE k = 1", No),
    ("UPDATE t SET l += [1] WHERE k = 1", No),
    ("UPDATE t SET l = l - [1] WHERE k = 1", Timed),
    ("UPDATE t SET l -= [?] WHERE k = 1", Timed),
    ("UPDATE t SET l[0] = 1 WHERE k = 1", Unknown),
    ("UPDATE t SET l[?] = 1 WHERE k = 1", Unknown),
    ("UPDATE t SET l[-1] = 1 WHERE k = 1", Unknown),
    ("DELETE l[0] FROM t WHERE k = 1", Unknown),
    ("DELETE l[:i] FROM t WHERE k = 1", Unknown),
    ("UPDATE t SET l = [1] WHERE k = 1", Unknown),
    ("UPDATE t SET l = ? WHERE k = 1", Unknown),
    ("INSERT INTO t (k, l) VALUES (1, [1, 2])", Unknown),
    ("INSERT INTO t (k, l) VALUES (1, [1, 2]) USING TIMESTAMP 5", Unknown),
    ("INSERT INTO t (k, l) VALUES (1, (list<int>) ?)", Unknown),
    ("INSERT INTO t (k, v) VALUES (?, ?)", Unknown),
    ("INSERT INTO t (k, v) VALUES (:k, :v)", Unknown),
    ("INSERT INTO t JSON '{\"k\": 1, \"l\": [1]}'", Unknown),
    ("INSERT INTO t JSON ?", Unknown),
    // Functions.
    ("INSERT INTO t (k, v) VALUES (1, now())", No),
    ("INSERT INTO t (k, v) VALUES (uuid(), ?)", No),
    ("INSERT INTO t (k, v) VALUES (1, NOW ( ))", No),
    ("INSERT INTO t (k, v) VALUES (1, system.now())", No),
    ("INSERT INTO t (k, v) VALUES (1, \"now\"())", No),
    ("INSERT INTO t (k, v) VALUES (1, toTimestamp(now()))", No),
    ("INSERT INTO t (k, v) VALUES (1, current_timestamp())", No),
    ("INSERT INTO t (k, m) VALUES (1, {a:now()})", No),
    ("INSERT INTO t (k, m) VALUES (1, {'a': [now()]})", No),
    ("UPDATE t SET v = currentDate() WHERE k = 1", No),
    ("UPDATE t SET m[now()] = 1 WHERE k = 1", No),
    ("UPDATE t SET v = 'a' WHERE k = now()", No),
    ("DELETE FROM t WHERE k = 1 AND c < maxTimeuuid(currentTimestamp())", No),
    ("DELETE FROM t WHERE k = 1 AND c < maxTimeuuid('2020-01-01')", Timed),
    ("INSERT INTO t (k, v) VALUES (1, toTimestamp('2020-01-01'))", Timed),
    ("INSERT INTO t (k, v) VALUES (1, text_as_blob('a'))", Timed),
    ("INSERT INTO t (k, v) VALUES (1, f(1))", Unknown),
    ("INSERT INTO t (k, v) VALUES (1, ks.todate('a'))", Unknown),
    ("UPDATE t SET v = fromJson('[1]') WHERE k = 1", Unknown),
    ("UPDATE t SET v = 'now()' WHERE k = 'uuid()'", Timed),
    ("INSERT INTO now (k, uuid) VALUES (1, 2)", Timed),
    ("INSERT INTO ks.now (k) VALUES (1)", Timed),
    // Batches are as good as the worst in them.
    ("BEGIN BATCH APPLY BATCH", Idempotent),
    ("BEGIN BATCH INSERT INTO t (k) VALUES (1); UPDATE t SET v = 1 WHERE k = 1; APPLY BATCH;", Timed),
    ("BEGIN UNLOGGED BATCH INSERT INTO t (k) VALUES (1) DELETE FROM t WHERE k = 2 APPLY BATCH", Timed),
    (
        "BEGIN BATCH USING TIMESTAMP 5 INSERT INTO t (k) VALUES (1); DELETE FROM t WHERE k = 1; APPLY BATCH",
        Idempotent,
    ),
    (
        "BEGIN BATCH INSERT INTO t (k) VALUES (1) USING TIMESTAMP 5; DELETE FROM t WHERE k = 1; APPLY BATCH",
        Timed,
    ),
    ("BEGIN BATCH INSERT INTO t (k) VALUES (1); UPDATE t SET n = n + 1 WHERE k = 1; APPLY BATCH", No),
    ("BEGIN BATCH INSERT INTO t (k) VALUES (?); UPDATE t SET l = l + [1] WHERE k = 1; APPLY BATCH", No),
    ("BEGIN BATCH INSERT INTO t (k) VALUES (?); DELETE FROM t WHERE k = 1; APPLY BATCH", Unknown),
    ("BEGIN BATCH INSERT INTO t (k) VALUES (1) IF NOT EXISTS; APPLY BATCH", No),
    ("BEGIN COUNTER BATCH UPDATE t SET n = n + ? WHERE k = 1; APPLY BATCH", No),
    ("BEGIN TRANSACTION UPDATE t SET v = 1 WHERE k = 1; COMMIT TRANSACTION", No),
    ("BEGIN BATCH INSERT INTO t (k) VALUES (1);", Unknown),
    ("BEGIN BATCH SELECT * FROM t; APPLY BATCH", Unknown),
    // Definitions, rights, and the rest of the world.
    ("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)", No),
    ("ALTER TABLE t ADD v int", No),
    ("DROP TABLE IF EXISTS t", No),
    ("TRUNCATE t", No),
    ("GRANT SELECT ON t TO u", No),
    ("", Unknown),
    (";", Unknown),
    ("'SELECT'", Unknown),
    ("\"SELECT\" * FROM t", Unknown),
    ("CALL f()", Unknown),
    ("/* SELECT", Unknown),
    ("INSERT", Unknown),
    ("INSERT INTO t (k) VALUES (1", Unknown),
    ("INSERT INTO t (k, v) VALUES (1)", Unknown),
    ("INSERT INTO t (k) VALUES (1, 2)", Unknown),
    ("INSERT INTO t (k) VALUES (1); DROP TABLE t", Unknown),
    ("UPDATE t SET v = 'a WHERE k = 1", Unknown),
    ("UPDATE t SET v = WHERE k = 1", Unknown),
    ("UPDATE t SET v = w WHERE k = 1", No),
    ("UPDATE t SET n = m + 1 WHERE k = 1", No),
    ("DELETE k[1 FROM t", Unknown),
    ("UPDATE t SET s = {1, 2 WHERE k = 1", Unknown),
];

#[test]
fn what_the_text_alone_says() {
    for (cql, expected) in CASES {
        assert_eq!(Idempotence::of(cql), *expected, "{cql}");
    }
}

#[test]
fn case_blanks_and_comments_say_nothing() {
    for (cql, expected) in CASES.iter().filter(|(cql, _)| !cql.contains(['\'', '"', '$', '\n'])) {
        assert_eq!(Idempotence::of(&cql.to_uppercase()), *expected, "{cql} in upper case");
        assert_eq!(Idempotence::of(&cql.to_lowercase()), *expected, "{cql} in lower case");
        if !cql.contains(['/', '-']) {
            let spread = cql.replace(' ', " /* IF now() */\n-- uuid()\r\n\t");
            assert_eq!(Idempotence::of(&spread), *expected, "{spread}");
        }
    }
}

fn schema() -> Schema {
    let columns = [
        ("n", "counter"),
        ("l", "list<int>"),
        ("s", "set<int>"),
        ("m", "map<int, int>"),
        ("f", "frozen<list<int>>"),
        ("v", "vector<int, 2>"),
        ("i", "int"),
        ("L", "set<int>"),
    ];
    let columns = columns.map(|(name, kind)| Column::new(name, ColumnKind::Regular, -1, kind));
    let mut keyspace = Keyspace::new("ks", Replication::Local);
    keyspace.tables.insert("t".into(), Arc::new(Table::new("ks", "t", columns)));
    Schema::new([keyspace])
}

#[test]
fn types_decide_what_the_text_cannot() {
    let schema = schema();
    for (cql, expected) in [
        ("UPDATE t SET n = n + ? WHERE k = 1", No),
        ("UPDATE t SET s = s + ? WHERE k = 1", Timed),
        ("UPDATE t SET S = s - ?, m += ? WHERE k = 1", Timed),
        ("UPDATE t SET l = l + ? WHERE k = 1", No),
        ("UPDATE t SET l = l - ? WHERE k = 1", Timed),
        ("UPDATE t SET \"L\" = \"L\" + ? WHERE k = 1", Timed),
        ("UPDATE t SET i = i + ? WHERE k = 1", No),
        ("UPDATE t SET l[?] = 1 WHERE k = 1", No),
        ("UPDATE t SET m[?] = 1 WHERE k = 1", Timed),
        ("DELETE l[0] FROM t WHERE k = 1", No),
        ("DELETE m[0], s[1] FROM ks.t WHERE k = 1", Timed),
        ("UPDATE t SET l = ? WHERE k = 1", No),
        ("UPDATE t SET l = [1] WHERE k = 1", No),
        ("UPDATE t USING TIMESTAMP 5 SET l = [1] WHERE k = 1", No),
        ("UPDATE t SET f = [1], v = [1, 2], i = ?, s = ? WHERE k = 1", Timed),
        ("INSERT INTO t (i, l) VALUES (?, ?)", No),
        ("INSERT INTO ks.t (i, s, f) VALUES (?, ?, ?)", Timed),
        ("INSERT INTO t (i, s) VALUES (?, f(1))", Unknown),
        ("INSERT INTO elsewhere.t (i) VALUES (?)", Unknown),
        ("INSERT INTO other (i) VALUES (?)", Unknown),
        ("INSERT INTO t (unknown) VALUES (?)", Unknown),
        ("BEGIN BATCH INSERT INTO t (i) VALUES (?); UPDATE t SET s = s + ? WHERE i = 1; APPLY BATCH", Timed),
    ] {
        assert_eq!(Idempotence::with_schema(cql, &schema, Some("ks")), expected, "{cql}");
    }
    assert_eq!(Idempotence::with_schema("INSERT INTO t (i) VALUES (?)", &schema, None), Unknown);
}

/// What a server says of bind markers: their names, each with its type.
fn bound(markers: &[(&str, CqlType)]) -> Vec<ColumnSpec> {
    let spec = |(name, cql_type): &(&str, CqlType)| ColumnSpec {
        keyspace: "ks".into(),
        table: "t".into(),
        name: (*name).into(),
        cql_type: cql_type.clone(),
    };
    markers.iter().map(spec).collect()
}

#[test]
fn bind_markers_decide_what_the_text_cannot() {
    let int = || CqlType::Int;
    let list = || CqlType::List(Arc::new(CqlType::Int));
    let set = || CqlType::Set(Arc::new(CqlType::Int));
    for (cql, markers, expected) in [
        ("INSERT INTO t (k, v) VALUES (?, ?)", &[("k", int()), ("v", int())][..], Timed),
        ("INSERT INTO t (k, l) VALUES (?, ?)", &[("k", int()), ("l", list())], No),
        ("INSERT INTO t (k, l) VALUES (:k, :l)", &[("k", int()), ("l", list())], No),
        // A named marker's name says nothing about the column that it is for.
        ("INSERT INTO t (k, l) VALUES (:l, :k)", &[("l", int()), ("k", list())], No),
        ("INSERT INTO t (k, l) VALUES (:l, :k)", &[("l", int()), ("k", set())], Timed),
        ("INSERT INTO t (k, m, l) VALUES (?, {1: ?, ?: 2}, ?)", &[("k", int())], Unknown),
        (
            "INSERT INTO t (k, s, v) VALUES (?, {?, ?}, ?)",
            &[("k", int()), ("", int()), ("", int()), ("v", int())],
            Timed,
        ),
        ("INSERT INTO t (k, l) VALUES (?, [?])", &[("k", int()), ("", int())], Unknown),
        ("INSERT INTO t (k, v) VALUES (?, ?)", &[("k", int())], Unknown),
        // A server that takes a name that comes twice for one marker.
        (
            "INSERT INTO t (k, i, l, v) VALUES (:k, :k, :l, :v)",
            &[("k", int()), ("l", list()), ("v", int())],
            Unknown,
        ),
        (
            "INSERT INTO t (k, m, v) VALUES (?, {?: ?, 'a': ?}, ?)",
            &[("k", int()), ("", int()), ("", int()), ("", int()), ("v", int())],
            Timed,
        ),
        (
            "INSERT INTO t (k, m, v) VALUES (?, {'a': :a}, ?)",
            &[("k", int()), ("", int()), ("v", int())],
            Unknown,
        ),
        ("SELECT * FROM t WHERE k = ?", &[("k", int())], Idempotent),
        (
            "UPDATE t USING TTL ? SET v = ? WHERE k = ?",
            &[("[ttl]", int()), ("v", int()), ("k", int())],
            Timed,
        ),
        ("UPDATE t USING TTL ? SET l = ? WHERE k = ?", &[("[ttl]", int()), ("l", list()), ("k", int())], No),
        ("UPDATE t SET s = s + ? WHERE k = ?", &[("s", set()), ("k", int())], Timed),
        ("UPDATE t SET s -= :s WHERE k = ?", &[("s", set()), ("k", int())], Timed),
        ("UPDATE t SET l = l + ? WHERE k = ?", &[("l", list()), ("k", int())], No),
        ("UPDATE t SET l = l - ? WHERE k = ?", &[("l", list()), ("k", int())], Timed),
        ("UPDATE t SET n = n + ? WHERE k = ?", &[("n", CqlType::Counter), ("k", int())], No),
        ("UPDATE t SET m[?] = ? WHERE k = ?", &[("key(m)", int()), ("value(m)", int()), ("k", int())], Timed),
        ("UPDATE t SET l[?] = ? WHERE k = ?", &[("idx(l)", int()), ("value(l)", int()), ("k", int())], No),
        ("DELETE m[?] FROM t WHERE k = ?", &[("key(m)", int()), ("k", int())], Timed),
        ("DELETE l[?] FROM t WHERE k = ?", &[("idx(l)", int()), ("k", int())], No),
        (
            "DELETE s[?], m[?] FROM t WHERE k = ?",
            &[("value(s)", int()), ("key(m)", int()), ("k", int())],
            Timed,
        ),
        ("DELETE s[?] FROM t WHERE k = ?", &[("value(other)", int()), ("k", int())], Unknown),
        ("DELETE l[?] FROM t WHERE k = ?", &[("l", int()), ("k", int())], Unknown),
        (
            "BEGIN BATCH INSERT INTO t (k) VALUES (?); UPDATE t SET l = ? WHERE k = ?; APPLY BATCH",
            &[("k", int()), ("l", list()), ("k", int())],
            No,
        ),
    ] {
        assert_eq!(Idempotence::of_prepared(cql, &bound(markers)), expected, "{cql}");
    }
}

#[test]
fn columns_are_asked_for_by_the_names_that_the_server_keeps() {
    let asked = std::cell::RefCell::new(Vec::new());
    let types = |path: &ColumnPath<'_>| {
        asked
            .borrow_mut()
            .push(format!("{:?} {} {} {:?}", path.keyspace, path.table, path.column, path.marker));
        Some(CqlType::Int)
    };
    let verdict = Idempotence::with_types("INSERT INTO Ks.\"T\"\"t\" (A, \"B\") VALUES (?, :b)", &types);
    assert_eq!(verdict, Timed);
    assert_eq!(*asked.borrow(), ["Some(\"ks\") T\"t a Some(0)", "Some(\"ks\") T\"t B Some(1)"]);
}

#[test]
fn only_the_first_two_allow_repeating() {
    let with = [Idempotent, Timed, Unknown, No].map(|verdict| verdict.allows_repeating(true));
    let without = [Idempotent, Timed, Unknown, No].map(|verdict| verdict.allows_repeating(false));
    assert_eq!(with, [true, true, false, false]);
    assert_eq!(without, [true, false, false, false]);
}

const WORDS: &[&str] = &[
    "INSERT",
    "INTO",
    "UPDATE",
    "DELETE",
    "FROM",
    "SET",
    "WHERE",
    "IF",
    "USING",
    "TIMESTAMP",
    "BEGIN",
    "BATCH",
    "APPLY",
    "VALUES",
    "JSON",
    "t",
    "k",
    "c",
    "\"Q\"",
    "now",
    "f",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "=",
    "+",
    "-",
    "?",
    ":",
    ";",
    "1",
    "'a'",
    "0xff",
    "'",
    "/*",
    "$$",
    "é",
];

proptest! {
    #[test]
    fn any_text_has_an_answer(cql in "\\PC*") {
        let _ = Idempotence::of(&cql);
    }

    #[test]
    fn any_soup_of_words_has_an_answer(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        let _ = Idempotence::of(&words.join(" "));
        let _ = Idempotence::with_types(&words.concat(), &|_| Some(CqlType::Int));
    }

    /// Whatever a modification looks like, a condition or a changing function at its end spoils it.
    #[test]
    fn a_condition_always_counts(case in prop::sample::select(CASES)) {
        let (cql, verdict) = case;
        prop_assume!(verdict == Timed && !cql.contains("BATCH") && !cql.contains([';', '*']) && !cql.contains("--"));
        prop_assert_eq!(Idempotence::of(&format!("{cql} IF EXISTS")), No);
        prop_assert_eq!(Idempotence::of(&format!("{cql} AND x = now()")), No);
    }

    /// Knowing more types never makes an answer out of one that did not depend on them.
    #[test]
    fn types_only_decide_what_was_open(case in prop::sample::select(CASES), list in any::<bool>()) {
        let (cql, verdict) = case;
        let cql_type = if list { CqlType::List(Arc::new(CqlType::Int)) } else { CqlType::Int };
        let typed = Idempotence::with_types(cql, &|_| Some(cql_type.clone()));
        prop_assert!(typed == verdict || verdict == Unknown, "{}: {:?}", cql, typed);
    }
}
