//! What is another in one schema than in another: for programs that want to hear of changes, whoever has made them.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus_protocol::response::{SchemaChange, SchemaChangeKind as Kind, SchemaTarget};

use super::{Aggregate, Function, Keyspace, Schema};

/// The changes that make `after` of `before`: keyspace by keyspace, each before what is in it. What was in a keyspace that is
/// dropped is not told of.
pub(crate) fn difference(before: &Schema, after: &Schema) -> Vec<SchemaChange> {
    let mut changes = Vec::new();
    for keyspace in before.keyspaces().filter(|keyspace| after.keyspace(&keyspace.name).is_none()) {
        changes.push(change(Kind::Dropped, &keyspace.name, SchemaTarget::Keyspace));
    }
    for keyspace in after.keyspaces() {
        match before.keyspace(&keyspace.name) {
            Some(known) if Arc::ptr_eq(known, keyspace) => {}
            Some(known) => {
                if !is_made_alike(known, keyspace) {
                    changes.push(change(Kind::Updated, &keyspace.name, SchemaTarget::Keyspace));
                }
                within(known, keyspace, &mut changes);
            }
            None => {
                changes.push(change(Kind::Created, &keyspace.name, SchemaTarget::Keyspace));
                let nothing = Keyspace::new(&*keyspace.name, keyspace.replication.clone());
                within(&nothing, keyspace, &mut changes);
            }
        }
    }
    changes
}

/// Whether what the keyspaces themselves say is the same.
fn is_made_alike(before: &Keyspace, after: &Keyspace) -> bool {
    before.replication == after.replication
        && before.durable_writes == after.durable_writes
        && before.is_virtual == after.is_virtual
}

/// Types first, which the others may be made of; then functions, of which aggregates are.
fn within(before: &Keyspace, after: &Keyspace, changes: &mut Vec<SchemaChange>) {
    let mut tell = |kind, target| changes.push(change(kind, &after.name, target));
    compare(&before.user_types, &after.user_types, |kind, name, _| {
        tell(kind, SchemaTarget::Type(name.to_string()));
    });
    compare(&before.functions, &after.functions, |kind, _, function| tell(kind, function_target(function)));
    compare(&before.aggregates, &after.aggregates, |kind, _, aggregate| {
        tell(kind, aggregate_target(aggregate));
    });
    compare(&before.tables, &after.tables, |kind, name, _| tell(kind, SchemaTarget::Table(name.to_string())));
    compare(&before.views, &after.views, |kind, name, _| tell(kind, SchemaTarget::Table(name.to_string())));
}

fn compare<T: PartialEq>(
    before: &BTreeMap<Box<str>, Arc<T>>,
    after: &BTreeMap<Box<str>, Arc<T>>,
    mut tell: impl FnMut(Kind, &str, &T),
) {
    for (name, thing) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        tell(Kind::Dropped, name, thing);
    }
    for (name, thing) in after {
        match before.get(name) {
            None => tell(Kind::Created, name, thing),
            Some(known) if Arc::ptr_eq(known, thing) || known == thing => {}
            Some(_) => tell(Kind::Updated, name, thing),
        }
    }
}

fn function_target(function: &Function) -> SchemaTarget {
    let arguments = function.arguments.iter().map(|(_, of_type)| of_type.to_string()).collect();
    SchemaTarget::Function { name: function.name.to_string(), arguments }
}

fn aggregate_target(aggregate: &Aggregate) -> SchemaTarget {
    let arguments = aggregate.argument_types.iter().map(ToString::to_string).collect();
    SchemaTarget::Aggregate { name: aggregate.name.to_string(), arguments }
}

