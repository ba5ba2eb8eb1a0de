//! Connects to a node on 127.0.0.1 (or `HELENUS_CONTACT_POINTS`, `HELENUS_PORT`, `HELENUS_USER`, `HELENUS_PASSWORD`),
//! and asks it who it is.

use helenus::{Cluster, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let setting = |name: &str| std::env::var(name).ok();
    let points = setting("HELENUS_CONTACT_POINTS").unwrap_or_else(|| "127.0.0.1".into());
    let port = setting("HELENUS_PORT").and_then(|port| port.parse().ok()).unwrap_or(9042);
    let mut builder = Cluster::builder().contact_points(points.split(',')).port(port);
    if let (Some(user), Some(password)) = (setting("HELENUS_USER"), setting("HELENUS_PASSWORD")) {
        builder = builder.credentials(user, password);
    }
    let session = builder.session().await?;
    let result = session.execute("SELECT cluster_name, release_version FROM system.local").await?;
    for row in result.rows_as::<(&str, &str)>() {
        let (name, version) = row?;
        println!(
            "{name} runs Cassandra {version}; we speak protocol {}",
            session.cluster().protocol_version()
        );
    }
    session.cluster().shut_down();
    Ok(())
}
