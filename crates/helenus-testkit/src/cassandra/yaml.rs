//! The files that a node reads: `cassandra.yaml`, the rack and data centre, and what is logged where.
//!
//! The jars bring no `cassandra.yaml`; this one has what a test node needs and is written anew for each node.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use super::builder::{Authentication, Settings};
use super::error::{Error, Result};

/// What distinguishes one node's files from another's of the same cluster.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) address: IpAddr,
    /// Its number in the cluster, from 0.
    pub(crate) index: usize,
    /// All nodes' addresses.
    pub(crate) all: &'a [IpAddr],
}

/// Writes all files of the node at `place`.
pub(crate) fn write(settings: &Settings, major: u32, place: &Place<'_>) -> Result<()> {
    let files = [
        ("cassandra.yaml", cassandra_yaml(settings, major, place)),
        ("cassandra-rackdc.properties", rackdc(settings, place.index)),
        ("logback.xml", logback(place.directory)),
    ];
    for (name, text) in files {
        let path = place.directory.join(name);
        fs::write(&path, text).map_err(Error::io(format!("writing {}", path.display())))?;
    }
    Ok(())
}

fn cassandra_yaml(settings: &Settings, major: u32, place: &Place<'_>) -> String {
    let mut yaml: BTreeMap<&str, String> = BTreeMap::new();
    let mut set = |key, value: String| yaml.insert(key, value);
    let below = |name: &str| quote(&place.directory.join(name).display().to_string());
    set("cluster_name", quote(&settings.cluster_name));
    set("partitioner", "org.apache.cassandra.dht.Murmur3Partitioner".to_owned());
    set("num_tokens", TOKENS.to_string());
    // The nodes that start with the cluster know their tokens and each other, so that they can all boot at once without
    // streaming. Those that come later are given what is theirs by the others.
    let initial = settings.initial.unwrap_or(place.all.len());
    set("initial_token", quote(&tokens(place.index, place.all.len())));
    set("auto_bootstrap", (place.index >= initial).to_string());
    set("data_file_directories", format!("[{}]", below("data")));
    for key in ["commitlog_directory", "hints_directory", "saved_caches_directory", "cdc_raw_directory"] {
        set(key, below(key.trim_end_matches("_directory")));
    }
    set("commitlog_sync", "periodic".to_owned());
    set("commitlog_sync_period", "10000ms".to_owned());
    let seeds = place.all[..initial]
        .iter()
        .map(|seed| format!("{seed}:{}", settings.storage_port))
        .collect::<Vec<_>>();
    set(
        "seed_provider",
        format!(
            "[{{class_name: org.apache.cassandra.locator.SimpleSeedProvider, parameters: [{{seeds: {}}}]}}]",
            quote(&seeds.join(","))
        ),
    );
    set("listen_address", place.address.to_string());
    set("storage_port", settings.storage_port.to_string());
    set("rpc_address", place.address.to_string());
    set("start_native_transport", "true".to_owned());
    set("native_transport_port", settings.port.to_string());
    set("endpoint_snitch", "GossipingPropertyFileSnitch".to_owned());
    set("memtable_heap_space", "128MiB".to_owned());
    set("memtable_offheap_space", "128MiB".to_owned());
    // A busy machine is no reason for a test to fail; a test of timeouts sets its own.
    for key in [
        "read_request_timeout",
        "write_request_timeout",
        "counter_write_request_timeout",
        "cas_contention_timeout",
    ] {
        set(key, "10000ms".to_owned());
    }
    set("range_request_timeout", "20000ms".to_owned());
    set("user_defined_functions_enabled", "true".to_owned());
    set("materialized_views_enabled", "true".to_owned());
    if major >= 5 {
        set("storage_compatibility_mode", "NONE".to_owned());
        set("dynamic_data_masking_enabled", "true".to_owned());
    }
    authentication(settings, &mut set);
    encryption(settings, &mut set);
    for (key, value) in &settings.config {
        set(key, value.clone());
    }
    yaml.iter().fold(String::new(), |mut text, (key, value)| {
        let _ = writeln!(text, "{key}: {value}");
        text
    })
}

