//! The command line: one file a subcommand.

pub mod audit;
pub mod check;
pub mod demo;
pub mod export;
mod handed;
pub mod health;
mod host;
pub mod import;
mod job;
pub mod keys;
mod log;
pub mod migrate;
pub mod openapi;
mod remote;
mod sealing;
pub mod serve;
pub mod user;
mod vault;
pub mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::kernel::{Lang, Text};

/// bangfu 帮扶: disbursement ledger for trade-union hardship aid (工会帮扶资金发放账).
#[derive(Debug, Parser)]
#[command(
    name = "bangfu",
    version,
    about,
    max_term_width = 110,
    after_help = "Also read: BANGFU_KEYS (the content of a key file, instead of BANGFU_KEY_FILE), BANGFU_LOG (log level or filter, such as bangfu=debug), LANG (language of messages, Chinese unless it begins with en), POSTGRES_BIN_DIR (where PostgreSQL's programs are).\n另外读取：BANGFU_KEYS（密钥文件内容，代替 BANGFU_KEY_FILE）、BANGFU_LOG（日志级别）、LANG（消息语言）、POSTGRES_BIN_DIR（PostgreSQL 程序目录）。"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service 运行服务
    Serve(serve::Serve),
    /// Feed a whole case to a throw-away service and report on it 演示：以输入文件跑完整个案例并出对账报告
    Demo(demo::Demo),
    /// Bring the database up to date 升级数据库
    Migrate(migrate::Migrate),
    /// Re-derive every balance and state from the sealed rows 由封存记录重算全部余额与状态
    Check(check::Check),
    /// Take a list of a running service as a file 导出清单
    Export(export::Export),
    /// Hand a file to a running service 导入文件
    Import(import::Import),
    /// Manage users and their roles at the shell 管理用户与角色
    User(user::User),
    /// The log and its checkpoints 日志与检查点
    Audit(audit::Audit),
    /// Check an export against a signed checkpoint, offline 离线核验导出文件
    Verify(verify::Verify),
    /// Check the receipt of one payment, offline 离线核验支付回执
    VerifyReceipt(verify::VerifyReceipt),
    /// Make the keys that personal data is encrypted with 个人信息密钥管理
    Keys(keys::Keys),
    /// Print the OpenAPI description 输出 OpenAPI 描述
    Openapi,
    /// Ask a running service whether it is ready 查询服务是否就绪
    Health(health::Health),
}

/// The language of the shell.
#[must_use]
pub fn lang() -> Lang {
    let locale = std::env::var("LC_ALL").or_else(|_| std::env::var("LANG")).ok();
    Lang::from_locale(locale.as_deref())
}

/// Says something to the person at the terminal, on standard error: standard output is for results.
#[expect(clippy::print_stderr, reason = "the command line speaks here")]
pub(crate) fn say(text: &Text) {
    eprintln!("{}", text.get(lang()));
}

/// A name and a value that were given as `name=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Prints a result on standard output.
#[expect(clippy::print_stdout, reason = "the command line answers here")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

/// Runs a subcommand. Its exit code is 0 for success, 1 when it failed or found something wrong.
pub async fn run(cli: Cli) -> ExitCode {
    // A service logs every request; a command that talks to people only what is wrong.
    log::start(if matches!(cli.command, Command::Serve(_)) { "warn,bangfu=info" } else { "warn" });
    let outcome = match cli.command {
        Command::Serve(serve) => serve.run().await,
        Command::Demo(demo) => demo.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::Check(check) => check.run().await,
        Command::Export(export) => export.run().await,
        Command::Import(import) => import.run().await,
        Command::User(user) => user.run().await,
        Command::Audit(audit) => audit.run().await,
        Command::Verify(verify) => verify.run(),
        Command::VerifyReceipt(verify) => verify.run(),
        Command::Keys(keys) => keys.run().await,
        Command::Openapi => openapi::run(),
        Command::Health(health) => health.run().await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say(&Text::new(format!("失败：{error:#}"), format!("Failed: {error:#}")));
            ExitCode::FAILURE
        }
    }
}
