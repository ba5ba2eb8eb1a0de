//! Secrets that sing when they are shown: nothing that the engine prints, logs or returns may hold one.

use std::fmt::{self, Write as _};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::auth::{AuthError, Credentials, RotatingPlainText};
use helenus::observe::{
    AttemptRecord, FlightRecorder, Observability, RequestEnd, RequestInfo, RequestTracker, SlowQueries,
};
use helenus::protocol::RequestOpcode;
use helenus::protocol::request::BatchKind;
use helenus::protocol::response::ServerError;
use helenus::statement::{BatchStatement, Statement};
use helenus::tls::TlsConfig;
use helenus::{Error, Session, SimpleStatement};
use helenus_testkit::certificates::{Certificates, ServerCertificate};
use helenus_testkit::mock::schema::{Keyspace, TableDefinition};
use helenus_testkit::mock::{MockCluster, RunningCluster, close, error, opcode, silence};
use helenus_testkit::tls_front::Settings;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const PASSWORD: &str = "c4nary-in-the-password";
const WRONG: &str = "c4nary-in-a-wrong-password";
/// In a value that is bound, in a text, and in what a server says.
const VALUE: &str = "c4nary-in-a-value";

/// Says all that it is told.
#[derive(Debug, Default)]
struct Telling(Mutex<String>);

impl RequestTracker for Telling {
    fn begin(&self, request: &RequestInfo<'_>) {
        *self.0.lock().unwrap() += &format!("{request:?} {} {:?}", request.text(1000), request.table());
    }

    fn attempt(&self, _: &RequestInfo<'_>, attempt: &AttemptRecord) {
        let (number, kind, elapsed) = (attempt.number, attempt.kind, attempt.elapsed);
        *self.0.lock().unwrap() += &format!("{number} {kind:?} {elapsed:?} {:?}", attempt.host);
    }

    fn end(&self, _: &RequestInfo<'_>, end: &RequestEnd) {
        *self.0.lock().unwrap() += &format!("{end:?}");
    }
}

/// Everything that shows requests, switched on.
fn everything(telling: &Arc<Telling>) -> Observability {
    let mut what = Observability::default();
    what.query_text = true;
    what.metrics = true;
    what.trackers.push(telling.clone());
    let mut slow = SlowQueries::new(Duration::ZERO);
    slow.per_second = u32::MAX;
    what.slow_queries = Some(slow);
    let mut recorder = FlightRecorder::new(100);
    recorder.attach_to_errors = true;
    what.flight_recorder = Some(recorder);
    what
}

/// Runs statements with values in every place that has one, and says all that is shown of them.
async fn with_values(node: &RunningCluster, session: &Session) -> String {
    let mut output = String::new();
    let insert = session.prepare("INSERT INTO ks.texts (k, v) VALUES (?, ?)").await.unwrap();
    let bound = || insert.bind((1_i32, VALUE)).unwrap();
    session.execute(bound()).await.unwrap();
    let text = format!("INSERT INTO ks.texts (k, v) VALUES (1, '{VALUE}') /* {VALUE} */ -- {VALUE}");
    session.execute(text.as_str()).await.unwrap();
    let mut batch = BatchStatement::new(BatchKind::Unlogged);
    batch.push(bound());
    batch.push(SimpleStatement::new(text));
    session.execute(Statement::Batch(batch)).await.unwrap();
    session.execute(format!("CREATE ROLE r WITH PASSWORD = '{PASSWORD}'")).await.unwrap();
    let _refused = session.execute(format!("DELETE FROM ks.texts WHERE v = '{VALUE}")).await;

    let refused = ServerError::Invalid { message: format!("not a number: {VALUE}") };
    let late = ServerError::Overloaded { message: format!("too many of {VALUE}") };
    for reaction in [error(refused), error(late), silence(), close()] {
        let rule = node.on(opcode(RequestOpcode::Execute), reaction);
        let failure = session.execute(bound()).await.unwrap_err();
        node.remove(rule);
        let Error::Recorded(recorded) = &failure else { panic!("{failure:?}") };
        // What a server says of a statement the caller is told; nothing else is.
        output +=
            &format!("{:?} {failure:?}", recorded.flights).replace(&format!("not a number: {VALUE}"), "");
        output = output.replace(&format!("too many of {VALUE}"), "");
        super::all_up(session).await;
    }
    for host in session.cluster().snapshot().hosts() {
        output += &format!("{:?}", session.cluster().flights(host));
    }
    let (of_cluster, of_session) = (session.cluster().metrics(), session.metrics());
    output += &format!("{of_cluster} {of_cluster:?} {of_session} {of_session:?}");
    output
}

