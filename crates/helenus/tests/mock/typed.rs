//! Results as Rust values: rows, streams of rows, lightweight transactions; structs as bind values.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus::{Error, FromRow, Lwt, ResultSet, Row, ToRow};
use helenus_testkit::mock::{Rows, error, rows, silence, statement};

use super::{connect, nodes};

const READ: &str = "SELECT id, name FROM ks.users";

#[derive(Debug, PartialEq, FromRow)]
struct User {
    name: String,
    id: i32,
}

fn name(id: i32) -> String {
    format!("user {id}")
}

fn users(count: usize) -> Rows {
    let row = |number| {
        let id = i32::try_from(number).expect("a small number");
        (id, name(id).into_bytes())
    };
    Rows::new([("id", "int"), ("name", "text")]).rows(count, row)
}

fn in_tens() -> SimpleStatement {
    let mut paged = SimpleStatement::new(READ);
    paged.options.page_size = Some(10);
    paged
}

/// What the mock answers to `READ` with `rows`.
async fn answer(of: Rows) -> ResultSet {
    let cluster = nodes(1, 1).on(statement(READ), rows(of)).start().expect("the mock starts");
    connect(&cluster).await.execute(READ).await.expect("the mock answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_structs_tuples_or_rows() {
    let result = answer(users(3)).await;
    let expected: Vec<_> = (0..3).map(|id| User { id, name: name(id) }).collect();
    assert_eq!(result.rows_as().collect::<Result<Vec<User>, _>>().expect("users"), expected);
    assert_eq!(result.rows_as::<(i32, &str)>().next().expect("a row").expect("a tuple"), (0, "user 0"));
    let row: Row<'_> = result.first_as().expect("a row").expect("a row");
    assert_eq!(row.get_by_name::<&str>("name").expect("a text"), "user 0");
    assert_eq!(result.rows_as::<User>().size_hint(), (1, Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_type_is_told_once_and_without_any_row() {
    for count in [0, 3] {
        let result = answer(users(count)).await;
        let mut wrong = result.rows_as::<(i32, i64)>();
        assert_eq!(wrong.size_hint(), (1, Some(1)));
        let error = wrong.next().expect("an error").expect_err("name is no bigint");
        assert_eq!(error.to_string(), "cannot read column \"name\": a Rust i64: the CQL type is text");
        assert!(wrong.next().is_none());
        assert!(matches!(result.first_as::<(i32,)>(), Err(Error::Decode(_))));
        let mut stream = result.into_rows::<(i32, i64)>();
        assert!(stream.next().await.expect("an error").is_err());
        assert!(stream.next().await.is_none(), "the stream goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_row() {
    let one = answer(users(1)).await;
    assert_eq!(one.one_as::<User>().expect("one"), User { id: 0, name: name(0) });
    assert!(one.maybe_one_as::<User>().expect("one").is_some());
    let none = answer(users(0)).await;
    assert_eq!(none.maybe_one_as::<User>().expect("none"), None);
    let error = none.one_as::<User>().expect_err("no row").to_string();
    assert_eq!(error, "cannot read the only row: the result has no rows");
    let two = answer(users(2)).await;
    let expected = "cannot read the only row: the result has 2 rows, one at most is wanted";
    assert_eq!(two.one_as::<User>().expect_err("two").to_string(), expected);
    assert_eq!(two.maybe_one_as::<User>().expect_err("two").to_string(), expected);
    assert!(two.first_as::<User>().expect("the first").is_some());

    let cluster = nodes(1, 1).on(statement(READ), rows(users(11))).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut one_a_page = in_tens();
    one_a_page.options.page_size = Some(1);
    let page = session.execute(one_a_page).await.expect("the mock answers");
    let error = page.maybe_one_as::<User>().expect_err("more pages").to_string();
    assert!(error.contains("1 rows and more pages"), "{error}");
    let nothing = session.execute("USE ks").await.expect("the mock answers");
    let error = nothing.one_as::<User>().expect_err("no rows").to_string();
    assert_eq!(error, "cannot read the only row: the statement gives no rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_through_all_pages_row_by_row() {
    let cluster = nodes(1, 1).on(statement(READ), rows(users(25))).start().expect("the mock starts");
    let session = connect(&cluster).await;
    cluster.clear_received();
    let mut stream = session.execute(in_tens()).await.expect("the mock answers").into_rows::<User>();
    for id in 0..10 {
        let user = stream.try_next().await.expect("a user").expect("a row");
        assert_eq!(user, User { id, name: name(id) });
    }
    assert_eq!(cluster.received(&statement(READ)).len(), 1, "a page is asked for when it is wanted");
    // As a `Stream`, which `futures` and all that builds on it takes.
    for id in 10..25 {
        let user = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await.expect("a row").expect("a user");
        assert_eq!(user.id, id);
    }
    assert!(stream.next().await.is_none() && stream.next().await.is_none());
    assert_eq!(cluster.received(&statement(READ)).len(), 3);

    let all = session
        .execute(in_tens())
        .await
        .expect("the mock answers")
        .into_stream()
        .collect_as::<(i32, String)>();
    assert_eq!(all.await.expect("tuples").len(), 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_fails_is_asked_for_again_and_no_row_is_lost() {
    let cluster = nodes(1, 1).on(statement(READ), rows(users(15))).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut stream = session.execute(in_tens()).await.expect("the mock answers").into_rows::<User>();
    for _ in 0..10 {
        stream.try_next().await.expect("a user").expect("a row");
    }
    let rule = cluster.on(statement(READ), error(ServerError::Invalid { message: "not now".into() }));
    let state = stream.paging_state().cloned();
    assert!(state.is_some());
    let failure = stream.try_next().await.expect_err("the page fails");
    assert!(failure.server_error().is_some(), "{failure}");
    assert_eq!(stream.paging_state(), state.as_ref());
    cluster.remove(rule);
    let rest: Vec<_> = collect(&mut stream).await.into_iter().map(|user| user.expect("a user").id).collect();
    assert_eq!(rest, [10, 11, 12, 13, 14]);
}

async fn collect(stream: &mut helenus::TypedRowStream<User>) -> Vec<Result<User, Error>> {
    let mut all = Vec::new();
    while let Some(row) = stream.next().await {
        all.push(row);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_is_told_in_its_place() {
    let of = Rows::new([("id", "int"), ("name", "text")])
        .row((0, Some("a")))
        .row((1, None::<&str>))
        .row((2, Some("c")));
    let result = answer(of).await;
    let read: Vec<_> = result.rows_as::<User>().map(|user| user.map(|user| user.id)).collect();
    assert!(matches!(read[..], [Ok(0), Err(Error::Decode(_)), Ok(2)]), "{read:?}");
    let read: Vec<_> =
        collect(&mut result.into_rows()).await.into_iter().map(|user| user.map(|user| user.id)).collect();
    assert!(matches!(read[..], [Ok(0), Err(Error::Decode(_)), Ok(2)]), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_cancels_its_page() {
    let cluster = nodes(1, 1).on(statement(READ), rows(users(15))).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut stream = session.execute(in_tens()).await.expect("the mock answers").into_rows::<User>();
    for _ in 0..10 {
        stream.try_next().await.expect("a user").expect("a row");
    }
    cluster.on(statement(READ), silence());
    let waited = tokio::time::timeout(Duration::from_millis(100), stream.next()).await;
    assert!(waited.is_err(), "the mock is silent");
    drop(stream);
    let hosts = session.cluster().snapshot().hosts().to_vec();
    let open: Vec<_> = hosts.iter().flat_map(|host| session.pool_state(host)).flatten().collect();
    assert!(open.iter().any(|(_, orphans)| *orphans == 1), "{open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lightweight_transactions_tell_what_stood_in_their_way() {
    let applied = answer(Rows::new([("[applied]", "boolean")]).row((true,))).await;
    assert_eq!(applied.lwt_as::<User>().expect("applied"), Lwt::Applied);
    let columns = [("[applied]", "boolean"), ("id", "int"), ("name", "text")];
    let existing = answer(Rows::new(columns).row((false, 7, "Dido"))).await;
    assert!(!existing.was_applied().expect("a boolean"));
    let dido = User { id: 7, name: "Dido".into() };
    assert_eq!(existing.lwt_as().expect("a user"), Lwt::NotApplied { existing: vec![dido] });
    assert_eq!(existing.lwt_as::<(i32, &str)>().expect("a tuple").into_existing(), Some((7, "Dido")));
    let row = existing.lwt_as::<Row<'_>>().expect("a row").into_existing().expect("it exists");
    assert_eq!((row.len(), row.get::<i32>(0).expect("an int")), (2, 7));
    let error = existing.lwt_as::<(i32, i32)>().expect_err("name is no int").to_string();
    assert_eq!(error, "cannot read column \"name\": a Rust i32: the CQL type is text");
    // A batch shows a row for each of its conditions, an update of a row that is not there shows none.
    let batch = answer(Rows::new(columns).row((false, 7, "Dido")).row((false, 8, "Anna"))).await;
    let Lwt::NotApplied { existing } = batch.lwt_as::<User>().expect("users") else { panic!("not applied") };
    assert_eq!(existing.len(), 2);
    let nothing = answer(Rows::new([("[applied]", "boolean")]).row((false,))).await;
    assert_eq!(nothing.lwt_as::<User>().expect("no row"), Lwt::NotApplied { existing: vec![] });
    let error = answer(users(1)).await.lwt_as::<User>().expect_err("a SELECT").to_string();
    assert!(error.contains("the statement was not conditional"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn structs_are_bound_by_the_names_of_the_markers() {
    #[derive(ToRow)]
    struct Pair {
        v: i32,
        k: i32,
    }
    const INSERT: &str = "INSERT INTO ks.t (k, v) VALUES (?, ?)";
    const RANGE: &str = "SELECT v FROM ks.t WHERE k = ? AND v > ? AND v < ?";
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let insert = session.prepare(INSERT).await.expect("the mock prepares it");
    let by_name = insert.bind(Pair { v: 2, k: 1 }).expect("it fits");
    assert_eq!(by_name.values, insert.bind((1, 2)).expect("it fits").values);
    let error = insert.bind(std::collections::HashMap::from([("k", 1)])).expect_err("no v").to_string();
    assert_eq!(error, "cannot encode bind values: there is no value for the bind marker \"v\" (int)");
    let range = session.prepare(RANGE).await.expect("the mock prepares it");
    let error = range.bind(Pair { v: 2, k: 1 }).expect_err("two markers v").to_string();
    assert!(error.contains("two markers `?` called \"v\""), "{error}");
    range.bind((1, 2, 3)).expect("a tuple knows its order");
}
