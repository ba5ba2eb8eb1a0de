//! The commands of `helenus-mock serve`, as JSON. Every field is checked: one that is not known is an error.

use std::net::Ipv4Addr;

use serde::Deserialize;
use serde_json::Value;

/// One command.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Command {
    /// Starts a cluster; answers with its number and addresses.
    Start {
        #[serde(default = "one")]
        nodes: usize,
        address: Option<Ipv4Addr>,
        port: Option<u16>,
        #[serde(default)]
        world: Box<WorldPatch>,
    },
    /// Ends a cluster.
    Stop { cluster: u64 },
    /// Adds a rule; answers with its number.
    On {
        cluster: u64,
        #[serde(default, rename = "match")]
        matcher: MatcherFields,
        react: Box<ReactionFields>,
    },
    /// Takes a rule away; answers whether it was there.
    Remove { cluster: u64, rule: u64 },
    /// Takes all rules away.
    RemoveAll { cluster: u64 },
    /// Answers with how many requests met a rule.
    Used { cluster: u64, rule: u64 },
    /// Answers with the requests that match.
    Received {
        cluster: u64,
        #[serde(default, rename = "match")]
        matcher: MatcherFields,
    },
    /// Answers with how many requests match, in all, by node and by statement.
    Count {
        cluster: u64,
        #[serde(default, rename = "match")]
        matcher: MatcherFields,
    },
    /// Forgets what was received.
    ClearReceived { cluster: u64 },
    /// Waits until so many requests match, or so many seconds are over; answers whether they do.
    Wait {
        cluster: u64,
        #[serde(default, rename = "match")]
        matcher: MatcherFields,
        count: usize,
        seconds: f64,
    },
    /// Sends an event; answers with how many connections had asked for it.
    Push { cluster: u64, node: Option<usize>, event: EventFields },
    /// Does something to a node.
    Node { cluster: u64, node: usize, action: NodeAction },
    /// Answers with the open and the accepted connections of each node.
    Connections { cluster: u64 },
    /// Changes what the cluster pretends to be.
    Change { cluster: u64, world: Box<WorldPatch> },
}

const fn one() -> usize {
    1
}

/// What can be done to a node.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NodeAction {
    CloseConnections,
    ResetConnections,
    StopListening,
    Listen,
    Stop,
    Pause,
    Resume,
    ForgetStatements,
}

/// Changes to the world; what is not named stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorldPatch {
    pub(super) cluster_name: Option<String>,
    pub(super) release_version: Option<String>,
    pub(super) partitioner: Option<String>,
    pub(super) oldest: Option<u8>,
    pub(super) newest: Option<u8>,
    pub(super) compressions: Option<Vec<String>>,
    pub(super) supported: Option<Vec<(String, Vec<String>)>>,
    /// `null` lets everyone in.
    #[serde(default, deserialize_with = "given")]
    pub(super) credentials: Option<Option<Credentials>>,
    /// What the system tables tell of single nodes.
    #[serde(default)]
    pub(super) topology: Vec<NodePatch>,
    pub(super) keyspaces: Option<Vec<KeyspaceFields>>,
    pub(super) bindings: Option<Vec<BindingFields>>,
}

