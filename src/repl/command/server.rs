//! Commands that ask a server about itself.

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
            "the services of the server, by reflection",
            |_| Ok(Command::Discover(ReflectionRequest::Services)),
        )
        .makes_call(),
        CommandSpec::new(
            &[":describe"],
            "a service, method or message of the server, by reflection",
            describe,
        )
        .operands("NAME")
        .makes_call(),
        CommandSpec::new(
            &[":health"],
            "whether the server serves, or one of its services",
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
        return Err(place.fault(message, "':services' lists some"));
    };
    arguments.no_more("one name")?;
    Ok(Command::Discover(ReflectionRequest::Files(
        symbol.text.into(),
    )))
}

fn health<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let service = arguments.at_most_one("one name at most")?;
    let service = service.map_or("", |word| word.text).to_owned();
    Ok(Command::Discover(ReflectionRequest::Health(service)))
}
