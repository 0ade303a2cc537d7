//! `bangfu import`: a file handed to a running service, and what became of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::handed::{Kind, told};
use super::remote::{Remote, Service};
use super::{job, lang, pair, print, say};
use crate::imports::{Outcome, Report};
use crate::kernel::{Lang, Text};

/// What is taken of a file with rows at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Taking {
    /// Every row or none
    All,
    /// The good ones
    Good,
}

/// Hands a file in, waits until it is taken in, and prints what became of it. Succeeds only when every row was taken, or was
/// there before.
#[derive(Debug, Args)]
pub struct Import {
    /// The list: households, persons, model-workers, payee-accounts, standards, transfers/ID/feedback; or results, bank-statements 清单名称
    list: String,
    /// The file 输入文件
    file: PathBuf,
    #[command(flatten)]
    service: Service,
    /// Only try it 试运行，不写入
    #[arg(long)]
    dry_run: bool,
    /// What is taken of a file with rows at fault 有错误行时如何处理
    #[arg(long, value_enum, default_value = "all")]
    take: Taking,
    /// What else it is handed in with, such as occurred_on=2022-09-05 of results, account=NAME of bank-statements, reported_on of feedback; again for more 其他参数
    #[arg(long = "with", value_parser = pair)]
    with: Vec<(String, String)>,
    /// Where to write the file with what is wrong beside each row; not written when nothing is 标注结果文件，无错误行时不生成
    #[arg(long)]
    annotated: Option<PathBuf>,
}

impl Import {
    /// Hands the file in and follows the job.
    ///
    /// # Errors
    /// What the service refuses; a file that cannot be read or written.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let remote = self.service.connect()?;
        let job = self.start(&remote).await?;
        let id = job::id_of(&job)?;
        let job = job::follow(&remote, &id).await?;
        let report = job.get("result").filter(|result| !result.is_null());
        let Some(report) = report else {
            say(&job::why(&job, "未导入", "Not taken in"));
            return Ok(ExitCode::FAILURE);
        };
        if let Some((lines, whole)) = told(Kind::of(&self.list), report, lang()) {
            lines.iter().for_each(|line| print(line));
            return Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        let report: Report = serde_json::from_value(report.clone()).context("the report")?;
        for line in lines(&report, lang()) {
            print(&line);
        }
        if let Some(file) = &self.annotated {
            annotated(&remote, &job, &id, file).await?;
        }
        let whole = matches!(report.outcome, Outcome::Taken | Outcome::Unchanged);
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn start(&self, remote: &Remote) -> anyhow::Result<Value> {
        let bytes = std::fs::read(&self.file).with_context(|| self.file.display().to_string())?;
        let kind = Kind::of(&self.list);
        let request = remote.request(Method::POST, &kind.path(&self.list), &self.query(kind))?;
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let request = request
            .header("Idempotency-Key", Uuid::new_v4().to_string())
            .header("Content-Disposition", format!("attachment; filename*=UTF-8''{}", escaped(&name)))
            .header("Content-Type", "application/octet-stream");
        remote.ask(request.body(bytes)).await
    }

    /// What it is handed in with. What was not asked for is not said: not every kind of file can be tried, or taken in part.
    fn query(&self, kind: Kind) -> Vec<(String, String)> {
        let good = self.take == Taking::Good;
        let dry_run = self.dry_run.then(|| ("dry_run".to_owned(), "true".to_owned()));
        let take = (kind == Kind::List || good).then(|| ("take".to_owned(), if good { "good" } else { "all" }.to_owned()));
        dry_run.into_iter().chain(take).chain(self.with.iter().cloned()).collect()
    }
}

/// Fetches the file with what is wrong beside each row. When nothing is wrong there is none, and that is no failure.
async fn annotated(remote: &Remote, job: &Value, id: &str, file: &Path) -> anyhow::Result<()> {
    if job.get("file_until").is_none_or(Value::is_null) {
        say(&Text::new("没有错误行，不生成标注文件", "no row is at fault, so there is no file with what is wrong"));
        return Ok(());
    }
    job::fetch(remote, id, file).await.map(drop)
}

/// A file's name as a header carries it (RFC 8187).
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A report as people read it.
fn lines(report: &Report, lang: Lang) -> Vec<String> {
    let pick = |zh: String, en: String| Text { zh, en }.get(lang).to_owned();
    let outcome = match report.outcome {
        Outcome::Taken => ("全部导入", "taken in"),
        Outcome::PartlyTaken => ("部分导入", "partly taken in"),
        Outcome::Unchanged => ("无变化", "unchanged"),
        Outcome::Refused => ("未导入", "refused"),
    };
    let tried = if report.dry_run { ("（试运行）", " (dry run)") } else { ("", "") };
    let Report { rows, taken, repeated, refused, .. } = report;
    let mut lines = vec![pick(
        format!("{}{}：共{rows}行，导入{taken}，已有{repeated}，有误{refused}", outcome.0, tried.0),
        format!("{}{}: {rows} rows, {taken} taken, {repeated} there before, {refused} at fault", outcome.1, tried.1),
    )];
    if !report.unknown_columns.is_empty() {
        let unknown = report.unknown_columns.join(", ");
        lines.push(pick(format!("未识别的列：{unknown}"), format!("unknown columns: {unknown}")));
    }
    lines.extend(report.faults.iter().map(|fault| fault_line(fault, lang)));
    if report.more_faults > 0 {
        lines.push(pick(format!("另有{}处错误", report.more_faults), format!("and {} more faults", report.more_faults)));
    }
    lines
}

fn fault_line(fault: &Value, lang: Lang) -> String {
    let text = |name: &str| fault.get(name).and_then(Value::as_str).unwrap_or_default();
    let row = fault.get("row").and_then(Value::as_u64).unwrap_or_default();
    let (header, value, code) = (text("header"), text("value"), text("code"));
    match lang {
        Lang::Zh => format!("第{row}行 {header} {value}：{}（{code}）", text("zh")),
        Lang::En => format!("row {row} {header} {value}: {} ({code})", text("en")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_told_in_the_readers_language_with_every_fault() {
        let report: Report = serde_json::from_value(json!({
            "list": "persons", "take": "all", "dry_run": true, "outcome": "refused", "file_digest": "", "rows": 3, "taken": 0,
            "repeated": 1, "refused": 2, "unknown_columns": ["备注"], "more_faults": 7,
            "faults": [{"row": 5, "column": "B", "header": "身份证号", "value": "**", "code": "x", "zh": "有误", "en": "is wrong"}],
        }))
        .unwrap();
        assert_eq!(
            lines(&report, Lang::Zh),
            ["未导入（试运行）：共3行，导入0，已有1，有误2", "未识别的列：备注", "第5行 身份证号 **：有误（x）", "另有7处错误"]
        );
        assert_eq!(lines(&report, Lang::En)[2], "row 5 身份证号 **: is wrong (x)");
    }

    #[test]
    fn a_file_name_goes_into_a_header_whatever_it_is() {
        assert_eq!(escaped("名册 1.xlsx"), "%E5%90%8D%E5%86%8C%201.xlsx");
    }
}
