//! The `bangfu` command.

use clap::Parser;

// The system's own keeps what the start and large files took; this one gives it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    bangfu::cli::run(bangfu::cli::Cli::parse()).await
}
