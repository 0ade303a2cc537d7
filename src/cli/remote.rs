//! A running service, reached over HTTP with a token.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use reqwest::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, Url, redirect};
use serde_json::Value;

use super::demo::refusal;
use super::{lang, say};
use crate::kernel::{FederationId, Text};

/// The environment variable that a token is taken from where no file is named.
const TOKEN: &str = "BANGFU_TOKEN";
/// How long the service may say nothing at all. The first bytes of a large workbook take a minute.
const SILENCE: Duration = Duration::from_secs(300);

/// Which service, and as whom. The token is no argument: everybody on the machine sees those.
#[derive(Debug, Args)]
pub struct Service {
    /// Where the service is, https://HOST, or http://127.0.0.1:8080 服务地址
    #[arg(long, env = "BANGFU_URL")]
    url: Url,
    /// A file with the token; the environment's BANGFU_TOKEN when absent 令牌文件
    #[arg(long)]
    token_file: Option<PathBuf>,
    /// The federation, where the token is of an administrator of several 所属工会
    #[arg(long)]
    federation: Option<FederationId>,
}

/// A client of it.
pub struct Remote {
    client: Client,
    base: Url,
}

impl Service {
    /// Makes the client; says nothing to the service yet. Behind `https://` it trusts what the machine trusts; `SSL_CERT_FILE` or
    /// `SSL_CERT_DIR` names others instead, such as a union's own authority.
    ///
    /// # Errors
    /// When there is no token, or the address is not one of HTTP.
    pub fn connect(&self) -> anyhow::Result<Remote> {
        match self.url.scheme() {
            "https" => {}
            "http" if self.is_here() => {}
            "http" => say(&Text::new(
                "注意：http:// 未加密，令牌和数据在网络上可被他人读取；请改用 https://。",
                "note: http:// is not encrypted; others on the network can read the token and the data. Use https:// instead.",
            )),
            other => bail!("{other}: a service is reached at http:// or https://"),
        }
        let mut headers = HeaderMap::new();
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token(self.token_file.as_deref())?)).context("the token")?;
        bearer.set_sensitive(true);
        headers.insert("authorization", bearer);
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(lang().tag()));
        // What is not compressed can be counted, and is written as it comes.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(federation) = self.federation {
            headers.insert("bangfu-federation", HeaderValue::from_str(&federation.to_string())?);
        }
        // A token goes nowhere but where it was sent.
        let mut client = Client::builder().default_headers(headers).redirect(redirect::Policy::none()).read_timeout(SILENCE);
        client = client.tls_built_in_native_certs(self.url.scheme() == "https");
        if self.is_here() {
            // Nor to the proxy that others are reached through.
            client = client.no_proxy();
        }
        Ok(Remote { client: client.build()?, base: self.url.clone() })
    }

    /// Whether what is sent stays on this machine.
    fn is_here(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

/// The token of a file, or of the environment.
fn token(file: Option<&Path>) -> anyhow::Result<String> {
    let token = match file {
        Some(file) => std::fs::read_to_string(file).with_context(|| file.display().to_string())?,
        None => std::env::var(TOKEN).with_context(|| format!("name a --token-file, or set {TOKEN}"))?,
    };
    let token = token.trim().to_owned();
    if token.is_empty() { bail!("the token is empty") } else { Ok(token) }
}

impl Remote {
    /// A request to an address of the service, below `/v1`.
    ///
    /// # Errors
    /// When the address cannot be made.
    pub fn request(&self, method: Method, path: &[&str], query: &[(String, String)]) -> anyhow::Result<RequestBuilder> {
        let mut url = self.base.clone();
        let mut segments = url.path_segments_mut().map_err(|()| anyhow::anyhow!("{} has no path", self.base))?;
        segments.pop_if_empty().push("v1").extend(path);
        drop(segments);
        let request = self.client.request(method, url);
        Ok(if query.is_empty() { request } else { request.query(query) })
    }

    /// Sends a request; a refusal becomes an error with all it says.
    ///
    /// # Errors
    /// That, and when the service cannot be reached.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await?;
        match serde_json::from_str::<Value>(&text) {
            Ok(problem) => bail!("{}", refusal(status.as_u16(), &problem)),
            Err(_) => bail!("{status}"),
        }
    }

    /// Sends a request and reads its JSON.
    ///
    /// # Errors
    /// As [`Remote::send`], and when the answer is no JSON.
    pub async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.send(request).await?.text().await?)?)
    }
}
