//! Lines to values: a machine that walks the nodes of a line with stacks of its own, so
//! that neither long chains nor calls within calls use the program's.

use std::{collections::BTreeMap, mem, ops::Range, slice, sync::Arc};

use smallvec::SmallVec;

use super::{
    environment::{Binding, Bindings, CONSTANTS, Environment, UserFunction, bindable, is_constant},
    literal::{literal, superscripts},
};
use crate::engine::{
    budget::work::{NODE, Work},
    fault::{Fault, Reason, Result},
    library::{self, AngleUnit, Context, DOUBLE_FACTORIAL, FACTORIAL},
    number::{Number, real::Unary},
    value::{
        Presented, Value,
        arithmetic::{self, percent},
    },
};
use crate::{
    syntax::{Line, Node, NodeKind, Postfix, Prefix, Span},
    text::{printable::quoted, suggestion::suggestion},
};

/// What a line comes to, and what a worksheet has to keep of it.
pub(in crate::engine) struct Outcome<'t> {
    /// The value of its last statement, but for the definition of a function.
    pub(in crate::engine) value: Option<Presented>,
    /// What its last statement binds.
    pub(in crate::engine) binds: Option<(&'t str, Binding)>,
    /// What the statements before it bound.
    pub(in crate::engine) bound: BTreeMap<&'t str, Binding>,
}

/// Evaluates the statements of `line` one after the other. Names mean what the line has
/// bound, else what is `known`.
pub(in crate::engine) fn run<'t>(
    line: &Line<'t>,
    known: &Bindings,
    angle: AngleUnit,
    work: &mut Work<'_>,
) -> Result<Outcome<'t>> {
    let mut outcome = Outcome {
        value: None,
        binds: None,
        bound: BTreeMap::new(),
    };
    for statement in &line.statements {
        if let Some((name, meaning)) = outcome.binds.take() {
            outcome.bound.insert(name, meaning);
        }
        if let Some(binding) = &statement.binds {
            bindable(binding, line.text)?;
        }
        outcome.value = if statement.is_function() {
            None
        } else {
            let names = Environment {
                bound: &outcome.bound,
                known,
            };
            let body = statement.nodes.clone();
            Some(Machine::new(line, body, names, angle, work).value()?)
        };
        if let Some(binding) = &statement.binds {
            let meaning = match &outcome.value {
                Some(value) => Binding::Value(value.clone()),
                None => Binding::Function(Arc::new(UserFunction::new(line, statement))),
            };
            outcome.binds = Some((binding.name.of(line.text), meaning));
        }
    }
    Ok(outcome)
}

/// Where evaluation stands: in the line itself, or in a function that it calls.
struct Frame {
    /// None: the line itself.
    function: Option<Arc<UserFunction>>,
    /// Where on the stack its arguments begin.
    base: usize,
    /// The next node.
    next: u32,
    /// The node behind its last.
    end: u32,
}

struct Machine<'m, 'w> {
    line: &'m Line<'m>,
    names: Environment<'m>,
    angle: AngleUnit,
    work: &'m mut Work<'w>,
    stack: SmallVec<[Presented; 4]>,
    /// Bytes that the values on the stack hold.
    heap_bytes: usize,
    frame: Frame,
    /// The frames that wait for this one, the outermost first.
    callers: Vec<Frame>,
}

/// The cost of entering a function.
const CALL: u64 = 150;

impl<'m, 'w> Machine<'m, 'w> {
    fn new(
        line: &'m Line<'m>,
        body: Range<u32>,
        names: Environment<'m>,
        angle: AngleUnit,
        work: &'m mut Work<'w>,
    ) -> Self {
        Self {
            line,
            names,
            angle,
            work,
            stack: SmallVec::new(),
            heap_bytes: 0,
            frame: Frame {
                function: None,
                base: 0,
                next: body.start,
                end: body.end,
            },
            callers: Vec::new(),
        }
    }

    /// Walks the nodes to their value.
    fn value(&mut self) -> Result<Presented> {
        loop {
            if self.frame.next == self.frame.end {
                let value = self.pop();
                let Some(caller) = self.callers.pop() else {
                    return Ok(value);
                };
                let ended = mem::replace(&mut self.frame, caller);
                while self.stack.len() > ended.base {
                    self.pop();
                }
                self.push(value)?;
                continue;
            }
            let node = self.nodes()[self.frame.next as usize];
            self.frame.next += 1;
            if let Err(fault) = self.step(node) {
                return Err(self.located(fault, node));
            }
        }
    }

    fn nodes(&self) -> &[Node] {
        match &self.frame.function {
            None => &self.line.nodes,
            Some(function) => &function.nodes,
        }
    }

