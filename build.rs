//! Compiles `proto/` to Rust and to a descriptor set, with nothing to install.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message as _;

const ROOT: &str = "proto";
const FILES: [&str; 3] = ["calc.proto", "chat.proto", "grpcalc/v1/evaluator.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    // Neither protox nor `compile_fds` says what it read.
    println!("cargo:rerun-if-changed={ROOT}");

    let descriptors = protox::compile(FILES, [ROOT])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("grpcalc.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .extern_path(
            ".grpcalc.v1.WorksheetResponse",
            "crate::proto::response::WorksheetResponse",
        )
        .compile_fds(descriptors)?;
    Ok(())
}
