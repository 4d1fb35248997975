//! A stack machine that evaluates the nodes of an expression.
//!
//! The machine has its own stacks, so long chains of operators and nested calls do not use the
//! stack of the thread.

use std::{mem, ops::Range, slice, sync::Arc};

use smallvec::SmallVec;

use super::{
    environment::{Binding, Environment, Resolved, UserFunction},
    literal::{literal, superscripts},
};
use crate::{
    engine::{
        budget::work::{NODE, Work},
        fault::{Fault, Reason, Result},
        library::{
            self, ABSOLUTE, AngleUnit, BIT_AND, BIT_NOT, BIT_OR, BIT_XOR, CUBE_ROOT, Context,
            DOUBLE_FACTORIAL, FACTORIAL, Function, MULTIFACTORIAL, ROOT, SHIFT_LEFT, SHIFT_RIGHT,
            SQUARE_ROOT,
        },
        number::Number,
        unit,
        value::{
            Presented, Truth, Value,
            arithmetic::{self, percent},
            convert,
            quantity::Quantity,
        },
    },
    syntax::{
        Binary, Conversion, Line, Logic, Node, NodeKind, Postfix, Prefix, Reading, Readings, Span,
    },
    text::printable::quoted,
};

/// The estimated cost, in nanoseconds, of entering a function.
const CALL: u64 = 150;

/// The maximum length of a name whose lookup is part of the cost of a node, in bytes.
const SHORT_NAME: usize = 32;

/// A position in the line, or in a function that the line calls.
struct Frame {
    /// The function, or `None` for the line itself.
    function: Option<Arc<UserFunction>>,
    /// The index of the first argument on the stack.
    base: usize,
    /// The index of the next node.
    next: u32,
    /// The index after the last node.
    end: u32,
}

/// The state of the evaluation of one expression.
pub(super) struct Machine<'m, 'w> {
    line: &'m Line<'m>,
    environment: Environment<'m>,
    angle: AngleUnit,
    work: &'m mut Work<'w>,
    /// The arguments of the functions that are being evaluated, and the operands.
    stack: SmallVec<[Presented; 4]>,
    /// The number of heap bytes that the values on the stack use.
    heap_bytes: usize,
    frame: Frame,
    /// The frames that continue after `frame` has ended. The first of them is the outermost caller.
    callers: Vec<Frame>,
    readings: Readings,
}

impl<'m, 'w> Machine<'m, 'w> {
    /// Creates a machine that evaluates those nodes of `line` whose indices are in `body`.
    pub(super) fn new(
        line: &'m Line<'m>,
        body: Range<u32>,
        environment: Environment<'m>,
        angle: AngleUnit,
        work: &'m mut Work<'w>,
    ) -> Self {
        Self {
            line,
            environment,
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
            readings: Readings::NONE,
        }
    }

    /// Returns the readings of the line's own names, after the evaluation.
    pub(super) fn readings(&self) -> Readings {
        self.readings
    }

    /// Adds a reading, if the line itself is being evaluated and not a function.
    fn read_as(&mut self, reading: Reading) {
        if self.frame.function.is_none() {
            self.readings.insert(reading);
        }
    }

    /// Evaluates the nodes and returns the value of the expression.
    pub(super) fn run(&mut self) -> Result<Presented> {
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

    /// Returns the nodes of the current function, or of the line if no function is being evaluated.
    pub(super) fn nodes(&self) -> &[Node] {
        match &self.frame.function {
            None => &self.line.nodes,
            Some(function) => &function.nodes,
        }
    }

    /// Adds a place in the line to `fault`. The fault was caused by `node`.
    ///
    /// If the node is in a function, the line has only a call of the function: the place is that of
    /// the call, and the text of the node is added to the message.
    fn located(&self, fault: Box<Fault>, node: Node) -> Box<Fault> {
        if fault.reason == Reason::Cancelled {
            // A cancellation has no place in the line.
            return fault;
        }
        let Some(outermost) = self.callers.first() else {
            return fault.at(node.span, &self.line.text);
        };
        let call = self.line.nodes[outermost.next as usize - 1];
        let place = quoted(
            node.span
                .of(text(self.frame.function.as_deref(), self.line)),
        );
        let message = format!("{} (at {place} in a function)", fault.message);
        Box::new(Fault { message, ..*fault }).at(call.span, &self.line.text)
    }

    /// Evaluates one node.
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
            NodeKind::Prefix(operator) => self.prefix(operator),
            NodeKind::Postfix(operator) => {
                let value = self.pop();
                let result = self.postfix(operator, node, &value)?;
                self.push(result)
            }
            NodeKind::Binary(operator) => {
                // Small integers use no heap, so there are no bytes to count.
                if let [.., left, right] = &mut self.stack[..]
                    && let Some(result) = arithmetic::small(operator, &left.value, &right.value)
                {
                    *left = result.into();
                    self.stack.pop();
                    return Ok(());
                }
                let (right, left) = (self.pop(), self.pop());
                if let Some(function) = bitwise(operator) {
                    return self.apply(&function, &[left, right]);
                }
                if let (Binary::Divide, Value::Quantity(divisor)) = (operator, &right.value) {
                    self.check_divisor(divisor)?;
                }
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
            _ => self.uncommon_step(node),
        }
    }

