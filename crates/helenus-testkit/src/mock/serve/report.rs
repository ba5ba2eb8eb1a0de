//! Received requests as JSON. Credentials are left out: AUTH_RESPONSE shows only that it came.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus_protocol::Consistency;
use helenus_protocol::notation::Value as Bound;
use helenus_protocol::request::{QueryParameters, Request, SerializedValues};
use serde_json::{Map, Value, json};

use super::value::hex;
use crate::mock::Received;

/// One request.
pub(super) fn request(received: &Received) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("node", json!(received.node));
    put("connection", json!(received.connection));
    put("stream", json!(received.stream));
    put("version", json!(received.version.number()));
    put("flags", json!(received.flags.bits()));
    put("opcode", json!(received.opcode.name()));
    put("statements", received.statements.iter().map(|text| json!(&**text)).collect());
    put("keyspace", json!(received.keyspace));
    put("at", json!(received.at.as_secs_f64()));
    let payload = received.custom_payload.iter();
    put("payload", payload.map(|(key, value)| json!([key, value.as_deref().map(hex)])).collect());
    if let Some(fields) = received.parameters() {
        put("parameters", parameters(fields));
    }
    match &received.request {
        Request::Startup(startup) => {
            let options = startup.options.iter();
            put("options", options.map(|(name, value)| (name.to_string(), json!(value))).collect());
        }
        Request::Register(register) => {
            put("events", register.events.iter().map(|event| json!(event.name())).collect());
        }
        Request::Execute(execute) => {
            put("prepared_id", json!(hex(&execute.id)));
            put("result_metadata_id", json!(execute.result_metadata_id.as_deref().map(hex)));
        }
        Request::Batch(batch) => {
            put(
                "batch",
                json!({
                    "kind": format!("{:?}", batch.kind).to_uppercase(),
                    "values": batch.statements.iter().map(|it| values(&it.values)).collect::<Vec<_>>(),
                    "consistency": batch.consistency.name(),
                    "serial_consistency": batch.serial_consistency.map(|level| Consistency::from(level).name()),
                    "timestamp": batch.timestamp,
                    "now_in_seconds": batch.now_in_seconds,
                }),
            );
        }
        _ => {}
    }
    Value::Object(object)
}

fn parameters(fields: &QueryParameters) -> Value {
    json!({
        "consistency": fields.consistency.name(),
        "serial_consistency": fields.serial_consistency.map(|level| Consistency::from(level).name()),
        "values": values(&fields.values),
        "page_size": fields.page_size,
        "paging_state": fields.paging_state.as_deref().map(hex),
        "skip_metadata": fields.skip_metadata,
        "timestamp": fields.timestamp,
        "now_in_seconds": fields.now_in_seconds,
    })
}

/// Each value as hexadecimal digits, null, or `{"unset": true}`; with names, pairs.
fn values(values: &SerializedValues) -> Value {
    let cell = |value: Bound<&[u8]>| match value {
        Bound::Bytes(bytes) => json!(hex(bytes)),
        Bound::Null => Value::Null,
        Bound::Unset => json!({"unset": true}),
    };
    let values = values.iter();
    values.map(|(name, value)| name.map_or_else(|| cell(value), |name| json!([name, cell(value)]))).collect()
}

/// How many requests there are, in all, by node and by statement.
pub(super) fn count(nodes: usize, received: &[Arc<Received>]) -> Value {
    let mut by_node = vec![0_u64; nodes];
    let mut by_statement: BTreeMap<&str, u64> = BTreeMap::new();
    for received in received {
        by_node[received.node] += 1;
        for text in &received.statements {
            *by_statement.entry(text).or_default() += 1;
        }
    }
    json!({"total": received.len(), "by_node": by_node, "by_statement": by_statement})
}
