//! Handing in files, and the jobs that take them in.

use std::time::Duration;

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::Value;

use super::app::unique;
use super::{Reply, TestApp};

impl TestApp {
    /// Hands a file in as the user who may, under a key of one's own.
    pub async fn upload_with_key(&self, path: &str, name: &str, key: &str, bytes: &[u8]) -> Reply {
        let request = self.request(Method::POST, path).header("Idempotency-Key", key).header("Content-Type", "application/octet-stream");
        let request = request.header("Content-Disposition", format!("attachment; filename=\"{name}\""));
        self.send(request.body(bytes.to_vec())).await
    }

    /// Hands a file in as the user who may.
    pub async fn upload(&self, path: &str, name: &str, bytes: &[u8]) -> Reply {
        self.upload_with_key(path, name, &unique("key"), bytes).await
    }

    /// Waits until a job has ended.
    pub async fn ended(&self, role: Role, job: &str) -> Value {
        for _ in 0..600 {
            let job = self.get_as(role, &format!("/v1/jobs/{job}")).await.expect(200).body;
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the job {job} never ended");
    }

    /// Hands a file in as the maker, and gives the job once it has ended.
    pub async fn import(&self, path: &str, name: &str, bytes: &[u8]) -> Value {
        let started = self.upload(path, name, bytes).await.expect(202);
        assert_eq!(started.header("location"), Some(format!("/v1/jobs/{}", started.id()).as_str()));
        self.ended(Role::Maker, &started.id()).await
    }

    /// The report of a file that was handed in.
    pub async fn report(&self, path: &str, bytes: &[u8]) -> Value {
        let job = self.import(path, "file.csv", bytes).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        job["result"].clone()
    }
}