    /// Where in the line a fault at `node`, perhaps of a function, comes from.
    fn located(&self, fault: Box<Fault>, node: Node) -> Box<Fault> {
        if fault.reason == Reason::Cancelled {
            // The place has nothing to do with it.
            return fault;
        }
        let Some(outermost) = self.callers.first() else {
            return fault.at(node.span, self.line.text);
        };
        let call = self.line.nodes[outermost.next as usize - 1];
        let place = quoted(
            node.span
                .of(text(self.frame.function.as_deref(), self.line)),
        );
        let message = format!("{} (at {place} in a function)", fault.message);
        Box::new(Fault { message, ..*fault }).at(call.span, self.line.text)
    }

    #[inline]
    fn step(&mut self, node: Node) -> Result<()> {
        self.work.pay(NODE)?;
        match node.kind {
            NodeKind::Literal => {
                let text = text(self.frame.function.as_deref(), self.line);
                let number = literal(node.span.of(text), self.work)?;
                self.push(number.into())
            }
            NodeKind::Name => {
                let value = self.named(node.span)?;
                self.push(value)
            }
            NodeKind::Call { arguments, .. } => self.call(node, arguments.into()),
            NodeKind::Prefix(operator) => {
                let value = self.pop();
                let x = value.number()?;
                let result = match operator {
                    Prefix::Plus => x.clone().into(),
                    Prefix::Minus => x.negated(self.work)?.into(),
                    Prefix::Root => return self.built_in("sqrt", &[value]),
                };
                self.push(result)
            }
            NodeKind::Postfix(operator) => {
                let value = self.pop();
                let result = self.postfix(operator, node, &value)?;
                self.push(result)
            }
            NodeKind::Binary(operator) => {
                // Neither holds anything, so there is nothing to account for.
                if let [.., left, right] = &mut self.stack[..]
                    && let Some(result) = arithmetic::small(operator, &left.value, &right.value)
                {
                    *left = result.into();
                    self.stack.pop();
                    return Ok(());
                }
                let (right, left) = (self.pop(), self.pop());
                let result = arithmetic::binary(operator, &left.value, &right.value, self.work)?;
                self.push(result.into())
            }
            NodeKind::JumpIfFalse(otherwise) => {
                if !self.pop().value.truth()? {
                    self.jump(otherwise + 1);
                }
                Ok(())
            }
            NodeKind::Jump(end) => {
                self.jump(end);
                Ok(())
            }
            NodeKind::Label => Ok(()),
        }
    }

    fn jump(&mut self, to: u32) {
        self.frame.next = to;
    }

    #[inline]
    fn push(&mut self, value: Presented) -> Result<()> {
        let heap_bytes = value.heap_bytes();
        self.stack.push(value);
        if heap_bytes == 0 {
            return Ok(());
        }
        self.hold(heap_bytes)
    }

    #[cold]
    fn hold(&mut self, bytes: usize) -> Result<()> {
        self.heap_bytes += bytes;
        let limit = self.work.limits.heap_bytes;
        if self.heap_bytes > limit {
            return Err(Fault::limit(format!(
                "the values of the line take more than the limit of {} MiB",
                limit >> 20
            )));
        }
        Ok(())
    }

    #[inline]
    fn pop(&mut self) -> Presented {
        let value = self
            .stack
            .pop()
            .expect("operands stand before their operator");
        self.heap_bytes -= value.heap_bytes();
        value
    }

    /// The value of a name: a parameter, a variable, a constant.
    fn named(&mut self, span: Span) -> Result<Presented> {
        let function = self.frame.function.clone();
        let name = span.of(text(function.as_deref(), self.line));
        if let Some(value) = self.parameter(name) {
            return Ok(value.clone());
        }
        match self.names.meaning(name) {
            Some(Binding::Value(value)) => return Ok(value.clone()),
            Some(Binding::Function(_)) => return Err(function_without_call(name)),
            None => {}
        }
        if matches!(name, "ans" | "_") {
            return self
                .names
                .known
                .last
                .clone()
                .ok_or_else(|| Fault::new(Reason::UnknownName, "there is no last answer"));
        }
        if let Some(value) = constant(name, self.work)? {
            return Ok(value.into());
        }
        Err(match name {
            _ if library::find(name).is_some() => function_without_call(name),
            _ => self.unknown(name, "name"),
        })
    }

    fn parameter(&self, name: &str) -> Option<&Presented> {
        let function = self.frame.function.as_ref()?;
        let mut parameters = function.parameters.iter();
        let index = parameters.position(|span| span.of(&function.text) == name)?;
        Some(&self.stack[self.frame.base + index])
    }

