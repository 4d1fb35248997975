//! The service `calc.Calculator`, which uses the engine's 32-bit operations.

use tonic::{Request, Response, Status};

use super::status::from_fault;
use crate::{
    engine::{Reason, int32},
    proto::calc::{
        AddReply, AddRequest, DivideReply, DivideRequest, MultiplyReply, MultiplyRequest,
        SubstractReply, SubstractRequest, calculator_server::Calculator,
    },
};

/// The calculator service, which has no state.
#[derive(Clone, Copy, Debug, Default)]
pub struct CalculatorService;

#[tonic::async_trait]
impl Calculator for CalculatorService {
    async fn add(&self, request: Request<AddRequest>) -> Result<Response<AddReply>, Status> {
        let AddRequest { n1, n2 } = request.into_inner();
        let n1 = int32::add(n1, n2).map_err(|fault| from_fault(&fault, None))?;
        Ok(Response::new(AddReply { n1 }))
    }

    async fn substract(
        &self,
        request: Request<SubstractRequest>,
    ) -> Result<Response<SubstractReply>, Status> {
        let SubstractRequest { n1, n2 } = request.into_inner();
        let n1 = int32::subtract(n1, n2).map_err(|fault| from_fault(&fault, None))?;
        Ok(Response::new(SubstractReply { n1 }))
    }

    async fn multiply(
        &self,
        request: Request<MultiplyRequest>,
    ) -> Result<Response<MultiplyReply>, Status> {
        let MultiplyRequest { n1, n2 } = request.into_inner();
        let n1 = int32::multiply(n1, n2).map_err(|fault| from_fault(&fault, None))?;
        Ok(Response::new(MultiplyReply { n1 }))
    }

    async fn divide(
        &self,
        request: Request<DivideRequest>,
    ) -> Result<Response<DivideReply>, Status> {
        let DivideRequest { n1, n2 } = request.into_inner();
        let f1 = int32::divide(n1, n2).map_err(|fault| {
            let divisor = (fault.reason == Reason::DivisionByZero).then_some("n2");
            from_fault(&fault, divisor)
        })?;
        Ok(Response::new(DivideReply { f1 }))
    }
}
