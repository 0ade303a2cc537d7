//! The `bangfu` command.

use clap::Parser;

// The system's own keeps what the start and large files took; this one gives it back (`.cargo/config.toml` says how soon).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    bangfu::cli::run(bangfu::cli::Cli::parse()).await
}