    /// A call: its arguments are the last ones on the stack.
    fn call(&mut self, node: Node, arguments: usize) -> Result<()> {
        let function = self.frame.function.clone();
        let name = node.callee(text(function.as_deref(), self.line));
        let is_value = self.parameter(name).is_some()
            || is_constant(name)
            || matches!(name, "true" | "false" | "ans" | "_");
        match self.names.meaning(name) {
            Some(Binding::Function(function)) if !is_value => {
                let function = Arc::clone(function);
                self.enter(name, function, arguments)
            }
            None if !is_value => {
                if library::find(name).is_none() {
                    return Err(self.unknown(name, "function"));
                }
                let start = self.stack.len() - arguments;
                let values: SmallVec<[Presented; 3]> = self.stack.drain(start..).collect();
                self.heap_bytes -= values.iter().map(Presented::heap_bytes).sum::<usize>();
                self.built_in(name, &values)
            }
            _ => {
                let message = format!("{} is a value, not a function", quoted(name));
                let help = format!("write {name} * (...) to multiply");
                Err(Fault::new(Reason::Type, message).help(help))
            }
        }
    }

    fn built_in(&mut self, name: &str, arguments: &[Presented]) -> Result<()> {
        let function = library::find(name).expect("it was looked up");
        let mut context = Context {
            work: &mut *self.work,
            angle: self.angle,
        };
        let value = function.call(arguments, &mut context)?;
        self.push(value)
    }

    fn enter(&mut self, name: &str, function: Arc<UserFunction>, arguments: usize) -> Result<()> {
        let parameters = function.parameters.len();
        if parameters != arguments {
            return Err(library::wrong_arity(
                name,
                (parameters, parameters),
                arguments,
            ));
        }
        self.work.pay(CALL)?;
        let limit = self.work.limits.calls;
        if self.callers.len() == limit {
            let message = format!("calls of functions nest deeper than the limit of {limit}");
            return Err(Fault::limit(message));
        }
        let frame = Frame {
            base: self.stack.len() - arguments,
            next: function.body.start,
            end: function.body.end,
            function: Some(function),
        };
        self.callers.push(mem::replace(&mut self.frame, frame));
        Ok(())
    }

    fn postfix(&mut self, operator: Postfix, node: Node, operand: &Presented) -> Result<Presented> {
        let mut context = Context {
            work: &mut *self.work,
            angle: self.angle,
        };
        match operator {
            Postfix::Factorial => FACTORIAL.call(slice::from_ref(operand), &mut context),
            Postfix::DoubleFactorial => {
                DOUBLE_FACTORIAL.call(slice::from_ref(operand), &mut context)
            }
            Postfix::Percent => Ok(percent(operand.number()?, context.work)?.into()),
            Postfix::Superscript => {
                let base = operand.number()?;
                let text = text(self.frame.function.as_deref(), self.line);
                let exponent = superscripts(node.span.of(text), self.work)?;
                Ok(base.power(&exponent, self.work)?.into())
            }
        }
    }

    /// Nothing is called `name`.
    fn unknown(&self, name: &str, what: &str) -> Box<Fault> {
        let of_values = CONSTANTS.iter().map(|(name, _)| *name);
        let of_functions = library::all().flat_map(|function| function.names.iter().copied());
        let of_user = self.names.names();
        let known = of_functions.chain(of_values).chain(of_user);
        let fault = Fault::new(
            Reason::UnknownName,
            format!("unknown {what} {}", quoted(name)),
        );
        match suggestion(name, known) {
            Some(near) => fault.help(format!("did you mean '{near}'?")),
            None => fault,
        }
    }
}

/// The text in which the nodes of a function, or of the line, have their places.
fn text<'t>(function: Option<&'t UserFunction>, line: &Line<'t>) -> &'t str {
    function.map_or(line.text, |function| &function.text)
}

/// The value of a name that is always there.
fn constant(name: &str, work: &mut Work<'_>) -> Result<Option<Value>> {
    Ok(Some(match name {
        "pi" | "π" => Number::pi(work)?.into(),
        "tau" | "τ" => Number::pi(work)?.mul(&2.into(), work)?.into(),
        "e" => Number::from(1).unary(Unary::Exp, work)?.into(),
        "phi" | "φ" => {
            let root = Number::from(5).unary(Unary::SquareRoot, work)?;
            root.add(&1.into(), work)?.div(&2.into(), work)?.into()
        }
        "true" => true.into(),
        "false" => false.into(),
        _ => return Ok(None),
    }))
}

fn function_without_call(name: &str) -> Box<Fault> {
    let message = format!("{} is a function", quoted(name));
    let usage = library::find(name).map_or(format!("{name}(...)"), library::Function::usage);
    Fault::new(Reason::Type, message).help(format!("write {usage}"))
}
