//! Structured logs: readable on a terminal, JSON lines elsewhere.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. `BANGFU_LOG` sets the level or a filter (`info`, `bangfu=debug`); without it `default`
/// does.
pub fn start(default: &str) {
    let filter = EnvFilter::try_from_env("BANGFU_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let filter = crate::db::QUIET_LOGS.iter().filter_map(|quiet| quiet.parse().ok()).fold(filter, EnvFilter::add_directive);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first.
    if std::io::stderr().is_terminal() {
        let _ = logs.try_init();
    } else {
        let _ = logs.json().flatten_event(true).try_init();
    }
}