fn authentication<'a>(settings: &Settings, set: &mut impl FnMut(&'a str, String) -> Option<String>) {
    if settings.authentication == Authentication::AllowAll {
        return;
    }
    let class = match settings.authentication {
        Authentication::MutualTls { .. } if settings.awaiting_identities => {
            "MutualTlsWithPasswordFallbackAuthenticator"
        }
        Authentication::MutualTls { password_fallback: true } => "MutualTlsWithPasswordFallbackAuthenticator",
        Authentication::MutualTls { password_fallback: false } => "MutualTlsAuthenticator",
        Authentication::AllowAll | Authentication::Password => "PasswordAuthenticator",
    };
    let authenticator = match settings.authentication {
        Authentication::MutualTls { .. } => format!(
            "{{class_name: org.apache.cassandra.auth.{class}, parameters: {{validator_class_name: \
             org.apache.cassandra.auth.SpiffeCertificateValidator}}}}"
        ),
        // The nested form would stop a 4.1.
        _ => class.to_owned(),
    };
    set("authenticator", authenticator);
    set("authorizer", "CassandraAuthorizer".to_owned());
    set("role_manager", "CassandraRoleManager".to_owned());
    // What a test grants or revokes is to be seen at once.
    for key in ["permissions_validity", "roles_validity", "credentials_validity"] {
        set(key, "0ms".to_owned());
    }
}

fn encryption<'a>(settings: &Settings, set: &mut impl FnMut(&'a str, String) -> Option<String>) {
    let Some(served) = &settings.served else { return };
    set(
        "client_encryption_options",
        format!(
            "{{enabled: true, optional: {}, require_client_auth: {}, ssl_context_factory: {{class_name: \
             org.apache.cassandra.security.PEMBasedSslContextFactory}}, keystore: {}, truststore: {}}}",
            settings.tls.admits_plain() || settings.awaiting_identities,
            settings.tls.wants_client_certificate(),
            quote(&served.keystore.display().to_string()),
            quote(&served.truststore.display().to_string()),
        ),
    );
}

const TOKENS: usize = 16;

/// The tokens of node `index` of `nodes`: evenly spaced and interleaved, so that every node owns the same share.
fn tokens(index: usize, nodes: usize) -> String {
    let step = (1_u128 << 64) / (TOKENS * nodes) as u128;
    let token = |turn: usize| i64::MIN as i128 + (step * (turn * nodes + index) as u128) as i128 + 1;
    (0..TOKENS).map(|turn| token(turn).to_string()).collect::<Vec<_>>().join(",")
}

fn rackdc(settings: &Settings, index: usize) -> String {
    let (datacenter, rack) = settings.place(index);
    format!("dc={datacenter}\nrack={rack}\n")
}

fn logback(directory: &Path) -> String {
    let file = directory.join("system.log").display().to_string();
    let file = file.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<configuration>\n  <appender name=\"FILE\" class=\"ch.qos.logback.core.FileAppender\">\n    \
         <file>{file}</file>\n    <encoder><pattern>%-5level [%thread] %date{{ISO8601}} %F:%L - %msg%n</pattern></encoder>\n  \
         </appender>\n  <root level=\"INFO\"><appender-ref ref=\"FILE\"/></root>\n</configuration>\n"
    )
}

/// A YAML string that stays one, whatever is in it.
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_all_nodes_are_distinct_and_evenly_spaced() {
        for nodes in 1..=5 {
            let mut all: Vec<i64> = (0..nodes)
                .flat_map(|index| {
                    tokens(index, nodes).split(',').map(|t| t.parse().unwrap()).collect::<Vec<_>>()
                })
                .collect();
            all.sort_unstable();
            assert_eq!(all.len(), TOKENS * nodes);
            let gaps: Vec<u64> = all.windows(2).map(|pair| pair[1].abs_diff(pair[0])).collect();
            assert!(gaps.iter().all(|gap| *gap == gaps[0] && *gap > 0), "{gaps:?}");
        }
    }

    #[test]
    fn quoting_keeps_a_string_a_string() {
        assert_eq!(quote("a\"b\\c"), r#""a\"b\\c""#);
    }
}
