//! Jobs of a running service, followed from the shell.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::Value;

use super::remote::Remote;
use crate::kernel::Text;

/// How often the job is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The id of a job.
///
/// # Errors
/// When an answer is no job.
pub fn id_of(job: &Value) -> anyhow::Result<String> {
    Ok(job.get("id").and_then(Value::as_str).context("the answer names no job")?.to_owned())
}

/// Waits until a job has ended, and shows how far it is meanwhile.
///
/// # Errors
/// What the service refuses.
pub async fn follow(remote: &Remote, id: &str) -> anyhow::Result<Value> {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("  {bar:24} {pos:>7}/{len:<7} {elapsed}") {
        bar.set_style(style);
    }
    loop {
        let job = remote.ask(remote.request(Method::GET, &["jobs", id], &[])?).await?;
        show(&bar, &job);
        match job.get("state").and_then(Value::as_str) {
            Some("queued" | "running") => tokio::time::sleep(LOOK).await,
            _ => {
                bar.finish_and_clear();
                return Ok(job);
            }
        }
    }
}

/// Shows how far a job is.
fn show(bar: &ProgressBar, job: &Value) {
    if let Some(total) = job.get("progress_total").and_then(Value::as_u64) {
        bar.set_length(total);
    }
    bar.set_position(job.get("progress_done").and_then(Value::as_u64).unwrap_or_default());
}

/// Why nothing came of a job.
pub fn why(job: &Value, zh: &str, en: &str) -> Text {
    let text = |pointer: &str| job.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (state, code) = (text("/state"), text("/problem/code"));
    Text::new(format!("{zh}（{state} {code}）：{}", text("/problem/zh")), format!("{en} ({state} {code}): {}", text("/problem/en")))
}

/// Fetches the file that came of a job; how many bytes. The file is there when all of it is.
///
/// # Errors
/// What the service refuses, a body that breaks off, or a file that cannot be written. Then there is no file.
pub async fn fetch(remote: &Remote, id: &str, file: &Path) -> anyhow::Result<u64> {
    let mut response = remote.send(remote.request(Method::GET, &["jobs", id, "file"], &[])?).await?;
    let partial = partial(file);
    let fetched = async {
        let mut growing = File::create(&partial).with_context(|| partial.display().to_string())?;
        let mut bytes = 0_u64;
        while let Some(chunk) = response.chunk().await? {
            growing.write_all(&chunk)?;
            bytes = bytes.saturating_add(u64::try_from(chunk.len())?);
        }
        if bytes == 0 {
            bail!("the file is empty");
        }
        growing.sync_all()?;
        std::fs::rename(&partial, file).with_context(|| file.display().to_string())?;
        Ok(bytes)
    };
    let outcome = fetched.await;
    if outcome.is_err() {
        let _ = std::fs::remove_file(&partial);
    }
    outcome
}

/// Where the file grows until it is whole.
fn partial(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_bar_is_as_far_as_the_job_and_has_no_end_while_nobody_knows_one() {
        let bar = ProgressBar::hidden();
        show(&bar, &json!({"progress_done": 0, "progress_total": null}));
        assert_eq!((bar.position(), bar.length()), (0, None));
        show(&bar, &json!({"progress_done": 2000, "progress_total": 100_000}));
        assert_eq!((bar.position(), bar.length()), (2000, Some(100_000)));
    }

    #[test]
    fn a_file_grows_beside_its_place() {
        assert_eq!(partial(Path::new("a/b.csv")), Path::new("a/b.csv.part"));
    }
}
