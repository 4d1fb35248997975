//! `grpcalc.v1.EvaluatorService` over the engine.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    pool::{Caller, Pool},
    status::{from_fault, overloaded},
};
use crate::{
    engine::{self, AngleUnit, Fault, Interruption, Limits, Shown, Typed, Work},
    proto::grpcalc::v1::{
        self as proto, Answer, EvaluateRequest, EvaluateResponse, Fraction, Value,
        WorksheetRequest, WorksheetResponse, answer, evaluator_service_server::EvaluatorService,
        value,
    },
};

/// Nanoseconds of estimated work that a line may take on a thread that serves others
/// too. Most lines take a hundredth of it.
const INLINE: u64 = 100_000;

/// How much longer by the clock than by the estimate a line may take. Estimates are for
/// a machine that does nothing else.
const PATIENCE: u32 = 2;

/// The service. Its state is what all calls share: limits and the pool.
#[derive(Clone, Debug)]
pub struct Evaluator {
    limits: Arc<Limits>,
    pool: Pool,
}

impl Evaluator {
    /// A service that holds every line to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits: Arc::new(limits),
            pool: Pool::new(),
        }
    }
}

type Outcome = Result<engine::Answer, Box<Fault>>;

#[tonic::async_trait]
impl EvaluatorService for Evaluator {
    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let EvaluateRequest {
            expression,
            options,
        } = request.into_inner();
        let options = from_proto(options.unwrap_or_default());
        let (outcome, heavy) = light(&expression, options, &self.limits);
        let outcome = if heavy {
            let limits = Arc::clone(&self.limits);
            let job = move |caller: &Caller| full(&expression, options, &limits, caller);
            self.pool.run(job).await.map_err(|_| overloaded())?
        } else {
            outcome
        };
        let answer = outcome.map_err(|fault| from_fault(&fault, Some("expression")))?;
        Ok(Response::new(EvaluateResponse {
            answer: Some(to_proto(answer)),
        }))
    }

    type WorksheetStream = Pin<Box<dyn Stream<Item = Result<WorksheetResponse, Status>> + Send>>;

    async fn worksheet(
        &self,
        _: Request<Streaming<WorksheetRequest>>,
    ) -> Result<Response<Self::WorksheetStream>, Status> {
        Err(Status::unimplemented("this server has no worksheets yet"))
    }
}

/// Evaluates with a small budget, and says whether that was not enough.
fn light(line: &str, options: engine::Options, limits: &Limits) -> (Outcome, bool) {
    let mut work = Work::new(limits, INLINE.min(limits.work), &|| None);
    let outcome = engine::evaluate(line, options, &mut work);
    (outcome, work.is_spent() && limits.work > INLINE)
}

/// Evaluates from the start with the whole budget, as long as the caller waits.
fn full(line: &str, options: engine::Options, limits: &Limits, caller: &Caller) -> Outcome {
    let end = Instant::now() + PATIENCE * Duration::from_nanos(limits.work);
    let interrupted = || match () {
        () if caller.is_gone() => Some(Interruption::Cancelled),
        () if Instant::now() > end => Some(Interruption::OutOfTime),
        () => None,
    };
    engine::evaluate(
        line,
        options,
        &mut Work::new(limits, limits.work, &interrupted),
    )
}

fn from_proto(options: proto::Options) -> engine::Options {
    let angle = match options.angle_unit() {
        proto::AngleUnit::Degree => AngleUnit::Degree,
        proto::AngleUnit::Unspecified | proto::AngleUnit::Radian => AngleUnit::Radian,
    };
    let digits = match options.digits {
        0 => engine::DIGITS,
        digits => digits,
    };
    engine::Options { digits, angle }
}

fn to_proto(answer: engine::Answer) -> Answer {
    Answer {
        line: 0,
        name: answer.name.unwrap_or_default(),
        result: answer
            .value
            .map(|shown| answer::Result::Value(shown.into())),
    }
}

impl From<Shown> for Value {
    fn from(
        Shown {
            text,
            rounded,
            typed,
        }: Shown,
    ) -> Self {
        let exact = typed.map(|typed| match typed {
            Typed::Integer(n) => value::Exact::Integer(n),
            Typed::Truth(truth) => value::Exact::Truth(truth),
            Typed::Fraction(parts) => value::Exact::Fraction(Fraction {
                numerator: parts.0.to_string(),
                denominator: parts.1.to_string(),
            }),
        });
        Self {
            text,
            rounded,
            exact,
        }
    }
}
