//! A whole table by pieces of the ring: whom each is asked of, that each is read once, and going on where it was left.

use std::collections::BTreeMap;
use std::time::Duration;

use helenus::protocol::ProtocolVersion;
use helenus::protocol::notation::Value;
use helenus::protocol::response::ServerError;
use helenus::routing::Token;
use helenus::scan::Checkpoint;
use helenus::{Error, Session};
use helenus_testkit::mock::{MockCluster, Received, Rows, RunningCluster, error, execute, rows, statement};

use super::{connect, nodes, settings};

const READ: &str = "SELECT \"k\", \"v\" FROM \"ks\".\"t\"";

/// Each piece has 25 rows.
fn mock(count: usize) -> MockCluster {
    let some = Rows::new([("k", "int"), ("v", "int")]).rows(25, |n| {
        let n = i32::try_from(n).expect("few");
        [n, n]
    });
    nodes(count, 1).on(statement(READ), rows(some))
}

/// The ends of the piece that an EXECUTE asks for.
fn ends(received: &Received) -> (Option<i64>, Option<i64>) {
    let parameters = received.parameters().expect("it is an EXECUTE");
    let mut tokens = parameters.values.iter().map(|(_, value)| match value {
        Value::Bytes(bytes) => i64::from_be_bytes(bytes.try_into().expect("a bigint")),
        other => panic!("no token: {other:?}"),
    });
    let text = received.text().expect("its text");
    let after = if text.contains(" > ?") { tokens.next() } else { None };
    (after, if text.contains(" <= ?") { tokens.next() } else { None })
}

/// The pieces that were asked for, with how many pages of each.
fn pieces(cluster: &RunningCluster) -> BTreeMap<(Option<i64>, Option<i64>), usize> {
    let mut pieces = BTreeMap::new();
    for received in cluster.received(&execute(READ)) {
        *pieces.entry(ends(&received)).or_default() += 1;
    }
    pieces
}

fn is_whole(pieces: &BTreeMap<(Option<i64>, Option<i64>), usize>) {
    let mut after = None;
    for (from, upto) in pieces.keys() {
        assert_eq!(*from, after, "{pieces:?}");
        after = *upto;
    }
    assert_eq!(after, None, "{pieces:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_piece_is_asked_of_its_replica_and_once() {
    for version in ProtocolVersion::ALL {
        let cluster = mock(3).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        super::all_up(&session).await;
        let scan = session.scan("ks", "t").columns(["k", "v"]).splits(5).concurrency(4).page_size(10);
        let rows =
            scan.begin().await.expect("it is prepared").collect_as::<(i32, i32)>().await.expect("ints");
        let pieces = pieces(&cluster);
        assert!((15..=20).contains(&pieces.len()), "{}", pieces.len());
        is_whole(&pieces);
        assert!(pieces.values().all(|pages| *pages == 3), "{pieces:?}");
        assert_eq!(rows.len(), 25 * pieces.len());
        let snapshot = session.cluster().snapshot();
        for received in cluster.received(&execute(READ)) {
            let token = Token::Murmur3(ends(&received).1.unwrap_or(i64::MAX));
            let replicas: Vec<_> =
                snapshot.replicas("ks", &token).iter().map(|host| host.address()).collect();
            assert_eq!(replicas, [cluster.addresses()[received.node]], "{token:?} in {version}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_pieces_than_wanted_are_asked_for_at_a_time() {
    let cluster = mock(3).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut scan =
        session.scan("ks", "t").columns(["k", "v"]).splits(10).concurrency(2).begin().await.expect("fine");
    assert!(cluster.received(&execute(READ)).is_empty(), "nobody has asked for a page");
    scan.next_page().await.expect("the mock answers").expect("a page");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(cluster.received(&execute(READ)).len() <= 3);
    drop(scan);
    let hosts = session.cluster().snapshot().hosts().to_vec();
    super::until("nothing is left behind", || {
        hosts.iter().all(|host| session.pool_state(host) == Some(vec![(0, 0)]))
    })
    .await;
}

async fn begin(session: &Session, checkpoint: Option<&str>) -> Result<helenus::scan::Scan, Error> {
    let mut scan = session.scan("ks", "t").columns(["k", "v"]).splits(4).concurrency(3).page_size(10);
    if let Some(text) = checkpoint {
        scan = scan.resume(text.parse()?);
    }
    scan.begin().await
}

/// However often it is left and gone on with, the same pages come as without that.
#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_where_it_was_left() {
    let cluster = mock(3).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let whole = begin(&session, None).await.expect("fine").collect_as::<(i32, i32)>().await.expect("ints");
    for stop in [1, 2, 7] {
        let (mut rows, mut text) = (Vec::new(), None::<String>);
        loop {
            let mut scan = begin(&session, text.as_deref()).await.expect("its own checkpoint");
            let mut is_over = false;
            for _ in 0..stop {
                let Some(page) = scan.next_page().await.expect("the mock answers") else {
                    is_over = true;
                    break;
                };
                rows.extend(page.rows_as::<(i32, i32)>().map(|row| row.expect("ints")));
            }
            let checkpoint = scan.checkpoint();
            assert_eq!(checkpoint.is_finished(), checkpoint.pieces_left() == 0);
            text = Some(checkpoint.to_string());
            if is_over {
                assert!(checkpoint.is_finished());
                break;
            }
        }
        rows.sort_unstable();
        let mut expected = whole.clone();
        expected.sort_unstable();
        assert_eq!(rows, expected, "left after every {stop} pages");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_failed_is_asked_for_again_and_no_row_is_lost() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let invalid = ServerError::Invalid { message: "not now".into() };
    cluster.on(execute(READ).first_page(false).nth(2), error(invalid));
    let mut scan = begin(&session, None).await.expect("fine");
    let (mut rows, mut failures) = (0, 0);
    loop {
        match scan.next_page().await {
            Ok(Some(page)) => rows += page.len(),
            Ok(None) => break,
            Err(failure) => {
                assert!(failure.to_string().contains("not now"), "{failure}");
                failures += 1;
            }
        }
    }
    assert_eq!(failures, 1);
    assert_eq!(rows, 25 * pieces(&cluster).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_scanned_or_gone_on_with_says_why() {
    let cluster = mock(1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let refused = async |scan: helenus::scan::TableScan| match scan.begin().await {
        Err(error @ Error::Configuration(_)) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refused(session.scan("ks", "nowhere")).await.contains("ks.nowhere"));
    let own = begin(&session, None).await.expect("fine").checkpoint().to_string();
    let resume = |text: &str| {
        let checkpoint: Checkpoint = text.parse().expect("a checkpoint");
        session.scan("ks", "t").columns(["k", "v"]).resume(checkpoint)
    };
    let query = own.lines().nth(3).expect("the statement");
    let random = format!("helenus-scan 1\n5\nRandomPartitioner\n{query}\n- - -\n");
    assert!(refused(resume(&random)).await.contains("partitioner"));
    let other: Checkpoint = own.parse().expect("a checkpoint");
    assert!(refused(session.scan("ks", "t").resume(other)).await.contains("it is of"));
    let version = session.cluster().protocol_version().number();
    let older = own.replacen(&format!("\n{version}\n"), "\n3\n", 1);
    resume(&older).begin().await.expect("no page of it was read yet");
    let read = older.replacen(" -\n", " 00ff\n", 1);
    assert!(refused(resume(&read)).await.contains("version 3"));
}
