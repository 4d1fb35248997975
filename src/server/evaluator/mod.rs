//! `grpcalc.v1.EvaluatorService` over the engine: single lines and worksheets.

mod inbox;
mod line;
mod parked;
mod pool;
mod shared;
mod worksheet;

pub(super) use self::shared::Evaluator;
