//! The `bangfu` command.

use clap::Parser;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    bangfu::cli::run(bangfu::cli::Cli::parse()).await
}
