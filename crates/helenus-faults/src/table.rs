//! What is printed: one line a scenario, and below it what was missed or found.

use std::time::Duration;

use crate::figures::seconds;
use crate::run::Report;

/// The head of the table.
#[must_use]
pub fn head() -> String {
    format!(
        "{:<12} {:>7} {:>5} {:>5} {:>5} {:>6} {:>9} {:>6} {:>5} {:>7} {:>7} {:>7} {:>7} {:>7}  {}",
        "scenario",
        "ops",
        "lost",
        "wrong",
        "never",
        "errors",
        "reference",
        "unsafe",
        "ok/s",
        "stall",
        "back",
        "p99",
        "RSS",
        "left",
        "figures"
    )
}

/// A scenario's line, and those below it.
#[must_use]
pub fn lines(report: &Report) -> Vec<String> {
    let (sums, measured) = (&report.sums, &report.measured);
    let verdict = match (report.is_kept(), report.plan.lies, report.missed.is_empty()) {
        (true, true, _) => "found, as it must be".to_owned(),
        (false, true, _) => "NOT FOUND: the runner is blind".to_owned(),
        (false, false, _) => "A PROMISE IS BROKEN".to_owned(),
        (true, false, true) => format!("{} met", report.plan.tries),
        (true, false, false) => format!("{} missed: {}", report.plan.tries, report.missed.join("; ")),
    };
    let line = format!(
        "{:<12} {:>7} {:>5} {:>5} {:>5} {:>6} {:>9} {:>6} {:>5} {:>7} {:>7} {:>7} {:>7} {:>7}  {verdict}",
        report.plan.name,
        sums.ended,
        sums.lost,
        sums.wrong,
        sums.never,
        sums.errors,
        report.reference.told(),
        sums.other_errors,
        measured.share.map_or_else(|| "-".to_owned(), |share| format!("{:.0}%", share * 100.0)),
        seconds(measured.stall),
        or_dash(measured.back),
        or_dash(measured.p99),
        format!("{:+.1}M", report.grown_kib as f64 / 1024.0),
        format!("{}/{}", report.left.0, report.left.1),
    );
    let mut lines = vec![line, format!("    {}: {}{}", report.plan.what, report.deeds, beside(report))];
    if !report.plan.lies {
        lines.push(format!("    to reach: lost 0, wrong 0, never 0; {}", report.limits.told()));
    }
    if !report.plan.lies {
        lines.extend(sums.findings.iter().map(|finding| format!("    {finding}")));
        lines.extend(sums.reasons.iter().map(|(reason, count)| format!("    {count} x {reason}")));
    } else if let Some(finding) = sums.findings.first() {
        lines.push(format!("    for example {finding}"));
    }
    lines
}

fn or_dash(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "-".to_owned(), seconds)
}

/// What not every scenario has.
fn beside(report: &Report) -> String {
    let (sums, measured) = (&report.sums, &report.measured);
    [
        Some(format!("{:.0} ok/s before", measured.base_rate)),
        measured.takeover.map(|took| format!("takeover {}", seconds(took))),
        measured.dials.map(|dials| format!("{dials:.0} connections in the busiest second")),
        measured.drained.map(|drained| format!("last request ended {} after", seconds(drained))),
        report.reference.at_length(),
        measured.orphans.map(|orphans| format!("{orphans} orphans after 2 s")),
        Some(format!("{} histories of registers", sums.histories)),
        (sums.servers_own > 0)
            .then(|| format!("{} of the errors are servers' own timeouts", sums.servers_own)),
        (sums.undecided > 0).then(|| format!("{} of them undecided", sums.undecided)),
        (!sums.overdue.is_zero()).then(|| format!("latest end {} after its time", seconds(sums.overdue))),
        (sums.refused > 0).then(|| format!("{} refused", sums.refused)),
        (sums.skipped > 0).then(|| format!("{} not begun", sums.skipped)),
    ]
    .into_iter()
    .flatten()
    .fold(String::new(), |text, more| text + "; " + &more)
}
