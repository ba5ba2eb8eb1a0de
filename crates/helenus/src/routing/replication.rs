//! Replication strategies, read from the `replication` map of `system_schema.keyspaces`.
//!
//! Which hosts a strategy picks is [`TokenMap`](super::TokenMap)'s part.

use std::collections::BTreeMap;
use std::fmt;

/// How many replicas, and how many of them are transient: `3`, or `3/1` where one of three is transient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicationFactor {
    /// All replicas.
    pub all: u32,
    /// Those among them that hold only what is not yet repaired.
    pub transient: u32,
}

impl ReplicationFactor {
    /// Reads `3` or `3/1`. None for anything else, also where all replicas would be transient.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (all, transient) = text.split_once('/').unwrap_or((text, "0"));
        let factor = Self { all: all.trim().parse().ok()?, transient: transient.trim().parse().ok()? };
        (factor.transient == 0 || factor.transient < factor.all).then_some(factor)
    }

    /// Replicas that hold the data for good: those that a coordinator is picked from.
    #[must_use]
    pub const fn full(self) -> u32 {
        self.all.saturating_sub(self.transient)
    }
}

impl fmt::Display for ReplicationFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transient {
            0 => write!(f, "{}", self.all),
            transient => write!(f, "{}/{transient}", self.all),
        }
    }
}

/// Where a keyspace puts the replicas of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replication {
    /// `SimpleStrategy`: the next hosts on the ring, whatever their data centre.
    Simple(ReplicationFactor),
    /// `NetworkTopologyStrategy`: so many in each data centre, spread over its racks.
    NetworkTopology(BTreeMap<Box<str>, ReplicationFactor>),
    /// `LocalStrategy`: each node has its own rows (the keyspace `system`); every host is as good.
    Local,
    /// `EverywhereStrategy`: each node has all rows.
    Everywhere,
    /// Any other strategy, or one whose options cannot be read: an identity without replicas.
    Unknown {
        /// The class as the server names it.
        class: Box<str>,
        /// Its options.
        options: BTreeMap<Box<str>, Box<str>>,
    },
}

impl Replication {
    /// Reads the map of `system_schema.keyspaces`: `class` and the strategy's options.
    pub fn from_options<K: AsRef<str>, V: AsRef<str>>(options: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut options: BTreeMap<Box<str>, Box<str>> =
            options.into_iter().map(|(name, value)| (name.as_ref().into(), value.as_ref().into())).collect();
        let class = options.remove("class").unwrap_or_default();
        let known = match class.rsplit('.').next() {
            Some("SimpleStrategy") => options
                .get("replication_factor")
                .and_then(|factor| ReplicationFactor::parse(factor))
                .map(Self::Simple),
            Some("NetworkTopologyStrategy") => options
                .iter()
                .map(|(datacenter, factor)| Some((datacenter.clone(), ReplicationFactor::parse(factor)?)))
                .collect::<Option<_>>()
                .map(Self::NetworkTopology),
            Some("LocalStrategy") => Some(Self::Local),
            Some("EverywhereStrategy") => Some(Self::Everywhere),
            _ => None,
        };
        known.unwrap_or(Self::Unknown { class, options })
    }
}

impl Replication {
    /// The map of `system_schema.keyspaces` again, with classes of Cassandra's own named shortly; `class` is first.
    #[must_use]
    pub fn to_options(&self) -> Vec<(Box<str>, Box<str>)> {
        let factors = |factors: &BTreeMap<Box<str>, ReplicationFactor>| {
            factors.iter().map(|(name, factor)| (name.clone(), factor.to_string().into())).collect()
        };
        let (class, options): (&str, Vec<_>) = match self {
            Self::Simple(factor) => {
                ("SimpleStrategy", vec![("replication_factor".into(), factor.to_string().into())])
            }
            Self::NetworkTopology(by_datacenter) => ("NetworkTopologyStrategy", factors(by_datacenter)),
            Self::Local => ("LocalStrategy", Vec::new()),
            Self::Everywhere => ("EverywhereStrategy", Vec::new()),
            Self::Unknown { class, options } => {
                (class, options.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
            }
        };
        std::iter::once(("class".into(), class.into())).chain(options).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn factor(all: u32, transient: u32) -> ReplicationFactor {
        ReplicationFactor { all, transient }
    }

    #[test]
    fn factors() {
        for (text, expected) in [
            ("3", Some(factor(3, 0))),
            ("0", Some(factor(0, 0))),
            ("3/1", Some(factor(3, 1))),
            (" 5 / 2 ", Some(factor(5, 2))),
            ("3/3", None),
            ("1/2", None),
            ("", None),
            ("-1", None),
            ("3/", None),
            ("3/1/1", None),
            ("4294967296", None),
        ] {
            assert_eq!(ReplicationFactor::parse(text), expected, "{text:?}");
        }
        assert_eq!(factor(3, 1).full(), 2);
        assert_eq!(factor(3, 1).to_string(), "3/1");
        assert_eq!(factor(3, 0).to_string(), "3");
    }

    #[test]
    fn strategies_of_the_system_tables() {
        let simple = [("class", "org.apache.cassandra.locator.SimpleStrategy"), ("replication_factor", "2")];
        assert_eq!(Replication::from_options(simple), Replication::Simple(factor(2, 0)));
        let network = [("dc1", "3/1"), ("class", "NetworkTopologyStrategy"), ("dc2", "2")];
        assert_eq!(
            Replication::from_options(network),
            Replication::NetworkTopology([("dc1".into(), factor(3, 1)), ("dc2".into(), factor(2, 0))].into()),
        );
        let local = [("class", "org.apache.cassandra.locator.LocalStrategy")];
        assert_eq!(Replication::from_options(local), Replication::Local);
        assert_eq!(
            Replication::from_options([("class", "com.datastax.bdp.db.EverywhereStrategy")]),
            Replication::Everywhere,
        );
    }

    #[test]
    fn what_cannot_be_read_keeps_its_identity() {
        let bad: [&[(&str, &str)]; 5] = [
            &[],
            &[("class", "org.example.OurStrategy"), ("replicas", "everywhere")],
            &[("class", "SimpleStrategy")],
            &[("class", "SimpleStrategy"), ("replication_factor", "many")],
            &[("class", "NetworkTopologyStrategy"), ("dc1", "3"), ("dc2", "x")],
        ];
        for options in bad {
            let Replication::Unknown { class, options: kept } =
                Replication::from_options(options.iter().copied())
            else {
                panic!("{options:?} was taken for something known");
            };
            let named = options.iter().find(|(name, _)| *name == "class").map_or("", |(_, value)| value);
            assert_eq!(&*class, named);
            assert_eq!(kept.len(), options.len().saturating_sub(1));
        }
    }
}
