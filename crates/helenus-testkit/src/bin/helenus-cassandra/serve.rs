//! `serve`: nodes that another process commands over standard input, one line a command.
//!
//! Each command is answered by one line: `ok`, or `error: ` and why. The end of standard input ends the nodes: whoever commands
//! them may die and leave nothing behind.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use helenus_testkit::cassandra::{Builder, Cassandra, Error};

use crate::run::{INTERRUPTED, interrupt_flag};
use crate::{Outcome, environment};

pub(crate) fn serve(builder: Builder) -> Outcome {
    let interrupt = interrupt_flag()?;
    // The reader begins before the nodes do: who goes away while they start is noticed as well.
    let (send, lines) = mpsc::channel();
    let ended = Arc::clone(&interrupt);
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        let _ = lines.map(|line| send.send(line)).take_while(Result::is_ok).count();
        ended.store(true, Ordering::Relaxed);
    });
    let cluster = match builder.interrupt(Arc::clone(&interrupt)).start() {
        Err(Error::Interrupted) => return Ok(ExitCode::from(INTERRUPTED)),
        outcome => outcome?,
    };
    for (name, value) in environment::of(&cluster) {
        say(&format!("{name}={value}"))?;
    }
    say("ready")?;
    loop {
        match lines.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => match obey(&cluster, &line) {
                Ok(()) => say("ok")?,
                Err(error) => say(&format!("error: {}", error.replace('\n', " | ")))?,
            },
            Err(RecvTimeoutError::Timeout) if !interrupt.load(Ordering::Relaxed) => {}
            Err(_) => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn obey(cluster: &Cassandra, line: &str) -> Result<(), String> {
    let mut words = line.split_ascii_whitespace();
    let (Some(verb), Some(number), None) = (words.next(), words.next(), words.next()) else {
        return Err(format!("{line:?} is not a verb and a node's number"));
    };
    let node = number.parse::<usize>().ok().and_then(|number| cluster.nodes().get(number.checked_sub(1)?));
    let node = node.ok_or_else(|| format!("there is no node {number}"))?;
    let done = match verb {
        "start" => node.start().and_then(|()| node.wait_until_up()),
        "stop" => node.stop(),
        "kill" => node.kill(),
        "pause" => node.pause(),
        "resume" => node.resume(),
        _ => return Err(format!("there is no verb {verb:?}")),
    };
    done.map_err(|error| error.to_string())
}
