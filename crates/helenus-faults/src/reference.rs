//! The same fault under the reference, cassandra-driver: how many of the same reads and writes it fails, beside ours. The load is
//! `reference.py`, run by a Python that has that package.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use helenus::IoThreads;

use crate::ring::{NODES, Ring};
use crate::run::{KEYS, Options, enter};
use crate::scenario::{Scenario, wait_until_whole};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const LOAD: &str = include_str!("reference.py");

/// So many of ours for one of the reference's are too many: a quarter is the promise.
const SHARE: u64 = 4;

/// What the reference came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// Nothing is held against it here.
    NotAsked,
    /// There is no interpreter that has it.
    NotRun,
    /// It could not be run to its end.
    Failed(String),
    /// It was run.
    Run(Count),
}

/// Of reads and writes of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Good answers.
    pub good: u64,
    /// Errors, without those that servers have told for lack of replicas in time.
    pub errors: u64,
    /// Those.
    pub servers_own: u64,
}

impl Beside {
    /// In a column of the table.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::NotAsked => "-".to_owned(),
            Self::NotRun => "not run".to_owned(),
            Self::Failed(_) => "failed".to_owned(),
            Self::Run(count) => (count.errors + count.servers_own).to_string(),
        }
    }

    /// In a line of its own.
    #[must_use]
    pub fn at_length(&self) -> Option<String> {
        match self {
            Self::NotAsked | Self::NotRun => None,
            Self::Failed(why) => Some(format!("the reference: {why}")),
            Self::Run(Count { good, errors, servers_own }) => Some(format!(
                "the reference: {} errors beside {good} good answers, {servers_own} of them servers' own timeouts",
                errors + servers_own
            )),
        }
    }

    /// What was missed where `ours` have failed, without what servers have told.
    #[must_use]
    pub fn missed(&self, ours: u64) -> Option<String> {
        match self {
            Self::Run(count) if ours.saturating_mul(SHARE) > count.errors => {
                Some(format!("errors {ours} > a quarter of the reference's {}", count.errors))
            }
            _ => None,
        }
    }
}

/// Inflicts `scenario`, the one of this `number`, upon the reference, which has tables of its own.
///
/// # Errors
/// Where the nodes cannot be brought to what it takes; never for what the reference does.
pub async fn beside(
    scenario: Scenario,
    ring: &Arc<Ring>,
    options: Options,
    number: i64,
    python: Option<&Path>,
) -> Outcome<Beside> {
    let Some(python) = python else { return Ok(Beside::NotRun) };
    let plan = scenario.plan();
    wait_until_whole(ring).await?;
    let proxies = ring.proxies(plan.reading, options.seed)?;
    // Ours has nothing to do: it is what the stage is made of.
    let io = IoThreads::start(1)?;
    let (stage, _idle) = enter(&plan, ring, &proxies, &io, options, number * KEYS).await?;
    let addresses: Vec<_> = (0..NODES).map(|index| ring.node(index).address().ip().to_string()).collect();
    let load = Load::start(python, &addresses, options.rate, plan.timeout, options.seed);
    let beside = match load {
        Err(why) => Beside::Failed(why),
        Ok(load) => match blocking(load, |load| load.hear("ready")).await {
            Err(why) => Beside::Failed(why),
            Ok((load, _)) => {
                tokio::time::sleep(options.lead).await;
                scenario.inflict(&stage).await?;
                tokio::time::sleep(Duration::from_millis(if options.quick { 1500 } else { 3000 })).await;
                match blocking(load, Load::end).await {
                    Ok((_, count)) => Beside::Run(count),
                    Err(why) => Beside::Failed(why),
                }
            }
        },
    };
    stage.cluster.shut_down();
    stage.heal()?;
    drop(stage);
    tokio::task::spawn_blocking(move || io.stop()).await?;
    Ok(beside)
}

