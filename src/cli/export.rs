//! `bangfu export`: a list of a running service as a file.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use uuid::Uuid;

use super::remote::Service;
use super::say;
use crate::kernel::Text;

/// Lists that stand at an address of another name; `{}` is what they are of.
const ELSEWHERE: [(&str, &str); 3] =
    [("roster-entries", "rosters/{}/entries"), ("feedback", "transfers/{}/feedback"), ("audit-events", "audit/events")];

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
    /// The list, as the API names it: instructions, persons, roster-entries 清单名称
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
    /// Of which roster or transfer, for roster-entries and feedback 所属编号
    #[arg(long)]
    of: Option<Uuid>,
    /// In clear, as asked for by this id (POST /v1/clear-exports) 明文申请编号
    #[arg(long)]
    asked: Option<Uuid>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The address of a list's export, segment by segment.
fn address(list: &str, of: Option<Uuid>) -> anyhow::Result<Vec<String>> {
    let path = ELSEWHERE.iter().find(|(name, _)| *name == list).map_or(list, |(_, path)| path);
    let path = match (path.contains("{}"), of) {
        (true, Some(of)) => path.replace("{}", &of.to_string()),
        (true, None) => bail!("{list} needs --of"),
        (false, Some(_)) => bail!("{list} takes no --of"),
        (false, None) => path.to_owned(),
    };
    Ok(path.split('/').chain(["export"]).map(str::to_owned).collect())
}

impl Export {
    /// Fetches the file.
    ///
    /// # Errors
    /// What the service refuses, a body that breaks off, or a file that cannot be written. Then there is no file.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let remote = self.service.connect()?;
        let address = address(&self.list, self.of)?;
        let address: Vec<&str> = address.iter().map(String::as_str).collect();
        let mut query = self.filters.clone();
        query.push(("format".to_owned(), self.format.name().to_owned()));
        query.extend(self.asked.map(|asked| ("asked".to_owned(), asked.to_string())));
        let mut response = remote.send(remote.request(Method::GET, &address, &query)?).await?;
        let partial = partial(&self.file);
        let bar = bar();
        let fetched = async {
            let mut file = File::create(&partial).with_context(|| partial.display().to_string())?;
            while let Some(chunk) = response.chunk().await? {
                file.write_all(&chunk)?;
                bar.inc(u64::try_from(chunk.len()).unwrap_or_default());
            }
            file.sync_all()?;
            std::fs::rename(&partial, &self.file).with_context(|| self.file.display().to_string())
        };
        let outcome = fetched.await;
        bar.finish_and_clear();
        if let Err(error) = outcome {
            let _ = std::fs::remove_file(&partial);
            return Err(error);
        }
        let (file, bytes) = (self.file.display(), bar.position());
        say(&Text::new(format!("已导出 {file}，{bytes} 字节"), format!("Exported {file}, {bytes} bytes")));
        Ok(ExitCode::SUCCESS)
    }
}

/// Where the file grows until it is whole.
fn partial(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {bytes} {bytes_per_sec} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_where_the_service_has_it() {
        assert_eq!(address("instructions", None).unwrap(), ["instructions", "export"]);
        assert_eq!(address("audit-events", None).unwrap(), ["audit", "events", "export"]);
        let id = Uuid::nil();
        assert_eq!(address("feedback", Some(id)).unwrap(), ["transfers", &id.to_string(), "feedback", "export"]);
        assert!(address("roster-entries", None).is_err() && address("plans", Some(id)).is_err());
    }

    #[test]
    fn a_file_grows_beside_its_place() {
        assert_eq!(partial(Path::new("a/b.csv")), Path::new("a/b.csv.part"));
    }
}
