//! An HTTP/2 server that answers exactly as a test says.

use std::{net::SocketAddr, sync::mpsc, thread};

use bytes::Bytes;
use h2::{Reason, server};
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};

/// The answer to a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    /// The HTTP status; 0 means 200.
    pub(crate) http: u16,
    /// The header fields of the response.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The DATA frames.
    pub(crate) data: Vec<Vec<u8>>,
    pub(crate) end: End,
}

/// The end of a response.
#[derive(Clone, Debug, Default)]
pub(crate) enum End {
    /// The last frame has the flag `END_STREAM`.
    #[default]
    Plain,
    /// Trailers with these fields.
    Trailers(Vec<(&'static str, String)>),
    /// `RST_STREAM` with this code.
    Reset(Reason),
    /// `RST_STREAM` with this code, without a response.
    ResetAtOnce(Reason),
}

impl Reply {
    /// A gRPC response with these messages and this status, whose header fields come first.
    pub(crate) fn grpc(messages: &[Vec<u8>], status: u16) -> Self {
        Self {
            headers: vec![("content-type", "application/grpc".into())],
            data: messages.to_vec(),
            end: End::Trailers(vec![("grpc-status", status.to_string())]),
            ..Self::default()
        }
    }

    /// A response of a web server.
    pub(crate) fn web(http: u16) -> Self {
        Self {
            http,
            headers: vec![("content-type", "text/html".into())],
            data: vec![b"<html></html>".to_vec()],
            ..Self::default()
        }
    }

    /// Adds a header field.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Starts a server on a free port, which ends with the tests. Returns its address.
pub(crate) fn start(
    answer: impl Fn(&Request<()>) -> Reply + Clone + Send + Sync + 'static,
) -> String {
    let (sender, address) = mpsc::channel::<SocketAddr>();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (io, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(io, answer.clone()));
            }
        });
    });
    address.recv().unwrap().to_string()
}

async fn serve(io: TcpStream, answer: impl Fn(&Request<()>) -> Reply) {
    // The client may have gone.
    let Ok(mut connection) = server::handshake(io).await else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (head, mut body) = request.into_parts();
        let reply = answer(&Request::from_parts(head, ()));
        if let End::ResetAtOnce(reason) = reply.end {
            respond.send_reset(reason);
            continue;
        }
        // The request is read, so that its rest is not refused.
        tokio::spawn(async move { while let Some(Ok(_)) = body.data().await {} });
        send(respond, reply);
    }
}

fn send(mut respond: server::SendResponse<Bytes>, reply: Reply) {
    let mut response = Response::builder().status(if reply.http == 0 { 200 } else { reply.http });
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let is_plain = matches!(reply.end, End::Plain);
    let is_over = is_plain && reply.data.is_empty();
    let Ok(mut stream) = respond.send_response(response.body(()).unwrap(), is_over) else {
        return;
    };
    for (index, data) in reply.data.iter().enumerate() {
        let is_last = is_plain && index + 1 == reply.data.len();
        if stream.send_data(data.clone().into(), is_last).is_err() {
            return;
        }
    }
    match reply.end {
        End::Trailers(fields) => {
            let mut trailers = HeaderMap::new();
            for (name, value) in fields {
                trailers.insert(name, value.parse().unwrap());
            }
            let _ = stream.send_trailers(trailers);
        }
        End::Reset(reason) => stream.send_reset(reason),
        _ => {}
    }
}
