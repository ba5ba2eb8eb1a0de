//! Connects to a node on 127.0.0.1 (or `HELENUS_CONTACT_POINTS`) through TLS, trusting the authority in `HELENUS_CA`, as the client
//! of `HELENUS_CERTIFICATE` and `HELENUS_KEY` if those are given, and asks the node what it knows of its clients.
//!
//! `./dev cassandra up --tls` starts such a node and says where its certificates are.

use std::sync::Arc;

use helenus::Cluster;
use helenus::auth::{AuthError, Credentials, RotatingPlainText};
use helenus::tls::TlsConfig;

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The files are read again when they change: renewed certificates need no restart.
    let mut tls =
        TlsConfig::builder().authority_file(setting("HELENUS_CA").ok_or("HELENUS_CA names no file")?);
    if let (Some(certificate), Some(key)) = (setting("HELENUS_CERTIFICATE"), setting("HELENUS_KEY")) {
        tls = tls.client_certificate_files(certificate, key);
    }
    // Asked for at each connection, so that a password may change as well.
    let login = RotatingPlainText::new(|_host| {
        let password =
            setting("HELENUS_PASSWORD").ok_or_else(|| AuthError("HELENUS_PASSWORD is not set".into()))?;
        Ok(Credentials::new(setting("HELENUS_USER").unwrap_or_else(|| "cassandra".into()), password))
    });
    let points = setting("HELENUS_CONTACT_POINTS").unwrap_or_else(|| "127.0.0.1".into());
    let builder = Cluster::builder().contact_points(points.split(',')).tls(tls.build()?);
    let session = builder.auth_provider(Arc::new(login)).session().await?;
    let clients = session.execute("SELECT ssl_protocol, username FROM system_views.clients").await?;
    for client in clients.rows_as::<(Option<&str>, &str)>() {
        let (protocol, user) = client?;
        println!("{user} is connected by {}", protocol.unwrap_or("plain text"));
    }
    session.cluster().shut_down();
    Ok(())
}
