//! Shows the services, the descriptors and the health of a server as text.

use crate::{
    client::{CallError, Fault, Health, MAX_SERVICES, ReflectionRequest, ReflectionResponse},
    text::printable::quoted,
};
use crate::{
    repl::{Calls, Outcome},
    schema::print::describe,
};

/// The reason code for a server that is not serving.
const NOT_SERVING: &str = "NOT_SERVING";

/// Requests the services, the descriptors or the health of the server, and returns the text to
/// print.
pub(in crate::repl) async fn reflect(calls: &impl Calls, request: ReflectionRequest) -> Outcome {
    let request = match request {
        // The path of a method is accepted too, and so is a name with a leading dot, as in a
        // `.proto` file.
        ReflectionRequest::Files(name) => {
            ReflectionRequest::Files(name.trim_start_matches(['.', '/']).replace('/', "."))
        }
        request => request,
    };
    let mut response = calls.reflect(request.clone()).await;
    if let (Err(error), Some(parent)) = (&response, parent(&request)) {
        // Some servers know services, but not methods.
        if error.is_not_found() {
            response = calls.reflect(parent).await.or(response);
        }
    }
    match (response, request) {
        (Ok(ReflectionResponse::Services(names)), ReflectionRequest::Services) => {
            if names.is_empty() {
                return fault(None, "this server lists no services".into());
            }
            let mut text = String::new();
            for name in names.iter().take(MAX_SERVICES) {
                text += name;
                text.push('\n');
            }
            if names.len() > MAX_SERVICES {
                let more = format!("and more: only {MAX_SERVICES} services are listed\n");
                text.push_str(&more);
            }
            Outcome::Text(text)
        }
        (Ok(ReflectionResponse::Files(files)), ReflectionRequest::Files(name)) => {
            match describe(&files, &name) {
                Some(text) => Outcome::Text(text),
                None => fault(
                    None,
                    format!("the server has no descriptor of {}", quoted(&name)),
                ),
            }
        }
        (Ok(ReflectionResponse::Health(health)), ReflectionRequest::Health(_)) => {
            let state = match health {
                Health::Serving => return Outcome::Text("SERVING\n".into()),
                Health::NotServing => "the server is not serving",
                Health::Unknown => "the server reports that its state is unknown",
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
        (Ok(_), _) => Outcome::Unanswered(CallError::mismatched_reply()),
    }
}

/// Returns the request for the definition that contains the symbol of `request`.
fn parent(request: &ReflectionRequest) -> Option<ReflectionRequest> {
    let ReflectionRequest::Files(name) = request else {
        return None;
    };
    let (parent, _) = name.rsplit_once('.')?;
    Some(ReflectionRequest::Files(parent.into()))
}

fn fault(reason: Option<&str>, message: String) -> Outcome {
    Outcome::Fault(Fault {
        reason: reason.map(Into::into),
        message,
        ..Fault::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Notes, Requests, Responses};

    /// A server that sends this response to every reflection request.
    #[derive(Clone)]
    struct Fake(ReflectionResponse);

    impl Calls for Fake {
        type WorksheetSender = Requests;
        type WorksheetReceiver = Responses;
        type Notes = Notes;

        async fn reflect(&self, _: ReflectionRequest) -> Result<ReflectionResponse, CallError> {
            Ok(self.0.clone())
        }

        fn server(&self) -> String {
            "a test".into()
        }
    }

    #[tokio::test]
    async fn a_response_of_another_kind_is_a_protocol_error() {
        let requests = [
            ReflectionRequest::Services,
            ReflectionRequest::Files("calc.Calculator".into()),
            ReflectionRequest::Health(String::new()),
        ];
        let responses = [
            ReflectionResponse::Services(vec!["calc.Calculator".into()]),
            ReflectionResponse::Files(Vec::new()),
            ReflectionResponse::Health(Health::Serving),
        ];
        for (asked, request) in requests.iter().enumerate() {
            for (answered, response) in responses.iter().enumerate() {
                let outcome = reflect(&Fake(response.clone()), request.clone()).await;
                let error = Outcome::Unanswered(CallError::mismatched_reply());
                assert_eq!(outcome == error, asked != answered, "{outcome:?}");
            }
        }
        assert_eq!(
            CallError::mismatched_reply().to_string(),
            "the reply of the server does not match the request"
        );
    }
}
