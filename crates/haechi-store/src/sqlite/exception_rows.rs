use super::free_ids::FreeIds;
use super::issue_deltas::IssueDeltas;
use super::issue_ids::{IssueIds, Placed};
use super::texts::Texts;
use haechi_event::{Cause, Exception, Grouping, Mechanism, decode_stack};
use rusqlite::{CachedStatement, Connection};

const INSERT: &str = "INSERT INTO exceptions(id, issue, grouping, mechanism, app, route, release, \
     pid, request_id, ticket, kind, message, stack, user) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// Writes rows of the table `exceptions` and counts them as issues.
pub(crate) struct ExceptionRows<'c> {
    conn: &'c Connection,
    insert: CachedStatement<'c>,
    free: FreeIds<'c>,
    deltas: IssueDeltas,
}

impl<'c> ExceptionRows<'c> {
    /// `ids` are those of the day; `changed` is how many exceptions the file
    /// will have after the last one.
    pub(crate) fn new(
        conn: &'c Connection,
        ids: (u64, u64),
        changed: u64,
    ) -> rusqlite::Result<Self> {
        Ok(Self {
            insert: conn.prepare_cached(INSERT)?,
            free: FreeIds::new(conn, "exceptions", ids)?,
            deltas: IssueDeltas::new(changed),
            conn,
        })
    }

    /// Writes an occurrence under `id`, or the next free one; says which, and
    /// its issue.
    pub(crate) fn insert(
        &mut self,
        id: u64,
        pid: u32,
        exception: &Exception<'_>,
        texts: &mut Texts,
        issues: &mut IssueIds,
    ) -> rusqlite::Result<(u64, u64)> {
        let wanted = self.free.clamp(id);
        let id = self.free.first_from(wanted)?;
        let request = exception.request_id.as_u64();
        let ticket = (!exception.ticket.is_empty()).then_some(exception.ticket);
        let placed = issues.place(exception.app, grouped(exception));
        let statement = &mut self.insert;
        statement.raw_bind_parameter(1, id as i64)?;
        statement.raw_bind_parameter(2, placed.issue as i64)?;
        statement.raw_bind_parameter(3, Grouping::VERSION)?;
        statement.raw_bind_parameter(4, exception.mechanism as u8)?;
        statement.raw_bind_parameter(5, texts.keep(self.conn, exception.app)?)?;
        statement.raw_bind_parameter(6, texts.keep(self.conn, exception.route)?)?;
        statement.raw_bind_parameter(7, texts.keep(self.conn, exception.release)?)?;
        statement.raw_bind_parameter(8, pid)?;
        statement.raw_bind_parameter(9, (request != 0).then_some(request as i64))?;
        statement.raw_bind_parameter(10, ticket)?;
        statement.raw_bind_parameter(11, texts.keep(self.conn, exception.kind)?)?;
        statement.raw_bind_parameter(12, exception.message)?;
        statement.raw_bind_parameter(13, exception.stack)?;
        statement.raw_bind_parameter(14, texts.keep(self.conn, exception.user)?)?;
        statement.raw_execute()?;
        let issue = placed.issue;
        self.count(id, exception, placed)?;
        Ok((id, issue))
    }

    /// Counts an occurrence that is in the table.
    pub(crate) fn count(
        &mut self,
        id: u64,
        exception: &Exception<'_>,
        placed: Placed,
    ) -> rusqlite::Result<()> {
        if self.deltas.is_full() {
            self.deltas.flush(self.conn)?;
        }
        self.deltas.add(id, exception, placed);
        Ok(())
    }

    /// Brings what was counted to the file.
    pub(crate) fn finish(mut self) -> rusqlite::Result<()> {
        self.deltas.flush(self.conn)
    }
}

/// The issue an exception belongs to, and how many frames it has. One whose
/// stack cannot be read is grouped without.
pub(crate) fn grouped(exception: &Exception<'_>) -> (Grouping, u64) {
    let causes: Vec<Cause<'_>> = decode_stack(exception.stack).unwrap_or_default();
    let frames = causes.iter().map(|cause| cause.frames.len() as u64).sum();
    if exception.mechanism == Mechanism::WorkerDied {
        let Exception { app, route, message, .. } = exception;
        return (Grouping::of_worker_death(app, route, message), frames);
    }
    (Grouping::of(exception.app, exception.kind, exception.message, &causes), frames)
}
