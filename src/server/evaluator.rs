//! `grpcalc.v1.EvaluatorService` over the engine.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Settings,
    line::{answer, full, light},
    pool::{Caller, Pool},
    status::{from_fault, overloaded},
    worksheet::Conversation,
};
use crate::{
    engine::{self, Limits},
    proto::{
        grpcalc::v1::{
            EvaluateRequest, EvaluateResponse, WorksheetRequest,
            evaluator_service_server::EvaluatorService,
        },
        response::WorksheetResponse,
    },
};

/// The service. Its state is what all calls share.
#[derive(Clone, Debug)]
pub struct Evaluator {
    pub(super) limits: Arc<Limits>,
    pub(super) settings: Settings,
    pub(super) pool: Pool,
    /// Cancelled when the server is about to end.
    pub(super) draining: CancellationToken,
}

impl Evaluator {
    /// A service that holds every line to `limits`, and ends its worksheets when
    /// `draining` is cancelled.
    #[must_use]
    pub fn new(limits: Limits, settings: Settings, draining: CancellationToken) -> Self {
        Self {
            limits: Arc::new(limits),
            settings,
            pool: Pool::new(),
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
        let tried = light(&self.limits, budget, |work| {
            engine::evaluate(&expression, options, work)
        });
        let outcome = if let Some((outcome, _)) = tried {
            outcome
        } else {
            let limits = Arc::clone(&self.limits);
            let job = move |caller: &Caller| {
                full(&limits, budget, caller, |work| {
                    engine::evaluate(&expression, options, work)
                })
            };
            let place = self.pool.enter().map_err(|_| overloaded())?;
            let computed = place.run(Caller::default(), job).await;
            computed.ok_or_else(|| Status::internal("the line could not be computed"))?
        };
        let found = outcome.map_err(|fault| from_fault(&fault, Some("expression")))?;
        Ok(Response::new(EvaluateResponse {
            answer: Some(answer(0, Ok(found))),
        }))
    }

    type WorksheetStream = BoxStream<'static, Result<WorksheetResponse, Status>>;

    async fn worksheet(
        &self,
        request: Request<Streaming<WorksheetRequest>>,
    ) -> Result<Response<Self::WorksheetStream>, Status> {
        let conversation = Conversation::new(self.clone(), request.into_inner());
        Ok(Response::new(conversation.responses()))
    }
}
