//! The engine on real Cassandra nodes.
//!
//! They need Java and Maven: without `HELENUS_SERVER_TESTS=1` each test says that it is skipped. Each has loopback
//! addresses of its own, so that they may run side by side.

#[cfg(feature = "cloud")]
mod cloud;
mod cql;
mod observing;
mod requests;
mod schema;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "macros")]
mod typed;

/// Whether the tests on real nodes are wanted; says so if not.
fn wanted(test: &str) -> bool {
    let wanted = std::env::var_os("HELENUS_SERVER_TESTS").is_some_and(|value| value == "1");
    if !wanted {
        println!("SKIPPED {test}: HELENUS_SERVER_TESTS is not 1");
    }
    wanted
}
