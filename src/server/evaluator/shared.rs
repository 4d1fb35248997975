//! The evaluator service, the state that all its calls share, and the evaluation of single lines.

use std::{sync::Arc, time::Duration};

use futures_util::stream::BoxStream;
use prost::Message as _;
use tokio::{sync::Semaphore, task::yield_now};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    line::{FIRST_TRY, INLINE, INLINE_LENGTH, answer, evaluate_in_pool, try_inline},
    pool::{Cancellation, Pool, PoolFull, RunningJob},
    worksheet::WorksheetSession,
};
use crate::server::{
    Metrics, OwnLimits, ServerLimits, Settings,
    byte_budget::ByteBudget,
    peer::CallerId,
    semaphore,
    status::{from_fault, internal, overloaded, shutting_down},
};
use crate::{
    engine::{self, Limits, Memory},
    proto::{
        grpcalc::v1::{
            EvaluateRequest, EvaluateResponse, WorksheetRequest,
            evaluator_service_server::EvaluatorService,
        },
        response::WorksheetResponse,
    },
};

/// The maximum size, in bytes, of a response that needs no reservation while it waits to be sent.
pub(super) const SMALL: usize = 16 * 1024;

/// The evaluator service. Clones share the state of the service.
#[derive(Clone, Debug)]
pub(in crate::server) struct Evaluator {
    limits: Arc<Limits>,
    /// The limits for the process of the server.
    own: Option<OwnLimits>,
    /// The maximum time that a worksheet may be idle. `None` means no limit.
    pub(super) idle: Option<Duration>,
    pub(super) pool: Pool,
    /// The budget for the bytes of waiting requests and of long responses.
    pub(super) requests: Arc<ByteBudget>,
    /// The memory account for the values of all worksheets.
    pub(super) values: Arc<Memory>,
    /// The semaphore with one permit for each worksheet that can still be opened.
    worksheets: Arc<Semaphore>,
    max_worksheets: usize,
    pub(super) metrics: Arc<Metrics>,
    /// The token that is cancelled when the server begins to shut down.
    pub(super) draining: CancellationToken,
}

impl Evaluator {
    /// Creates the service with the limits of `settings`.
    ///
    /// Waiting requests and long responses reserve their bytes in `requests`. Worksheets end when
    /// `draining` is cancelled.
    pub(in crate::server) fn new(
        settings: &Settings,
        requests: Arc<ByteBudget>,
        draining: CancellationToken,
    ) -> Self {
        let limits = &settings.limits;
        Self {
            limits: Arc::new(settings.engine),
            own: settings.own.clone(),
            idle: limits.idle,
            pool: Pool::new(limits.waiting),
            requests,
            values: Arc::default(),
            worksheets: semaphore(limits.worksheets),
            max_worksheets: limits.worksheets,
            metrics: Arc::clone(&settings.metrics),
            draining,
        }
    }

    /// Returns the limits of the lines of `caller`.
    pub(super) fn limits(&self, caller: CallerId) -> Arc<Limits> {
        match &self.own {
            Some(own) if caller.is_own() => own.get(),
            _ => Arc::clone(&self.limits),
        }
    }
}

#[tonic::async_trait]
impl EvaluatorService for Evaluator {
    async fn evaluate(
        &self,
        request: Request<EvaluateRequest>,
    ) -> Result<Response<EvaluateResponse>, Status> {
        let caller = CallerId::of(request.extensions());
        let EvaluateRequest {
            expression,
            options,
        } = request.into_inner();
        let options = options.unwrap_or_default().into();
        let limits = self.limits(caller);
        let budget = limits.work;
        let try_inline = |small| {
            try_inline(small, &limits, budget, |work| {
                engine::evaluate(&expression, options, work)
            })
        };
        let is_short = expression.len() <= INLINE_LENGTH;
        let mut tried = if is_short {
            try_inline(FIRST_TRY)
        } else {
            None
        };
        if tried.is_none() && is_short {
            // After this, a separate task polls the call.
            yield_now().await;
            tried = try_inline(INLINE);
        }
        let result = if let Some((result, _)) = tried {
            result
        } else {
            let limits = Arc::clone(&limits);
            let job = move |job: &RunningJob| {
                evaluate_in_pool(&limits, budget, job, |work| {
                    engine::evaluate(&expression, options, work)
                })
            };
            let permit = self.pool.enter(caller);
            let permit =
                permit.map_err(|PoolFull(limit)| overloaded(&ServerLimits::WAITING, limit))?;
            let computed = permit.run(Cancellation::default(), job).await;
            computed.ok_or_else(|| internal("the line could not be evaluated"))?
        };
        let found = result.map_err(|fault| from_fault(&fault, Some("expression")))?;
        let response = EvaluateResponse {
            answer: Some(answer(0, Ok(found))),
        };
        let length = response.encoded_len();
        let mut response = Response::new(response);
        if length > SMALL {
            let mut reservation = self.requests.reservation();
            let limit = self.requests.limit();
            reservation
                .grow(length)
                .map_err(|_| overloaded(&ServerLimits::REQUESTS, limit))?;
            response.extensions_mut().insert(Arc::new(reservation));
        }
        Ok(response)
    }

    type WorksheetStream = BoxStream<'static, Result<WorksheetResponse, Status>>;

    async fn worksheet(
        &self,
        request: Request<Streaming<WorksheetRequest>>,
    ) -> Result<Response<Self::WorksheetStream>, Status> {
        if self.draining.is_cancelled() {
            return Err(shutting_down());
        }
        let permit = Arc::clone(&self.worksheets).try_acquire_owned();
        let permit =
            permit.map_err(|_| overloaded(&ServerLimits::WORKSHEETS, self.max_worksheets))?;
        let caller = CallerId::of(request.extensions());
        let session = WorksheetSession::new(self.clone(), caller, request.into_inner(), permit);
        Ok(Response::new(session.responses()))
    }
}