    /// Evaluates one node of a kind that few lines have.
    #[inline(never)]
    fn uncommon_step(&mut self, node: Node) -> Result<()> {
        match node.kind {
            NodeKind::LastAnswer => {
                let value = self.last_answer()?;
                self.push(value)
            }
            NodeKind::Magnitude => {
                let value = self.magnitude(node.span)?;
                self.push(value)
            }
            NodeKind::Bars => {
                let value = self.pop();
                self.apply(&ABSOLUTE, &[value])
            }
            NodeKind::UnitName => {
                let value = self.unit_name(node)?;
                self.push(value)
            }
            NodeKind::ConvertUnits(count) => self.convert_units(count),
            NodeKind::ShortCircuit { .. }
            | NodeKind::Joined(_)
            | NodeKind::ChainStart(_)
            | NodeKind::ChainNext(_)
            | NodeKind::ChainEnd(_) => self.logic(node.kind),
            NodeKind::Convert { form, operand } => {
                let value = self.pop();
                let conversion = Conversion::new(form, operand);
                let converted = convert(&value, conversion, self.work)?;
                self.push(converted)
            }
            _ => unreachable!("the caller has chosen the node"),
        }
    }

    /// Evaluates a node of `and`, of `or`, or of a chain of comparisons.
    fn logic(&mut self, kind: NodeKind) -> Result<()> {
        match kind {
            NodeKind::ShortCircuit { logic, end } => {
                let value = self.stack.last().expect("the left operand is evaluated");
                if value.value.truth()? == (logic == Logic::Or) {
                    self.jump(end + 1);
                }
                Ok(())
            }
            NodeKind::Joined(_) => {
                let (right, left) = (self.pop(), self.pop());
                let certain = left.value.is_certain() && right.value.is_certain();
                let value = right.value.truth()?;
                self.push(Value::Truth(Truth { value, certain }).into())
            }
            NodeKind::ChainStart(operator) => {
                let (right, left) = (self.pop(), self.pop());
                let truth = arithmetic::binary(operator, &left.value, &right.value, self.work)?;
                self.push(truth.into())?;
                self.push(right)
            }
            NodeKind::ChainNext(operator) => {
                let right = self.chained(operator)?;
                self.push(right)
            }
            NodeKind::ChainEnd(operator) => self.chained(operator).map(|_| ()),
            _ => unreachable!("the caller has chosen the node"),
        }
    }

    /// Continues a chain of comparisons: compares the last two values, and removes both. Makes the
    /// truth before them false if the comparison is false. Returns the last value.
    fn chained(&mut self, operator: Binary) -> Result<Presented> {
        let (right, left, before) = (self.pop(), self.pop(), self.pop());
        let truth = if before.value.truth()? {
            arithmetic::binary(operator, &left.value, &right.value, self.work)?.into()
        } else {
            before
        };
        self.push(truth)?;
        Ok(right)
    }

    /// Applies a prefix operator to the last value.
    fn prefix(&mut self, operator: Prefix) -> Result<()> {
        let value = self.pop();
        match operator {
            Prefix::Plus | Prefix::Minus if let Value::Quantity(quantity) = &value.value => {
                let signed = quantity.map(self.work, |number, work| match operator {
                    Prefix::Minus => number.negated(work),
                    _ => Ok(number.clone()),
                })?;
                self.push(signed.into())
            }
            Prefix::Plus => {
                let number = value.number()?.clone();
                self.push(number.into())
            }
            Prefix::Minus => {
                let number = value.number()?.negated(self.work)?;
                self.push(number.into())
            }
            Prefix::Root => self.apply(&SQUARE_ROOT, &[value]),
            Prefix::CubeRoot => self.apply(&CUBE_ROOT, &[value]),
            Prefix::FourthRoot => self.apply(&ROOT, &[value, Number::from(4).into()]),
            Prefix::Complement => self.apply(&BIT_NOT, &[value]),
            Prefix::Not => {
                let certain = value.value.is_certain();
                let value = !value.value.truth()?;
                self.push(Value::Truth(Truth { value, certain }).into())
            }
        }
    }

