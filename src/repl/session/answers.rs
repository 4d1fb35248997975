//! The numbered answers of a session, for `:ans`.

use std::{collections::VecDeque, fmt::Write as _};

use super::replay_log::has_built_ins_only;
use crate::repl::chat::share::AnsweredLine;
use crate::text::elide::elided;
use crate::{
    client::{AngleUnit, Reply},
    engine::BuiltInFunctions,
    syntax::{self, ParseLimits},
};

/// The maximum number of answers that are kept.
const ANSWERS: usize = 1_000;

/// The maximum total size, in bytes, of the answers and lines that are kept.
const BYTES: usize = 4 << 20;

/// The maximum number of characters of a typed line in the list of answers. An answer in the list
/// has the same maximum.
const LISTED: usize = 38;

/// The newest answers of a session. The first answer of the session has the number 1.
#[derive(Debug, Default)]
pub(super) struct AnswerHistory {
    kept: VecDeque<NumberedAnswer>,
    /// The number of older answers that were dropped.
    dropped: usize,
    /// The total size, in bytes, of the answers and lines in `kept`.
    bytes: usize,
}

/// An answer and its line. `angle` is the unit of angles that are written without a unit in the
/// line.
#[derive(Clone, Debug)]
pub(super) struct NumberedAnswer {
    pub(super) answered: AnsweredLine,
    pub(super) angle: AngleUnit,
}

impl NumberedAnswer {
    fn bytes(&self) -> usize {
        let text = match &self.answered.reply {
            Reply::Answer(answer) | Reply::Shared(answer) => answer.text.as_ref(),
            Reply::Integer(_) | Reply::Float(_) => None,
        };
        self.answered.line.len() + text.map_or(0, String::len)
    }

    /// Returns the expression of the line, or `None` if the value of the expression may change
    /// later in the session.
    pub(super) fn expression(&self) -> Option<&str> {
        let text = &self.answered.line;
        let line = syntax::parse(text, &ParseLimits::DEFAULT, &BuiltInFunctions).ok()?;
        if line.statements.len() != 1 || !has_built_ins_only(&line) {
            return None;
        }
        match &line.statements.first()?.binds {
            Some(binding) => {
                let start = binding.right.characters(&line.text).start;
                let (at, _) = text.char_indices().nth(start)?;
                text.get(at..)
            }
            None => Some(text),
        }
    }
}

impl AnswerHistory {
    /// Adds an answer, and drops the oldest answers beyond the limits.
    pub(super) fn push(&mut self, numbered: NumberedAnswer) {
        self.bytes += numbered.bytes();
        self.kept.push_back(numbered);
        while self.kept.len() > ANSWERS || self.bytes > BYTES && self.kept.len() > 1 {
            let oldest = self.kept.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.bytes());
            self.dropped += 1;
        }
    }

    /// Returns the number of the newest answer, or 0 if there is none.
    pub(super) fn newest(&self) -> usize {
        self.dropped + self.kept.len()
    }

    /// Returns the newest answer.
    pub(super) fn last(&self) -> Option<&AnsweredLine> {
        self.kept.back().map(|numbered| &numbered.answered)
    }

    /// Returns the answer with this number, if it is kept.
    pub(super) fn get(&self, number: usize) -> Option<&NumberedAnswer> {
        self.kept.get(number.checked_sub(self.dropped + 1)?)
    }

    /// Returns the number of the oldest answer that is kept.
    pub(super) fn oldest(&self) -> usize {
        self.dropped + 1
    }

    /// Returns a list of the answers, one on each line.
    pub(super) fn list(&self) -> String {
        let mut list = String::new();
        for (index, NumberedAnswer { answered, .. }) in self.kept.iter().enumerate() {
            let number = self.dropped + index + 1;
            let sign = if answered.reply.is_rounded() {
                '≈'
            } else {
                '='
            };
            let line = elided(answered.line.trim(), LISTED);
            let text = elided(&answered.reply.to_string(), LISTED);
            writeln!(list, "{number:>4}  {line} {sign} {text}")
                .expect("writing to a String cannot fail");
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(line: &str, n: i32) -> NumberedAnswer {
        NumberedAnswer {
            answered: AnsweredLine {
                line: line.into(),
                reply: Reply::Integer(n),
            },
            angle: AngleUnit::Unspecified,
        }
    }

    #[test]
    fn numbers_stay_when_old_answers_go() {
        let mut answers = AnswerHistory::default();
        assert_eq!((answers.newest(), answers.list()), (0, String::new()));
        for n in 1..=1_500 {
            answers.push(answer("n", n));
        }
        assert_eq!((answers.oldest(), answers.newest()), (501, 1_500));
        let reply = |number| answers.get(number).map(|it| it.answered.reply.clone());
        assert_eq!(reply(501), Some(Reply::Integer(501)));
        assert_eq!(reply(1_500), Some(Reply::Integer(1_500)));
        assert_eq!([0, 500, 1_501].map(reply), [None, None, None]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut answers = AnswerHistory::default();
        for n in 0..100 {
            answers.push(answer(&"x".repeat(BYTES / 4), n));
        }
        assert_eq!(answers.oldest(), 97);
        answers.push(answer(&"x".repeat(2 * BYTES), 7));
        assert_eq!(
            answers.oldest(),
            101,
            "the newest answer is kept regardless of its length"
        );
    }

    #[test]
    fn a_list_is_short() {
        let mut answers = AnswerHistory::default();
        answers.push(answer("add 20 10", 30));
        answers.push(answer(&"1+".repeat(100), 7));
        let list = answers.list();
        assert!(
            list.starts_with("   1  add 20 10 = 30\n   2  1+1+"),
            "{list}"
        );
        assert!(list.lines().all(|line| line.chars().count() < 90), "{list}");
    }
}
