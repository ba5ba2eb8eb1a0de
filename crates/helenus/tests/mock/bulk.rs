//! Many statements at a time, in order; statements that are prepared by themselves.

use std::time::{Duration, Instant};

use helenus::protocol::response::ServerError;
use helenus::protocol::{ProtocolVersion, RequestOpcode};
use helenus::statement::SimpleStatement;
use helenus::{Error, Session};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{Rows, RunningCluster, error, opcode, prepare, rows, silence, statement};

use super::{connect, in_turn, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = ?";
const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (:key, :value)";

/// `SELECT v FROM ks.t WHERE k = N` with N from 100 on, so that none is the beginning of another.
fn numbered(n: usize) -> String {
    format!("SELECT v FROM ks.t WHERE k = {}", n + 100)
}

#[tokio::test(flavor = "multi_thread")]
async fn results_come_in_the_order_of_the_statements_and_no_more_than_wanted_are_under_way() {
    let mut cluster = nodes(3, 3);
    for n in 0..60_i32 {
        // The later the statement, the sooner its answer.
        let delay = Duration::from_millis(70).saturating_sub(Duration::from_millis(1) * n.unsigned_abs());
        let answer = rows(Rows::new([("v", "int")]).row([n])).delay(delay);
        cluster = cluster.on(statement(&numbered(n.unsigned_abs() as usize)), answer);
    }
    let cluster = cluster.start().expect("the mock starts");
    let session = connect(&cluster).await;
    let hosts = session.cluster().snapshot().hosts().to_vec();
    let in_flight = || {
        hosts.iter().flat_map(|host| session.pool_state(host)).flatten().map(|(busy, _)| busy).sum::<usize>()
    };
    let mut many = session.execute_many((0..60).map(numbered), 8);
    let (mut seen, mut most) = (Vec::new(), 0);
    while let Some(result) = many.next().await {
        most = most.max(in_flight());
        seen.push(result.expect("the mock answers").first_as::<(i32,)>().expect("an int").expect("a row").0);
    }
    assert!(seen.into_iter().eq(0..60));
    assert!((2..=8).contains(&most), "{most}");
    assert!(many.next().await.is_none(), "the end stays the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_begun_than_results_are_taken_and_dropping_it_cancels() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut many = session.execute_many((0..100).map(numbered), 4);
    let begun = |cluster: &RunningCluster| {
        (0..100).filter(|n| !cluster.received(&statement(&numbered(*n))).is_empty()).count()
    };
    until("the first ones are there", || begun(&cluster) == 4).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(begun(&cluster), 4);
    many.next().await.expect("a first one").expect("the mock answers");
    until("one more", || begun(&cluster) == 5).await;
    drop(many);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(begun(&cluster), 5);
    let host = session.cluster().snapshot().hosts()[0].clone();
    until("nothing is left behind", || session.pool_state(&host) == Some(vec![(0, 0)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_error_ends_it_or_is_one_of_the_results() {
    let broken = || error(ServerError::Invalid { message: "no such column".into() });
    let cluster = nodes(1, 1).on(statement(&numbered(7)), broken()).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let (place, failure) =
        session.execute_many((0..500).map(numbered), 3).try_collect().await.expect_err("one is wrong");
    assert_eq!(place, 7);
    assert!(failure.to_string().contains("no such column"), "{failure}");
    assert!(cluster.received(&statement(&numbered(20))).is_empty(), "nothing is begun after it");

    let all = session.execute_many((0..20).map(numbered), 3).collect().await;
    assert_eq!(
        all.iter().map(Result::is_ok).collect::<Vec<_>>(),
        (0..20).map(|n| n != 7).collect::<Vec<_>>()
    );
    assert!(session.execute_many(Vec::<String>::new(), 0).collect().await.is_empty());
    assert_eq!(
        session.execute_many([numbered(1), numbered(2)], 0).try_collect().await.expect("fine").len(),
        2
    );
}

fn prepares(cluster: &RunningCluster) -> usize {
    cluster.received(&opcode(RequestOpcode::Prepare)).len()
}

fn sevens() -> helenus_testkit::mock::MockCluster {
    nodes(3, 3).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
}

#[tokio::test(flavor = "multi_thread")]
async fn text_with_values_is_prepared_once_for_all_who_run_it_at_the_same_time() {
    for version in ProtocolVersion::ALL {
        let cluster = sevens().start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        super::all_up(&session).await;
        let mut tasks = tokio::task::JoinSet::new();
        for key in 0..1000_i32 {
            let session = session.clone();
            tasks.spawn(async move {
                let result = session.execute_with(READ, (key,)).await.expect("the mock answers");
                assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.expect("no panic");
        }
        for node in cluster.nodes() {
            assert_eq!(node.received(&prepare(READ)).len(), 1, "node {} in {version}", node.index());
        }
        assert_eq!(cluster.received(&opcode(RequestOpcode::Execute)).len(), 1000);
        session.execute_with(WRITE, (1, 2)).await.expect("named markers have an order too");
        assert_eq!(session.unprepared_statements(), 2);
    }
}

/// P1 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn values_that_do_not_fit_are_refused_and_nothing_is_sent() {
    let cluster = sevens().start().expect("the mock starts");
    let session = connect(&cluster).await;
    for failure in [
        session.execute_with(READ, ("one",)).await.expect_err("k is an int"),
        session.execute_with(READ, (1, 2)).await.expect_err("there is one marker"),
        session.execute_with(READ, ()).await.expect_err("there is one marker"),
    ] {
        assert!(matches!(failure, Error::Encode(_)), "{failure}");
    }
    assert!(cluster.received(&opcode(RequestOpcode::Execute)).is_empty());
    session.execute_with(READ, (1,)).await.expect("the session goes on");
    assert_eq!(prepares(&cluster), 3, "once on each node");
    let message = "line 1:0 no viable alternative".to_owned();
    cluster.on(prepare("SELEKT ?"), error(ServerError::SyntaxError { message }));
    for _ in 0..2 {
        let failure = session.execute_with("SELEKT ?", (1,)).await.expect_err("no CQL");
        assert!(failure.to_string().contains("no viable"), "{failure}");
    }
    assert_eq!(session.unprepared_statements(), 1, "what cannot be prepared is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_that_were_used_last_are_kept() {
    let cluster = sevens().start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().unprepared_statements = 2;
    let session = settings.session().await.expect("the mock lets everyone in");
    super::all_up(&session).await;
    let texts = [READ, "SELECT l FROM ks.t WHERE k = ?", "SELECT s FROM ks.t WHERE k = ?"];
    let run = async |nth: usize| drop(session.execute_with(texts[nth], (1,)).await.expect("it answers"));
    run(0).await;
    run(1).await;
    run(0).await;
    run(2).await;
    assert_eq!((session.unprepared_statements(), prepares(&cluster)), (2, 9));
    run(0).await;
    assert_eq!(prepares(&cluster), 9, "it was used last but one");
    run(1).await;
    assert_eq!(prepares(&cluster), 12, "it was forgotten");
}

/// What a text means depends on the keyspace in use.
#[tokio::test(flavor = "multi_thread")]
async fn each_keyspace_has_its_own() {
    for version in ProtocolVersion::ALL {
        let table = TableDefinition::new("t").partition_key("k", "int").regular("v", "int");
        let cluster =
            nodes(1, 1).keyspace(Keyspace::new("other", 1).table(table)).start().expect("the mock starts");
        let session = settings(&cluster).protocol_version(version).session().await.expect("it speaks all");
        let read = "SELECT v FROM t WHERE k = ?";
        for keyspace in ["ks", "other", "ks", "other"] {
            session.set_keyspace(keyspace).await.expect("it is there");
            session.execute_with(read, (1,)).await.expect("it answers");
        }
        assert_eq!(prepares(&cluster), 2, "{version}");
        let mut elsewhere = SimpleStatement::new(read);
        elsewhere.options.keyspace = Some("ks".into());
        session.execute_with(elsewhere, (1,)).await.expect("it answers");
        assert_eq!(prepares(&cluster), 2, "it is prepared there already, {version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_has_forgotten_is_told_again_and_one_deadline_holds_for_all() {
    let cluster = sevens().start().expect("the mock starts");
    let session = in_turn(settings(&cluster)).await;
    session.execute_with(READ, (1,)).await.expect("it answers");
    // The other nodes are told beside: what comes there after they were made to forget would make up for it.
    until("all nodes are told", || prepares(&cluster) == 3).await;
    cluster.nodes().for_each(|node| node.forget_statements());
    // Replicas are asked in any order: by then each has been.
    for _ in 0..60 {
        session.execute_with(READ, (1,)).await.expect("it is mended");
    }
    assert_eq!(prepares(&cluster), 6, "twice on each node");

    cluster.on(prepare("SELECT l FROM ks.t WHERE k = ?"), silence());
    let begun = Instant::now();
    let failures = futures_of(&session, 20).await;
    assert!(failures.iter().all(Error::is_timeout), "{failures:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

async fn futures_of(session: &Session, count: usize) -> Vec<Error> {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        let session = session.clone();
        tasks.spawn(async move {
            let mut statement = SimpleStatement::new("SELECT l FROM ks.t WHERE k = ?");
            statement.options.timeout = Some(Duration::from_millis(200));
            session.execute_with(statement, (1,)).await.expect_err("nobody prepares it")
        });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_many_prepare_at_the_same_time_is_prepared_once() {
    let cluster = sevens().start().expect("the mock starts");
    let session = connect(&cluster).await;
    cluster.on(prepare(READ).nth(1), helenus_testkit::mock::usual().delay(Duration::from_millis(200)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let session = session.clone();
        tasks.spawn(async move { session.prepare(READ).await.map(|prepared| prepared.id().clone()) });
    }
    let ids = tasks.join_all().await.into_iter().collect::<Result<Vec<_>, _>>().expect("it is prepared");
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
    for node in cluster.nodes() {
        assert_eq!(node.received(&prepare(READ)).len(), 1, "node {}", node.index());
    }
}
