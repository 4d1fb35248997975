//! The commands for typed calls. Each command calls a method of `calc.Calculator` with two
//! integers.

use super::{
    arguments::{Arguments, Word},
    fault::LineFault,
    parse::Command,
    registry::{CommandSpec, Completion, Family, OperandKind, Parse},
};
use crate::{client::Method, text::printable::quoted};

pub(super) static FAMILY: Family = Family {
    title: "Typed calls",
    commands: &[
        typed_call(&["add"], "A + B, by calc.Calculator/Add", |arguments| {
            call(Method::Add, arguments)
        })
        .example("add 20 10", "30"),
        typed_call(
            &["subtract", "substract", "sub"],
            "A - B, by calc.Calculator/Substract",
            |arguments| call(Method::Subtract, arguments),
        )
        .example("subtract 20 10", "10"),
        typed_call(
            &["multiply", "mul"],
            "A * B, by calc.Calculator/Multiply",
            |arguments| call(Method::Multiply, arguments),
        )
        .example("multiply 20 10", "200"),
        typed_call(
            &["divide", "div"],
            "A / B as a 32-bit float, by calc.Calculator/Divide",
            |arguments| call(Method::Divide, arguments),
        )
        .example("divide 20 10", "2.0"),
    ],
};

/// Creates the row that defines the command of a typed call.
const fn typed_call(
    names: &'static [&'static str],
    summary: &'static str,
    parse: Parse,
) -> CommandSpec {
    CommandSpec::new(names, summary, parse)
        .operands("A B")
        .operand_kind(OperandKind::Integers)
        .completion(Completion::Definitions)
        .makes_call()
}

/// An operand of a typed call.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand<'t> {
    /// An integer.
    Integer(i32),
    /// A name. The worksheet defines its value.
    Name(Word<'t>),
}

fn call<'t>(method: Method, arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let [n1, n2] = exactly_two(arguments)?;
    Ok(Command::Call(method, [operand(n1)?, operand(n2)?]))
}

fn exactly_two<'t>(arguments: &mut Arguments<'t>) -> Result<[Word<'t>; 2], LineFault> {
    let name = arguments.name.text;
    let fault = |found: usize, span| {
        let place = Word { text: "", span };
        let message = format!("{} takes 2 operands, found {found}", quoted(name));
        Err(place.fault(message, format!("write {name} A B")))
    };
    let Some(first) = arguments.next() else {
        return fault(0, arguments.end());
    };
    let Some(second) = arguments.next() else {
        return fault(1, arguments.end());
    };
    match arguments.next() {
        Some(third) => {
            let more = std::iter::from_fn(|| arguments.next()).count();
            fault(3 + more, third.span)
        }
        None => Ok([first, second]),
    }
}

fn operand(word: Word<'_>) -> Result<Operand<'_>, LineFault> {
    if let Ok(n) = word.text.parse() {
        return Ok(Operand::Integer(n));
    }
    let is_name = word
        .text
        .starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.text.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name {
        return Ok(Operand::Name(word));
    }
    let digits = word.text.strip_prefix(['-', '+']).unwrap_or(word.text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    Err(word.no_operand(if is_integer {
        "does not fit int32"
    } else {
        "is not an integer"
    }))
}
