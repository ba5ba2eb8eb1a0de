//! `helenus-cassandra`, as `./dev` and pytest use it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::{options, wanted};

fn program(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helenus-cassandra"));
    command.args(arguments.split(' ')).stderr(Stdio::piped());
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The processes whose command line has `needle`.
fn processes_of(needle: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let has = |process: PathBuf| {
        std::fs::read(process.join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(needle))
    };
    entries.filter(|path| path.join("cmdline").exists()).filter(|path| has(path.clone())).count()
}

/// What a child that serves nodes has said until it was ready, as lines.
fn until_ready(child: &mut Child) -> Vec<String> {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    lines.take_while(|line| line != "ready").collect()
}

#[test]
fn run_gives_the_program_what_it_needs_and_passes_on_its_status() {
    if !wanted("run_gives_the_program_what_it_needs_and_passes_on_its_status") {
        return;
    }
    let script = "echo $HELENUS_CONTACT_POINTS $HELENUS_PORT $HELENUS_USER $HELENUS_PASSWORD; \
                  test -f $HELENUS_CA && test -f $HELENUS_CERT && test -f $HELENUS_KEY && exit 7";
    let output = program("run --address 127.0.30.80 --password --tls -- sh -c").arg(script).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "127.0.30.80 9042 cassandra cassandra\n");
}

#[test]
fn up_leaves_nodes_that_status_finds_and_down_ends() {
    if !wanted("up_leaves_nodes_that_status_finds_and_down_ends") {
        return;
    }
    let directory = std::env::temp_dir().join(format!("helenus-up-{}", std::process::id()));
    let with = |arguments: &str| program(arguments).arg("--dir").arg(&directory).output().unwrap();
    let up = with("up --address 127.0.30.81");
    assert!(up.status.success(), "{}", text(&up));
    assert!(text(&up).contains("HELENUS_CONTACT_POINTS=127.0.30.81"), "{}", text(&up));
    let address = "127.0.30.81:9042".parse().unwrap();
    options(address).unwrap();
    let status = with("status");
    assert!(status.status.success() && text(&status).contains("  up\n"), "{}", text(&status));
    let again = with("up --address 127.0.30.81");
    assert!(again.status.success() && text(&again).contains("already up"), "{}", text(&again));
    let down = with("down");
    assert!(down.status.success(), "{}", text(&down));
    options(address).unwrap_err();
    assert!(!directory.exists());
    assert_eq!(with("status").status.code(), Some(3));
}

#[test]
fn serve_obeys_and_ends_with_its_input() {
    if !wanted("serve_obeys_and_ends_with_its_input") {
        return;
    }
    let mut child =
        program("serve --address 127.0.30.82").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    assert!(until_ready(&mut child).contains(&"HELENUS_PORT=9042".to_owned()));
    let address = "127.0.30.82:9042".parse().unwrap();
    options(address).unwrap();
    let mut say = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut tell = |line: &str| {
        writeln!(say, "{line}").unwrap();
        lines.next().unwrap()
    };
    assert_eq!(tell("kill 1"), "ok");
    options(address).unwrap_err();
    assert_eq!(tell("start 1"), "ok");
    options(address).unwrap();
    for nonsense in ["start 1", "kill 2", "kill 0", "kill", "fly 1", ""] {
        assert!(tell(nonsense).starts_with("error: "), "{nonsense:?}");
    }
    drop(say);
    assert!(child.wait().unwrap().success());
    options(address).unwrap_err();
}

#[test]
fn whoever_is_killed_leaves_nothing_behind() {
    if !wanted("whoever_is_killed_leaves_nothing_behind") {
        return;
    }
    let mut child =
        program("serve --address 127.0.30.83").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    until_ready(&mut child);
    let directory = format!("helenus-cassandra-{}-0", child.id());
    // The node, and the shell that guards it.
    assert_eq!(processes_of(&directory), 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let begun = Instant::now();
    while processes_of(&directory) > 0 || Path::new(&std::env::temp_dir()).join(&directory).exists() {
        assert!(begun.elapsed() < Duration::from_secs(10), "something was left");
        std::thread::sleep(Duration::from_millis(50));
    }
}
