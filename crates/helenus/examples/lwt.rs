//! Lightweight transactions: written only where a condition holds, and what stood there where it does not.

mod node;

use std::error::Error;

use helenus::SimpleStatement;
use helenus::protocol::SerialConsistency;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;
    session.execute("CREATE TABLE IF NOT EXISTS leases (name text PRIMARY KEY, owner text)").await?;
    session.execute("TRUNCATE leases").await?;

    let mut take = SimpleStatement::new("INSERT INTO leases (name, owner) VALUES (?, ?) IF NOT EXISTS");
    // Where the replicas have to agree: here, in the local data centre.
    take.options.serial_consistency = Some(SerialConsistency::LocalSerial);
    let mut holders = Vec::new();
    for owner in ["one", "two"] {
        let result = session.execute_with(take.clone(), ("backup", owner)).await?;
        if result.was_applied()? {
            println!("{owner} has the lease");
            holders.push(owner.to_owned());
        } else {
            let row = result.rows().next().ok_or("what stood there is told")??;
            println!("{owner} has it not: {} does", row.get_by_name::<&str>("owner")?);
        }
    }
    assert_eq!(holders, ["one"]);
    let give = "UPDATE leases SET owner = ? WHERE name = ? IF owner = ?";
    assert!(!session.execute_with(give, ("two", "backup", "nobody")).await?.was_applied()?);
    assert!(session.execute_with(give, ("two", "backup", "one")).await?.was_applied()?);
    println!("done: a lease taken once, refused once, and handed over");
    cluster.shut_down();
    Ok(())
}
