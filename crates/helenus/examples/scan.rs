//! A whole table read by pieces of the ring, left in the middle, and gone on with by a checkpoint.

mod node;

use std::collections::BTreeSet;
use std::error::Error;

use helenus::scan::Checkpoint;

const ROWS: i32 = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_numbers(&session).await?;
    let insert = session.prepare("INSERT INTO numbers (part, n, square) VALUES (?, ?, 0)").await?;
    let rows = (0..ROWS).map(|n| insert.bind((n % 1000, n))).collect::<Result<Vec<_>, _>>()?;
    session.execute_many(rows, 256).try_collect().await.map_err(|(_, error)| error)?;

    // Each piece is asked of its replicas, eight of them at a time.
    let table =
        || session.scan(node::KEYSPACE, "numbers").columns(["n"]).splits(4).concurrency(8).page_size(200);
    let mut seen = BTreeSet::new();
    let mut scan = table().begin().await?;
    for _ in 0..10 {
        let Some(page) = scan.next_page().await? else { break };
        seen.extend(page.rows_as::<(i32,)>().collect::<Result<Vec<_>, _>>()?);
    }
    // What was given so far counts as read. The text may be kept in a file, and read by another process.
    let text = scan.checkpoint().to_string();
    println!("Left after {} rows with {} pieces to read", seen.len(), scan.checkpoint().pieces_left());
    drop(scan);

    let checkpoint: Checkpoint = text.parse()?;
    let rest = table().resume(checkpoint).begin().await?.collect_as::<(i32,)>().await?;
    let count = seen.len() + rest.len();
    seen.extend(rest);
    assert_eq!((seen.len(), count), (usize::try_from(ROWS)?, usize::try_from(ROWS)?), "each row once");
    println!("done: {count} rows of a table read in two goes, each once");
    cluster.shut_down();
    Ok(())
}
