//! Which service a call is for.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::{
    body::Body,
    codegen::{BoxFuture, Service},
    server::NamedService,
};

use super::{CalculatorService, Evaluator};
use crate::proto::{
    calc::calculator_server::CalculatorServer,
    grpcalc::v1::evaluator_service_server::{EvaluatorServiceServer, SERVICE_NAME},
};

/// Every service of the server. A path that belongs to none is `UNIMPLEMENTED`.
///
/// tonic's own router would take axum into the program to compare two names.
#[derive(Clone, Debug)]
pub(super) struct Routes {
    calculator: CalculatorServer<CalculatorService>,
    evaluator: EvaluatorServiceServer<Evaluator>,
}

impl Routes {
    pub(super) fn new(evaluator: Evaluator) -> Self {
        Self {
            calculator: CalculatorServer::new(CalculatorService),
            evaluator: EvaluatorServiceServer::new(evaluator),
        }
    }
}

/// tonic asks for a name where one service stands for the whole server.
impl NamedService for Routes {
    const NAME: &'static str = "grpcalc";
}

impl Service<Request<Body>> for Routes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(())) // both always are
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = request.uri().path().split('/').nth(1);
        if service == Some(SERVICE_NAME) {
            self.evaluator.call(request)
        } else {
            // It says `UNIMPLEMENTED` to what it does not know.
            self.calculator.call(request)
        }
    }
}
