//! The service `grpcalc.v1.EvaluatorService`: single lines and worksheets, evaluated by the engine.

mod inbox;
mod line;
mod parked;
mod pool;
mod shared;
mod turns;
mod worksheet;

pub(super) use self::shared::Evaluator;
