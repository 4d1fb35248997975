//! A server of `calc.Calculator` with tonic alone, for comparison. It listens on the address in its
//! only argument.

use tonic::{Request, Response, Status, transport::Server};

mod calc {
    tonic::include_proto!("calc");
}

use calc::{
    AddReply, AddRequest, DivideReply, DivideRequest, MultiplyReply, MultiplyRequest,
    SubstractReply, SubstractRequest,
    calculator_server::{Calculator, CalculatorServer},
};

/// The implementation of `calc.Calculator`.
struct Bare;

fn fits(result: Option<i32>) -> Result<i32, Status> {
    result.ok_or_else(|| Status::out_of_range("the result does not fit int32"))
}

#[tonic::async_trait]
impl Calculator for Bare {
    async fn add(&self, request: Request<AddRequest>) -> Result<Response<AddReply>, Status> {
        let AddRequest { n1, n2 } = request.into_inner();
        let n1 = fits(n1.checked_add(n2))?;
        Ok(Response::new(AddReply { n1 }))
    }

    async fn substract(
        &self,
        request: Request<SubstractRequest>,
    ) -> Result<Response<SubstractReply>, Status> {
        let SubstractRequest { n1, n2 } = request.into_inner();
        let n1 = fits(n1.checked_sub(n2))?;
        Ok(Response::new(SubstractReply { n1 }))
    }

    async fn multiply(
        &self,
        request: Request<MultiplyRequest>,
    ) -> Result<Response<MultiplyReply>, Status> {
        let MultiplyRequest { n1, n2 } = request.into_inner();
        let n1 = fits(n1.checked_mul(n2))?;
        Ok(Response::new(MultiplyReply { n1 }))
    }

    async fn divide(
        &self,
        request: Request<DivideRequest>,
    ) -> Result<Response<DivideReply>, Status> {
        let DivideRequest { n1, n2 } = request.into_inner();
        if n2 == 0 {
            return Err(Status::invalid_argument("division by zero"));
        }
        #[allow(clippy::cast_possible_truncation, reason = "the reply has an f32")]
        let f1 = (f64::from(n1) / f64::from(n2)) as f32;
        Ok(Response::new(DivideReply { f1 }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .ok_or("usage: bare HOST:PORT")?
        .parse()?;
    Server::builder()
        .add_service(CalculatorServer::new(Bare))
        .serve(address)
        .await?;
    Ok(())
}
