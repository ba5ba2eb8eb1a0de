//! Many rows written with so many requests at a time, a text with values that is prepared by itself, and what happens
//! where more is asked of a connection than it takes.

mod node;

use std::error::Error;
use std::time::Instant;

const ROWS: i32 = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_numbers(&session).await?;

    let insert = session.prepare("INSERT INTO numbers (part, n, square) VALUES (?, ?, ?)").await?;
    let rows = (0..ROWS)
        .map(|n| insert.bind((n % 100, n, i64::from(n) * i64::from(n))))
        .collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    // The first error would end it; `next()` gives one result after another instead.
    session.execute_many(rows, 256).try_collect().await.map_err(|(n, error)| format!("row {n}: {error}"))?;
    let took = begun.elapsed();

    // Prepared the first time, and kept.
    let mut sum = 0;
    for n in [3, 4, 5] {
        let result =
            session.execute_with("SELECT square FROM numbers WHERE part = ? AND n = :n", (n, n)).await?;
        sum += result.first_as::<(i64,)>()?.ok_or("the row is gone")?.0;
    }
    assert_eq!(sum, 9 + 16 + 25);
    println!("Kept {} statement that was prepared by itself", session.unprepared_statements());

    // Whoever finds every connection busy waits in a queue for its turn, within its own time.
    let waiting = session.queue_state();
    println!("Queue: {} of {} requests wait", waiting.requests, waiting.max_requests);
    println!("done: {ROWS} rows written in {took:.2?}, 256 requests at a time");
    cluster.shut_down();
    Ok(())
}
