//! `bangfu keys`: the keys that personal data is encrypted with.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::vault::told;
use crate::db::vault::write_file;
use crate::kernel::vault::Keyring;

/// Makes keys.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key file; one that is there is left alone 生成密钥文件（不覆盖已有文件）
    New(New),
}

/// Makes a key file.
#[derive(Debug, Args)]
struct New {
    /// Where. 密钥文件路径。
    #[arg(long, env = "BANGFU_KEY_FILE")]
    key_file: PathBuf,
    /// Say nothing when there is one already. 已有文件时不报错。
    #[arg(long)]
    if_missing: bool,
}

impl Keys {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            KeysCommand::New(new) => new.run(),
        }
    }
}

impl New {
    fn run(self) -> anyhow::Result<ExitCode> {
        if self.if_missing && self.key_file.exists() {
            return Ok(ExitCode::SUCCESS);
        }
        write_file(&self.key_file, &Keyring::generate(), false)?;
        told(&self.key_file);
        Ok(ExitCode::SUCCESS)
    }
}
