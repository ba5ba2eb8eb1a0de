//! Pages: one after another, the next one read ahead, and a page kept for another request.

mod node;

use std::error::Error;

use helenus::SimpleStatement;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_numbers(&session).await?;
    let insert = session.prepare("INSERT INTO numbers (part, n, square) VALUES (1, ?, ?)").await?;
    let rows = (0..1000_i32).map(|n| insert.bind((n, i64::from(n)))).collect::<Result<Vec<_>, _>>()?;
    session.execute_many(rows, 64).try_collect().await.map_err(|(_, error)| error)?;

    let mut read = SimpleStatement::new("SELECT n FROM numbers WHERE part = 1");
    read.options.page_size = Some(100);
    // The page behind the one that is looked at is on its way. Off unless asked for.
    read.options.prefetch = true;
    let (mut pages, mut count) = (0, 0);
    let mut stream = session.execute(read.clone()).await?.into_stream();
    while let Some(page) = stream.next_page().await? {
        pages += 1;
        count += page.len();
    }
    println!("{count} rows in {pages} pages, each asked for while the one before was looked at");

    // A web page's "next" button: the state goes to the client and comes back with another request.
    read.options.prefetch = false;
    let first = session.execute(read.clone()).await?;
    read.options.paging_state = first.paging_state().cloned();
    let second = session.execute(read).await?;
    let begins = second.first_as::<(i32,)>()?.ok_or("no second page")?.0;
    assert_eq!((count, pages, begins), (1000, 10, 100));
    println!("done: {count} rows read in {pages} pages, and the second page again by its state");
    cluster.shut_down();
    Ok(())
}
