//! The commands that show the services, the descriptors and the health of a server.

use super::{
    arguments::{Arguments, Word},
    fault::LineFault,
    parse::Command,
    registry::{CommandSpec, Family},
};
use crate::{client::ReflectionRequest, text::printable::quoted};

pub(super) static FAMILY: Family = Family {
    title: "Server",
    commands: &[
        CommandSpec {
            names: &[":services"],
            summary: "lists the services of the server, by reflection",
            makes_call: true,
            parse: |arguments| arguments.none(Command::Discover(ReflectionRequest::Services)),
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":describe"],
            operands: "NAME",
            summary: "describes a service, method or message of the server, by reflection",
            makes_call: true,
            parse: describe,
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":health"],
            operands: "[SERVICE]",
            summary: "shows whether the server, or one of its services, is serving",
            makes_call: true,
            parse: health,
            ..CommandSpec::BLANK
        },
    ],
};

fn describe<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let Some(symbol) = arguments.next() else {
        let place = Word {
            text: "",
            span: arguments.end(),
        };
        let message = format!("{} takes a name", quoted(arguments.name.text));
        return Err(place.fault(message, "':services' lists the services"));
    };
    arguments.no_more("one name")?;
    Ok(Command::Discover(ReflectionRequest::Files(
        symbol.text.into(),
    )))
}

fn health<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let service = arguments.at_most_one("at most one name")?;
    let service = service.map_or("", |word| word.text).to_owned();
    Ok(Command::Discover(ReflectionRequest::Health(service)))
}
