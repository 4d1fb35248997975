//! The health service: whether the server and its services accept calls.

use std::{collections::HashMap, pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use crate::proto::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
    health_check_response::ServingStatus, health_server::Health,
};

/// The health of the server. Its services have the same health. Clones share the health.
#[derive(Clone, Debug)]
pub(super) struct HealthService {
    /// The names of the services.
    names: &'static [&'static str],
    status: Arc<watch::Sender<ServingStatus>>,
}

impl HealthService {
    /// Creates the health of a server that accepts calls of the services `names`.
    pub(super) fn new(names: &'static [&'static str]) -> Self {
        Self {
            names,
            status: Arc::new(watch::Sender::new(ServingStatus::Serving)),
        }
    }

    /// Sets the health of the server and of all its services.
    pub(super) fn set(&self, status: ServingStatus) {
        self.status.send_replace(status);
    }

    /// Whether the server has a service with this name. An empty name stands for the server.
    fn has(&self, name: &str) -> bool {
        name.is_empty() || self.names.contains(&name)
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

#[tonic::async_trait]
impl Health for HealthService {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.has(&request.get_ref().service) {
            return Err(Status::not_found("the server has no such service"));
        }
        Ok(Response::new(response(*self.status.borrow())))
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let status = *self.status.borrow();
        let names = self.names.iter().chain([&""]);
        let statuses: HashMap<_, _> = names
            .map(|name| ((*name).to_owned(), response(status)))
            .collect();
        Ok(Response::new(HealthListResponse { statuses }))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        if !self.has(&request.get_ref().service) {
            // The names of the services do not change, so nothing follows.
            let unknown = stream::iter([Ok(response(ServingStatus::ServiceUnknown))]);
            let messages = unknown.chain(stream::pending());
            return Ok(Response::new(Box::pin(messages)));
        }
        let receiver = self.status.subscribe();
        let messages = stream::unfold((receiver, None), |(mut receiver, last)| async move {
            let status = receiver.wait_for(|status| Some(*status) != last).await;
            let status = *status.ok()?;
            Some((Ok(response(status)), (receiver, Some(status))))
        });
        Ok(Response::new(Box::pin(messages)))
    }
}
