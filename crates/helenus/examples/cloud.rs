//! A cluster in a cloud: the secure connect bundle says where it is, whom to trust there, and who we are.
//!
//! The bundle is the one that `HELENUS_BUNDLE` names, user and password those of `HELENUS_USER` and `HELENUS_PASSWORD` (of Astra:
//! `token`, and the token itself).

use std::error::Error;

use helenus::Cluster;
use helenus::cloud::SecureConnectBundle;
use uuid::Uuid;

fn setting(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Read and checked here: what is wrong with it is a `BundleError`, before anybody is connected to.
    let bundle = SecureConnectBundle::read(setting("HELENUS_BUNDLE")?)?;
    println!("keyspace of the bundle: {}", bundle.keyspace().unwrap_or("none"));

    // Contact points, TLS and the client's certificate are the bundle's.
    let cluster = Cluster::builder()
        .secure_connect_bundle(bundle)
        .credentials(setting("HELENUS_USER")?, setting("HELENUS_PASSWORD")?)
        .connect()
        .await?;
    // `cluster.session(Some(keyspace))` is in one from the beginning; what is asked here is in none.
    let session = cluster.session(None).await?;

    // All nodes are reached at one proxy, which knows by the host id which is meant.
    for host in cluster.snapshot().hosts() {
        println!(
            "{} {} in {}",
            host.host_id(),
            host.address(),
            host.datacenter().unwrap_or("no data centre")
        );
    }
    let result = session.execute("SELECT host_id, release_version FROM system.local").await?;
    let (id, version) = result.first_as::<(Uuid, &str)>()?.ok_or("a node knows itself")?;
    assert!(cluster.snapshot().host(id).is_some());

    println!("done: {} node by a bundle, Cassandra {version}", cluster.snapshot().hosts().len());
    cluster.shut_down();
    Ok(())
}
