//! `bangfu verify` and `bangfu verify-receipt`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use crate::audit::note::Verifier;
use crate::audit::receipt::Receipt;
use crate::audit::verify::{Verified, verify};
use crate::kernel::Text;

/// Checks an export against a signed checkpoint, without a database and without trusting the server.
#[derive(Debug, Args)]
pub struct Verify {
    /// The checkpoint: a signed note from a report, a file or the API. 检查点文件（签名文本）。
    #[arg(long)]
    checkpoint: PathBuf,

    /// The public key, name+hash+base64, or a file that holds it. 公钥或其文件。
    #[arg(long)]
    key: String,

    /// The export; - for standard input. 导出文件；- 为标准输入。
    export: PathBuf,
}

/// Checks the receipt of one payment.
#[derive(Debug, Args)]
pub struct VerifyReceipt {
    /// The public key, name+hash+base64, or a file that holds it. 公钥或其文件。
    #[arg(long)]
    key: String,

    /// The receipt. 回执文件。
    receipt: PathBuf,
}

/// A key as given or from its file.
fn key_of(given: &str) -> anyhow::Result<Verifier> {
    if let Ok(key) = Verifier::parse(given) {
        return Ok(key);
    }
    let text = std::fs::read_to_string(given).with_context(|| format!("neither a key nor a readable file: {given}"))?;
    Ok(Verifier::parse(text.trim_end())?)
}

fn read(path: &PathBuf) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

impl Verify {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let key = key_of(&self.key)?;
        let checkpoint = read(&self.checkpoint)?;
        let export: Box<dyn BufRead> = if self.export.as_os_str() == "-" {
            Box::new(BufReader::new(std::io::stdin()))
        } else {
            Box::new(BufReader::new(File::open(&self.export).with_context(|| self.export.display().to_string())?))
        };
        let verified = verify(export, &checkpoint, &key)?;
        for failure in &verified.failures {
            super::print(&failure.to_string());
        }
        super::say(&summary(&verified));
        Ok(if verified.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn summary(verified: &Verified) -> Text {
    let Verified { entries, rows, masked, checkpoints, reports, claims, .. } = verified;
    let (size, wrong) = (verified.checkpoint.size, verified.failures.len());
    let after = entries.saturating_sub(size);
    if wrong == 0 {
        let (masked_zh, masked_en) = match masked {
            0 => (String::new(), String::new()),
            _ => (
                format!("其中 {masked} 行姓名已脱敏，只能证明其已封存，内容未予证明。"),
                format!(" Of these {masked} have their names masked: that they were sealed is proved, what they say is not."),
            ),
        };
        Text::new(
            format!(
                "核验通过：检查点 {size}，日志 {entries} 条（检查点之后 {after} 条），记录 {rows} 行，检查点 {checkpoints} 个，报表 {reports} 份，余额与状态 {claims} 项。{masked_zh}"
            ),
            format!(
                "Verified against checkpoint {size}: {entries} log numbers ({after} after the checkpoint), {rows} rows, {checkpoints} checkpoints, {reports} reports, {claims} balances and states.{masked_en}"
            ),
        )
    } else {
        Text::new(format!("核验不通过：{wrong} 处不符。"), format!("Not verified: {wrong} failures."))
    }
}

impl VerifyReceipt {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let key = key_of(&self.key)?;
        let receipt: Receipt = serde_json::from_str(&read(&self.receipt)?).context("not a receipt")?;
        match receipt.verify(&key) {
            Ok(checkpoint) => {
                let column = |name: &str| receipt.posting_column(name).unwrap_or_default();
                let (amount, from, to) = (column("amount"), column("from_account"), column("to_account"));
                let on = receipt.entry_column("effective_on").unwrap_or_default();
                let number = receipt.log_number;
                super::say(&Text::new(
                    format!("回执有效：{on} 由 {from} 转入 {to} {amount} 元，日志号 {number}，检查点 {}。", checkpoint.size),
                    format!(
                        "The receipt holds: {amount} yuan from {from} to {to} on {on}, log number {number}, checkpoint {}.",
                        checkpoint.size
                    ),
                ));
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                super::print(&error.to_string());
                super::say(&Text::new("回执无效。", "The receipt does not hold."));
                Ok(ExitCode::FAILURE)
            }
        }
    }
}
