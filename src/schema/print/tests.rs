use super::{
    printer::MAX_DEPTH,
    writer::{MAX_LENGTH, OMISSION},
    *,
};
use crate::proto::FILE_DESCRIPTOR_SET;
use crate::proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
    FieldDescriptorProto, FieldOptions, FileDescriptorSet, MessageOptions, MethodDescriptorProto,
    MethodOptions, OneofDescriptorProto, ServiceDescriptorProto, SourceCodeInfo,
    descriptor_proto::{ExtensionRange, ReservedRange},
    enum_descriptor_proto::EnumReservedRange,
    field_descriptor_proto::{Label, Type},
    source_code_info::Location,
};
use proptest::prelude::*;
use prost::Message as _;

fn ours() -> Vec<FileDescriptorProto> {
    FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file
}

/// Returns a file `t.proto` of package `t`.
fn file(messages: Vec<DescriptorProto>, enums: Vec<EnumDescriptorProto>) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("t.proto".into()),
        package: Some("t".into()),
        syntax: Some("proto3".into()),
        message_type: messages,
        enum_type: enums,
        ..Default::default()
    }
}

fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.into()),
        field,
        ..Default::default()
    }
}

fn entry(name: &str, value: FieldDescriptorProto) -> DescriptorProto {
    let options = MessageOptions {
        map_entry: Some(true),
        ..Default::default()
    };
    DescriptorProto {
        options: Some(options),
        ..message(name, vec![scalar("key", 1, Type::String), value])
    }
}

fn scalar(name: &str, number: i32, scalar: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(scalar.into()),
        ..Default::default()
    }
}

fn typed(name: &str, number: i32, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        type_name: Some(type_name.into()),
        ..scalar(name, number, Type::Message)
    }
}

fn labelled(label: Label, field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto {
        label: Some(label.into()),
        ..field
    }
}

fn defaulted(field: FieldDescriptorProto, value: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        default_value: Some(value.into()),
        ..field
    }
}

fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        ..Default::default()
    }
}

fn commented(path: &[i32], leading: &str, trailing: &str) -> Location {
    Location {
        path: path.into(),
        leading_comments: Some(leading.into()),
        trailing_comments: Some(trailing.into()),
        leading_detached_comments: vec![" Detached.\n".into()],
    }
}

fn with_comments(file: FileDescriptorProto, location: Vec<Location>) -> FileDescriptorProto {
    FileDescriptorProto {
        source_code_info: Some(SourceCodeInfo { location }),
        ..file
    }
}

