//! Evaluates the statements of a line, one after the other.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    environment::{Binding, Bindings, Environment, UserFunction, check_bindable},
    machine::Machine,
};
use crate::{
    engine::{Options, budget::work::Work, fault::Result, value::Presented},
    syntax::{Line, Readings},
};

/// The value of a line, and the definitions that the worksheet has to keep.
pub(super) struct EvaluatedLine<'t> {
    /// The value of the last statement. `None` if it defines a function, or if the line is blank.
    pub(super) value: Option<Presented>,
    /// The name and the binding that the last statement defines, if it is a definition.
    pub(super) binds: Option<(&'t str, Binding)>,
    /// The definitions that come before the last statement.
    pub(super) bound: BTreeMap<&'t str, Binding>,
    /// The readings that only the meaning of names tells.
    pub(super) readings: Readings,
}

/// The cost of a statement, in nanoseconds, without the cost of its expression.
const STATEMENT: u64 = 100;

/// Evaluates the statements of `line`.
///
/// Names that the line does not bind are looked up in `worksheet`.
pub(super) fn run<'t>(
    line: &'t Line<'_>,
    worksheet: &Bindings,
    options: Options,
    work: &mut Work<'_>,
) -> Result<EvaluatedLine<'t>> {
    let mut outcome = EvaluatedLine {
        value: None,
        binds: None,
        bound: BTreeMap::new(),
        readings: Readings::NONE,
    };
    for statement in &line.statements {
        if let Some((name, binding)) = outcome.binds.take() {
            outcome.bound.insert(name, binding);
        }
        work.pay(STATEMENT)?;
        if let Some(definition) = &statement.binds {
            check_bindable(definition, &line.text, options.reserved)?;
        }
        outcome.value = if statement.is_function() {
            None
        } else {
            let environment = Environment {
                line: &outcome.bound,
                worksheet,
            };
            let body = statement.nodes.clone();
            let mut machine = Machine::new(line, body, environment, options.angle, work);
            let value = machine.run()?;
            outcome.readings.extend(machine.readings());
            Some(value)
        };
        if let Some(definition) = &statement.binds {
            let binding = if let Some(value) = &outcome.value {
                Binding::Value(value.kept())
            } else {
                let function = UserFunction::new(line, statement, definition);
                Binding::Function(Arc::new(function))
            };
            outcome.binds = Some((definition.name.of(&line.text), binding));
        }
    }
    Ok(outcome)
}
