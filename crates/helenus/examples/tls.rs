//! TLS: connects to a node on 127.0.0.1 (or `HELENUS_CONTACT_POINTS`), trusting the authority in `HELENUS_CA`, as the client of
//! `HELENUS_CERT` and `HELENUS_KEY` if those are given, and asks the node what it knows of its clients.
//!
//! `./dev cassandra up --tls` starts such a node and says where its certificates are.

mod node;

use std::error::Error;
use std::sync::Arc;

use helenus::auth::{AuthError, Credentials, RotatingPlainText};
use helenus::tls::TlsConfig;

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // The files are read again when they change: renewed certificates need no restart.
    let mut tls =
        TlsConfig::builder().authority_file(setting("HELENUS_CA").ok_or("HELENUS_CA names no file")?);
    if let (Some(certificate), Some(key)) = (setting("HELENUS_CERT"), setting("HELENUS_KEY")) {
        tls = tls.client_certificate_files(certificate, key);
    }
    // Asked for at each connection, so that a password may change as well.
    let login = RotatingPlainText::new(|_host| {
        let password =
            setting("HELENUS_PASSWORD").ok_or_else(|| AuthError("HELENUS_PASSWORD is not set".into()))?;
        Ok(Credentials::new(setting("HELENUS_USER").unwrap_or_else(|| "cassandra".into()), password))
    });
    let session = node::settings().tls(tls.build()?).auth_provider(Arc::new(login)).session().await?;

    let clients = session.execute("SELECT ssl_protocol, username FROM system_views.clients").await?;
    let mut protocols = Vec::new();
    for client in clients.rows_as::<(Option<&str>, &str)>() {
        let (protocol, user) = client?;
        println!("{user} is connected by {}", protocol.unwrap_or("plain text"));
        protocols.extend(protocol.map(str::to_owned));
    }
    let protocol = protocols.first().ok_or("nobody is connected by TLS")?;
    println!("done: connected by {protocol}, whose certificate was verified");
    session.cluster().shut_down();
    Ok(())
}
