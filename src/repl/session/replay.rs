//! Restores a lost worksheet: runs the lines of its log in a new worksheet.

use std::borrow::Cow;

use super::{
    reconnect::reconnect,
    replay_log::Log,
    stream::WorksheetStream,
    worksheet::{CallContext, ReconnectingWorksheet, connected},
};
use crate::repl::{
    Calls,
    calling::calls::{LineResult, WorksheetSender as _},
};
use crate::{
    client::{AngleUnit, Answered, CallError, EvaluateOptions, WorksheetEvent, WorksheetRequest},
    text::printable::printable,
};

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
        let attempt = async || replay(&lines, context).await;
        let outage = context.calls.outage();
        let replayed = reconnect(context.timeout, outage, is_told, notice, attempt).await;
        let server = context.calls.server();
        let (stream, answers) = match replayed {
            Ok(replayed) => replayed,
            Err(error) => {
                if error.is_unimplemented() {
                    (self.is_opened, self.log) = (false, Log::default());
                    notice(&format!(
                        "connected to {server}; the worksheet is lost: this server supports only typed calls"
                    ));
                }
                return Err(error);
            }
        };
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