/// Everything that is logged, at every level, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _written = write!(self.0.lock().unwrap(), " {field}={value:?}");
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push('\n');
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A2 of docs/promises.md.
#[tokio::test]
async fn no_secret_is_shown_anywhere() {
    let log = Log::default();
    // For all threads, and so for all tests that run beside this one: none of them may show what is looked for either.
    tracing::subscriber::set_global_default(log.clone()).expect("nobody else listens");
    let mut output = String::new();

    let directory = std::env::temp_dir().join(format!("helenus-canary-{}", std::process::id()));
    let certificates = Certificates::generate(&directory, &[[127, 0, 0, 1].into()]).unwrap();
    let identity = certificates.client();
    let key = fs::read_to_string(&identity.key).unwrap();
    let key_line = key.lines().nth(1).unwrap().to_owned();

    let texts = TableDefinition::new("texts").partition_key("k", "int").regular("v", "text");
    let mock = MockCluster::new(1).keyspace(Keyspace::new("ks", 1).table(texts));
    let node = mock.credentials("alice", PASSWORD).start().unwrap();
    let target = node.addresses()[0];
    let front = Settings::new(certificates.server(ServerCertificate::Good));
    let front = front.client_authority(&certificates.ca()).unwrap().start(move |_| Some(target)).unwrap();

    let tls = TlsConfig::builder()
        .authority_file(certificates.ca())
        .client_certificate_files(&identity.certificate, &identity.key);
    write!(output, "{tls:?}").unwrap();
    let tls = tls.build().unwrap();
    let telling = Arc::new(Telling::default());
    let builder = || {
        let mut builder = helenus::Cluster::builder()
            .contact_point("127.0.0.1")
            .port(front.address().port())
            .tls(tls.clone())
            .observability(everything(&telling))
            .request_timeout(Some(Duration::from_millis(300)));
        builder.config_mut().connection.connect_timeout = Some(Duration::from_millis(500));
        builder
    };
    let right = builder().credentials("alice", PASSWORD);
    let wrong = builder().credentials("alice", WRONG);
    let rotating = RotatingPlainText::new(|_| Ok(Credentials::new("alice", PASSWORD)));
    let failing = RotatingPlainText::new(|_| Err(AuthError("closed".into())));
    write!(output, "{right:?} {right:#?} {wrong:?} {rotating:?} {:?}", Credentials::new("alice", PASSWORD))
        .unwrap();

    let session = right.clone().session().await.unwrap();
    builder().auth_provider(Arc::new(rotating)).session().await.unwrap();
    write!(output, "{session:?} {session:#?} {:?} {tls:?}", session.cluster()).unwrap();
    node.on(helenus_testkit::mock::query("SELECT silent FROM t"), silence());
    let error = session.execute("SELECT silent FROM t").await.unwrap_err();
    write!(output, "{error} {error:?} {error:#?}").unwrap();
    output += &with_values(&node, &session).await;
    for attempt in [wrong, builder(), builder().auth_provider(Arc::new(failing))] {
        let error = attempt.session().await.unwrap_err();
        write!(output, "{error} {error:?} {error:#?}").unwrap();
    }
    // The server goes, or is silent, with the password in hand.
    for reaction in [close(), silence()] {
        let rule = node.on(opcode(RequestOpcode::AuthResponse), reaction);
        let error = right.clone().session().await.unwrap_err();
        write!(output, "{error} {error:?} {error:#?}").unwrap();
        node.remove(rule);
    }
    // A key that has been damaged, and one that is read as something else.
    fs::write(&identity.key, key.replacen(&key_line, &key_line[2..], 1)).unwrap();
    let error = tls.reload().unwrap_err();
    write!(output, "{error} {error:?} {tls:?}").unwrap();
    let error = TlsConfig::builder().authority(key.clone()).build().unwrap_err();
    write!(output, "{error} {error:?}").unwrap();
    session.cluster().shut_down();
    fs::remove_dir_all(directory).unwrap();

    output += &log.0.lock().unwrap();
    output += &telling.0.lock().unwrap();
    for sign in [
        "connected",
        "are incorrect",
        "a slow request",
        "db.query.text=\"INSERT INTO ks.texts (k, v) VALUES (?, ?); INSERT",
        "error.type=\"overloaded\"",
        "connection_lost: INSERT INTO ks.texts",
        "CREATE ROLE r WITH PASSWORD = ?",
        "RequestEnd { outcome: Failed(\"timeout\")",
    ] {
        assert!(output.contains(sign), "not all was listened to, {sign} is missing: {output}");
    }
    for secret in [PASSWORD, WRONG, "c4nary", &key_line, &key_line[2..20]] {
        assert!(!output.contains(secret), "{secret} is in: {output}");
    }
    // Nor as a list of numbers, which is how bytes are shown.
    let numbers = |text: &str| format!("{:?}", text.as_bytes()).trim_matches(['[', ']']).to_owned();
    assert!(!output.contains(&numbers("c4nary")), "{output}");
}
