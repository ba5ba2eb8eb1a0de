//! Text and blobs that are not copied: borrowed from a page while it is looked at, or shared with it for longer.

mod node;

use std::error::Error;

use helenus::FromRow;
use helenus::protocol::value::CqlTimestamp;

/// Lives as long as its page.
#[derive(Debug, FromRow)]
struct Entry<'page> {
    name: &'page str,
    picture: &'page [u8],
}

/// Lives as long as it likes, and keeps the page in memory for that.
#[derive(Debug, FromRow)]
struct Picture {
    #[helenus(default)]
    taken: Option<CqlTimestamp>,
    picture: bytes::Bytes,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;
    session.execute("CREATE TABLE IF NOT EXISTS pictures (name text PRIMARY KEY, picture blob)").await?;
    session.execute("TRUNCATE pictures").await?;
    let insert = session.prepare("INSERT INTO pictures (name, picture) VALUES (?, ?)").await?;
    for (name, size) in [("sun", 100_000), ("moon", 50_000)] {
        session.execute(insert.bind((name, vec![7_u8; size]))?).await?;
    }

    let mut pages = session.execute("SELECT name, picture FROM pictures").await?.into_stream();
    let (mut names, mut bytes) = (Vec::new(), 0);
    while let Some(page) = pages.next_page().await? {
        for row in page.rows_as::<Entry<'_>>() {
            let Entry { name, picture } = row?;
            println!("{name}: {} bytes", picture.len());
            names.push(name.to_owned());
            bytes += picture.len();
        }
    }
    names.sort();
    assert_eq!((names, bytes), (vec!["moon".to_owned(), "sun".to_owned()], 150_000));

    let kept: Picture = {
        let result = session.execute("SELECT picture FROM pictures WHERE name = 'sun'").await?;
        result.one_as()?
    };
    assert_eq!((kept.picture.len(), kept.taken), (100_000, None));
    println!("done: {bytes} bytes of pictures looked at where they had arrived");
    cluster.shut_down();
    Ok(())
}