fn change(change: Kind, keyspace: &str, target: SchemaTarget) -> SchemaChange {
    SchemaChange { change, keyspace: keyspace.to_owned(), target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Replication;
    use crate::schema::{Monotonic, Table, UserType};

    fn function(name: &str, body: &str) -> Function {
        Function {
            keyspace: "ks".into(),
            name: name.into(),
            arguments: vec![("a".into(), "int".into()), ("b".into(), "text".into())],
            return_type: "int".into(),
            language: "java".into(),
            body: body.into(),
            called_on_null_input: false,
            deterministic: false,
            monotonic: Monotonic::Unknown,
        }
    }

    fn aggregate(name: &str) -> Aggregate {
        Aggregate {
            keyspace: "ks".into(),
            name: name.into(),
            argument_types: vec!["int".into()],
            state_function: "f".into(),
            state_type: "int".into(),
            final_function: None,
            initial_condition: None,
            return_type: "int".into(),
            deterministic: false,
        }
    }

    fn user_type(fields: &[&str]) -> UserType {
        UserType {
            keyspace: "ks".into(),
            name: "u".into(),
            fields: fields.iter().map(|name| ((*name).into(), "int".into())).collect(),
        }
    }

    fn keyspace(name: &str, fill: impl FnOnce(&mut Keyspace)) -> Arc<Keyspace> {
        let mut keyspace = Keyspace::new(name, Replication::Local);
        fill(&mut keyspace);
        Arc::new(keyspace)
    }

    fn told(before: &Schema, after: &Schema) -> Vec<String> {
        let one = |told: SchemaChange| {
            let SchemaChange { change, keyspace, target } = told;
            let target = match target {
                SchemaTarget::Keyspace => String::new(),
                SchemaTarget::Table(name) => format!(" table {name}"),
                SchemaTarget::Type(name) => format!(" type {name}"),
                SchemaTarget::Function { name, arguments } => format!(" function {name} {arguments:?}"),
                SchemaTarget::Aggregate { name, arguments } => format!(" aggregate {name} {arguments:?}"),
            };
            format!("{} {keyspace}{target}", change.name())
        };
        difference(before, after).into_iter().map(one).collect()
    }

    #[test]
    fn each_kind_of_thing_that_is_made_changed_and_dropped() {
        let full = |body: &str, fields: &[&str], columns: usize| {
            let columns = (0..columns).map(|n| {
                crate::schema::Column::new(
                    &*format!("c{n}"),
                    crate::schema::ColumnKind::PartitionKey,
                    0,
                    "int",
                )
            });
            keyspace("ks", |keyspace| {
                keyspace.tables.insert("t".into(), Arc::new(Table::new("ks", "t", columns)));
                keyspace.user_types.insert("u".into(), Arc::new(user_type(fields)));
                keyspace.functions.insert("f(int,text)".into(), Arc::new(function("f", body)));
                keyspace.aggregates.insert("a(int)".into(), Arc::new(aggregate("a")));
            })
        };
        let (none, empty) = (Schema::default(), Schema::new([keyspace("ks", |_| {})]));
        let one = Schema::new([full("1", &["x"], 1)]);
        let other = Schema::new([full("2", &["x", "y"], 2)]);
        assert_eq!(told(&none, &empty), ["CREATED ks"]);
        let all = |kind: &str| {
            ["type u", r#"function f ["int", "text"]"#, r#"aggregate a ["int"]"#, "table t"]
                .map(|what| format!("{kind} ks {what}"))
        };
        assert_eq!(told(&empty, &one), all("CREATED"));
        assert_eq!(told(&one, &empty), all("DROPPED"));
        let updated = all("UPDATED");
        assert_eq!(told(&one, &other), [&updated[0], &updated[1], &updated[3]].map(String::clone));
        assert_eq!(told(&one, &none), ["DROPPED ks"], "and with it all that was in it");
        assert_eq!(told(&none, &one).len(), 5);
        let changed = Schema::new([keyspace("ks", |keyspace| keyspace.durable_writes = false)]);
        assert_eq!(told(&empty, &changed), ["UPDATED ks"]);
        let again = Schema::new([full("1", &["x"], 1)]);
        assert!(told(&one, &again).is_empty(), "read again, and the same");
    }
}