#[test]
fn our_own_definitions_are_described() {
    let calculator = "\
// calc.Calculator, a service in calc.proto
// Four operations on a pair of 32-bit integers.
service Calculator {
  // Adds: 20 and 10 give 30. OUT_OF_RANGE when the sum does not fit int32.
  rpc Add(calc.AddRequest) returns (calc.AddReply);
  // Subtracts the second operand from the first: 20 and 10 give 10. OUT_OF_RANGE
  // when the difference does not fit int32.
  rpc Substract(calc.SubstractRequest) returns (calc.SubstractReply);
  // Multiplies: 20 and 10 give 200. OUT_OF_RANGE when the product does not fit
  // int32.
  rpc Multiply(calc.MultiplyRequest) returns (calc.MultiplyReply);
  // Divides the first operand by the second: 20 and 10 give 2.0.
  // INVALID_ARGUMENT when the second operand is zero.
  rpc Divide(calc.DivideRequest) returns (calc.DivideReply);
}
";
    let add = "\
// calc.Calculator.Add, a method in calc.proto
// Adds: 20 and 10 give 30. OUT_OF_RANGE when the sum does not fit int32.
rpc Add(calc.AddRequest) returns (calc.AddReply);

// calc.AddRequest, a message in calc.proto
// The operands of Add.
message AddRequest {
  // The first operand.
  int32 n1 = 1;
  // The second operand.
  int32 n2 = 2;
}

// calc.AddReply, a message in calc.proto
// The answer of Add.
message AddReply {
  // The sum.
  int32 n1 = 1;
}
";
    let send = "\
// grpc.ChatServer.SendNote, a method in chat.proto
// Sends a note to all clients.
rpc SendNote(grpc.Note) returns (grpc.Empty);

// grpc.Note, a message in chat.proto
// A message in the chat.
message Note {
  // The name of the sender.
  string name = 1;
  // The text.
  string message = 2;
}

// grpc.Empty, a message in chat.proto
// An empty message.
message Empty {}
";
    let evaluator = "\
// grpcalc.v1.EvaluatorService, a service in grpcalc/v1/evaluator.proto
// Evaluates lines of the calculator's language.
service EvaluatorService {
  // Evaluates one line, independently of other lines. A fault is the status of
  // the call, with a google.rpc.ErrorInfo of domain `grpcalc` in the details.
  rpc Evaluate(grpcalc.v1.EvaluateRequest) returns (grpcalc.v1.EvaluateResponse);
  // Evaluates lines that can use earlier lines. Variables, functions and the last
  // answer exist until the stream ends. A fault is sent as data and never ends the
  // stream.
  rpc Worksheet(stream grpcalc.v1.WorksheetRequest) returns (stream grpcalc.v1.WorksheetResponse);
}
";
    let request = "\
// grpcalc.v1.WorksheetRequest, a message in grpcalc/v1/evaluator.proto
// A request to a worksheet.
message WorksheetRequest {
  // The kind of the request. Exactly one is set.
  oneof request {
    // Evaluate lines.
    grpcalc.v1.Run run = 1;
    // Evaluate a line that is still being typed.
    grpcalc.v1.Preview preview = 2;
    // Stop a line that is running.
    grpcalc.v1.Cancel cancel = 3;
    // List the definitions.
    grpcalc.v1.Names names = 4;
  }
}
";
    let unit = "\
// grpcalc.v1.AngleUnit, an enum in grpcalc/v1/evaluator.proto
// A unit of angles.
enum AngleUnit {
  // The server's default, the radian.
  ANGLE_UNIT_UNSPECIFIED = 0;
  // A full turn is 2*pi.
  ANGLE_UNIT_RADIAN = 1;
  // A full turn is 360.
  ANGLE_UNIT_DEGREE = 2;
}
";
    let files = ours();
    for (name, text) in [
        ("calc.Calculator", calculator),
        (".calc.Calculator", calculator),
        ("calc.Calculator.Add", add),
        ("grpc.ChatServer.SendNote", send),
        ("grpcalc.v1.EvaluatorService", evaluator),
        ("grpcalc.v1.WorksheetRequest", request),
        ("grpcalc.v1.AngleUnit", unit),
    ] {
        assert_eq!(describe(&files, name).as_deref(), Some(text), "{name}");
    }
}

#[test]
fn an_undefined_name_has_no_description() {
    for name in [
        "",
        ".",
        "/",
        "calc",
        "calc.",
        "Calculator",
        "calc.Calculator.",
        "calc.Calculator.Ad",
        "calc.Calculator.Add.Add",
        "calc.AddRequest.n1",
        "calcCalculator",
        "grpcalc.AngleUnit",
    ] {
        assert_eq!(describe(&ours(), name), None, "{name:?}");
    }
}

