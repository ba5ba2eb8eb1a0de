//! Mock clusters for other languages: commands come in as lines of JSON, each is answered by one line.
//!
//! A command is an object with `do`, the command's own fields and, if wanted, an `id`; its answer has the `id` and
//! either `ok` or `error`:
//!
//! ```text
//! {"id": 1, "do": "start", "nodes": 3}
//! {"id": 1, "ok": {"cluster": 1, "addresses": ["127.66.7.1:9042", "127.66.7.2:9042", "127.66.7.3:9042"]}}
//! {"id": 2, "do": "on", "cluster": 1, "match": {"opcodes": ["QUERY"], "text": "FROM t"}, "react": {"answer": "silence"}}
//! {"id": 2, "ok": 1}
//! ```
//!
//! The commands are `start`, `stop`, `on`, `remove`, `remove_all`, `used`, `received`, `count`, `clear_received`,
//! `wait`, `push`, `node`, `connections` and `change`; they do what the methods of
//! [`RunningCluster`] do. `tests/support/mock.py` is their client for pytest.

mod check;
mod command;
mod convert;
mod report;
mod value;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use serde_json::{Value, json};

use self::command::{Command, NodeAction};
use super::cluster::{MockNode, RunningCluster};
use super::plan::MockCluster;
use super::rules::RuleId;

/// Serves commands from `input` until it ends. Then all clusters end.
///
/// # Errors
/// If `input` cannot be read or `output` cannot be written. A bad command is answered, and is no such error.
pub fn serve(input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut server = Server::default();
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = server.answer(&line);
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Server {
    clusters: BTreeMap<u64, RunningCluster>,
    started: u64,
}

impl Server {
    fn answer(&mut self, line: &str) -> Value {
        let mut id = Value::Null;
        let outcome =
            serde_json::from_str::<Value>(line).map_err(|error| error.to_string()).and_then(|mut value| {
                id = value.as_object_mut().and_then(|object| object.remove("id")).unwrap_or_default();
                let command = serde_json::from_value(value).map_err(|error| error.to_string())?;
                self.run(command)
            });
        match outcome {
            Ok(value) => json!({"id": id, "ok": value}),
            Err(error) => json!({"id": id, "error": error}),
        }
    }

    fn cluster(&self, number: u64) -> Result<&RunningCluster, String> {
        self.clusters.get(&number).ok_or_else(|| format!("there is no cluster {number}"))
    }

    fn node(&self, cluster: u64, index: usize) -> Result<MockNode<'_>, String> {
        let mut nodes = self.cluster(cluster)?.nodes();
        nodes.nth(index).ok_or_else(|| format!("there is no node {index}"))
    }

    fn run(&mut self, command: Command) -> Result<Value, String> {
        Ok(match command {
            Command::Start { nodes, address, port, world } => {
                check::nodes(nodes)?;
                let mut plan = MockCluster::new(nodes);
                if let Some(address) = address {
                    plan = plan.address(address);
                }
                if let Some(port) = port {
                    plan = plan.port(port);
                }
                let cluster = plan.start().map_err(|error| error.to_string())?;
                let world = convert::patched(cluster.world(), *world)?;
                cluster.change(|old| *old = world);
                let addresses: Vec<_> = cluster.addresses().iter().map(ToString::to_string).collect();
                self.started += 1;
                self.clusters.insert(self.started, cluster);
                json!({"cluster": self.started, "addresses": addresses})
            }
            Command::Stop { cluster } => json!(self.clusters.remove(&cluster).is_some()),
            Command::On { cluster, matcher, react } => {
                let cluster = self.cluster(cluster)?;
                check::matcher(&matcher, cluster.addresses().len())?;
                check::reaction(&react)?;
                let reaction = convert::reaction(*react, &cluster.world())?;
                json!(cluster.on(convert::matcher(&matcher)?, reaction).0)
            }
            Command::Remove { cluster, rule } => json!(self.cluster(cluster)?.remove(RuleId(rule))),
            Command::RemoveAll { cluster } => {
                self.cluster(cluster)?.remove_all();
                Value::Null
            }
            Command::Used { cluster, rule } => json!(self.cluster(cluster)?.used(RuleId(rule))),
            Command::Received { cluster, matcher } => {
                let received = self.cluster(cluster)?.received(&convert::matcher(&matcher)?);
                received.iter().map(|received| report::request(received)).collect()
            }
            Command::Count { cluster, matcher } => {
                let cluster = self.cluster(cluster)?;
                report::count(cluster.addresses().len(), &cluster.received(&convert::matcher(&matcher)?))
            }
            Command::ClearReceived { cluster } => {
                self.cluster(cluster)?.clear_received();
                Value::Null
            }
            Command::Wait { cluster, matcher, count, seconds } => {
                let patience = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
                json!(self.cluster(cluster)?.wait_for(&convert::matcher(&matcher)?, count, patience))
            }
            Command::Push { cluster, node, event } => {
                let event = convert::event(event)?;
                let told = match node {
                    Some(index) => self.node(cluster, index)?.push_event(&event),
                    None => self.cluster(cluster)?.push_event(&event),
                };
                json!(told.map_err(|error| error.to_string())?)
            }
            Command::Node { cluster, node, action } => act(self.node(cluster, node)?, action)?,
            Command::Connections { cluster } => {
                let nodes = self.cluster(cluster)?.nodes();
                nodes.map(|node| json!({"open": node.connections(), "accepted": node.accepted()})).collect()
            }
            Command::Change { cluster, world } => {
                let cluster = self.cluster(cluster)?;
                let world = convert::patched(cluster.world(), *world)?;
                cluster.change(|old| *old = world);
                Value::Null
            }
        })
    }
}

