//! The client: typed calls, to a server in this process or anywhere else.
//!
//! Uses no engine: an answer always crosses the wire.

mod call;
mod connector;
mod error;

use std::{sync::Arc, time::Duration};

use tokio::time;
use tonic::{
    Request,
    transport::{Channel, Endpoint},
};

use self::connector::Peer;
use crate::proto::calc::{
    AddRequest, DivideRequest, MultiplyRequest, SubstractRequest,
    calculator_client::CalculatorClient,
};

pub use self::{
    call::{Call, Method, Reply},
    connector::Target,
    error::CallError,
};

/// How this client names itself to servers.
const USER_AGENT: &str = concat!("grpcalc/", env!("CARGO_PKG_VERSION"));

/// What a server is asked by: one connection, made when it is first needed and
/// made anew when it broke. Any number of calls may be under way on it at once.
#[derive(Clone, Debug)]
pub struct Client {
    calculator: CalculatorClient<Channel>,
    peer: Arc<Peer>,
    timeout: Duration,
}

impl Client {
    /// A client of `target` that connects with its first call. `timeout` is the
    /// deadline of each call; connecting counts.
    #[must_use]
    pub fn lazy(target: Target, timeout: Duration) -> Self {
        let peer = Arc::new(Peer::new(&target));
        let channel = endpoint(&target)
            .connect_with_connector_lazy(connector::connector(target, Arc::clone(&peer)));
        Self::new(channel, peer, timeout)
    }

    /// A client that is connected to `target`, or the reason why not.
    pub async fn connect(target: Target, timeout: Duration) -> Result<Self, CallError> {
        let peer = Arc::new(Peer::new(&target));
        let endpoint = endpoint(&target);
        let connecting =
            endpoint.connect_with_connector(connector::connector(target, Arc::clone(&peer)));
        match time::timeout(timeout, connecting).await {
            Ok(Ok(channel)) => Ok(Self::new(channel, peer, timeout)),
            Ok(Err(error)) => Err(CallError::unreachable(&error, &peer)),
            Err(_) => Err(CallError::deadline(timeout, &peer)),
        }
    }

    fn new(channel: Channel, peer: Arc<Peer>, timeout: Duration) -> Self {
        Self {
            calculator: CalculatorClient::new(channel),
            peer,
            timeout,
        }
    }

    /// Who is asked, in words: an address, or the embedded server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.peer.name
    }

    /// Sends `call` as the stub call of its method and waits for the reply, at
    /// most until the deadline. Dropping the future cancels the call.
    pub async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let Call { method, n1, n2 } = call;
        let mut stub = self.calculator.clone();
        let integer = |n1| Reply::Integer(n1);
        let sent = async {
            match method {
                Method::Add => {
                    let reply = stub.add(self.request(AddRequest { n1, n2 })).await;
                    reply.map(|reply| integer(reply.into_inner().n1))
                }
                Method::Subtract => {
                    let reply = stub
                        .substract(self.request(SubstractRequest { n1, n2 }))
                        .await;
                    reply.map(|reply| integer(reply.into_inner().n1))
                }
                Method::Multiply => {
                    let reply = stub
                        .multiply(self.request(MultiplyRequest { n1, n2 }))
                        .await;
                    reply.map(|reply| integer(reply.into_inner().n1))
                }
                Method::Divide => {
                    let reply = stub.divide(self.request(DivideRequest { n1, n2 })).await;
                    reply.map(|reply| Reply::Float(reply.into_inner().f1))
                }
            }
        };
        // The request carries the deadline to the server. This one holds even
        // where no request can be sent: tonic's own does not cover connecting.
        match time::timeout(self.timeout, sent).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(status)) => Err(CallError::from_status(&status, self.timeout, &self.peer)),
            Err(_) => Err(CallError::deadline(self.timeout, &self.peer)),
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        request
    }
}

fn endpoint(target: &Target) -> Endpoint {
    Endpoint::try_from(target.uri())
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .expect("valid by construction")
}
