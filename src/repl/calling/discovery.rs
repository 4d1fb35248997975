//! What a server tells of itself, as text.

use crate::{
    client::{CallError, Fault, Health, ReflectionRequest, ReflectionResponse},
    text::printable::quoted,
};
use crate::{
    repl::{Calls, Outcome},
    schema::print::describe,
};

/// The reason where a server does not serve.
const NOT_SERVING: &str = "NOT_SERVING";

/// Asks `inquiry`, and tells what there is to print.
pub(in crate::repl) async fn discover(calls: &impl Calls, inquiry: ReflectionRequest) -> Outcome {
    let inquiry = match inquiry {
        // A method as in the path of a call, and a name as files write it.
        ReflectionRequest::Files(name) => {
            ReflectionRequest::Files(name.trim_start_matches(['.', '/']).replace('/', "."))
        }
        inquiry => inquiry,
    };
    match (calls.inquire(inquiry.clone()).await, inquiry) {
        (Ok(ReflectionResponse::Services(names)), _) => Outcome::Text(names.join("\n") + "\n"),
        (Ok(ReflectionResponse::Files(files)), ReflectionRequest::Files(name)) => {
            match describe(&files, &name) {
                Some(text) => Outcome::Text(text),
                None => fault(
                    None,
                    format!("the server says nothing of {}", quoted(&name)),
                ),
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
        (Err(error), inquiry) if error.is_unimplemented() => {
            let what = match inquiry {
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
