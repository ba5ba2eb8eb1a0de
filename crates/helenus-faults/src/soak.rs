//! Hours of one workload, with a fault at random now and then, and the vitals of each second in a file.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::{Cluster, IoThreads};
use helenus_testkit::proxy::Reading;

use crate::arguments::Arguments;
use crate::audit::audit;
use crate::ring::Ring;
use crate::run::KEYS;
use crate::scenario::{Scenario, Stage, wait_until_whole};
use crate::vitals::{Vitals, slope};
use crate::workload::{Pace, Workload};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How long the rate rises.
const RAMP: Duration = Duration::from_secs(30);
/// What each request is given.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The first part of a soak, in which caches fill, counts for no slope: a fifth of it, an hour at most.
const WARMING: (u32, Duration) = (5, Duration::from_secs(3600));

/// Runs a workload for so long; tells whether all promises that admit no exception were kept.
///
/// # Errors
/// Where the nodes cannot be brought to what it takes, or the file of vitals cannot be written.
pub async fn soak(ring: &Arc<Ring>, length: Duration, arguments: &Arguments) -> Outcome<bool> {
    wait_until_whole(ring).await?;
    let proxies = ring.proxies(Reading::Answers, arguments.seed)?;
    let io = IoThreads::start(1)?;
    let mut config = ring.config();
    config.defaults.timeout = Some(TIMEOUT);
    let cluster = Cluster::connect(config, io.executor().clone()).await?;
    let session = cluster.session(None).await?;
    let pace = Pace { rate: arguments.rate, ramp: RAMP, timeout: TIMEOUT, marked: false };
    let workload = Workload::prepare(session.clone(), Arc::clone(ring), pace, KEYS, arguments.seed).await?;
    let fault = (arguments.each / 3).min(Duration::from_secs(20));
    let stage =
        Stage { ring: Arc::clone(ring), proxies, cluster, session, victim: 0, fault, timeout: TIMEOUT };
    let load = tokio::spawn(Arc::clone(&workload).run());
    let watching = tokio::spawn(watch(Arc::clone(&workload), arguments.vitals.clone()));
    wound(stage, &workload, length, arguments).await?;
    workload.stop();
    load.await?;
    let vitals = watching.await??;
    audit(ring, &workload, KEYS..=2 * KEYS).await?;
    tokio::task::spawn_blocking(move || io.stop()).await?;
    Ok(conclude(&workload, &vitals, &arguments.vitals))
}

/// One fault after another until the time is over.
async fn wound(
    mut stage: Stage,
    workload: &Workload,
    length: Duration,
    arguments: &Arguments,
) -> Outcome<()> {
    let mut chance = fastrand::Rng::with_seed(arguments.seed);
    let begun = Instant::now();
    let mut number = 0_u32;
    let mut deck = Vec::new();
    loop {
        number += 1;
        let due = arguments.each * number;
        let until = begun + due.min(length);
        tokio::time::sleep(until.saturating_duration_since(Instant::now())).await;
        if due + stage.fault >= length {
            tokio::time::sleep((begun + length).saturating_duration_since(Instant::now())).await;
            stage.cluster.shut_down();
            return Ok(());
        }
        let scenario = draw(&mut deck, &mut chance);
        stage.victim = chance.usize(..stage.proxies.len());
        let wounded = scenario.inflict(&stage).await?;
        // Nodes that have too much to do are no reason to end: what they lose or mix up would show.
        if let Err(error) = wait_until_whole(&stage.ring).await {
            println!(
                "{:>6} s  not all nodes are up again, and it goes on: {error}",
                begun.elapsed().as_secs()
            );
        }
        let sums = workload.tally().sums();
        println!(
            "{:>6} s  {:<10} node {}: {}; so far {} ended, {} lost, {} wrong, {} never, {} + {} errors",
            begun.elapsed().as_secs(),
            scenario.plan().name,
            stage.victim + 1,
            wounded.deeds,
            sums.ended,
            sums.lost,
            sums.wrong,
            sums.never,
            sums.errors,
            sums.other_errors,
        );
    }
}

/// The next fault at random: each comes once before any comes again.
fn draw(deck: &mut Vec<Scenario>, chance: &mut fastrand::Rng) -> Scenario {
    if deck.is_empty() {
        deck.extend(Scenario::SOAKED);
        chance.shuffle(deck);
    }
    deck.pop().unwrap_or(Scenario::Pause)
}

/// Counts each second until the workload is stopped.
async fn watch(workload: Arc<Workload>, path: std::path::PathBuf) -> Outcome<Vec<Vitals>> {
    let mut file = BufWriter::new(File::create(&path)?);
    writeln!(file, "second,rss_kib,descriptors,threads,ok,failed")?;
    let mut all = Vec::new();
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    while !workload.is_stopped() {
        clock.tick().await;
        let vitals = Vitals::read()?;
        let done = workload.tally().take_done();
        let ok = done.iter().filter(|done| done.ok).count();
        let Vitals { rss_kib, descriptors, threads } = vitals;
        writeln!(file, "{},{rss_kib},{descriptors},{threads},{ok},{}", all.len(), done.len() - ok)?;
        file.flush()?;
        all.push(vitals);
    }
    Ok(all)
}

/// Says what came of it.
fn conclude(workload: &Workload, vitals: &[Vitals], path: &Path) -> bool {
    let sums = workload.tally().sums();
    println!(
        "{} operations: {} lost, {} wrong, {} never completed, {} errors of what may be repeated, {} of what may not; \
         {} histories of registers ({} undecided); {} not begun",
        sums.ended,
        sums.lost,
        sums.wrong,
        sums.never,
        sums.errors,
        sums.other_errors,
        sums.histories,
        sums.undecided,
        sums.skipped
    );
    sums.findings.iter().for_each(|finding| println!("    {finding}"));
    sums.reasons.iter().for_each(|(reason, count)| println!("    {count} x {reason}"));
    let warming = (vitals.len() / WARMING.0 as usize).min(WARMING.1.as_secs() as usize);
    let counted = &vitals[warming..];
    let times: Vec<f64> = (0..counted.len()).map(|second| second as f64 / 3600.0).collect();
    let of = |what: fn(&Vitals) -> f64| slope(&times, &counted.iter().map(what).collect::<Vec<_>>());
    println!(
        "slopes after the first {warming} of {} s: RSS {:+.2} MB/h, descriptors {:+.1}/h, threads {:+.1}/h; each second in {}",
        vitals.len(),
        of(|v| v.rss_kib as f64 / 1024.0),
        of(|v| v.descriptors as f64),
        of(|v| v.threads as f64),
        path.display()
    );
    sums.lost + sums.wrong + sums.never == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_comes_once_before_any_comes_again() {
        let (mut deck, mut chance) = (Vec::new(), fastrand::Rng::with_seed(1));
        for _ in 0..3 {
            let mut drawn: Vec<_> =
                Scenario::SOAKED.iter().map(|_| draw(&mut deck, &mut chance).plan().name).collect();
            drawn.sort_unstable();
            drawn.dedup();
            assert_eq!(drawn.len(), Scenario::SOAKED.len());
        }
    }
}
