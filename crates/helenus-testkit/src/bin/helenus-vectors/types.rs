//! Rows with values of every CQL type: ordinary ones, limits, empty ones and null.

use std::net::SocketAddr;

use helenus_protocol::ProtocolVersion;

use crate::Result;
use crate::capture::Capture;
use crate::conversation::{Conversation, parameters, query};

/// A column's type and the literals that it is filled with, one row each.
type Column = (&'static str, &'static [&'static str]);

const NUMBERS: &[Column] = &[
    ("tinyint", &["1", "-128", "127"]),
    ("smallint", &["1", "-32768", "32767"]),
    ("int", &["1", "-2147483648", "2147483647"]),
    ("bigint", &["1", "-9223372036854775808", "9223372036854775807"]),
    ("varint", &["0", "-170141183460469231731687303715884105729", "128"]),
    ("decimal", &["1.50", "-0.0000000001", "1E+20"]),
    ("float", &["1.5", "NaN", "-Infinity"]),
    ("double", &["1.5", "NaN", "Infinity"]),
    ("boolean", &["true", "false", "null"]),
];

const TEXTS: &[Column] = &[
    ("ascii", &["'abc'", "''", "null"]),
    ("text", &["'grüße, 世界 🦀'", "''", "'it''s'"]),
    ("varchar", &["'abc'", "null", "''"]),
    ("blob", &["0x00ff", "0x", "null"]),
    ("inet", &["'192.0.2.1'", "'2001:db8::1'", "'::ffff:192.0.2.1'"]),
    ("uuid", &["5b6962dd-3f90-4c93-8f61-eabfa4a803e2", "00000000-0000-0000-0000-000000000000", "null"]),
    ("timeuuid", &["50554d6e-29bb-11e5-b345-feff819cdc9f", "null", "13814000-1dd2-11b2-8080-808080808080"]),
];

const TIMES: &[Column] = &[
    ("timestamp", &["'2015-05-03 13:30:54.234+0000'", "-9223372036854775808", "9223372036854775807"]),
    ("date", &["'2014-01-01'", "0", "4294967295"]),
    ("time", &["'08:12:54.123456789'", "'00:00:00'", "'23:59:59.999999999'"]),
    ("duration", &["1y2mo3w4d5h6m7s8ms9us10ns", "-1mo", "0s"]),
];

const COLLECTIONS: &[Column] = &[
    ("list<int>", &["[1, 2, 3]", "[]", "null"]),
    ("set<text>", &["{'b', 'a'}", "{}", "{''}"]),
    ("map<text, int>", &["{'a': 1, 'b': 2}", "{}", "{'': 0}"]),
    ("frozen<list<frozen<set<int>>>>", &["[{1, 2}, {}]", "[]", "null"]),
    ("map<int, frozen<map<text, frozen<list<bigint>>>>>", &["{1: {'a': [1, 2]}}", "{}", "{2: {}}"]),
];

const COMPOSITES: &[Column] = &[
    ("tuple<int, text, float>", &["(1, 'a', 1.5)", "(1, null, null)", "(2)"]),
    ("address", &["{street: 'Main', number: 1}", "{street: null}", "{number: 5}"]),
    ("frozen<address>", &["{street: 'Main', number: 1}", "null", "{number: 7}"]),
    ("list<frozen<address>>", &["[{street: 'Main', number: 1}]", "null", "[{street: 'a'}, {number: 2}]"]),
];

const VECTORS: &[Column] = &[
    ("vector<float, 3>", &["[1.5, -2, 0]", "null", "[NaN, 0, 1]"]),
    ("vector<int, 2>", &["[1, 2]", "[-1, 2147483647]", "null"]),
    ("vector<text, 2>", &["['a', 'bc']", "['', '']", "null"]),
    ("vector<smallint, 2>", &["[1, -2]", "null", "[32767, 0]"]),
    ("vector<varint, 2>", &["[1, 128]", "null", "[0, -1]"]),
    ("vector<timestamp, 1>", &["[0]", "null", "['2024-01-01']"]),
    ("vector<frozen<list<int>>, 2>", &["[[1], [2, 3]]", "null", "[[], []]"]),
    ("vector<vector<float, 2>, 2>", &["[[1, 2], [3, 4]]", "null", "[[0, 0], [0, 0]]"]),
    ("list<frozen<vector<double, 2>>>", &["[[1, 2], [3, 4]]", "null", "[]"]),
];

/// Types that the protocol has no number for: they are told by the name of their class.
const CUSTOMS: &[Column] = &[
    ("'LexicalUUIDType'", &["0x5b6962dd3f904c938f61eabfa4a803e2", "0x", "null"]),
    ("list<'LexicalUUIDType'>", &["[0x5b6962dd3f904c938f61eabfa4a803e2]", "[]", "null"]),
    ("'DynamicCompositeType(s=>UTF8Type)'", &["null", "0x8073000361626300", "0x"]),
];

const TABLES: &[(&str, &[Column])] = &[
    ("numbers", NUMBERS),
    ("texts", TEXTS),
    ("times", TIMES),
    ("collections", COLLECTIONS),
    ("composites", COMPOSITES),
    ("vectors", VECTORS),
    ("customs", CUSTOMS),
];

/// Captures `SELECT *` of each table, in `version`.
pub(crate) fn capture(node: SocketAddr, version: ProtocolVersion, capture: &mut Capture) -> Result<()> {
    let mut conversation = Conversation::open(node, version)?;
    if version == ProtocolVersion::V3 {
        make_tables(&mut conversation)?;
    }
    for (name, _) in TABLES {
        let select = format!("SELECT * FROM types.{name}");
        conversation.answer(capture, &format!("types-{name}"), &query(&select, parameters()))?;
    }
    conversation.answer(capture, "types-counter", &query("SELECT * FROM types.counters", parameters()))?;
    let empty = "SELECT * FROM types.empty_values";
    conversation.answer(capture, "types-empty-values", &query(empty, parameters()))?;
    Ok(())
}

fn make_tables(conversation: &mut Conversation) -> Result<()> {
    conversation.run(&[
        "CREATE KEYSPACE types WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        "CREATE TYPE types.address (street text, number int)",
        "CREATE TABLE types.counters (id int PRIMARY KEY, c counter)",
        "CREATE TABLE types.empty_values (id int PRIMARY KEY, i int, b bigint, u uuid, t timestamp, v varint)",
        "INSERT INTO types.empty_values (id, i, b, u, t, v) VALUES (1, blobAsInt(0x), blobAsBigint(0x), blobAsUuid(0x), \
         blobAsTimestamp(0x), blobAsVarint(0x))",
    ])?;
    // A counter takes no timestamp from its client.
    let increment = "UPDATE types.counters SET c = c + 42 WHERE id = 1";
    let no_timestamp = helenus_protocol::request::QueryParameters { timestamp: None, ..parameters() };
    let exchange = conversation.ask(&query(increment, no_timestamp))?;
    crate::capture::expect("counter", &exchange, helenus_protocol::ResponseOpcode::Result)?;
    for (name, columns) in TABLES {
        let kinds: Vec<_> =
            columns.iter().enumerate().map(|(at, (kind, _))| format!("c{at} {}", qualified(kind))).collect();
        conversation
            .run(&[&format!("CREATE TABLE types.{name} (id int PRIMARY KEY, {})", kinds.join(", "))])?;
        let names: Vec<_> = (0..columns.len()).map(|at| format!("c{at}")).collect();
        for row in 0..3 {
            let literals: Vec<_> = columns.iter().map(|(_, literals)| literals[row]).collect();
            let insert = format!(
                "INSERT INTO types.{name} (id, {}) VALUES ({row}, {})",
                names.join(", "),
                literals.join(", ")
            );
            conversation.run(&[&insert])?;
        }
    }
    Ok(())
}

/// `kind` with the user type's keyspace.
fn qualified(kind: &str) -> String {
    kind.replace("address", "types.address")
}
