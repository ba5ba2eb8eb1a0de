//! One scenario from its beginning to its end: connect, load, fault, rest, shut down, count what is left, audit.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{
    Budget, ConstantSpeculativeExecutionPolicy, DcAwareRoundRobinPolicy, TokenAwarePolicy,
};
use helenus::{Cluster, IoThreads};

use crate::audit::audit;
use crate::figures::{Limits, Measured, Windows};
use crate::reference::Beside;
use crate::ring::Ring;
use crate::scenario::{Plan, Scenario, Stage, Wounded, wait_until_whole};
use crate::vitals::Vitals;
use crate::workload::{Pace, Sums, Workload};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How many keys lie between the beginnings of two workloads.
pub const KEYS: i64 = 1_000_000;

/// How a scenario is run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long the fault lasts.
    pub fault: Duration,
    /// Whether the windows around it are short.
    pub quick: bool,
    /// How long the load goes on before it counts: nodes that have just started are slow.
    pub lead: Duration,
    /// Operations a second.
    pub rate: u32,
    /// What chance begins with.
    pub seed: u64,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Report {
    /// What it was.
    pub plan: Plan,
    /// The sums.
    pub sums: Sums,
    /// The figures.
    pub measured: Measured,
    /// What was to be reached.
    pub limits: Limits,
    /// The figures that were missed, in words.
    pub missed: Vec<String>,
    /// By how much resident memory has grown from the fault's beginning to the load's end, in KiB.
    pub grown_kib: i64,
    /// Descriptors and threads that were left after the shutdown.
    pub left: (i64, i64),
    /// What was done, in words.
    pub deeds: String,
    /// What the reference came to.
    pub reference: Beside,
}

impl Report {
    /// Puts what the reference came to beside it.
    pub fn compare(&mut self, reference: Beside) {
        self.missed.extend(reference.missed(self.sums.errors - self.sums.servers_own));
        self.reference = reference;
    }

    /// Whether the promises that admit no exception were kept; of a lie, whether it was found.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        let Sums { lost, wrong, never, .. } = self.sums;
        if self.plan.lies { wrong > 0 } else { lost + wrong + never == 0 }
    }
}

/// Runs `scenario`, the one of this `number`.
///
/// # Errors
/// Where the nodes cannot be brought to what it takes; never for what the engine does.
pub async fn run(scenario: Scenario, ring: &Arc<Ring>, options: Options, number: i64) -> Outcome<Report> {
    let plan = scenario.plan();
    wait_until_whole(ring).await?;
    let proxies = ring.proxies(plan.reading, options.seed)?;
    let before = Vitals::read()?;
    let io = IoThreads::start(1)?;
    let first = number * KEYS;
    let (stage, workload) = enter(&plan, ring, &proxies, &io, options, first).await?;

    let load = tokio::spawn(Arc::clone(&workload).run());
    let pause = |millis| tokio::time::sleep(Duration::from_millis(millis));
    tokio::time::sleep(options.lead).await;
    let base = Instant::now();
    pause(if options.quick { 2000 } else { 4000 }).await;
    let (fault, healthy) = (Instant::now(), Vitals::read()?);
    let wounded = scenario.inflict(&stage).await?;
    let healed = wounded.healed.unwrap_or_else(Instant::now);
    if wounded.shut_down.is_none() {
        rest(&workload, &wounded, stage.victim, options.quick).await;
    }
    workload.stop();
    let end = Instant::now();
    load.await?;
    let loaded = Vitals::read()?;

    let windows = Windows { base, fault, settled: fault + plan.settling, healed, end };
    let measured = measure(&workload, &windows, &wounded, stage.victim);
    let cluster = stage.cluster.clone();
    cluster.shut_down();
    stage.heal()?;
    workload.leave();
    drop((stage, cluster));
    tokio::task::spawn_blocking(move || io.stop()).await?;
    let left = what_is_left(before).await?;
    drop(proxies);
    audit(ring, &workload, KEYS..=first + KEYS).await?;

    let sums = workload.tally().sums();
    let mut limits = plan.limits;
    limits.errors = plan.errors.map(|share| (share * f64::from(options.rate)).floor() as u64);
    let mut missed = measured.missed(&limits, sums.errors - sums.servers_own);
    missed.extend(wounded.missed);
    if left != (0, 0) {
        missed.push(format!("left: {} descriptors, {} threads", left.0, left.1));
    }
    let grown_kib = loaded.rss_kib as i64 - healthy.rss_kib as i64;
    let (deeds, reference) = (wounded.deeds, Beside::NotAsked);
    Ok(Report { plan, sums, measured, limits, missed, grown_kib, left, deeds, reference })
}

