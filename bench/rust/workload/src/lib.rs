//! The benchmark's workload for Rust drivers: the same loops, clocks and report for each of them.
//!
//! A client connects once, prints `ready`, and then answers one command line after another:
//! `sync|concurrent select|insert IN_FLIGHT SECONDS` runs that many requests at a time for that long and prints one line of
//! JSON. Staying connected lets `bench/run.py` give every driver its turn many times a minute, so that a noisy machine is unfair to
//! all of them alike. `counted select|insert IN_FLIGHT REQUESTS` runs so many requests instead: what two numbers of them cost is
//! compared by `bench/instructions.py`.
//!
//! Not here: any knowledge of a driver; each binary brings its own through [`Driver`].

use std::error::Error;
use std::future::Future;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Any failure ends the client: a benchmark of errors is worth nothing.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The statements that each driver prepares.
pub const SELECT: &str = "SELECT k, v FROM bench.kv WHERE k = ?";
/// See [`SELECT`].
pub const INSERT: &str = "INSERT INTO bench.kv (k, v) VALUES (?, ?)";
/// The text that is inserted.
pub const TEXT: &str = "the value of a row of the benchmark";

/// One connected driver with both statements prepared.
pub trait Driver: Send + Sync + 'static {
    /// Runs [`SELECT`] and decodes both columns of its one row.
    fn select(&self, key: i64) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Runs [`INSERT`].
    fn insert(&self, key: i64) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What the command line says: `--address A --port P [--connections N] [--workers N]`.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The node.
    pub node: SocketAddr,
    /// Connections to it; `None` leaves the driver its default.
    pub connections: Option<usize>,
    /// Worker threads of the runtime; 0 is the single-threaded runtime.
    pub workers: usize,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let (mut address, mut port) = (String::from("127.0.0.1"), 9042);
        let (mut connections, mut workers) = (Some(1), 2);
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{flag} wants a value"))?;
            match flag.as_str() {
                "--address" => address = value,
                "--port" => port = value.parse::<u16>()?,
                "--connections" if value == "default" => connections = None,
                "--connections" => connections = Some(value.parse()?),
                "--workers" => workers = value.parse()?,
                _ => return Err(format!("unknown option {flag}").into()),
            }
        }
        Ok(Self { node: SocketAddr::new(address.parse()?, port), connections, workers })
    }
}

#[derive(Clone, Copy)]
enum Statement {
    Select,
    Insert,
}

/// Connects by `connect`, then serves commands from standard input until it closes.
pub fn serve<D: Driver, F: Future<Output = Result<D, Failure>>>(
    connect: impl FnOnce(Options) -> F,
) -> Result<(), Failure> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut builder = match options.workers {
        0 => tokio::runtime::Builder::new_current_thread(),
        workers => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(workers);
            builder
        }
    };
    let runtime = builder.enable_all().build()?;
    let driver = Arc::new(runtime.block_on(connect(options))?);
    let mut output = std::io::stdout().lock();
    writeln!(output, "ready")?;
    output.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let [style @ ("sync" | "concurrent" | "counted"), statement, in_flight, amount] = words[..] else {
            return Err(format!("not a command: {line:?}").into());
        };
        let statement = match statement {
            "select" => Statement::Select,
            "insert" => Statement::Insert,
            _ => return Err(format!("not a statement: {statement:?}").into()),
        };
        let in_flight = in_flight.parse::<usize>()?.max(1);
        let until = match style {
            "counted" => Until::Requests(amount.parse::<usize>()?.div_ceil(in_flight)),
            _ => Until::Time(Instant::now() + Duration::try_from_secs_f64(amount.parse()?)?),
        };
        mark();
        let report = runtime.block_on(run(&driver, statement, in_flight, until))?;
        mark();
        writeln!(output, "{report}")?;
        output.flush()?;
    }
    Ok(())
}

/// Where a profiler may begin and end to count: it is told the name of this function.
#[inline(never)]
fn mark() {
    std::hint::black_box(());
}

/// How long each caller goes on.
#[derive(Clone, Copy)]
enum Until {
    Time(Instant),
    /// So many requests of each.
    Requests(usize),
}

impl Until {
    fn is_over(self, done: usize, now: Instant) -> bool {
        match self {
            Self::Time(end) => now >= end,
            Self::Requests(count) => done >= count,
        }
    }
}

/// Keeps `in_flight` requests going and reports what that took.
async fn run<D: Driver>(
    driver: &Arc<D>,
    statement: Statement,
    in_flight: usize,
    until: Until,
) -> Result<serde_json::Value, Failure> {
    let cpu_before = cpu_seconds();
    let begin = Instant::now();
    let mut latencies = if in_flight == 1 {
        // A caller that does one thing after another: on the task that it is on, as a program would.
        requests(&**driver, statement, 0, until).await?
    } else {
        let tasks: Vec<_> = (0..in_flight)
            .map(|task| {
                let driver = Arc::clone(driver);
                let first_key = i64::try_from(task).unwrap_or(0) << 32;
                tokio::spawn(async move { requests(&*driver, statement, first_key, until).await })
            })
            .collect();
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        all
    };
    let wall = begin.elapsed().as_secs_f64();
    let cpu = cpu_seconds() - cpu_before;
    latencies.sort_unstable();
    let percentile = |p: usize| latencies.get(latencies.len() * p / 100).copied().unwrap_or(0);
    Ok(serde_json::json!({
        "requests": latencies.len(), "wall": wall, "cpu": cpu,
        "p50_us": f64::from(percentile(50)) / 1e3, "p99_us": f64::from(percentile(99)) / 1e3,
    }))
}

/// One caller's requests, each awaited before the next; their latencies in nanoseconds.
async fn requests<D: Driver>(
    driver: &D,
    statement: Statement,
    first_key: i64,
    until: Until,
) -> Result<Vec<u32>, Failure> {
    let mut latencies = Vec::with_capacity(1024);
    let mut key = first_key;
    let mut before = Instant::now();
    while !until.is_over(latencies.len(), before) {
        match statement {
            Statement::Select => driver.select(key).await?,
            Statement::Insert => driver.insert(key).await?,
        }
        key += 1;
        latencies.push(match until {
            Until::Time(_) => {
                let after = Instant::now();
                let latency = u32::try_from((after - before).as_nanos()).unwrap_or(u32::MAX);
                before = after;
                latency
            }
            // Instructions are counted then, which are to be the driver's.
            Until::Requests(_) => 0,
        });
    }
    Ok(latencies)
}

/// CPU time of this process, all its threads, user and system.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
