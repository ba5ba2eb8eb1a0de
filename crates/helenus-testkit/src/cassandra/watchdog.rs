//! Sees to it that no node outlives the process that started it, however that one ends.
//!
//! A node is a process of its own, in a process group of its own, so that Ctrl-C does not reach it. When its owner is
//! dropped it is ended; but an owner may be killed with -9. So a shell holds the other end of a pipe and a list of the
//! nodes' ids: when the pipe closes without a farewell, the shell kills what is on the list and removes the files.
//!
//! The operating system's own way, a signal on the parent's death, was not taken: it fires when the *thread* ends that
//! started the child, which in a test is long before the process does.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::error::{Error, Result};

const SCRIPT: &str = r#"
pids=''
while read -r what pid; do
    case $what in
        watch) pids="$pids $pid" ;;
        forget) kept=''; for p in $pids; do [ "$p" = "$pid" ] || kept="$kept $p"; done; pids=$kept ;;
        farewell) exit 0 ;;
    esac
done
for p in $pids; do kill -KILL "$p" 2>/dev/null; done
for again in 1 2 3 4 5; do rm -rf -- "$1" 2>/dev/null && break; sleep 1; done
"#;

/// The shell and the pipe to it.
#[derive(Debug)]
pub(crate) struct Watchdog {
    pipe: Mutex<ChildStdin>,
    shell: Mutex<Child>,
}

impl Watchdog {
    /// Starts the shell that guards the nodes whose files are below `directory`.
    pub(crate) fn start(directory: &Path) -> Result<Self> {
        let mut shell = Command::new("sh")
            .arg("-c")
            .arg(SCRIPT)
            .arg("helenus-watchdog")
            .arg(directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(Error::io("starting the shell that guards the nodes"))?;
        match shell.stdin.take() {
            Some(pipe) => Ok(Self { pipe: Mutex::new(pipe), shell: Mutex::new(shell) }),
            None => Err(Error::Unsupported("the guarding shell has no standard input".to_owned())),
        }
    }

    /// From now on, process `pid` dies with us.
    pub(crate) fn watch(&self, pid: u32) -> Result<()> {
        self.tell(&format!("watch {pid}\n")).map_err(Error::io("telling the guarding shell of a node"))
    }

    /// Process `pid` is about to be waited for: its id may be another's soon.
    pub(crate) fn forget(&self, pid: u32) {
        let _ = self.tell(&format!("forget {pid}\n"));
    }

    /// Nothing is left to guard.
    pub(crate) fn farewell(&self) {
        let _ = self.tell("farewell\n");
        let _ = self.shell.lock().unwrap_or_else(PoisonError::into_inner).wait();
    }

    fn tell(&self, line: &str) -> std::io::Result<()> {
        self.pipe.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
    }
}
