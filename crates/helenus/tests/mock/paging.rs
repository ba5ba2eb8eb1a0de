//! Pages: one after the other, from a state that was kept, each with a deadline of its own.

use std::time::{Duration, Instant};

use helenus::statement::{SimpleStatement, Statement};
use helenus_testkit::mock::{Reaction, Rows, rows, silence, statement};

use super::{connect, nodes};

const READ: &str = "SELECT v FROM ks.t";

fn twenty_five() -> Reaction {
    rows(Rows::new([("v", "int")]).rows(25, |number| [i32::try_from(number).expect("a small number")]))
}

fn in_tens() -> SimpleStatement {
    let mut paged = SimpleStatement::new(READ);
    paged.options.page_size = Some(10);
    paged
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_come_in_order_and_no_page_twice() {
    let cluster = nodes(3, 3).on(statement(READ), twenty_five()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let prepared = session.prepare(READ).await.expect("the mock prepares it");
    let mut bound = Statement::from(prepared.bind(()).expect("no markers"));
    bound.options_mut().page_size = Some(10);
    for paged in [Statement::from(in_tens()), bound] {
        cluster.clear_received();
        let mut stream = session.execute(paged.clone()).await.expect("the mock answers").into_stream();
        let mut pages = Vec::new();
        while let Some(page) = stream.next_page().await.expect("the mock answers") {
            let page: Result<Vec<(i32,)>, _> = page.rows_as().collect();
            pages.push(page.expect("ints"));
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        assert!(pages.concat().into_iter().map(|(v,)| v).eq(0..25));
        assert_eq!(cluster.received(&statement(READ)).len(), 3);
        assert!(stream.next_page().await.expect("the end stays the end").is_none());

        let stream = session.execute(paged).await.expect("the mock answers").into_stream();
        let all = stream.collect_as::<(i32,)>().await.expect("ints");
        assert!(all.into_iter().map(|(v,)| v).eq(0..25));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_fetched_by_a_state_that_was_kept() {
    let cluster = nodes(1, 1).on(statement(READ), twenty_five()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let first = session.execute(in_tens()).await.expect("the mock answers");
    assert!(first.has_more_pages());
    let mut later = in_tens();
    later.options.paging_state = first.paging_state().cloned();
    let second = session.execute(later.clone()).await.expect("the mock answers");
    assert_eq!(second.first_as::<(i32,)>().expect("an int"), Some((10,)));
    later.options.paging_state = second.paging_state().cloned();
    let third = session.execute(later.clone()).await.expect("the mock answers");
    assert_eq!((third.len(), third.has_more_pages(), third.paging_state()), (5, false, None));
    assert!(third.next_page().is_none());

    later.options.paging_state = Some("nonsense".into());
    let failure = session.execute(later).await.expect_err("no such state");
    assert!(failure.server_error().is_some(), "{failure}");
}

/// E1 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn each_page_has_a_deadline_of_its_own() {
    let limit = Duration::from_millis(400);
    let cluster = nodes(1, 1)
        .on(statement(READ), twenty_five().delay(Duration::from_millis(200)))
        .start()
        .expect("the mock starts");
    let session = connect(&cluster).await;
    let mut paged = in_tens();
    paged.options.timeout = Some(limit);
    // Three pages together take longer than one may.
    let mut stream = session.execute(paged).await.expect("in time").into_stream();
    assert_eq!(stream.next_page().await.expect("it is here").map(|page| page.len()), Some(10));
    assert_eq!(stream.next_page().await.expect("in time").map(|page| page.len()), Some(10));

    let silent = cluster.on(statement(READ).first_page(false), silence());
    let begun = Instant::now();
    let failure = stream.next_page().await.expect_err("nobody answers");
    let elapsed = begun.elapsed();
    assert!(failure.is_timeout(), "{failure}");
    assert!(elapsed >= limit && elapsed < limit * 3, "{elapsed:?}");

    // The page that failed can be asked for again.
    assert!(cluster.remove(silent));
    let last = stream.next_page().await.expect("in time").expect("a page");
    assert_eq!((last.len(), last.first_as::<(i32,)>().expect("an int")), (5, Some((20,))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_page_is_fetched_ahead_only_where_that_is_asked_for() {
    let cluster = nodes(1, 1).on(statement(READ), twenty_five()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let asked = |count| cluster.wait_for(&statement(READ), count, Duration::from_millis(300));
    for (prefetch, ahead) in [(false, 0), (true, 1)] {
        cluster.clear_received();
        let mut paged = in_tens();
        paged.options.prefetch = prefetch;
        let mut stream = session.execute(paged).await.expect("the mock answers").into_stream();
        let mut all = Vec::new();
        for page in 1..=3 {
            let rows: Result<Vec<(i32,)>, _> =
                stream.next_page().await.expect("the mock answers").expect("a page").rows_as().collect();
            all.extend(rows.expect("ints"));
            assert!(asked(3.min(page + ahead)), "page {page}");
            assert!(!asked(3.min(page + ahead) + 1), "never more than one ahead: page {page}");
        }
        assert!(stream.next_page().await.expect("the end").is_none());
        assert!(all.into_iter().map(|(v,)| v).eq(0..25));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_fetched_ahead_fails_when_its_turn_comes_and_may_be_asked_for_again() {
    let cluster = nodes(1, 1).on(statement(READ), twenty_five()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let silent = cluster.on(statement(READ).first_page(false), silence());
    let mut paged = in_tens();
    paged.options.prefetch = true;
    paged.options.timeout = Some(Duration::from_millis(300));
    let mut stream = session.execute(paged).await.expect("in time").into_stream();
    assert_eq!(stream.next_page().await.expect("it is here").map(|page| page.len()), Some(10));
    // Its time runs from when it was asked for.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let begun = Instant::now();
    let failure = stream.next_page().await.expect_err("nobody answers");
    assert!(
        failure.is_timeout() && begun.elapsed() < Duration::from_millis(250),
        "{failure} {:?}",
        begun.elapsed()
    );
    assert!(cluster.remove(silent));
    let second = stream.next_page().await.expect("in time").expect("a page");
    assert_eq!(second.first_as::<(i32,)>().expect("an int"), Some((10,)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_leaves_nothing_behind() {
    let late = || twenty_five().delay(Duration::from_millis(200));
    let cluster = nodes(1, 1).on(statement(READ), late()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let host = session.cluster().snapshot().hosts()[0].clone();
    let mut paged = in_tens();
    paged.options.prefetch = true;
    let stream = session.execute(paged).await.expect("the mock answers").into_stream();
    assert!(cluster.wait_for(&statement(READ), 2, Duration::from_secs(5)), "the second page is on its way");
    drop(stream);
    assert_eq!(session.pool_state(&host), Some(vec![(0, 1)]), "its id is held back");
    super::until("its answer has come", || session.pool_state(&host) == Some(vec![(0, 0)])).await;
    assert_eq!(cluster.received(&statement(READ)).len(), 2);
}
