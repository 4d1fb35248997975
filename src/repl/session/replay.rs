//! Restores a lost worksheet: runs the lines of its log in a new worksheet.

use std::{borrow::Cow, mem, time::Duration};

use tokio::time::Instant;

use super::{
    reconnect::reconnect,
    replay_log::Log,
    stream::WorksheetStream,
    worksheet::{CallContext, ReconnectingWorksheet, Support, connected},
};
use crate::repl::{
    Calls,
    calling::calls::{LineResult, WorksheetSender as _},
};
use crate::{
    client::{AngleUnit, Answered, CallError, EvaluateOptions, WorksheetEvent, WorksheetRequest},
    text::printable::printable,
};

/// The maximum time that a gateway may lack the route to its server.
const ROUTE_TIMEOUT: Duration = Duration::from_secs(1);

impl<C: Calls> ReconnectingWorksheet<C> {
    /// Opens a new worksheet as soon as the server is reachable, and runs the lines of the log in
    /// the worksheet. `is_told` is true if a notice has already reported the loss; see
    /// [`reconnect`].
    pub(super) async fn restore(
        &mut self,
        is_told: &mut bool,
        context: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<(), CallError> {
        let lines: Option<Vec<_>> = self.log.lines().map(Iterator::collect);
        let is_lost = lines.is_none();
        let lines = lines.unwrap_or_default();
        let patience = if self.support == Support::Missing {
            Duration::ZERO
        } else {
            context.timeout.min(ROUTE_TIMEOUT)
        };
        let began = Instant::now();
        let attempt = async || replay_again(&lines, context, began, patience).await;
        let outage = context.calls.outage();
        let replayed = reconnect(context.timeout, outage, is_told, notice, attempt).await;
        let server = context.calls.server();
        let (stream, answers) = match replayed {
            Ok(replayed) => replayed,
            Err(error) => {
                if error.is_unimplemented()
                    && mem::replace(&mut self.support, Support::Missing) != Support::Missing
                {
                    notice(&format!(
                        "connected to {server}; this server supports only typed calls: the worksheet is kept for a server with the evaluator"
                    ));
                }
                return Err(error);
            }
        };
        self.support = Support::Confirmed;
        self.stream = Some(stream);
        if !is_lost {
            // The log had this last answer, so the new worksheet has it too.
            self.reply = self.reply.take().filter(|reply| reply.literal().is_none());
        }
        let wrong = answers.iter().zip(&lines).find_map(|(answer, (line, _))| {
            let fault = answer.as_ref().err()?;
            Some(format!("'{}': {fault}", printable(line, 64)))
        });
        match wrong {
            _ if is_lost => {
                self.log = Log::default();
                notice(&format!(
                    "connected to {server}; the worksheet is lost, since it had too many definitions"
                ));
            }
            Some(wrong) => notice(&format!(
                "connected to {server}; the worksheet could not be restored completely: {wrong}"
            )),
            None => notice(&format!(
                "{}, and the worksheet is restored",
                connected(context.calls)
            )),
        }
        Ok(())
    }
}

/// Runs lines in a new worksheet, like [`replay`], on a server that had worksheets before.
///
/// If the server now seems not to have them, tries again for `patience`.
pub(in crate::repl) async fn replay_again<C: Calls>(
    lines: &[(Cow<'_, str>, AngleUnit)],
    context: CallContext<'_, C>,
    began: Instant,
    patience: Duration,
) -> Result<(WorksheetStream<C>, Vec<LineResult>), CallError> {
    let replayed = replay(lines, context).await;
    replayed.map_err(|error| {
        if error.is_unimplemented() && began.elapsed() < patience {
            return error.passing(context.calls.server());
        }
        error
    })
}

/// Opens a worksheet and runs lines in it. Returns the worksheet's stream and the answers.
///
/// Each line is paired with the unit of the angles that are written without one.
pub(in crate::repl) async fn replay<C: Calls>(
    lines: &[(Cow<'_, str>, AngleUnit)],
    context: CallContext<'_, C>,
) -> Result<(WorksheetStream<C>, Vec<LineResult>), CallError> {
    // A worksheet is opened by a request, so an empty line is sent if the log has no lines.
    let empty = [("".into(), AngleUnit::Unspecified)];
    let lines = if lines.is_empty() { &empty } else { lines };
    let (mut opened, mut answers) = (None::<WorksheetStream<C>>, Vec::new());
    for lines in lines.chunk_by(|(_, one), (_, next)| one == next) {
        let text: Vec<_> = lines.iter().map(|(line, _)| &**line).collect();
        let run = WorksheetRequest::Run {
            lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            text: text.join("\n"),
            options: EvaluateOptions {
                angle: lines[0].1,
                ..context.options
            },
        };
        let stream = match &mut opened {
            Some(stream) => {
                stream.requests.send(run).await;
                stream
            }
            None => opened.insert(WorksheetStream::new(context.calls.worksheet(run).await?)),
        };
        while let WorksheetEvent::Answer(answer) = stream.next(context.timeout).await? {
            answers.push(answer.map(Answered::into_owned));
        }
    }
    let stream = opened.ok_or_else(CallError::no_worksheet)?;
    Ok((stream, answers))
}
