//! A program's own tracker: what it is told, in which order, and what it cannot break.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use helenus::observe::{
    AttemptOutcome, AttemptRecord, RequestEnd, RequestInfo, RequestOutcome, RequestTracker, error_type,
};
use helenus::protocol::response::ServerError;
use helenus_testkit::mock::{Rows, error, rows, silence, statement};
use tracing::Level;

use super::capture::Capture;
use super::{READ, nodes, observed, speculative, within};

/// Writes down what it is told.
#[derive(Debug, Default)]
struct Diary(Mutex<Vec<(u64, String)>>);

impl Diary {
    fn note(&self, request: &RequestInfo<'_>, line: String) {
        self.0.lock().unwrap().push((request.id(), line));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(|(_, line)| line).collect()
    }
}

impl RequestTracker for Diary {
    fn begin(&self, request: &RequestInfo<'_>) {
        self.note(request, format!("begin {}", request.text(100)));
    }

    fn attempt(&self, request: &RequestInfo<'_>, attempt: &AttemptRecord) {
        let outcome = match &attempt.outcome {
            AttemptOutcome::Answered => "answered",
            AttemptOutcome::Failed(error) => error_type(error),
            AttemptOutcome::Unanswered => "unanswered",
            _ => "?",
        };
        self.note(request, format!("{} {} {outcome}", attempt.number, attempt.kind.name()));
    }

    fn end(&self, request: &RequestInfo<'_>, end: &RequestEnd) {
        let RequestEnd { outcome, attempts, retries, speculative, .. } = end;
        self.note(request, format!("end {outcome:?} {attempts} {retries} {speculative}"));
    }
}

const BEGIN: &str = "begin SELECT v FROM ks.t WHERE k = ?";

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_of_each_step_before_the_caller_is() {
    let overloaded = ServerError::Overloaded { message: String::new() };
    let cluster = nodes(2, 2)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(READ).nth(1), error(overloaded))
        .on(statement(READ).nth(3), silence())
        .on(statement("silent"), silence())
        .start()
        .expect("the mock starts");
    let diary = Arc::new(Diary::default());
    let session = observed(&cluster, |what| what.trackers.push(diary.clone())).await;
    session.execute(READ).await.expect("it is tried again");
    assert_eq!(diary.take(), [BEGIN, "0 first overloaded", "1 retry answered", "end Succeeded 2 1 0"]);
    session.execute(speculative(READ)).await.expect("the other one answers");
    let expected = [BEGIN, "1 speculative answered", "0 first unanswered", "end Succeeded 2 0 1"];
    assert_eq!(diary.take(), expected);
    session.execute(within("SELECT silent", Duration::from_millis(50))).await.expect_err("nobody answers");
    let expected = ["begin SELECT silent", "0 first unanswered", "end Failed(\"timeout\") 1 0 0"];
    assert_eq!(diary.take(), expected);
    drop(session.execute("SELECT silent"));
    assert_eq!(diary.take(), ["begin SELECT silent", "0 first unanswered", "end Cancelled 1 0 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_each_told_in_order() {
    let cluster = nodes(3, 3).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])));
    let cluster = cluster.start().expect("the mock starts");
    let diary = Arc::new(Diary::default());
    let session = observed(&cluster, |what| what.trackers.push(diary.clone())).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    session.execute(READ).await.expect("the mock answers");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("it does not panic");
    }
    let mut by_request = std::collections::BTreeMap::<u64, Vec<String>>::new();
    for (id, line) in std::mem::take(&mut *diary.0.lock().unwrap()) {
        by_request.entry(id).or_default().push(line);
    }
    assert_eq!(by_request.len(), 400);
    for lines in by_request.values() {
        assert_eq!(*lines, [BEGIN, "0 first answered", "end Succeeded 1 0 0"]);
    }
}

#[derive(Debug, Default)]
struct Panicking(AtomicU32);

impl RequestTracker for Panicking {
    fn begin(&self, _: &RequestInfo<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("in the beginning");
    }

    fn attempt(&self, _: &RequestInfo<'_>, _: &AttemptRecord) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("in between");
    }

    fn end(&self, _: &RequestInfo<'_>, _: &RequestEnd) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("in the end");
    }
}

#[tokio::test]
async fn one_that_panics_harms_nobody_and_is_heard_of_once() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let (panicking, diary) = (Arc::new(Panicking::default()), Arc::new(Diary::default()));
    let session = observed(&cluster, |what| {
        what.trackers.push(panicking.clone());
        what.trackers.push(diary.clone());
    })
    .await;
    let (capture, _guard) = Capture::start(Level::WARN);
    for _ in 0..3 {
        session.execute(READ).await.expect("the mock answers");
    }
    assert_eq!(panicking.0.load(Ordering::Relaxed), 9, "it is asked again each time");
    assert_eq!(diary.take().len(), 9, "others are told all the same");
    let said = capture.events("helenus::observe::observer");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].field("message").is_some_and(|text| text.contains("panicked")), "{said:?}");
    assert!(said[0].field("tracker").is_some_and(|name| name.ends_with("Panicking")), "{said:?}");
}

#[derive(Debug)]
struct Blocking;

impl RequestTracker for Blocking {
    fn end(&self, _: &RequestInfo<'_>, _: &RequestEnd) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn one_that_blocks_is_warned_of_once() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    let session = observed(&cluster, |what| what.trackers.push(Arc::new(Blocking))).await;
    let (capture, _guard) = Capture::start(Level::WARN);
    let begun = Instant::now();
    for _ in 0..3 {
        session.execute(READ).await.expect("the mock answers");
    }
    assert!(begun.elapsed() >= Duration::from_millis(60));
    let said = capture.events("helenus::observe::observer");
    let blocked: Vec<_> = said
        .iter()
        .filter(|event| event.field("message").is_some_and(|text| text.contains("blocks")))
        .collect();
    assert_eq!(blocked.len(), 1, "{said:?}");
}

/// Runs a statement of its own for each of others.
#[derive(Debug, Default)]
struct Busy(Mutex<Option<(helenus::Session, Vec<helenus::ResponseFuture>)>>);

impl RequestTracker for Busy {
    fn end(&self, request: &RequestInfo<'_>, end: &RequestEnd) {
        if request.operation() == "SELECT" && end.outcome == RequestOutcome::Succeeded {
            let session = self.0.lock().unwrap().as_ref().map(|(session, _)| session.clone());
            let written = session.map(|session| session.execute("INSERT INTO ks.t (k, v) VALUES (1, 1)"));
            if let (Some((_, all)), Some(written)) = (&mut *self.0.lock().unwrap(), written) {
                all.push(written);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_may_run_statements_itself() {
    let cluster = nodes(1, 1).on(statement(READ), rows(Rows::new([("v", "int")]).row([7])));
    let cluster = cluster.start().expect("the mock starts");
    let busy = Arc::new(Busy::default());
    let session = observed(&cluster, |what| what.trackers.push(busy.clone())).await;
    *busy.0.lock().unwrap() = Some((session.clone(), Vec::new()));
    for _ in 0..5 {
        session.execute(READ).await.expect("the mock answers");
    }
    let (_, written) = busy.0.lock().unwrap().take().expect("it was put there");
    assert_eq!(written.len(), 5);
    for write in written {
        write.await.expect("the mock answers");
    }
}
