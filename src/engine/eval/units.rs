//! Evaluates what stands beside units: divisors with units, and targets of conversions.

use std::sync::Arc;

use super::machine::Machine;
use crate::{
    engine::{
        fault::{Fault, Reason, Result},
        unit,
        value::{
            Converted, Presentation, Presented, Value,
            quantity::{self, Quantity},
        },
    },
    syntax::{Binary, FORMS, Node, NodeKind},
    text::{printable::quoted, suggestion::suggestion},
};

/// Returns the index of the first node of the operand whose last node is at `last`. Returns `None` for an operand
/// with jumps.
fn start_of(nodes: &[Node], last: usize) -> Option<usize> {
    let mut index = last;
    let mut missing = 1usize;
    loop {
        missing -= 1;
        missing += match nodes[index].kind {
            NodeKind::Literal
            | NodeKind::Name
            | NodeKind::UnitName
            | NodeKind::LastAnswer
            | NodeKind::Magnitude => 0,
            NodeKind::Call { arguments, .. } => arguments.into(),
            NodeKind::Prefix(_)
            | NodeKind::Postfix(_)
            | NodeKind::Bars
            | NodeKind::Convert { .. } => 1,
            NodeKind::Binary(_) => 2,
            _ => return None,
        };
        if missing == 0 {
            return Some(index);
        }
        index = index.checked_sub(1)?;
    }
}

impl Machine<'_, '_> {
    /// Fails if a quotient is divided by a unit that can belong to its divisor, as in `100 km / 50 km/h`.
    pub(super) fn check_divisor(&self, divisor: &Quantity) -> Result<()> {
        if divisor.kind != quantity::Kind::Unit {
            return Ok(());
        }
        let at = self.index();
        let first = at
            .checked_sub(1)
            .and_then(|last| start_of(self.nodes(), last));
        let before = first.and_then(|first| first.checked_sub(1));
        match (first, before) {
            (Some(first), Some(before)) if self.is_divided(before) => {
                Err(self.two_divisors(before, first, at))
            }
            _ => Ok(()),
        }
    }

    /// Whether the node at `last` divides by a number with a unit, as in `100 km / 50 km`.
    fn is_divided(&self, last: usize) -> bool {
        let nodes = self.nodes();
        if nodes[last].kind != NodeKind::Binary(Binary::Divide) {
            return false;
        }
        let Some(divisor) = last.checked_sub(1) else {
            return false;
        };
        let Some(first) = start_of(nodes, divisor) else {
            return false;
        };
        nodes[divisor].kind == NodeKind::Binary(Binary::Juxtapose)
            && nodes[first].kind == NodeKind::Literal
            && nodes[first + 1..=divisor]
                .iter()
                .any(|node| node.kind == NodeKind::Name && unit::is_unit(self.word(node.span)))
    }

    /// Returns the fault for `100 km / 50 km/h`.
    fn two_divisors(&self, before: usize, first: usize, at: usize) -> Box<Fault> {
        let nodes = self.nodes();
        let divisor = start_of(nodes, before - 1).unwrap_or(before);
        let inner = nodes[divisor].span.start;
        let text = |start: u32, end: u32| {
            self.text()
                .get(start as usize..end as usize)
                .unwrap_or_default()
                .trim()
        };
        let inner = text(
            inner,
            nodes[before - 1].span.end.max(nodes[before - 2].span.end),
        );
        let outer = text(nodes[first].span.start, nodes[at - 1].span.end);
        let message = format!("this divisor could be {inner} or {inner}/{outer}");
        Fault::new(Reason::Syntax, message).help(format!(
            "write ... / ({inner}/{outer}), or (... / {inner}) / {outer}"
        ))
    }

    /// Returns the value of a name in the target of a conversion.
    pub(super) fn unit_name(&mut self, node: Node) -> Result<Presented> {
        let named = self.named(node.span);
        named.map_err(|fault| {
            if fault.reason != Reason::UnknownName {
                return fault;
            }
            let word = self.word(node.span);
            let forms = FORMS.iter().flat_map(|form| form.names).copied();
            // A comparison with each of the names would take a tenth of a millisecond.
            let first = word.chars().next();
            let units = unit::UNITS.iter().flat_map(unit::UnitRow::names);
            let units = units.filter(|name| name.chars().next() == first);
            let help = match suggestion(word, forms.chain(units)) {
                Some(near) => format!("did you mean '{near}'?"),
                None => "write a unit such as km/h, or a form such as hex or 30 digits".into(),
            };
            let message = format!("unknown unit or form {}", quoted(word));
            Fault::new(Reason::UnknownName, message).help(help)
        })
    }

    /// Converts the value below the last `count` values on the stack to these units.
    pub(super) fn convert_units(&mut self, count: u8) -> Result<()> {
        let mut targets: Vec<_> = (0..count).map(|_| self.pop()).collect();
        targets.reverse();
        let value = self.pop();
        let units = targets
            .iter()
            .map(|target| quantity::target(&target.value).cloned());
        let units = units.collect::<Result<Vec<_>>>()?;
        let value = match &value.value {
            // A plain number is an angle in the unit of the settings.
            Value::Number(number) => self.as_angle(number),
            value => value.clone(),
        };
        let converted = quantity::convert(&value, &units[0], self.work())?;
        let presentation = if units.len() > 1 {
            Presentation::Converted(Arc::new(Converted {
                units: Some(units.into()),
                ..Converted::default()
            }))
        } else {
            Presentation::Automatic
        };
        self.push(Presented {
            value: converted,
            presentation,
        })
    }
}
