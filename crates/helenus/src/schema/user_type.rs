//! A user-defined type (`system_schema.types`).

use std::collections::BTreeMap;
use std::sync::Arc;

/// A user-defined type. Its fields' types are CQL text here; [`Keyspace::cql_type`](super::Keyspace::cql_type) resolves
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserType {
    /// The keyspace that it belongs to.
    pub keyspace: Box<str>,
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// The names and types of its fields.
    pub fields: Vec<(Box<str>, Box<str>)>,
}

/// The types, each behind those that its fields are made of; else in the order of their names.
#[must_use]
pub fn in_order_of_need(types: &BTreeMap<Box<str>, Arc<UserType>>) -> Vec<&Arc<UserType>> {
    let needs = |made: &UserType| {
        let words = made.fields.iter().flat_map(|(_, kind)| words_of_type(kind)).collect::<Vec<_>>();
        words.into_iter().filter_map(|word| types.get(word.as_str())).collect::<Vec<_>>()
    };
    let mut ordered: Vec<&Arc<UserType>> = Vec::with_capacity(types.len());
    // What was looked at is not looked at again: types that need each other, which no server has, come to an end too.
    let mut met = std::collections::BTreeSet::new();
    // A stack of our own: a chain of types may be longer than the thread's stack is deep.
    for first in types.values() {
        let mut path = vec![(first, needs(first).into_iter())];
        if !met.insert(&*first.name) {
            continue;
        }
        while let Some((made, rest)) = path.last_mut() {
            match rest.next() {
                Some(needed) if met.insert(&*needed.name) => path.push((needed, needs(needed).into_iter())),
                Some(_) => {}
                None => {
                    ordered.push(made);
                    path.pop();
                }
            }
        }
    }
    ordered
}

/// The names in the CQL text of a type, without their quotes.
fn words_of_type(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        let mut word = String::new();
        match first {
            '"' => {
                while let Some(next) = characters.next() {
                    if next == '"' && characters.next_if_eq(&'"').is_none() {
                        break;
                    }
                    word.push(next);
                }
            }
            // The class name of a custom type is no name of ours.
            '\'' => while characters.next().is_some_and(|next| next != '\'') {},
            _ if first.is_alphanumeric() || first == '_' => {
                word.extend(first.to_lowercase());
                while let Some(next) = characters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.extend(next.to_lowercase());
                }
            }
            _ => {}
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(given: &[(&str, &[&str])]) -> BTreeMap<Box<str>, Arc<UserType>> {
        let made = given.iter().map(|(name, kinds)| {
            let fields = kinds.iter().enumerate().map(|(n, kind)| (format!("f{n}").into(), (*kind).into()));
            let made = UserType { keyspace: "ks".into(), name: (*name).into(), fields: fields.collect() };
            ((*name).into(), Arc::new(made))
        });
        made.collect()
    }

    fn order(given: &[(&str, &[&str])]) -> Vec<String> {
        in_order_of_need(&types(given)).iter().map(|made| made.name.to_string()).collect()
    }

    #[test]
    fn each_type_stands_behind_those_it_needs() {
        assert_eq!(
            order(&[("a", &["c", "int"]), ("b", &["frozen<d>", "a"]), ("c", &["int"]), ("d", &["c"])]),
            ["c", "a", "d", "b"]
        );
        assert_eq!(order(&[("a", &["map<text, frozen<\"Z\"\"z\">>"]), ("Z\"z", &["int"])]), ["Z\"z", "a"]);
        assert_eq!(order(&[("a", &["'org.b(b)'"]), ("b", &["int"])]), ["a", "b"]);
    }

    #[test]
    fn types_that_need_each_other_come_to_an_end() {
        assert_eq!(order(&[("a", &["b"]), ("b", &["a"]), ("c", &["c"])]), ["b", "a", "c"]);
    }

    #[test]
    fn a_long_chain_overflows_nothing() {
        let names: Vec<String> = (0..50_000).map(|n| format!("t{n:06}")).collect();
        let given = names.iter().enumerate().map(|(n, name)| {
            let kind = names.get(n + 1).map_or("int", String::as_str);
            let fields = vec![("f".into(), kind.into())];
            let made = UserType { keyspace: "ks".into(), name: name.as_str().into(), fields };
            (name.as_str().into(), Arc::new(made))
        });
        let types = given.collect();
        let ordered = in_order_of_need(&types);
        assert_eq!(ordered.len(), 50_000);
        assert_eq!(&*ordered[0].name, "t049999");
    }
}
