//! Converts expressions to typed calls, for servers that support only typed calls.

use crate::repl::{
    Calls,
    command::fault::{LineFault, SYNTAX},
};
use crate::{
    client::{Call, CallError, Method, Reply},
    engine::BuiltInFunctions,
    syntax::{self, Binary, Line, Node, NodeKind, Prefix},
};

/// An integer expression in which each operation is a typed call.
#[derive(Debug)]
pub(super) struct Expression {
    /// The steps in postfix order. A call takes its operands from a stack, and pushes its result.
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Operand(i32),
    Call(Method),
    /// Negates an operand with the call `0 - operand`, because there is no typed call for negation.
    Negate,
}

/// Converts a line to typed calls.
///
/// The line may contain integers of 32 bits, `+`, `-` and `*`. It may also contain one `/` as the
/// last operation, because the reply of a division is a float.
pub(super) fn lower(line: &str) -> Result<Expression, LineFault> {
    let line =
        syntax::parse(line, &syntax::ParseLimits::DEFAULT, &BuiltInFunctions).map_err(|error| {
            LineFault {
                reason: SYNTAX,
                span: error.characters(line),
                message: error.message,
                help: error.help,
            }
        })?;
    let nodes = match line.statements.as_slice() {
        [statement] if statement.binds.is_none() && !line.is_converted(statement) => {
            line.expression(statement)
        }
        _ => return Err(unsupported(&line, None)),
    };
    let mut steps = Vec::with_capacity(nodes.len() + 1);
    let mut nodes = nodes.iter().peekable();
    while let Some(node) = nodes.next() {
        let is_last = nodes.peek().is_none();
        steps.push(match node.kind {
            NodeKind::Literal => {
                // The minus sign is part of the operand, since -2^31 has no positive counterpart.
                let negated = nodes.next_if(|next| next.kind == NodeKind::Prefix(Prefix::Minus));
                Step::Operand(operand(&line, node, negated.is_some())?)
            }
            NodeKind::Prefix(Prefix::Plus) => continue,
            NodeKind::Prefix(Prefix::Minus) => Step::Negate,
            NodeKind::Binary(Binary::Add) => Step::Call(Method::Add),
            NodeKind::Binary(Binary::Subtract) => Step::Call(Method::Subtract),
            NodeKind::Binary(Binary::Multiply | Binary::Juxtapose) => Step::Call(Method::Multiply),
            NodeKind::Binary(Binary::Divide) if is_last => Step::Call(Method::Divide),
            _ => return Err(unsupported(&line, Some(node))),
        });
    }
    // Every answer is the reply of a call, so a single number becomes `n + 0`.
    if let [Step::Operand(_)] = steps[..] {
        steps.extend([Step::Operand(0), Step::Call(Method::Add)]);
    }
    Ok(Expression { steps })
}

fn operand(line: &Line<'_>, node: &Node, negative: bool) -> Result<i32, LineFault> {
    let digits = node.span.of(&line.text);
    let magnitude: Option<i64> = digits.replace('_', "").parse().ok();
    let signed = magnitude.map(|magnitude| if negative { -magnitude } else { magnitude });
    let operand = signed.and_then(|signed| i32::try_from(signed).ok());
    operand.ok_or_else(|| unsupported(line, Some(node)))
}

fn unsupported(line: &Line<'_>, node: Option<&Node>) -> LineFault {
    let span = node.map_or(0..line.text.chars().count(), |node| {
        node.span.characters(&line.text)
    });
    LineFault {
        reason: SYNTAX,
        message: "this server supports only typed calls, which cannot answer this line".into(),
        span,
        help: format!(
            "write integers from {} to {} with +, - and *, and / only as the last operation",
            i32::MIN,
            i32::MAX
        ),
    }
}

impl Expression {
    /// Makes the calls one after another, and returns the last reply.
    pub(super) async fn ask(&self, calls: &impl Calls) -> Result<Reply, CallError> {
        let mut operands = Vec::new();
        for step in &self.steps {
            let (method, n1, n2) = match step {
                Step::Operand(n) => {
                    operands.push(*n);
                    continue;
                }
                Step::Negate => (Method::Subtract, 0, operands.pop()),
                Step::Call(method) => {
                    let n2 = operands.pop();
                    (*method, operands.pop().unwrap_or_default(), n2)
                }
            };
            let n2 = n2.unwrap_or_default();
            match calls.call(Call { method, n1, n2 }.into()).await? {
                Reply::Integer(n) => operands.push(n),
                // Only a division replies with a float, and it is the last call.
                reply => return Ok(reply),
            }
        }
        Ok(Reply::Integer(operands.pop().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Notes, Request, Requests, Responses};
    use std::sync::{Arc, Mutex};

    /// A server that supports only typed calls, and records them.
    #[derive(Clone, Default)]
    struct TypedCallServer(Arc<Mutex<Vec<Call>>>);

    impl Calls for TypedCallServer {
        type WorksheetSender = Requests;
        type WorksheetReceiver = Responses;
        type Notes = Notes;

        async fn call(&self, request: Request) -> Result<Reply, CallError> {
            let Request::Call(call) = request else {
                panic!("not a typed call");
            };
            self.0.lock().unwrap().push(call);
            let Call { method, n1, n2 } = call;
            Ok(match method {
                Method::Add => Reply::Integer(n1 + n2),
                Method::Subtract => Reply::Integer(n1 - n2),
                Method::Multiply => Reply::Integer(n1 * n2),
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                Method::Divide => Reply::Float(n1 as f32 / n2 as f32),
            })
        }

        fn server(&self) -> String {
            "a test".into()
        }
    }

    #[tokio::test]
    async fn expressions_become_typed_calls() {
        for (line, calls, reply) in [
            ("20 + 10", 1, "30"),
            ("20 + 10 * 3 - 1", 3, "49"),
            ("7/2", 1, "3.5"),
            ("10/2", 1, "5.0"),
            ("(1 + 2) (3 + 4)", 3, "21"),
            ("-(2 + 3)", 2, "-5"),
            ("- 2147483648 + 1", 1, "-2147483647"),
            ("+5 # five", 1, "5"),
            ("1_000 − 1", 1, "999"),
        ] {
            let server = TypedCallServer::default();
            let found = lower(line).unwrap().ask(&server).await.unwrap();
            assert_eq!(found.to_string(), reply, "{line}");
            assert_eq!(server.0.lock().unwrap().len(), calls, "{line}");
        }
    }

    #[test]
    fn expressions_beyond_typed_calls_are_refused() {
        for (line, column) in [
            ("1/2 + 1", 2),
            ("1.5 + 1", 1),
            ("2^3", 2),
            ("sqrt(4)", 1),
            ("2147483648", 1),
            ("x = 3", 1),
            ("1; 2", 1),
            ("255 to hex", 1),
            ("1 +", 4),
        ] {
            assert_eq!(lower(line).unwrap_err().span.start + 1, column, "{line}");
        }
    }
}
