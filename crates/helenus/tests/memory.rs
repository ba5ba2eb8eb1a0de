//! What is measured in memory: servers that are none (F14), and a page that is larger than most (F27). A program of its
//! own, since memory is the process's. Large pages are served by another process: this program once more.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use helenus::statement::SimpleStatement;
use helenus::{Cluster, Session};
use helenus_testkit::mock::{MockCluster, Reaction, Rows, any, query, raw, rows, silence};

const MIB: usize = 1 << 20;

/// One test at a time: they all look at the same memory.
static MEASURING: Mutex<()> = Mutex::new(());

/// A figure of this process's memory, in MiB: `VmRSS` (in use) or `VmHWM` (the most that was ever in use).
fn memory(figure: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(figure)).expect("it is there");
    let kibibytes = line.trim_start_matches(':').trim().trim_end_matches(" kB").trim();
    kibibytes.parse::<f64>().expect("a number") / 1024.0
}

/// From now on the most that was ever in use is counted anew.
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("it is our own process");
}

fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime")
}

/// A header of v4 that announces so long a body of `opcode`, and some of it.
fn announced(opcode: u8, length: u32) -> Reaction {
    let header = [&[0x84, 0, 0, 0, opcode][..], &length.to_be_bytes()].concat();
    raw([header, vec![0; 64 * 1024]].concat())
}

fn servers_that_are_none() -> Vec<(&'static str, Reaction)> {
    let noise = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>();
    vec![
        ("2 GiB", announced(6, 0x7FFF_FFFF)),
        ("a negative length", announced(6, 0xFFFF_FFF0)),
        ("255 MiB", announced(6, 255 << 20)),
        ("an unknown opcode", announced(0x77, 10)),
        ("a request's opcode", announced(7, 0)),
        ("another version", raw([0x8F, 0, 0, 0, 6, 0, 0, 0, 0])),
        ("HTTP", raw(*b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
        ("SSH", raw(*b"SSH-2.0-OpenSSH_9.2\r\n")),
        ("noise", raw(noise)),
        ("zeros", raw(vec![0; 200_000])),
        ("a goodbye", silence().then_close()),
        ("a reset", silence().then_reset()),
        ("silence", silence()),
    ]
}

/// F14: whatever it says, it is refused within the time to connect, costs no memory, and concerns no other node.
#[test]
fn f14_a_server_that_is_none_costs_no_memory_and_disturbs_nobody() {
    let _alone = MEASURING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let runtime = runtime();
    let cluster = MockCluster::new(3).start().expect("the mock starts");
    let limit = Duration::from_millis(500);
    let connect = |index: usize| {
        let mut settings = Cluster::builder().contact_points([cluster.addresses()[index].ip().to_string()]);
        settings.config_mut().connection.connect_timeout = Some(limit);
        runtime.block_on(settings.session())
    };
    let neighbour = connect(0).expect("it is a good one");
    drop(connect(2)); // what the first ones take is taken
    forget_peak();
    let base = memory("VmRSS");
    for (what, reaction) in servers_that_are_none() {
        let rule = cluster.on(any().node(2), reaction);
        let begun = Instant::now();
        for _ in 0..3 {
            let failure = connect(2).expect_err(what).to_string();
            assert!(failure.contains(&cluster.addresses()[2].to_string()), "{what}: {failure}");
            runtime.block_on(neighbour.execute("SELECT v FROM ks.t")).expect("two nodes are good");
        }
        let took = begun.elapsed();
        assert!(took < (limit + Duration::from_millis(500)) * 3, "{what}: {took:?}");
        cluster.remove(rule);
    }
    let grown = memory("VmHWM") - base;
    println!("13 servers that are none, three times each: {grown:.1} MiB");
    assert!(grown <= 5.0, "{grown:.1} MiB");
    connect(2).expect("it is a good one again");
}

/// What the other process does: serves a page of so many MiB, one of many rows, and one of many columns, until its
/// standard input ends.
#[test]
#[ignore = "it is run by f27"]
fn serves_large_pages() {
    let Ok(mebibytes) = std::env::var("HELENUS_PAGE_MIB") else { return };
    let blob = vec![7_u8; mebibytes.parse::<usize>().expect("a number") * MIB / 8];
    let large = (0..8).fold(Rows::new([("b", "blob")]), |rows, _| rows.row(vec![Some(blob.clone())]));
    let many = Rows::new([("v", "int")]).rows(1_000_000, |_| [7_i32]);
    let columns: Vec<_> = (0..100_000).map(|n| (format!("c{n}"), "int")).collect();
    let wide = Rows::new(columns.iter().map(|(name, kind)| (name.as_str(), *kind)));
    let wide = wide.row(vec![Some(vec![0, 0, 0, 7]); columns.len()]);
    let cluster = MockCluster::new(1)
        .on(query("SELECT large"), rows(large))
        .on(query("SELECT many"), rows(many))
        .on(query("SELECT wide"), rows(wide))
        .start()
        .expect("the mock starts");
    println!("serves {}", cluster.addresses()[0].ip());
    std::io::stdout().flush().expect("somebody reads it");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("it can be read");
}

/// That process, and a session with it.
fn served(
    runtime: &tokio::runtime::Runtime,
    mebibytes: usize,
) -> (Child, Lines<BufReader<ChildStdout>>, Session) {
    let mut child = Command::new(std::env::current_exe().expect("it has a path"))
        .args(["--ignored", "--exact", "serves_large_pages", "--nocapture"])
        .env("HELENUS_PAGE_MIB", mebibytes.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let address =
        lines.find_map(|line| line.expect("it is text").split_once("serves ").map(|it| it.1.to_owned()));
    let address = address.expect("it serves");
    let builder =
        Cluster::builder().contact_points([address]).request_timeout(Some(Duration::from_secs(100)));
    let session = runtime.block_on(builder.session()).expect("it lets everyone in");
    (child, lines, session)
}

/// F27: a page costs what it is, and not more than three times that while it comes; it is given back when it is dropped.
/// `HELENUS_TEST_SCALE=4` takes 256 MiB less a little, the largest that there can be, in place of 64.
#[test]
fn f27_a_large_page_costs_no_more_than_three_times_its_size() {
    let _alone = MEASURING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let runtime = runtime();
    let scale = std::env::var("HELENUS_TEST_SCALE").map_or(1, |text| text.parse().expect("a number"));
    let mebibytes = (64_usize * scale).min(248);
    let (mut server, output, session) = served(&runtime, mebibytes);
    let size = mebibytes as f64;
    for (what, size, count) in [("large", size, 8), ("many", 8.0, 1_000_000), ("wide", 2.0, 1)] {
        forget_peak();
        let base = memory("VmRSS");
        let mut statement = SimpleStatement::new(format!("SELECT {what}"));
        statement.options.page_size = Some(i32::MAX);
        let result = runtime.block_on(session.execute(statement)).expect("a page");
        let read = result.rows().filter(|row| row.is_ok()).count();
        assert_eq!(read, count, "{what}");
        let peak = memory("VmHWM") - base;
        drop(result);
        let left = memory("VmRSS") - base;
        println!("{what}: {size} MiB, at most {peak:.1} MiB more, {left:.1} MiB afterwards");
        assert!(peak <= 3.0 * size + 16.0, "{what}: {peak:.1} MiB for a page of {size} MiB");
        assert!(left <= size / 2.0 + 16.0, "{what}: {left:.1} MiB are left");
    }
    drop(session);
    drop(server.stdin.take());
    assert!(server.wait().expect("it ends").success());
    drop(output);
}