#[test]
fn maps_optional_fields_and_oneofs() {
    let optional = FieldDescriptorProto {
        oneof_index: Some(1),
        proto3_optional: Some(true),
        ..scalar("maybe", 4, Type::Bool)
    };
    let choice = |name, number| FieldDescriptorProto {
        oneof_index: Some(0),
        ..scalar(name, number, Type::Bytes)
    };
    let deprecated = FieldDescriptorProto {
        options: Some(FieldOptions {
            deprecated: Some(true),
            ..Default::default()
        }),
        ..scalar("old", 7, Type::Sfixed64)
    };
    let everything = DescriptorProto {
        nested_type: vec![entry("CountsEntry", typed("value", 2, ".t.M"))],
        oneof_decl: ["choice", "_maybe"]
            .map(|name| OneofDescriptorProto {
                name: Some(name.into()),
                ..Default::default()
            })
            .into(),
        ..message(
            "M",
            vec![
                labelled(Label::Repeated, typed("counts", 1, ".t.M.CountsEntry")),
                choice("left", 2),
                choice("right", 3),
                optional,
                labelled(Label::Repeated, typed("other", 5, ".u.M.CountsEntry")),
                labelled(Label::Repeated, scalar("many", 6, Type::Uint32)),
                deprecated,
            ],
        )
    };
    assert_eq!(
        describe(&[file(vec![everything], vec![])], "t.M").unwrap(),
        "\
// t.M, a message in t.proto
message M {
  map<string, t.M> counts = 1;
  oneof choice {
    bytes left = 2;
    bytes right = 3;
  }
  optional bool maybe = 4;
  repeated u.M.CountsEntry other = 5;
  repeated uint32 many = 6;
  sfixed64 old = 7 [deprecated = true];
}
"
    );
}

#[test]
fn a_map_within_a_nested_message() {
    let inner = DescriptorProto {
        nested_type: vec![entry("NamesEntry", scalar("value", 2, Type::Double))],
        ..message(
            "B",
            vec![labelled(
                Label::Repeated,
                typed("names", 1, ".A.B.NamesEntry"),
            )],
        )
    };
    let outer = DescriptorProto {
        nested_type: vec![message("NamesEntry", vec![]), inner],
        ..message("A", vec![])
    };
    let files = [with_comments(
        FileDescriptorProto {
            package: None,
            ..file(vec![outer], vec![])
        },
        vec![commented(&[4, 0, 3, 1], " Inner.\n", "")],
    )];
    assert_eq!(
        describe(&files, "A.B").unwrap(),
        "// A.B, a message in t.proto\n// Inner.\nmessage B {\n  map<string, double> names = 1;\n}\n"
    );
    assert_eq!(
        describe(&files, ".A").unwrap(),
        "\
// A, a message in t.proto
message A {
  message NamesEntry {}

  // Inner.
  message B {
    map<string, double> names = 1;
  }
}
"
    );
}

#[test]
fn labels_defaults_and_groups_of_proto2() {
    let fields = vec![
        labelled(Label::Required, scalar("a", 1, Type::Int32)),
        defaulted(scalar("b", 2, Type::Int64), "-7"),
        defaulted(scalar("c", 3, Type::String), "say \"\\o/\"\n"),
        defaulted(scalar("d", 4, Type::Bytes), "\\001\\\""),
        defaulted(typed("e", 5, ".t.E"), "ONE"),
        FieldDescriptorProto {
            r#type: Some(Type::Group.into()),
            ..labelled(Label::Repeated, typed("g", 6, ".t.M.G"))
        },
    ];
    let range = |start, end| (Some(start), Some(end));
    let outer = DescriptorProto {
        nested_type: vec![message("G", vec![]), message("H", vec![])],
        enum_type: vec![EnumDescriptorProto {
            name: Some("E".into()),
            value: vec![value("ONE", 1)],
            ..Default::default()
        }],
        extension_range: [range(100, 200), range(1000, 1 << 29)]
            .map(|(start, end)| ExtensionRange { start, end })
            .into(),
        reserved_range: [range(7, 8), range(9, 12)]
            .map(|(start, end)| ReservedRange { start, end })
            .into(),
        reserved_name: vec!["x".into(), "y".into()],
        ..message("M", fields)
    };
    let files = [FileDescriptorProto {
        syntax: None,
        ..file(vec![outer], vec![])
    }];
    assert_eq!(
        describe(&files, "t.M").unwrap(),
        r#"// t.M, a message in t.proto
message M {
  required int32 a = 1;
  optional int64 b = 2 [default = -7];
  optional string c = 3 [default = "say \"\\o/\"\n"];
  optional bytes d = 4 [default = "\001\""];
  optional t.E e = 5 [default = ONE];
  repeated group G = 6 {}
  extensions 100 to 199, 1000 to max;
  reserved 7, 9 to 11;
  reserved "x", "y";

  message H {}

  enum E {
    ONE = 1;
  }
}
"#
    );
    for (name, text) in [
        ("t.M.H", "// t.M.H, a message in t.proto\nmessage H {}\n"),
        (
            "t.M.E",
            "// t.M.E, an enum in t.proto\nenum E {\n  ONE = 1;\n}\n",
        ),
    ] {
        assert_eq!(describe(&files, name).as_deref(), Some(text));
    }
}

