//! Answers of a server about itself, as text.

use crate::{
    client::{CallError, Fault, Health, ReflectionRequest, ReflectionResponse},
    text::printable::quoted,
};
use crate::{
    repl::{Calls, Outcome},
    schema::print::describe,
};

/// The reason of the fault of a server that does not serve.
const NOT_SERVING: &str = "NOT_SERVING";

/// Sends a request about the server, and returns the text to print.
pub(in crate::repl) async fn discover(calls: &impl Calls, request: ReflectionRequest) -> Outcome {
    let request = match request {
        // Accepts the path of a method, and a name with a leading dot as files write it.
        ReflectionRequest::Files(name) => {
            ReflectionRequest::Files(name.trim_start_matches(['.', '/']).replace('/', "."))
        }
        request => request,
    };
    match (calls.inquire(request.clone()).await, request) {
        (Ok(ReflectionResponse::Services(names)), _) => Outcome::Text(names.join("\n") + "\n"),
        (Ok(ReflectionResponse::Files(files)), ReflectionRequest::Files(name)) => {
            match describe(&files, &name) {
                Some(text) => Outcome::Text(text),
                None => fault(None, format!("the server does not know {}", quoted(&name))),
            }
        }
        (Ok(ReflectionResponse::Health(Health::Serving)), _) => Outcome::Text("SERVING\n".into()),
        (Ok(ReflectionResponse::Health(health)), _) => {
            let state = match health {
                Health::NotServing => "the server is not serving",
                _ => "the server does not know whether it is serving",
            };
            fault(Some(NOT_SERVING), format!("{state} ({NOT_SERVING})"))
        }
        (Err(error), request) if error.is_unimplemented() => {
            let what = match request {
                ReflectionRequest::Health(_) => "health checks",
                _ => "reflection",
            };
            fault(
                Some("UNIMPLEMENTED"),
                format!("this server offers no {what}"),
            )
        }
        (Err(error), _) => Outcome::Unanswered(error),
        (Ok(ReflectionResponse::Files(_)), _) => Outcome::Unanswered(CallError::no_worksheet()),
    }
}

fn fault(reason: Option<&str>, message: String) -> Outcome {
    Outcome::Fault(Fault {
        reason: reason.map(Into::into),
        message,
        ..Fault::default()
    })
}
