//! Performs the faults.

use std::error::Error;
use std::time::{Duration, Instant};

use helenus_testkit::cassandra::Node;
use helenus_testkit::proxy::{Deeds, Knobs, Proxy, Towards};

use super::stage::wait_until_whole;
use super::{SLOW, Scenario, Stage, Wounded};

type Outcome = Result<Wounded, Box<dyn Error + Send + Sync>>;

const BOTH: [Towards; 2] = [Towards::Node, Towards::Client];

impl Scenario {
    /// Does it, waits, and undoes it.
    ///
    /// # Errors
    /// Where the nodes or the proxies cannot be brought to it.
    pub async fn inflict(self, stage: &Stage) -> Outcome {
        let delayed = Knobs::delayed(SLOW);
        match self {
            Self::Kill => kill(stage).await,
            Self::Pause => pause(stage).await,
            Self::Partition => {
                stage.proxy().partition()?;
                for_a_while(stage, "a partition").await
            }
            Self::OneWay => {
                stage.proxy().set(Towards::Client, Knobs::held());
                for_a_while(stage, "answers held").await
            }
            Self::Rolling => rolling(stage).await,
            Self::Slow | Self::SlowUnevaded => {
                stage.proxy().set(Towards::Client, delayed);
                for_a_while(stage, "answers 300 ms late").await
            }
            Self::Speculation | Self::SpeculationUnevaded => {
                stage.proxy().set(Towards::Client, delayed);
                let wounded = for_a_while(stage, "answers 300 ms late").await?;
                tokio::time::sleep(Duration::from_secs(2)).await;
                let failures = stage.cluster.metrics().failures;
                let (begun, refused) = (failures.speculations, failures.speculations_refused);
                let deeds =
                    format!("{}; {begun} second attempts, {refused} not for want of budget", wounded.deeds);
                Ok(Wounded { orphans: Some(stage.orphans()), deeds, ..wounded })
            }
            Self::Corrupt => {
                let knobs = Knobs { flip_each: Some(10_000), ..Knobs::default() };
                everywhere(stage, &BOTH, knobs, |deeds| format!("{} bits turned over", deeds.flipped)).await
            }
            Self::Resets => resets(stage).await,
            Self::Late => {
                let late_by = 2 * stage.timeout;
                let knobs = Knobs { late: 0.03, late_by, reorder: 0.3, ..Knobs::default() };
                let told =
                    |deeds: Deeds| format!("{} answers late, {} overtaken", deeds.late, deeds.reordered);
                everywhere(stage, &[Towards::Client], knobs, told).await
            }
            Self::Duplicate => {
                let knobs = Knobs { duplicate: 0.005, ..Knobs::default() };
                let told = |deeds: Deeds| format!("{} answers twice", deeds.duplicated);
                everywhere(stage, &[Towards::Client], knobs, told).await
            }
            Self::Shutdown => shutdown(stage).await,
            Self::Lie => {
                let knobs = Knobs { swap: 0.1, ..Knobs::default() };
                let told = |deeds: Deeds| format!("{} answers with another's stream", deeds.swapped);
                everywhere(stage, &[Towards::Client], knobs, told).await
            }
        }
    }
}

/// The victim's proxy has been set to something: waits, and has it behave again.
async fn for_a_while(stage: &Stage, deeds: &str) -> Outcome {
    tokio::time::sleep(stage.fault).await;
    stage.heal()?;
    let now = Instant::now();
    Ok(Wounded { healed: Some(now), back_since: Some(now), deeds: deeds.to_owned(), ..Wounded::default() })
}

/// All proxies do something to what goes these `ways`.
async fn everywhere(
    stage: &Stage,
    ways: &[Towards],
    knobs: Knobs,
    told: impl Fn(Deeds) -> String,
) -> Outcome {
    let before = deeds(stage);
    stage.set_all(ways, knobs);
    tokio::time::sleep(stage.fault).await;
    stage.heal()?;
    let after = deeds(stage);
    let done = Deeds {
        flipped: after.flipped - before.flipped,
        duplicated: after.duplicated - before.duplicated,
        late: after.late - before.late,
        reordered: after.reordered - before.reordered,
        swapped: after.swapped - before.swapped,
    };
    Ok(Wounded { healed: Some(Instant::now()), deeds: told(done), ..Wounded::default() })
}