fn act(node: MockNode<'_>, action: NodeAction) -> Result<Value, String> {
    match action {
        NodeAction::CloseConnections => node.close_connections(),
        NodeAction::ResetConnections => node.reset_connections(),
        NodeAction::StopListening => node.stop_listening(),
        NodeAction::Listen => node.listen().map_err(|error| error.to_string())?,
        NodeAction::Stop => node.stop(),
        NodeAction::Pause => node.pause(),
        NodeAction::Resume => node.resume(),
        NodeAction::ForgetStatements => node.forget_statements(),
    }
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered to these lines.
    fn answers(lines: &str) -> Vec<Value> {
        let mut output = Vec::new();
        serve(lines.as_bytes(), &mut output).unwrap();
        output.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    #[test]
    fn a_cluster_is_started_scripted_asked_and_stopped() {
        let answers = answers(
            r#"
            {"id": 1, "do": "start", "nodes": 2, "world": {"credentials": {"user": "u", "password": "p"},
             "topology": [{"node": 1, "rack": "r2"}], "keyspaces": [{"name": "k", "tables":
             [{"name": "t", "columns": [["a", "int", "partition_key"]]}]}]}}
            {"id": 2, "do": "on", "cluster": 1, "match": {"text": "FROM t", "nth": 2}, "react": {"answer": {"error":
             {"code": "unavailable", "consistency": "quorum", "required": 2, "alive": 1}}, "delay": 0.5}}
            {"id": 3, "do": "on", "cluster": 1, "react": {"answer": {"rows": {"columns": [["a", "int"]], "rows": [[1]]}},
             "then": "close"}}
            {"id": 4, "do": "used", "cluster": 1, "rule": 2}
            {"id": 5, "do": "count", "cluster": 1}
            {"id": 6, "do": "node", "cluster": 1, "node": 1, "action": "pause"}
            {"id": 7, "do": "push", "cluster": 1, "event": {"type": "status", "change": "UP",
             "address": "127.0.0.1", "port": 9042}}
            {"id": 8, "do": "wait", "cluster": 1, "count": 1, "seconds": 0.01}
            {"id": 9, "do": "connections", "cluster": 1}
            {"id": 10, "do": "stop", "cluster": 1}
            "#
            .replace("\n             ", " ")
            .as_str(),
        );
        let oks: Vec<_> = answers.iter().map(|answer| answer["ok"].clone()).collect();
        assert_eq!(oks[0]["addresses"].as_array().map(Vec::len), Some(2), "{answers:?}");
        let idle = json!({"open": 0, "accepted": 0});
        let counts = json!({"total": 0, "by_node": [0, 0], "by_statement": {}});
        assert_eq!(
            oks[1..],
            [
                json!(1),
                json!(2),
                json!(0),
                counts,
                Value::Null,
                json!(0),
                json!(false),
                json!([idle, idle]),
                json!(true)
            ]
        );
    }

    #[test]
    fn a_bad_command_is_answered_with_what_is_wrong_with_it() {
        for (line, part) in [
            ("nonsense", "expected"),
            (r#"{"do": "dance"}"#, "dance"),
            (r#"{"do": "used", "cluster": 9, "rule": 1}"#, "no cluster 9"),
            (r#"{"do": "on", "cluster": 1, "react": {"answer": "silence", "dealy": 1}}"#, "dealy"),
            (
                r#"{"do": "on", "cluster": 1, "match": {"opcodes": ["ERROR"]}, "react": {"answer": "void"}}"#,
                "ERROR",
            ),
            (
                r#"{"do": "on", "cluster": 1, "match": {"regex": "("}, "react": {"answer": "void"}}"#,
                "open group",
            ),
            (r#"{"do": "on", "cluster": 1, "react": {"answer": "void", "delay": -1}}"#, "-1"),
            (r#"{"do": "on", "cluster": 1, "react": {"answer": {"error": {"code": "odd"}}}}"#, "odd"),
            (
                r#"{"do": "on", "cluster": 1, "react": {"answer": {"rows": {"columns": [["a", "int"]], "rows": [[]]}}}}"#,
                "0 values",
            ),
            (r#"{"do": "node", "cluster": 1, "node": 7, "action": "stop"}"#, "no node 7"),
            (r#"{"do": "change", "cluster": 1, "world": {"newest": 9}}"#, "version"),
        ] {
            refused_and_on(line, part);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (line, part) in [
            (r#"{"do": "start", "nodes": 0}"#, "nodes must be 1 to 254, not 0"),
            (r#"{"do": "start", "nodes": 255}"#, "not 255"),
            (r#"{"do": "start", "address": "192.0.2.1"}"#, "no loopback address"),
            (r#"{"do": "start", "world": {"oldest": 5, "newest": 4}}"#, "oldest"),
            (
                r#"{"do": "start", "world": {"keyspaces": [{"name": "k", "tables": [{"name": "t", "columns":
                [["a", "nosuchtype", "partition_key"]]}]}]}}"#,
                r#"no type "nosuchtype", of "a" in the table "t""#,
            ),
            (
                r#"{"do": "start", "world": {"keyspaces": [{"name": "k", "types": [["u", [["f", "list<u2>"]]]]}]}}"#,
                r#"of "f" in the type "u""#,
            ),
            (
                r#"{"do": "start", "world": {"bindings": [{"text": "INSERT", "markers": [["m", "strng"]]}]}}"#,
                r#"of "m" in the binding of "INSERT""#,
            ),
            (
                r#"{"do": "start", "world": {"bindings": [{"text": "I", "markers": [], "partition_key": [0]}]}}"#,
                "none of index 0",
            ),
            (
                r#"{"do": "on", "cluster": 1, "react": {"answer": {"rows": {"columns": [["a", "itn"]], "rows": []}}}}"#,
                r#"no type "itn""#,
            ),
            (r#"{"do": "on", "cluster": 1, "match": {"node": 1}, "react": {"answer": "void"}}"#, "no node 1"),
            (r#"{"do": "on", "cluster": 1, "match": {"nth": 0}, "react": {"answer": "void"}}"#, "from 1"),
            (
                r#"{"do": "on", "cluster": 1, "match": {"probability": 2}, "react": {"answer": "void"}}"#,
                "0 to 1",
            ),
            (r#"{"do": "on", "cluster": 1, "react": {"answer": "void", "copies": 0}}"#, "copies"),
            (r#"{"do": "on", "cluster": 1, "react": {"answer": "void", "gather": 0}}"#, "gather"),
            (r#"{"do": "on", "cluster": 1, "react": {"answer": "void", "dribble": [0, 0]}}"#, "dribble"),
        ] {
            refused_and_on(&line.replace("\n                ", " "), part);
        }
    }

    #[test]
    fn custom_types_and_types_of_the_keyspace_are_types() {
        let line = r#"{"do": "start", "world": {"keyspaces": [{"name": "k", "types": [["u", [["f", "int"]]]], "tables":
            [{"name": "t", "columns": [["a", "frozen<u>", "partition_key"], ["b", "'LexicalUUIDType'", "regular"]]}]}]}}"#;
        let answers = answers(&line.replace("\n            ", " "));
        assert_eq!(answers[0]["ok"]["cluster"], 1, "{answers:?}");
    }

    /// `line`, after a start of one node, is answered with an error that says `part`; the next command is served.
    fn refused_and_on(line: &str, part: &str) {
        let start = r#"{"do": "start"}"#;
        let answers = answers(&format!("{start}\n{line}\n{start}\n"));
        let error = answers[1]["error"].as_str().unwrap_or_default();
        assert!(error.contains(part), "{line}: {error:?}");
        assert!(answers[2].get("ok").is_some(), "it goes on after {line}");
    }
}