    fn last_answer(&self) -> Result<Presented> {
        let last = self.environment.worksheet.last.clone();
        last.ok_or_else(|| Fault::new(Reason::UnknownName, "there is no last answer"))
    }

    /// Returns the value of `k` or `M` directly behind a literal: of the binding, if there is one.
    fn magnitude(&mut self, span: Span) -> Result<Presented> {
        let name = span.of(text(self.frame.function.as_deref(), self.line));
        let function = self.frame.function.as_deref();
        if self.environment.resolve(name, function).is_some() {
            return self.named(span);
        }
        let digits = library::magnitude(name);
        self.read_as(Reading::NumberWord);
        Ok(literal(digits, self.work)?.into())
    }

    /// Returns the index of the node that is being evaluated.
    pub(super) fn index(&self) -> usize {
        self.frame.next as usize - 1
    }

    /// Returns the text of the line, or of the function that is being evaluated.
    pub(super) fn text(&self) -> &str {
        text(self.frame.function.as_deref(), self.line)
    }

    /// Returns the text at `span`.
    pub(super) fn word(&self, span: Span) -> &str {
        span.of(self.text())
    }

    pub(super) fn work(&mut self) -> &mut Work<'w> {
        self.work
    }

    /// Returns a number as an angle in the unit of the settings.
    pub(super) fn as_angle(&self, number: &Number) -> Value {
        let name = match self.angle {
            AngleUnit::Radian => "rad",
            AngleUnit::Degree => "°",
        };
        Quantity::angle(number.clone(), name)
    }

    /// Continues at the node with the index `to`.
    fn jump(&mut self, to: u32) {
        self.frame.next = to;
    }

    /// Puts a value on the stack. Fails if the values on the stack exceed the memory limit.
    #[inline]
    pub(super) fn push(&mut self, value: Presented) -> Result<()> {
        let heap_bytes = value.heap_bytes();
        self.stack.push(value);
        if heap_bytes == 0 {
            return Ok(());
        }
        self.charge(heap_bytes)
    }

    /// Adds the heap bytes of a value to those of the stack. Fails if the sum exceeds the memory
    /// limit.
    #[cold]
    fn charge(&mut self, bytes: usize) -> Result<()> {
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

    /// Removes the last value from the stack and returns it.
    #[inline]
    pub(super) fn pop(&mut self) -> Presented {
        let value = self
            .stack
            .pop()
            .expect("operands come before their operator");
        self.heap_bytes -= value.heap_bytes();
        value
    }

    /// Returns the value of the name at `span`.
    pub(super) fn named(&mut self, span: Span) -> Result<Presented> {
        let function = self.frame.function.as_deref();
        let name = span.of(text(function, self.line));
        pay_for_name(name, self.work)?;
        match self.environment.resolve(name, function) {
            Some(Resolved::Parameter(index)) => Ok(self.stack[self.frame.base + index].clone()),
            Some(Resolved::Binding(Binding::Value(value))) => Ok(value.clone()),
            Some(Resolved::LastAnswer) => self.last_answer(),
            Some(Resolved::Truth(truth)) => Ok(truth.into()),
            Some(Resolved::Constant(constant)) => {
                if constant.word().is_some() {
                    self.read_as(Reading::NumberWord);
                }
                Ok(constant.value(self.work)?.into())
            }
            Some(Resolved::Unit(unit)) => Ok(Quantity::of_unit(unit).into()),
            Some(Resolved::Binding(Binding::Function(_))) => {
                Err(function_without_call(name, &format!("{name}(...)")))
            }
            Some(Resolved::Function(function)) => match unit::find(name) {
                // `min` and `sec` are functions only where they are called.
                Some(unit) => Ok(Quantity::of_unit(unit).into()),
                None => Err(function_without_call(name, &function.usage())),
            },
            None => Err(self.environment.unknown(name, "name")),
        }
    }

    /// Calls the function that `node` names. The arguments are the last values on the stack.
    fn call(&mut self, node: Node, arguments: usize) -> Result<()> {
        let caller = self.frame.function.as_deref();
        let name = node.callee(text(caller, self.line));
        pay_for_name(name, self.work)?;
        match self.environment.resolve(name, caller) {
            Some(Resolved::Binding(Binding::Function(function))) => {
                let parameters = function.parameters.len();
                if parameters != arguments {
                    let arity = (parameters, parameters);
                    return Err(library::wrong_arity(name, arity, arguments));
                }
                self.enter(Arc::clone(function))
            }
            Some(Resolved::Function(function)) => {
                if let Some(reading) = function.reading(arguments) {
                    self.read_as(reading.kind);
                }
                let start = self.stack.len() - arguments;
                let values: SmallVec<[Presented; 3]> = self.stack.drain(start..).collect();
                self.heap_bytes -= values.iter().map(Presented::heap_bytes).sum::<usize>();
                self.apply(function, &values)
            }
            None => Err(self.environment.unknown(name, "function")),
            Some(
                Resolved::Parameter(_)
                | Resolved::Binding(Binding::Value(_))
                | Resolved::LastAnswer
                | Resolved::Truth(_)
                | Resolved::Constant(_)
                | Resolved::Unit(_),
            ) => {
                let message = format!("{} is a value, not a function", quoted(name));
                let help = format!("write {name} * (...) to multiply");
                Err(Fault::new(Reason::Type, message).help(help))
            }
        }
    }

    /// Applies a built-in function and pushes its result.
    fn apply(&mut self, function: &Function, arguments: &[Presented]) -> Result<()> {
        let mut context = Context {
            work: &mut *self.work,
            angle: self.angle,
        };
        let value = function.call(arguments, &mut context)?;
        self.push(value)
    }

    /// Enters `function`. The arguments are the last values on the stack.
    fn enter(&mut self, function: Arc<UserFunction>) -> Result<()> {
        self.work.pay(CALL)?;
        let limit = self.work.limits.calls;
        if self.callers.len() == limit {
            let message =
                format!("function calls are nested deeper than the limit of {limit} levels");
            return Err(Fault::limit(message));
        }
        let frame = Frame {
            base: self.stack.len() - function.parameters.len(),
            next: 0,
            end: u32::try_from(function.nodes.len()).unwrap_or(u32::MAX),
            function: Some(function),
        };
        self.callers.push(mem::replace(&mut self.frame, frame));
        Ok(())
    }

    /// Applies a postfix operator.
    fn postfix(&mut self, operator: Postfix, node: Node, operand: &Presented) -> Result<Presented> {
        let mut context = Context {
            work: &mut *self.work,
            angle: self.angle,
        };
        match operator {
            Postfix::Factorial => match node.span.end - node.span.start {
                1 => FACTORIAL.call(slice::from_ref(operand), &mut context),
                2 => DOUBLE_FACTORIAL.call(slice::from_ref(operand), &mut context),
                distance => {
                    let distance = Number::from(i64::from(distance));
                    MULTIFACTORIAL.call(&[operand.clone(), distance.into()], &mut context)
                }
            },
            Postfix::Percent => Ok(percent(operand.number()?, context.work)?.into()),
            Postfix::Square | Postfix::Cube => {
                let exponent = Number::from(if operator == Postfix::Square { 2 } else { 3 });
                self.power(operand, exponent)
            }
            Postfix::Superscript => {
                let text = text(self.frame.function.as_deref(), self.line);
                let exponent = superscripts(node.span.of(text), self.work)?;
                self.power(operand, exponent)
            }
        }
    }

    /// Returns `base^exponent`.
    fn power(&mut self, base: &Presented, exponent: Number) -> Result<Presented> {
        let exponent = Value::from(exponent);
        let power = arithmetic::binary(Binary::Power, &base.value, &exponent, self.work)?;
        Ok(power.into())
    }
}

/// Returns the function of an operator on bits, or `None` for another operator.
fn bitwise(operator: Binary) -> Option<Function> {
    Some(match operator {
        Binary::BitAnd => BIT_AND,
        Binary::BitOr => BIT_OR,
        Binary::BitXor => BIT_XOR,
        Binary::ShiftLeft => SHIFT_LEFT,
        Binary::ShiftRight => SHIFT_RIGHT,
        _ => return None,
    })
}

/// Pays for the lookup of a name. It compares the name with names that may be as long.
#[inline]
fn pay_for_name(name: &str, work: &mut Work<'_>) -> Result<()> {
    match name.len() {
        0..=SHORT_NAME => Ok(()),
        length => work.pay(length as u64),
    }
}

/// Returns the text of `function`, or the text of `line` if there is no function.
fn text<'t>(function: Option<&'t UserFunction>, line: &'t Line<'_>) -> &'t str {
    function.map_or(&line.text, |function| &function.text)
}

/// Returns the fault for the use of a function's name as a value.
fn function_without_call(name: &str, usage: &str) -> Box<Fault> {
    let message = format!("{} is a function", quoted(name));
    Fault::new(Reason::Type, message).help(format!("write {usage}"))
}
