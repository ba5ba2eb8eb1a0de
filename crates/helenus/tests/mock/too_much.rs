//! More than a message has room to say: refused as the caller's, before anything of it is sent, and the session serves on (P3).

use helenus::protocol::request::BatchKind;
use helenus::protocol::{ProtocolVersion, RequestOpcode};
use helenus::statement::{BatchStatement, SimpleStatement, Statement, StatementOptions};
use helenus::{ConnectionError, Error, Session};
use helenus_testkit::mock::{RunningCluster, opcode};

use super::{all_up, nodes, settings};

const READ: &str = "SELECT v FROM ks.t";
/// One more than a `[short]` counts.
const TOO_MANY: usize = 65_536;

fn too_long() -> String {
    "n".repeat(TOO_MANY)
}

async fn session(cluster: &RunningCluster, version: ProtocolVersion) -> Session {
    let session =
        settings(cluster).protocol_version(version).session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

/// What of these the node has got.
fn got(cluster: &RunningCluster, opcodes: &[RequestOpcode]) -> usize {
    opcodes.iter().map(|one| cluster.received(&opcode(*one)).len()).sum()
}

fn is_refused(outcome: Result<(), Error>, what: &str) {
    match outcome {
        Err(Error::Encode(error)) => {
            let words = error.to_string();
            assert!(words.contains("65535"), "{what}: {words}");
            assert!(words.len() < 300, "{what}: it shows what was given: {} bytes", words.len());
        }
        other => panic!("{what}: {other:?}"),
    }
}

/// Statements that no message can say, in this version.
fn statements(version: ProtocolVersion) -> Vec<(&'static str, Statement)> {
    let mut batch = BatchStatement::new(BatchKind::Unlogged);
    (0..TOO_MANY).for_each(|_| batch.push(SimpleStatement::new("INSERT INTO ks.t (k) VALUES (1)")));
    let mut all = vec![("statements of a batch", batch.into())];
    let mut with = |what, set: &dyn Fn(&mut StatementOptions)| {
        let mut statement = Statement::from(READ);
        set(statement.options_mut());
        all.push((what, statement));
    };
    if version.has_custom_payload() {
        with("a name in the payload", &|options| options.custom_payload = vec![(too_long(), None)]);
        with("entries of the payload", &|options| {
            options.custom_payload = (0..TOO_MANY).map(|n| (n.to_string(), None)).collect();
        });
    }
    if version.has_request_keyspace() {
        with("the name of a keyspace", &|options| options.keyspace = Some(too_long().into()));
    }
    all
}

/// P3 of docs/promises.md.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_message_can_say_is_refused_and_nothing_is_sent() {
    use RequestOpcode::{Batch, Execute, Prepare, Query};
    for version in ProtocolVersion::ALL {
        let cluster = nodes(1, 1).start().expect("the mock starts");
        let session = session(&cluster, version).await;
        cluster.clear_received();
        for (what, statement) in statements(version) {
            is_refused(session.execute(statement).await.map(drop), what);
        }
        if version.has_request_keyspace() {
            let prepared = session.prepare_in(READ, Some(&too_long())).await;
            is_refused(prepared.map(drop), "the keyspace of a statement to prepare");
        }
        if version.has_custom_payload() {
            let payload = [(too_long(), None)];
            let prepared = session.prepare_with_payload(READ, None, &payload, None).await;
            is_refused(prepared.map(drop), "the payload of a statement to prepare");
        }
        assert_eq!(got(&cluster, &[Query, Prepare, Execute, Batch]), 0, "{version}");

        let markers = format!("SELECT v FROM ks.t WHERE k IN ({}?)", "?, ".repeat(TOO_MANY - 1));
        let bound = session.execute_with(markers.as_str(), vec![1; TOO_MANY]).await;
        is_refused(bound.map(drop), "values of a statement");
        assert_eq!(got(&cluster, &[Execute]), 0, "{version}");

        let session = session.clone();
        session.execute(READ).await.expect("the session serves on");
        assert_eq!(cluster.node(0).connections(), 2, "{version}: by the same connection");
    }
}

/// P3 of docs/promises.md.
#[tokio::test]
async fn options_that_no_startup_can_say_are_told_when_the_cluster_is_connected() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let pair = |name: String, value: String| vec![(name, value)];
    let many = (0..TOO_MANY).map(|n| (n.to_string(), String::new())).collect();
    for options in [pair(too_long(), "x".into()), pair("APPLICATION_NAME".into(), too_long()), many] {
        let mut builder = settings(&cluster);
        builder.config_mut().connection.startup_options = options;
        let failure = builder.connect().await.expect_err("they do not fit");
        let Error::Connect(errors) = &failure else { panic!("{failure}") };
        assert!(matches!(&errors[..], [(_, ConnectionError::Handshake(_))]), "{failure}");
        let words = failure.to_string();
        assert!(words.contains("65535") && words.len() < 500, "{} bytes: {words:.500}", words.len());
    }
    assert_eq!(got(&cluster, &[RequestOpcode::Startup]), 0);
}
