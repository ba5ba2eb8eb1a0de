//! `run`: nodes for as long as a program runs.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use helenus_testkit::cassandra::Builder;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::{Outcome, environment};

/// What a shell says of a program that Ctrl-C ended.
pub(crate) const INTERRUPTED: u8 = 130;

/// A flag that becomes true when an end is wanted (Ctrl-C, SIGTERM, a terminal that went away).
pub(crate) fn interrupt_flag() -> std::io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

pub(crate) fn run(builder: Builder, program: &[OsString]) -> Outcome {
    let interrupt = interrupt_flag()?;
    let cluster = match builder.interrupt(Arc::clone(&interrupt)).start() {
        Err(helenus_testkit::cassandra::Error::Interrupted) => return Ok(ExitCode::from(INTERRUPTED)),
        outcome => outcome?,
    };
    let (name, rest) = program.split_first().ok_or("there is no program to run")?;
    let mut child = Command::new(name)
        .args(rest)
        .envs(environment::of(&cluster))
        .spawn()
        .map_err(|error| format!("{}: {error}", name.display()))?;
    let status = wait(&mut child, &interrupt)?;
    drop(cluster);
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    let code = u8::try_from(code).unwrap_or(1);
    Ok(if interrupt.load(Ordering::Relaxed) { ExitCode::from(INTERRUPTED) } else { ExitCode::from(code) })
}

/// Waits for the program; when an end is wanted, asks it to end, and after five seconds does not ask.
fn wait(child: &mut Child, interrupt: &AtomicBool) -> std::io::Result<ExitStatus> {
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        match asked {
            None if interrupt.load(Ordering::Relaxed) => {
                kill_process(Pid::from_child(child), Signal::TERM)?;
                asked = Some(Instant::now());
            }
            Some(asked) if asked.elapsed() > Duration::from_secs(5) => child.kill()?,
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