/// Tells `"x": null` from no `x`.
fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) authenticator: Option<String>,
    /// Hexadecimal.
    #[serde(default)]
    pub(super) challenges: Vec<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NodePatch {
    pub(super) node: usize,
    pub(super) is_member: Option<bool>,
    pub(super) datacenter: Option<String>,
    pub(super) rack: Option<String>,
    pub(super) host_id: Option<uuid::Uuid>,
    pub(super) tokens: Option<Vec<String>>,
    pub(super) release_version: Option<String>,
    pub(super) schema_version: Option<uuid::Uuid>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyspaceFields {
    pub(super) name: String,
    pub(super) replication: Option<Vec<(String, String)>>,
    #[serde(default)]
    pub(super) tables: Vec<TableFields>,
    /// Names, and their fields' names and types.
    #[serde(default)]
    pub(super) types: Vec<(String, Vec<(String, String)>)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableFields {
    pub(super) name: String,
    /// Name, type, kind (`partition_key`, `clustering`, `static`, `regular`).
    pub(super) columns: Vec<(String, String, String)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BindingFields {
    pub(super) text: String,
    pub(super) markers: Vec<(String, String)>,
    #[serde(default)]
    pub(super) partition_key: Vec<u16>,
}

/// A matcher: see [`Matcher`](crate::mock::Matcher).
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatcherFields {
    /// Names of opcodes as the specification writes them.
    pub(super) opcodes: Option<Vec<String>>,
    pub(super) text: Option<String>,
    pub(super) regex: Option<String>,
    pub(super) node: Option<usize>,
    pub(super) connection: Option<usize>,
    pub(super) stream: Option<i16>,
    pub(super) version: Option<u8>,
    pub(super) keyspace: Option<String>,
    pub(super) consistency: Option<String>,
    pub(super) first_page: Option<bool>,
    pub(super) nth: Option<u64>,
    #[serde(rename = "from")]
    pub(super) from_nth: Option<u64>,
    #[serde(rename = "to")]
    pub(super) to_nth: Option<u64>,
    pub(super) probability: Option<f64>,
    #[serde(default)]
    pub(super) seed: u64,
}

/// A reaction: see [`Reaction`](crate::mock::Reaction). Times are in seconds, bytes in hexadecimal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReactionFields {
    pub(super) answer: AnswerFields,
    #[serde(default)]
    pub(super) delay: f64,
    pub(super) copies: Option<usize>,
    pub(super) on_stream: Option<i16>,
    pub(super) gather: Option<usize>,
    pub(super) gather_reversed: Option<usize>,
    pub(super) split_at: Option<usize>,
    /// Length, and the pause.
    pub(super) dribble: Option<(usize, f64)>,
    pub(super) flip_bit: Option<usize>,
    pub(super) flip_any_bit: Option<u64>,
    pub(super) truncate: Option<usize>,
    pub(super) then: Option<ThenFields>,
    #[serde(default)]
    pub(super) warnings: Vec<String>,
    #[serde(default)]
    pub(super) payload: Vec<(String, Option<String>)>,
    pub(super) tracing_id: Option<uuid::Uuid>,
    pub(super) flip_flags: Option<u8>,
    pub(super) version_byte: Option<u8>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ThenFields {
    Close,
    Reset,
    StopReading,
}

/// What is answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum AnswerFields {
    Usual,
    Silence,
    Void,
    Unprepared,
    SetKeyspace(String),
    Rows {
        #[serde(default = "mock")]
        keyspace: String,
        #[serde(default = "mock")]
        table: String,
        columns: Vec<(String, String)>,
        rows: Vec<Vec<Value>>,
    },
    Error(Box<ErrorFields>),
    /// An opcode's name and a body.
    Body(String, String),
    Raw(String),
}

fn mock() -> String {
    "mock".into()
}

/// An ERROR; fields that its code does not have are not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorFields {
    /// A name such as `read_timeout`, or a number.
    pub(super) code: Value,
    #[serde(default)]
    pub(super) message: String,
    pub(super) consistency: Option<String>,
    #[serde(default)]
    pub(super) required: i32,
    #[serde(default)]
    pub(super) alive: i32,
    #[serde(default)]
    pub(super) received: i32,
    #[serde(default)]
    pub(super) failures: i32,
    #[serde(default)]
    pub(super) reasons: Vec<(std::net::IpAddr, u16)>,
    #[serde(default)]
    pub(super) data_present: bool,
    pub(super) write_type: Option<String>,
    pub(super) contentions: Option<u16>,
    #[serde(default)]
    pub(super) keyspace: String,
    #[serde(default)]
    pub(super) table: String,
    #[serde(default)]
    pub(super) function: String,
    #[serde(default)]
    pub(super) argument_types: Vec<String>,
    #[serde(default)]
    pub(super) id: String,
}

/// An event: see [`Event`](helenus_protocol::response::Event).
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EventFields {
    /// `NEW_NODE`, `REMOVED_NODE`, `MOVED_NODE`.
    Topology { change: String, address: std::net::IpAddr, port: u16 },
    /// `UP`, `DOWN`.
    Status { change: String, address: std::net::IpAddr, port: u16 },
    /// `CREATED`, `UPDATED`, `DROPPED`; `KEYSPACE`, `TABLE`, `TYPE`, `FUNCTION`, `AGGREGATE`.
    Schema {
        change: String,
        target: String,
        keyspace: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        arguments: Vec<String>,
    },
}
