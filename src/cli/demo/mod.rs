//! `bangfu demo`: the main job end to end, from a folder of input files, over HTTP and the public API only.
//!
//! Nothing here knows the case: `case` reads the folder's files, `registration`, `funds`, `plans` and `bank`
//! turn them into requests, `statements` takes the bank's statements back in, `report` reads the reconciliation back, and `table`
//! shows it. The README of `examples/luzhou-2022` describes the files.

mod bank;
mod case;
mod client;
mod funds;
mod names;
mod plans;
mod progress;
mod registration;
mod report;
mod rows;
mod statements;
mod table;
mod users;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use self::bank::Bank;
use self::case::Case;
use self::client::Api;
pub(super) use self::client::refusal;
use self::names::Names;
use self::report::Report;
use super::host::Host;
use super::sealing;
use super::serve::{self, Running};
use crate::access::Secret;
use crate::config::{DatabaseSettings, ListenSettings};
use crate::db::Vault;
use crate::kernel::vault::Keyring;
use crate::kernel::{SERVICE, Text};

/// Where the demonstration listens when the port is free.
const PREFERRED: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Any free port.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Feeds a whole case to a throw-away service, prints its reconciliation report, and goes on serving.
#[derive(Debug, Args)]
pub struct Demo {
    /// Stop after the report. 输出报告后退出。
    #[arg(long)]
    exit: bool,

    /// Print the report as one JSON object. 以一个 JSON 对象输出报告。
    #[arg(long)]
    json: bool,

    /// The folder with the case's input files. 案例输入文件所在目录。
    #[arg(long, default_value = "examples/luzhou-2022")]
    case: PathBuf,

    /// Address and port to listen on; 127.0.0.1:8080, or a free port when that one is taken. 监听地址。
    #[arg(long, env = "BANGFU_LISTEN")]
    listen: Option<SocketAddr>,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        // Files that cannot be read are told of before anything is started.
        let case = Case::read(&self.case)?;
        super::say(&Text::new(
            "正在启动一次性的私有 PostgreSQL 集群和服务……",
            "Starting a throw-away private PostgreSQL cluster and the service …",
        ));
        let host = Host::temporary().await?;
        let token = Secret::of(SERVICE, rand::random()).text().to_owned();
        let running = serve::start(
            &host.url,
            &database(),
            &listen(self.address(), &token),
            Vault::of(Keyring::generate()),
            |db| Ok(sealing::throwaway(db)),
            sealing::OFTEN,
        )
        .await;
        let outcome = match running {
            Ok(running) => self.show(&case, running, &token).await,
            Err(error) => Err(error),
        };
        host.close().await?;
        outcome
    }

    /// Nobody needs to know the port of a service that stops after the report.
    fn address(&self) -> SocketAddr {
        let preferred = if self.exit || TcpListener::bind(PREFERRED).is_err() { ANY } else { PREFERRED };
        self.listen.unwrap_or(preferred)
    }

    /// Feeds and reports while the server runs. Ctrl-C and SIGTERM end both.
    async fn show(&self, case: &Case, running: Running, token: &str) -> anyhow::Result<ExitCode> {
        let Running { mut server, db, address, .. } = running;
        let handle = server.handle();
        let fed = tokio::select! {
            // Looked at first: the server hears the signal too, and requests that then fail are no news.
            biased;
            heard = interrupted() => {
                heard?;
                super::say(&Text::new("已中止，临时数据已删除。", "Stopped; the data is gone."));
                server.await?;
                db.close();
                return Ok(ExitCode::FAILURE);
            }
            stopped = &mut server => {
                stopped?;
                anyhow::bail!("the server stopped");
            }
            fed = self.feed(case, address, token) => fed,
        };
        if fed.is_err() || self.exit {
            // The server future does the stopping, so both are awaited.
            let (_, stopped) = tokio::join!(handle.stop(true), server);
            db.close();
            stopped?;
            return fed.map(|()| ExitCode::SUCCESS);
        }
        invite(address, token);
        server.await?;
        db.close();
        super::say(&Text::new("演示已停止，临时数据已删除。", "The demonstration has stopped; its data is gone."));
        Ok(ExitCode::SUCCESS)
    }

    async fn feed(&self, case: &Case, address: SocketAddr, token: &str) -> anyhow::Result<()> {
        let began = Instant::now();
        let api = Api::new(&case.name, address, token, super::lang())?;
        let names = Names::default();
        registration::register(&api, &names, case).await?;
        let arrived = funds::grant(&api, &names, case).await?;
        // What arrives is with other accounts of the union's; when it is moved to the one that pays, no case tells.
        let mut bank = Bank::new(&api, &names, arrived);
        plans::carry_out(&api, &names, case, &mut bank).await?;
        let statements = statements::take_in(&api, bank.statements(&case.about.as_of)?).await?;
        funds::declare(&api, &names, case).await?;
        let report = Report::read(&api, &names, case, statements).await?;
        let (requests, seconds) = (api.requests(), began.elapsed().as_secs());
        super::say(&Text::new(
            format!("案例已通过 {requests} 次 HTTP 请求录入，用时 {seconds} 秒。"),
            format!("The case was fed in with {requests} HTTP requests in {seconds} seconds."),
        ));
        if self.json {
            super::print(&serde_json::to_string_pretty(&report.to_json()?)?);
        } else {
            super::print(&table::render(&report, super::lang())?);
        }
        Ok(())
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        heard = tokio::signal::ctrl_c() => heard,
        _ = terminated.recv() => Ok(()),
    }
}

/// The settings of `serve` with nothing taken from the environment: a demonstration must not touch a real database.
fn database() -> DatabaseSettings {
    DatabaseSettings { database_url: None, owner_database_url: None, data_dir: PathBuf::new(), pool_size: 16, pool_wait_seconds: 30 }
}

fn listen(address: SocketAddr, token: &str) -> ListenSettings {
    ListenSettings {
        listen: address,
        workers: 2,
        body_limit: 16 * 1024 * 1024,
        file_limit: 64 * 1024 * 1024,
        job_workers: 2,
        shutdown_seconds: 5,
        token: Some(token.to_owned()),
        plain_cookies: true,
    }
}

fn invite(address: SocketAddr, token: &str) {
    super::say(&Text::new(
        format!(
            "\n服务继续运行，按 Ctrl-C 停止（数据随之删除）。\n  接口文档  http://{address}/docs/\n  访问令牌  Authorization: Bearer {token}\n  \
             试一试    curl -H 'Authorization: Bearer {token}' http://{address}/v1/appropriations"
        ),
        format!(
            "\nThe service goes on running until Ctrl-C; its data goes with it.\n  API page  http://{address}/docs/\n  Log in    \
             Authorization: Bearer {token}\n  Try it    curl -H 'Authorization: Bearer {token}' http://{address}/v1/appropriations"
        ),
    ));
}
