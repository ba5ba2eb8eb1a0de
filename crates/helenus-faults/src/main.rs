//! `helenus-faults`: see [`helenus_faults`]. Ends with 0 if all promises that admit no exception were kept, with 1 if one was
//! broken, with 2 if it could not be found out.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use helenus_faults::arguments::{Arguments, USAGE};
use helenus_faults::ring::Ring;
use helenus_faults::run::{Options, run};
use helenus_faults::scenario::Scenario;
use helenus_faults::{reference, soak, table};

fn main() -> ExitCode {
    let arguments = match Arguments::parse(lexopt::Parser::from_env(), fastrand::u64(..)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            for plan in Scenario::ALL.map(Scenario::plan) {
                println!("  {:<12} {} ({})", plan.name, plan.what, plan.tries);
            }
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("helenus-faults: {error} (--help tells more)");
            return ExitCode::from(2);
        }
    };
    // Threads that nobody needs any more end soon: what is left after a scenario is counted.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_keep_alive(Duration::from_millis(100))
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(interruptible(&arguments)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("helenus-faults: {error}");
            ExitCode::from(2)
        }
    }
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Does what is asked for, until Ctrl-C or SIGTERM; the nodes end in any case.
async fn interruptible(arguments: &Arguments) -> Outcome<bool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 2, Arc::clone(&interrupted))?;
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let watch = async {
        while !interrupted.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("interrupted".into())
    };
    tokio::select! {
        outcome = perform(arguments) => outcome,
        outcome = watch => outcome,
    }
}

async fn perform(arguments: &Arguments) -> Outcome<bool> {
    println!("seed {} (--seed {} does the same again)", arguments.seed, arguments.seed);
    let ring = Ring::start(arguments.base).await?;
    if let Some(length) = arguments.soak {
        return soak::soak(&ring, length, arguments).await;
    }
    let begun = Instant::now();
    println!("{}", table::head());
    let mut broken = Vec::new();
    let python = arguments.reference_python.clone();
    let python = python.or_else(|| std::env::var_os("HELENUS_REFERENCE_PYTHON").map(PathBuf::from));
    for (scenario, number) in arguments.scenarios.iter().zip(1..) {
        let options = Options {
            fault: arguments.fault,
            quick: arguments.quick,
            lead: Duration::from_millis(if number == 1 {
                8000
            } else if arguments.quick {
                1500
            } else {
                2500
            }),
            rate: arguments.rate,
            seed: arguments.seed.wrapping_add(number as u64),
        };
        let mut report = run(*scenario, &ring, options, number).await?;
        if report.plan.compared {
            report.compare(reference::beside(*scenario, &ring, options, number, python.as_deref()).await?);
        }
        table::lines(&report).iter().for_each(|line| println!("{line}"));
        if !report.is_kept() {
            broken.push(report.plan.name);
        }
    }
    println!("{} scenarios in {:.0} s", arguments.scenarios.len(), begun.elapsed().as_secs_f64());
    if !broken.is_empty() {
        println!("promises broken in: {}", broken.join(", "));
    }
    Ok(broken.is_empty())
}
