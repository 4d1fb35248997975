//! `grpcalc.v1.EvaluatorService` over the engine.

mod inbox;
mod line;
mod parked;
mod pool;
mod worksheet;

use std::{sync::Arc, time::Duration};

use futures_util::stream::BoxStream;
use prost::Message as _;
use tokio::{sync::Semaphore, task::yield_now};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use self::{
    line::{AT_ONCE, INLINE, answer, full, light},
    pool::{Caller, Full, Pool},
    worksheet::Conversation,
};
use super::{
    Metrics, Settings,
    budget::Budget,
    places,
    status::{Limit, from_fault, internal, overloaded, shutting_down},
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

/// Bytes of an answer that is paid for until it is sent: somebody has to keep it while its
/// caller does not read.
pub(super) const LONG: usize = 16 * 1024;

/// The service. Its state is what all calls share.
#[derive(Clone, Debug)]
pub(super) struct Evaluator {
    pub(super) limits: Arc<Limits>,
    pub(super) idle: Option<Duration>,
    pub(super) pool: Pool,
    /// Of requests that wait.
    pub(super) requests: Arc<Budget>,
    /// Of the values of all worksheets.
    pub(super) values: Arc<Memory>,
    /// Worksheets that may still be opened.
    worksheets: Arc<Semaphore>,
    most_worksheets: usize,
    pub(super) metrics: Arc<Metrics>,
    /// Cancelled when the server is about to end.
    pub(super) draining: CancellationToken,
}

impl Evaluator {
    /// A service that holds every line and every worksheet to the limits in `settings`,
    /// pays for requests that wait from `requests`, and ends its worksheets when
    /// `draining` is cancelled.
    pub(super) fn new(
        settings: &Settings,
        requests: Arc<Budget>,
        draining: CancellationToken,
    ) -> Self {
        let limits = &settings.limits;
        Self {
            limits: Arc::new(settings.engine),
            idle: limits.idle,
            pool: Pool::new(limits.waiting),
            requests,
            values: Arc::default(),
            worksheets: places(limits.worksheets),
            most_worksheets: limits.worksheets,
            metrics: Arc::clone(&settings.metrics),
            draining,
        }
    }
}

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
        let options = options.unwrap_or_default().into();
        let budget = self.limits.work;
        let light = |small| {
            light(small, &self.limits, budget, |work| {
                engine::evaluate(&expression, options, work)
            })
        };
        let mut tried = light(AT_ONCE);
        if tried.is_none() {
            // From here on the call is a task of its own.
            yield_now().await;
            tried = light(INLINE);
        }
        let outcome = if let Some((outcome, _)) = tried {
            outcome
        } else {
            let limits = Arc::clone(&self.limits);
            let job = move |caller: &Caller| {
                full(&limits, budget, caller, |work| {
                    engine::evaluate(&expression, options, work)
                })
            };
            let place = self.pool.enter();
            let place = place.map_err(|Full(limit)| overloaded(Limit::Waiting, limit))?;
            let computed = place.run(Caller::default(), job).await;
            computed.ok_or_else(|| internal("the line could not be computed"))?
        };
        let found = outcome.map_err(|fault| from_fault(&fault, Some("expression")))?;
        let response = EvaluateResponse {
            answer: Some(answer(0, Ok(found))),
        };
        let length = response.encoded_len();
        let mut response = Response::new(response);
        if length > LONG {
            let mut share = self.requests.share();
            let limit = self.requests.limit();
            share
                .grow(length)
                .map_err(|_| overloaded(Limit::Requests, limit))?;
            response.extensions_mut().insert(Arc::new(share));
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
        let place = Arc::clone(&self.worksheets).try_acquire_owned();
        let place = place.map_err(|_| overloaded(Limit::Worksheets, self.most_worksheets))?;
        let conversation = Conversation::new(self.clone(), request.into_inner(), place);
        Ok(Response::new(conversation.responses()))
    }
}