async fn blocking<T: Send + 'static>(
    mut load: Load,
    what: impl FnOnce(&mut Load) -> Result<T, String> + Send + 'static,
) -> Result<(Load, T), String> {
    let outcome = tokio::task::spawn_blocking(move || what(&mut load).map(|came| (load, came))).await;
    outcome.map_err(|panicked| panicked.to_string())?
}

/// The process. It ends when this is dropped.
#[derive(Debug)]
struct Load {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Drop for Load {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Load {
    fn start(
        python: &Path,
        addresses: &[String],
        rate: u32,
        timeout: Duration,
        seed: u64,
    ) -> Result<Self, String> {
        let mut child = Command::new(python)
            .args(["-c", LOAD, &addresses.join(","), &crate::ring::PROXY_PORT.to_string()])
            .args([rate.to_string(), timeout.as_secs_f64().to_string(), seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("{}: {why}", python.display()))?;
        let lines = child.stdout.take().ok_or("it has no standard output")?;
        Ok(Self { child, lines: BufReader::new(lines) })
    }

    /// The next line, which begins with `word`.
    fn hear(&mut self, word: &str) -> Result<String, String> {
        let mut line = String::new();
        self.lines.read_line(&mut line).map_err(|why| why.to_string())?;
        let rest = line.trim().strip_prefix(word).map(str::to_owned);
        rest.ok_or_else(|| format!("it said {:?} instead of {word:?}", line.trim()))
    }

    /// Has it end, and tell what came of it.
    fn end(&mut self) -> Result<Count, String> {
        let input = self.child.stdin.as_mut().ok_or("it has no standard input")?;
        input.write_all(b"end\n").map_err(|why| why.to_string())?;
        parse(&self.hear("count")?)
    }
}

/// `good errors servers_own`.
fn parse(text: &str) -> Result<Count, String> {
    let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
    match numbers.as_deref() {
        Ok([good, errors, servers_own]) => {
            Ok(Count { good: *good, errors: *errors, servers_own: *servers_own })
        }
        _ => Err(format!("it counted {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(errors: u64) -> Beside {
        Beside::Run(Count { good: 1000, errors, servers_own: 7 })
    }

    #[test]
    fn a_quarter_is_met_and_more_is_missed() {
        assert_eq!(run(100).missed(25), None);
        let missed = run(100).missed(26);
        assert_eq!(missed.as_deref(), Some("errors 26 > a quarter of the reference's 100"));
        assert_eq!((run(0).missed(0), run(3).missed(1).is_some()), (None, true));
        for silent in [Beside::NotAsked, Beside::NotRun, Beside::Failed("why".into())] {
            assert_eq!(silent.missed(1_000_000), None);
        }
    }

    #[test]
    fn what_is_told() {
        let told = [Beside::NotAsked, Beside::NotRun, Beside::Failed("why".into()), run(100)];
        assert_eq!(told.each_ref().map(Beside::told), ["-", "not run", "failed", "107"]);
        let long = run(100).at_length().unwrap();
        assert_eq!(
            long,
            "the reference: 107 errors beside 1000 good answers, 7 of them servers' own timeouts"
        );
        assert_eq!(Beside::NotRun.at_length(), None);
    }

    #[test]
    fn what_it_counts_is_read_or_refused() {
        assert_eq!(parse(" 1 2 3"), Ok(Count { good: 1, errors: 2, servers_own: 3 }));
        for wrong in ["", "1 2", "1 2 3 4", "1 2 -3", "a b c"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_interpreter_that_is_none_is_said() {
        let nowhere = Load::start(Path::new("/nowhere/python"), &[], 1, Duration::ZERO, 0);
        assert!(nowhere.unwrap_err().contains("/nowhere/python"));
        let mut silent = Load::start(Path::new("/bin/true"), &[], 1, Duration::ZERO, 0).unwrap();
        assert!(silent.hear("ready").unwrap_err().contains("instead of"));
    }
}
