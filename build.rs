//! Compiles `proto/` to Rust and to a descriptor set. It needs no `protoc`.
//! Without the feature `proto` it does nothing.

#[cfg(not(feature = "proto"))]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}

#[cfg(feature = "proto")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::PathBuf};

    use prost::Message as _;

    const ROOT: &str = "proto";
    const FILES: [&str; 4] = [
        "calc.proto",
        "chat.proto",
        "grpcalc/v1/evaluator.proto",
        "grpc/health/v1/health.proto",
    ];

    /// Compiles the messages that describe proto files. They are not part of the contract.
    fn compile_descriptors() -> Result<(), Box<dyn std::error::Error>> {
        const FOLDER: &str = "src/proto";
        println!("cargo:rerun-if-changed={FOLDER}/descriptor.proto");
        let descriptors = protox::compile(["descriptor.proto"], [FOLDER])?;
        tonic_prost_build::configure().compile_fds(descriptors)?;
        Ok(())
    }

    // protox and `compile_fds` do not report to Cargo which files they read.
    println!("cargo:rerun-if-changed={ROOT}");

    let descriptors = protox::compile(FILES, [ROOT])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("grpcalc.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .build_transport(cfg!(feature = "client"))
        .extern_path(
            ".grpcalc.v1.WorksheetResponse",
            "crate::proto::response::WorksheetResponse",
        )
        .compile_fds(descriptors)?;
    compile_descriptors()
}
