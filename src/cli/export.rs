//! `bangfu export`: a list of a running service as a file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::remote::Service;
use super::{job, pair, say};
use crate::app;
use crate::kernel::Text;

/// What file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Wanted {
    /// CSV in UTF-8
    Csv,
    /// CSV in GB18030
    CsvGb18030,
    /// A workbook
    Xlsx,
}

impl Wanted {
    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvGb18030 => "csv_gb18030",
            Self::Xlsx => "xlsx",
        }
    }
}

/// Takes a whole list as a file. The file is there when all of it is.
#[derive(Debug, Args)]
pub struct Export {
    /// The list, as the API names it: instructions, persons, roster-entries; or its address: rosters/ID/entries 清单名称
    list: String,
    /// Where to 输出文件
    file: PathBuf,
    #[command(flatten)]
    service: Service,
    /// What file 文件格式
    #[arg(long, value_enum, default_value = "csv")]
    format: Wanted,
    /// A filter of the list, such as status=settled; again for more 筛选条件
    #[arg(long = "filter", value_parser = pair)]
    filters: Vec<(String, String)>,
    /// Of which roster, transfer, statement and so on, where the list is of something 所属编号
    #[arg(long)]
    of: Option<Uuid>,
    /// In clear, as asked for by this id (POST /v1/clear-exports) 明文申请编号
    #[arg(long)]
    asked: Option<Uuid>,
}

impl Export {
    /// Starts the job that makes the file, follows it, and fetches the file.
    ///
    /// # Errors
    /// What the service refuses, a body that breaks off, or a file that cannot be written. Then there is no file.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let remote = self.service.connect()?;
        let request = remote.request(Method::POST, &["exports"], &[])?.header("Idempotency-Key", Uuid::new_v4().to_string());
        let started = remote.ask(request.header("Content-Type", "application/json").body(self.wanted().to_string())).await?;
        let id = job::id_of(&started)?;
        let ended = job::follow(&remote, &id).await?;
        if ended.get("state").and_then(Value::as_str) != Some("succeeded") {
            say(&job::why(&ended, "未导出", "Not exported"));
            return Ok(ExitCode::FAILURE);
        }
        let bytes = job::fetch(&remote, &id, &self.file).await?;
        let file = self.file.display();
        say(&Text::new(format!("已导出 {file}，{bytes} 字节"), format!("Exported {file}, {bytes} bytes")));
        Ok(ExitCode::SUCCESS)
    }

    /// The request for it.
    fn wanted(&self) -> Value {
        let filter: Map<String, Value> = self.filters.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let addressed = app::lists().addressed(&self.list);
        let (list, of) = addressed.map_or((self.list.as_str(), self.of), |(list, of)| (list, of.or(self.of)));
        json!({ "list": list, "of": of, "filter": filter, "format": self.format.name(), "asked": self.asked })
    }
}
