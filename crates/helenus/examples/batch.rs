//! Batches: logged ones, whose statements are all run or none, of prepared and plain statements; and counters.

mod node;

use std::error::Error;

use helenus::protocol::request::BatchKind;
use helenus::{BatchStatement, SimpleStatement};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;
    session.execute("CREATE TABLE IF NOT EXISTS by_email (email text PRIMARY KEY, id uuid)").await?;
    session.execute("CREATE TABLE IF NOT EXISTS visits (page text PRIMARY KEY, count counter)").await?;
    session.execute("TRUNCATE visits").await?;

    // The same user in two tables: both are written, or none.
    let insert = session.prepare("INSERT INTO users (id, name, email) VALUES (?, ?, ?)").await?;
    let id = Uuid::new_v4();
    let mut batch = BatchStatement::new(BatchKind::Logged);
    batch.push(insert.bind((id, "Alice Smith", "alice@example.com"))?);
    batch.push(SimpleStatement::new(format!(
        "INSERT INTO by_email (email, id) VALUES ('alice@example.com', {id})"
    )));
    session.execute(batch).await?;
    let found = session.execute("SELECT id FROM by_email WHERE email = 'alice@example.com'").await?;
    assert_eq!(found.first_as::<(Uuid,)>()?, Some((id,)));

    // Counters have a kind of their own. Never sent twice: nobody knows whether the first has counted.
    let visit = session.prepare("UPDATE visits SET count = count + ? WHERE page = ?").await?;
    let mut batch = BatchStatement::new(BatchKind::Counter);
    batch.push(visit.bind((helenus::protocol::value::Counter(2), "home"))?);
    batch.push(visit.bind((helenus::protocol::value::Counter(3), "about"))?);
    session.execute(batch).await?;
    let home = session.execute("SELECT count FROM visits WHERE page = 'home'").await?;
    assert_eq!(home.first_as::<(helenus::protocol::value::Counter,)>()?.map(|(count,)| count.0), Some(2));
    println!("done: a user written to two tables at once, and two counters counted");
    cluster.shut_down();
    Ok(())
}
