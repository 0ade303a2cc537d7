//! `bangfu health`: the container's health check, which has no shell and no curl.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

/// Asks a running service whether it is ready.
#[derive(Debug, Args)]
pub struct Health {
    /// The service's address. 服务地址。
    #[arg(long, env = "BANGFU_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

impl Health {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        // What is asked is the service, not a proxy in front of others.
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_built_in_native_certs(self.url.starts_with("https:"))
            .timeout(Duration::from_secs(5))
            .build()?;
        let response = client.get(format!("{}/readyz", self.url)).send().await?;
        Ok(if response.status().is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
