//! What the database holds in the end, read directly from the nodes, against what the workload was told.

use std::collections::HashMap;
use std::error::Error;
use std::ops::RangeInclusive;
use std::time::Duration;

use helenus::statement::SimpleStatement;
use helenus::{FromRow, Session};

use crate::check::Finding;
use crate::check::rows::Seen;
use crate::ring::Ring;
use crate::workload::Workload;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often the nodes are asked until they answer.
const TRIES: u32 = 40;

/// Reads all that `workload` has written, and tells its tally what is lost or wrong. `known`: the keys of all workloads so far.
///
/// # Errors
/// Where the nodes do not answer for long.
pub async fn audit(ring: &Ring, workload: &Workload, known: RangeInclusive<i64>) -> Outcome<()> {
    let session = patiently(async || ring.auditor().await).await?;
    let outcome = examine(&session, workload, known).await;
    session.cluster().shut_down();
    outcome
}

async fn patiently<T>(ask: impl AsyncFn() -> Result<T, helenus::Error>) -> Outcome<T> {
    let mut last = None;
    for _ in 0..TRIES {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(last
        .map_or_else(|| "never asked".into(), |error| format!("the nodes cannot be audited: {error}").into()))
}

async fn examine(session: &Session, workload: &Workload, known: RangeInclusive<i64>) -> Outcome<()> {
    let found = |finding: &Finding| workload.tally().found(finding);
    let rows: Vec<(i64, i64, String)> = all(session, "SELECT id, version, body FROM faults.rows").await?;
    let rows: HashMap<i64, Seen> =
        rows.into_iter().map(|(id, version, body)| (id, Seen { id, version, body })).collect();
    let ours = workload.rows(|ledger| {
        for id in ledger.ids() {
            let floor = ledger.acknowledged(id).unwrap_or(0);
            ledger.judge(id, floor, rows.get(&id)).iter().for_each(found);
        }
        ledger.ids().collect::<Vec<_>>()
    });
    // What is neither ours nor another workload's was never written by anybody.
    let foreign = |id: &i64| {
        !known.contains(id)
            || (!ours.contains(id) && rows[id].body != crate::check::rows::body(*id, rows[id].version))
    };
    for id in rows.keys().filter(|id| foreign(id)) {
        found(&Finding::Wrong(format!("row {id} is in the database: nobody wrote it")));
    }
    let counters: HashMap<i64, i64> =
        all::<(i64, i64)>(session, "SELECT id, n FROM faults.counters").await?.into_iter().collect();
    for (id, increments) in workload.counters() {
        increments.judge(id, counters.get(&id).copied().unwrap_or(0)).iter().for_each(found);
    }
    for id in counters.keys().filter(|id| !known.contains(id)) {
        found(&Finding::Wrong(format!("counter {id} is in the database: nobody incremented it")));
    }
    Ok(())
}

/// All rows of a statement, page by page.
async fn all<T: for<'a> FromRow<'a>>(session: &Session, cql: &str) -> Outcome<Vec<T>> {
    let mut rows = Vec::new();
    let mut state = None;
    loop {
        let page = patiently(async || {
            let mut statement = SimpleStatement::new(cql);
            statement.options.page_size = Some(1000);
            statement.options.paging_state = state.clone();
            session.execute(statement).await
        })
        .await?;
        for row in page.rows_as::<T>() {
            rows.push(row?);
        }
        state = page.paging_state().cloned();
        if state.is_none() {
            return Ok(rows);
        }
    }
}