fn deeds(stage: &Stage) -> Deeds {
    stage.proxies.iter().map(Proxy::deeds).fold(Deeds::default(), |sum, more| Deeds {
        flipped: sum.flipped + more.flipped,
        duplicated: sum.duplicated + more.duplicated,
        late: sum.late + more.late,
        reordered: sum.reordered + more.reordered,
        swapped: sum.swapped + more.swapped,
    })
}

async fn kill(stage: &Stage) -> Outcome {
    let was_control = stage.control_node() == Some(stage.victim);
    let begun = Instant::now();
    stage.ring.with_node(stage.victim, Node::kill).await?;
    let takeover = async {
        while stage.control_node().is_none_or(|node| node == stage.victim) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        begun.elapsed()
    };
    let absence = async {
        tokio::time::sleep(stage.fault).await;
        stage.ring.with_node(stage.victim, Node::start).await?;
        stage.ring.with_node(stage.victim, Node::wait_until_up).await?;
        Ok::<_, Box<dyn Error + Send + Sync>>(Instant::now())
    };
    tokio::pin!(absence);
    let takeover = tokio::time::timeout(stage.fault, takeover).await.ok().filter(|_| was_control);
    let (mut busiest, mut before) = (0, stage.proxy().accepted());
    let since = loop {
        match tokio::time::timeout(Duration::from_secs(1), &mut absence).await {
            Ok(since) => break since?,
            Err(_) => {
                let now = stage.proxy().accepted();
                busiest = busiest.max(now - before);
                before = now;
            }
        }
    };
    Ok(Wounded {
        healed: Some(since),
        back_since: Some(since),
        takeover,
        dials: Some(busiest as f64),
        deeds: format!("away for {:.0} s", begun.elapsed().as_secs_f64()),
        ..Wounded::default()
    })
}

async fn pause(stage: &Stage) -> Outcome {
    stage.ring.with_node(stage.victim, Node::pause).await?;
    tokio::time::sleep(stage.fault).await;
    stage.ring.with_node(stage.victim, Node::resume).await?;
    let now = Instant::now();
    let deeds = format!("silent for {:.0} s", stage.fault.as_secs_f64());
    Ok(Wounded { healed: Some(now), back_since: Some(now), deeds, ..Wounded::default() })
}

async fn rolling(stage: &Stage) -> Outcome {
    for index in 0..stage.proxies.len() {
        stage.ring.with_node(index, Node::stop).await?;
        stage.ring.with_node(index, Node::start).await?;
        stage.ring.with_node(index, Node::wait_until_up).await?;
        wait_until_whole(&stage.ring).await?;
    }
    let deeds = "each node stopped and started".to_owned();
    Ok(Wounded { healed: Some(Instant::now()), deeds, ..Wounded::default() })
}

async fn resets(stage: &Stage) -> Outcome {
    let count = |of: fn(&Proxy) -> u64| stage.proxies.iter().map(of).sum::<u64>();
    let (accepted, reset) = (count(Proxy::accepted), count(Proxy::resets));
    stage.set_all(
        &[Towards::Client],
        Knobs { reset_each: Some(Duration::from_millis(1000)), ..Knobs::default() },
    );
    tokio::time::sleep(stage.fault).await;
    stage.heal()?;
    let healed = Instant::now();
    // What was reset last is made again soon.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (accepted, reset) = (count(Proxy::accepted) - accepted, count(Proxy::resets) - reset);
    let allowed = reset + reset.div_ceil(10);
    let missed = (accepted > allowed).then(|| format!("{accepted} connections after {reset} resets"));
    let deeds = format!("{reset} resets, {accepted} connections");
    Ok(Wounded { healed: Some(healed), deeds, missed: missed.into_iter().collect(), ..Wounded::default() })
}

async fn shutdown(stage: &Stage) -> Outcome {
    stage.proxy().partition()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    stage.cluster.shut_down();
    let took = begun.elapsed();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let deeds = format!("shut down in {:.0} ms, one node lost", took.as_secs_f64() * 1000.0);
    Ok(Wounded { healed: Some(Instant::now()), shut_down: Some(begun), deeds, ..Wounded::default() })
}
