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
        CommandSpec::new(
            &[":services"],
            "lists the services of the server, by reflection",
            |_| Ok(Command::Discover(ReflectionRequest::Services)),
        )
        .makes_call(),
        CommandSpec::new(
            &[":describe"],
            "describes a service, method or message of the server, by reflection",
            describe,
        )
        .operands("NAME")
        .makes_call(),
        CommandSpec::new(
            &[":health"],
            "shows whether the server, or one of its services, is serving",
            health,
        )
        .operands("[SERVICE]")
        .makes_call(),
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
