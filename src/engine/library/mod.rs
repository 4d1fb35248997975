//! The built-in functions, in one table for each subject. Evaluation, help, completion and docs use
//! the same tables.
//!
//! To add a function, add a row to the table of its subject: its names, its `signature` and its
//! body. The body receives arguments that the signature has tested.

mod aggregates;
mod constants;
mod elementary;
mod foreign;
mod function;
mod integers;
mod logarithm;
mod signature;
mod trigonometry;

use std::{collections::HashMap, sync::LazyLock};

pub use self::{
    constants::CONSTANTS,
    function::{AngleUnit, Function, Group},
};
pub(super) use self::{
    constants::{Constant, magnitude},
    elementary::{ABSOLUTE, CUBE_ROOT, ROOT, SQUARE_ROOT},
    foreign::advice,
    function::{Context, wrong_arity},
    integers::{
        BIT_AND, BIT_NOT, BIT_OR, BIT_XOR, DOUBLE_FACTORIAL, FACTORIAL, MULTIFACTORIAL, SHIFT_LEFT,
        SHIFT_RIGHT,
    },
};
use super::{
    fault::Result,
    number::{Number, exact::Exact, real::Unary},
};

/// Returns all built-in functions, table by table.
pub fn all() -> impl Iterator<Item = &'static Function> {
    elementary::TABLE
        .iter()
        .chain(trigonometry::TABLE)
        .chain(integers::TABLE)
        .chain(aggregates::TABLE)
}

/// Returns the function that has `name` as one of its names.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<HashMap<&str, &Function>> = LazyLock::new(|| {
        let named =
            |function: &'static Function| function.all_names().map(move |name| (name, function));
        all().flat_map(named).collect()
    });
    BY_NAME.get(name).copied()
}

/// Wraps an exact number as the result of a function.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the functions of the table return a `Result`"
)]
fn exact(q: Exact) -> Result<Number> {
    Ok(q.into())
}

/// Applies `function` to `x`. The result is a real.
fn unary(function: Unary, x: &Number, context: &mut Context<'_, '_>) -> Result<Number> {
    x.unary(function, context.work)
}