/// Connects through the proxies and prepares the workload.
pub(crate) async fn enter(
    plan: &Plan,
    ring: &Arc<Ring>,
    proxies: &Arc<[helenus_testkit::proxy::Proxy]>,
    io: &IoThreads,
    options: Options,
    first: i64,
) -> Outcome<(Stage, Arc<Workload>)> {
    let mut config = ring.config();
    config.defaults.timeout = Some(plan.timeout);
    if !plan.evades {
        let local = Arc::new(DcAwareRoundRobinPolicy::new(None));
        let policy = TokenAwarePolicy::new(local).with_slow_replica_avoidance(false);
        config.defaults.load_balancing = Arc::new(policy);
    }
    if let Some(delay) = plan.speculation {
        if !plan.evades {
            // A third of the requests meet the slow node: more than the default allows to be sent twice.
            config.speculation_budget = Some(Budget::new(0.5, 10.0)?);
        }
        config.defaults.speculative_execution = Arc::new(ConstantSpeculativeExecutionPolicy::new(delay, 1));
    }
    let cluster = Cluster::connect(config, io.executor().clone()).await?;
    let session = cluster.session(None).await?;
    let pace = Pace {
        rate: options.rate,
        ramp: options.lead / 2,
        timeout: plan.timeout,
        marked: plan.speculation.is_some(),
    };
    let prepared = Workload::prepare(session.clone(), Arc::clone(ring), pace, first, options.seed).await?;
    let mut stage = Stage {
        ring: Arc::clone(ring),
        proxies: Arc::clone(proxies),
        cluster,
        session,
        victim: 1,
        fault: options.fault.max(plan.least),
        timeout: plan.timeout,
    };
    if plan.limits.takeover.is_some() {
        stage.victim = stage.control_node().unwrap_or(stage.victim);
    }
    Ok((stage, prepared))
}

/// Lets the load go on until the victim is used again, a good while at most.
async fn rest(workload: &Workload, wounded: &Wounded, victim: usize, quick: bool) {
    let least = Instant::now() + Duration::from_millis(if quick { 1500 } else { 3000 });
    let most = Instant::now() + Duration::from_secs(12);
    let is_back = || {
        let Some(since) = wounded.back_since else { return true };
        let answered = |done: &crate::workload::Done| {
            done.ok && done.node == Some(victim as u8) && done.at - done.took >= since
        };
        workload.tally().look(|done| done.iter().rev().any(answered))
    };
    while Instant::now() < least || (Instant::now() < most && !is_back()) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn measure(workload: &Workload, windows: &Windows, wounded: &Wounded, victim: usize) -> Measured {
    let done = workload.tally().take_done();
    let back = wounded.back_since.map(|since| (victim as u8, since));
    let drained = wounded.shut_down.map(|at| {
        let under_way = done.iter().filter(|done| done.at - done.took < at && done.at > at);
        under_way.map(|done| done.at - at).max().unwrap_or_default()
    });
    let (takeover, dials, orphans) = (wounded.takeover, wounded.dials, wounded.orphans);
    let mut measured = Measured::of(&done, windows, back);
    if wounded.shut_down.is_some() {
        // That nothing is answered any more is what was asked for.
        (measured.share, measured.stall) = (None, Duration::ZERO);
    }
    Measured { takeover, dials, orphans, drained, ..measured }
}

/// Waits a little for what ends by itself; then what is left is left.
async fn what_is_left(before: Vitals) -> Outcome<(i64, i64)> {
    let until = Instant::now() + Duration::from_secs(3);
    loop {
        let now = Vitals::read()?;
        let left =
            (now.descriptors as i64 - before.descriptors as i64, now.threads as i64 - before.threads as i64);
        if (left.0 <= 0 && left.1 <= 0) || Instant::now() > until {
            return Ok((left.0.max(0), left.1.max(0)));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
