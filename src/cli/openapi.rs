//! `bangfu openapi`

use std::process::ExitCode;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    super::print(&crate::http::openapi::text(&crate::app::openapi())?);
    Ok(ExitCode::SUCCESS)
}