#[test]
fn options_of_enums_and_methods() {
    let enumeration = EnumDescriptorProto {
        name: Some("E".into()),
        value: vec![
            value("A", 0),
            EnumValueDescriptorProto {
                options: Some(EnumValueOptions {
                    deprecated: Some(true),
                    ..Default::default()
                }),
                ..value("B", -1)
            },
        ],
        options: Some(EnumOptions {
            allow_alias: Some(true),
            deprecated: Some(true),
            ..Default::default()
        }),
        reserved_range: [(2, 2), (5, 9), (40, i32::MAX)]
            .map(|(start, end)| EnumReservedRange {
                start: Some(start),
                end: Some(end),
            })
            .into(),
        reserved_name: vec!["C".into()],
    };
    let method = MethodDescriptorProto {
        name: Some("Do".into()),
        input_type: Some(".t.E".into()),
        output_type: Some(".t.E".into()),
        server_streaming: Some(true),
        options: Some(MethodOptions {
            deprecated: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("S".into()),
        method: vec![method],
        ..Default::default()
    };
    let files = [FileDescriptorProto {
        service: vec![service],
        ..file(vec![], vec![enumeration])
    }];
    assert_eq!(
        describe(&files, "t.S.Do").unwrap(),
        "\
// t.S.Do, a method in t.proto
rpc Do(t.E) returns (stream t.E) {
  option deprecated = true;
}

// t.E, an enum in t.proto
enum E {
  option allow_alias = true;
  option deprecated = true;
  A = 0;
  B = -1 [deprecated = true];
  reserved 2, 5 to 9, 40 to max;
  reserved \"C\";
}
"
    );
}

#[test]
fn comments_stay_with_their_lines_and_are_safe() {
    let fields = ["a", "b", "c"].into_iter().zip(1..);
    let fields = fields.map(|(name, number)| scalar(name, number, Type::Int32));
    let inner = message("I\x1b[2J", vec![]);
    let outer = DescriptorProto {
        nested_type: vec![inner],
        ..message("M", fields.collect())
    };
    let files = [with_comments(
        file(vec![outer], vec![]),
        vec![
            commented(&[4, 0], "*\n First.\n\n\tSecond.\r\n", " Of the body.\n"),
            commented(&[4, 0, 2, 0], "", " Behind.\n"),
            commented(
                &[4, 0, 2, 1],
                "//Hidden\u{202e}\x1b]0;x\x07\n",
                " One.\n Two.\n",
            ),
            commented(&[4, 0, 2, 2], "   Indented.\n", ""),
            commented(&[4, 0, 3, 0], "", " Nothing in it.\n At all.\n"),
            commented(&[4, 0, 3], " Of nothing.\n", ""),
            commented(&[], " Of nothing.\n", ""),
            commented(&[4, -1, 2, 7], " Of nothing.\n", ""),
        ],
    )];
    assert_eq!(
        describe(&files, "t.M").unwrap(),
        r"// t.M, a message in t.proto
// *
// First.
//
//     Second.
message M { // Of the body.
  int32 a = 1; // Behind.
  // //Hidden\u{202e}\u{1b}]0;x\u{7}
  int32 b = 2;
    // One.
    // Two.

  //   Indented.
  int32 c = 3;

  message I\u{1b}[2J {
    // Nothing in it.
    // At all.
  }
}
"
    );
}

#[test]
fn invalid_descriptors_are_described() {
    let invalid = [i32::MIN, -1, 7, i32::MAX].map(|index| FieldDescriptorProto {
        oneof_index: Some(index),
        label: Some(index),
        r#type: Some(index.wrapping_mul(3)),
        ..Default::default()
    });
    let range = |start, end| ReservedRange { start, end };
    let outer = DescriptorProto {
        reserved_range: vec![range(None, None), range(Some(5), Some(i32::MIN))],
        nested_type: vec![
            entry("E", FieldDescriptorProto::default()),
            DescriptorProto::default(),
        ],
        field: [
            invalid.into(),
            vec![typed("m", 1, ".t.M.E"), typed("n", 2, ".")],
        ]
        .concat(),
        ..message("M", vec![])
    };
    let service = ServiceDescriptorProto {
        name: Some("S".into()),
        method: vec![MethodDescriptorProto::default()],
        ..Default::default()
    };
    let files = [FileDescriptorProto {
        service: vec![service],
        ..file(vec![outer], vec![])
    }];
    assert_eq!(
        describe(&files, "t.M").unwrap(),
        "\
// t.M, a message in t.proto
message M {
    = 0;
    = 0;
    = 0;
    = 0;
  map<string, > m = 1;
  message n = 2;
  reserved 0 to -1, 5 to -2147483648;

  message  {}
}
"
    );
    assert_eq!(
        describe(&files, "t.S.").unwrap(),
        "// t.S., a method in t.proto\nrpc () returns ();\n"
    );
    assert_eq!(describe(&[FileDescriptorProto::default()], ""), None);
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = (0..500).fold(message("M", vec![]), |inner, _| DescriptorProto {
        nested_type: vec![inner],
        ..message("M", vec![])
    });
    let many = (0..100_000).map(|number| scalar("field", number, Type::Int32));
    let long = message(&"x".repeat(1 << 20), vec![]);
    let wide = DescriptorProto {
        nested_type: vec![long; 100],
        ..message("Wide", vec![])
    };
    let ranges = (0..100_000).map(|start| ReservedRange {
        start: Some(start),
        end: Some(start + 1),
    });
    let gaps = DescriptorProto {
        reserved_range: ranges.collect(),
        ..message("Gaps", vec![])
    };
    let extensions = (0..100_000).map(|number| FieldDescriptorProto {
        extendee: Some(".t.Extended".into()),
        ..scalar("extension", number, Type::Int32)
    });
    let extended = message("Extended", vec![]);
    let messages = vec![deep, message("Many", many.collect()), wide, gaps, extended];
    let files = [with_comments(
        FileDescriptorProto {
            extension: extensions.collect(),
            ..file(messages, vec![])
        },
        vec![commented(&[4, 2], &"\n.".repeat(1 << 20), "")],
    )];
    let text = describe(&files, "t.M").unwrap();
    assert_eq!(text.matches("message M {").count(), 65);
    assert!(text.contains(&format!("\n{}// ...\n", "  ".repeat(65))));
    for name in ["t.Many", "t.Wide", "t.Gaps", "t.Extended"] {
        let text = describe(&files, name).unwrap();
        assert!(
            text.len() <= MAX_LENGTH + OMISSION.len() + 2 * MAX_DEPTH + 3,
            "{name}"
        );
        assert!(text.ends_with("// ...\n"), "{name}");
    }
}

proptest! {
    #[test]
    fn any_descriptor_is_described_without_a_panic(
        changes in proptest::collection::vec((0..FILE_DESCRIPTOR_SET.len(), any::<u8>()), 0..8),
    ) {
        let mut bytes = FILE_DESCRIPTOR_SET.to_vec();
        for (index, byte) in changes {
            bytes[index] = byte;
        }
        let Ok(set) = FileDescriptorSet::decode(&bytes[..]) else {
            return Ok(());
        };
        for file in &set.file {
            let services = file.service.iter().map(ServiceDescriptorProto::name);
            let messages = file.message_type.iter().map(DescriptorProto::name);
            for name in services.chain(messages) {
                let name = format!("{}.{name}", file.package());
                let text = describe(&set.file, &name).unwrap_or_default();
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }
}
