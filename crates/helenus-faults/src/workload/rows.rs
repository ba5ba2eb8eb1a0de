//! Rows are read and written.

use std::sync::Arc;

use helenus::ResultSet;

use super::operation::{foreign, is_void};
use super::{Kind, Workload, lock};
use crate::check::rows::{Seen, body};

impl Workload {
    pub(super) async fn read_row(self: Arc<Self>) {
        let at = self.chance(usize::MAX);
        let (id, floor) = lock(&self.rows).begin_read(at);
        let Ok(statement) = self.statements.read.bind((id,)) else { return };
        let Some(Ok(result)) = self.watch(Kind::Read, statement).await else { return };
        let finding = match seen(&result) {
            Ok(seen) => lock(&self.rows).judge(id, floor, seen.as_ref()),
            Err(()) => Some(foreign(Kind::Read, id, &result)),
        };
        finding.iter().for_each(|finding| self.tally.found(finding));
    }

    pub(super) async fn write_row(self: Arc<Self>) {
        let at = self.chance(usize::MAX);
        let Some((id, version)) = lock(&self.rows).begin_write(at) else { return };
        let Ok(statement) = self.statements.write.bind((id, version, body(id, version))) else { return };
        let outcome = self.watch(Kind::Write, statement).await;
        let acknowledged = match &outcome {
            Some(Ok(result)) if !is_void(result) => {
                self.tally.found(&foreign(Kind::Write, id, result));
                false
            }
            Some(Ok(_)) => true,
            _ => false,
        };
        lock(&self.rows).end_write(id, version, acknowledged);
    }
}

/// The row of an answer, if it has one; an error if these are not the columns that were asked for.
pub(crate) fn seen(result: &ResultSet) -> Result<Option<Seen>, ()> {
    if result.len() > 1 || result.columns().len() != 3 {
        return Err(());
    }
    let row = result.first_as::<(i64, i64, String)>().map_err(drop)?;
    Ok(row.map(|(id, version, body)| Seen { id, version, body }))
}
