//! The real program: what it says, and what its files hold.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Somebody, lives};
use crate::support::world::TOKEN;
use crate::support::{TestApp, world};

const LIMIT: Duration = Duration::from_secs(60);

fn program(settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    for inherited in ["LC_ALL", "DATABASE_URL", "BANGFU_LISTEN", "BANGFU_KEY_FILE", "BANGFU_KEYS", "BANGFU_LOG", "RUST_LOG"] {
        command.env_remove(inherited);
    }
    command.env("LANG", "en_US.UTF-8").env("BANGFU_TOKEN", TOKEN).envs(settings.iter().copied());
    command
}

/// An empty directory for a cluster, and no key file beside it.
pub fn data_directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    let _ = std::fs::remove_file(directory.with_file_name(format!("{name}.keys")));
    directory
}

/// What the program says, which must fail.
pub fn said_by(settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = program(settings).args(arguments).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

/// As [`said_by`], on a private cluster.
pub fn said(data: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> String {
    let directory = data.to_string_lossy();
    let settings: Vec<_> = settings.iter().copied().chain([("BANGFU_DATA_DIR", directory.as_ref())]).collect();
    said_by(&settings, arguments)
}

/// `bangfu serve` as a child, with everything it says.
pub struct Service {
    pub address: SocketAddr,
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Service {
    pub fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = program(settings);
        command.env("BANGFU_DATA_DIR", data).args(["serve", "--listen", &address.to_string()]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = said.clone();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| heard.lock().unwrap().push(line)));
        let service = Self { address, child, said };
        let deadline = Instant::now() + LIMIT;
        while !service.lines().iter().any(|line| line.contains("Listening on")) {
            assert!(Instant::now() < deadline, "it does not listen: {:#?}", service.lines());
            std::thread::sleep(Duration::from_millis(20));
        }
        // It says so before it minds signals; once it answers it does.
        service.answers();
        service
    }

    fn answers(&self) {
        let mut connection = TcpStream::connect(self.address).unwrap();
        connection.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").unwrap();
        assert!(connection.read(&mut [0; 16]).unwrap() > 0);
    }

    /// What it said so far.
    pub fn lines(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// SIGTERM, and its end.
    pub fn stop(&mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let text = text.as_bytes();
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn logs_and_metrics_hold_nothing_personal_and_the_files_of_the_database_no_number() {
    let data = data_directory("personal-program");
    world().block_on(async {
        // As talkative as it gets.
        let mut service = Service::start(&data, &[("BANGFU_LOG", "trace,tokio_postgres=trace")]);
        let app = TestApp::on(world().db.clone(), service.address).await;
        let (somebody, reported) = (Somebody::new("欧阳静珍"), Somebody::new("罗永强"));
        lives(&app, &somebody, &reported).await;
        // Somebody who puts personal data where it does not belong.
        for path in ["/v1/persons", "/v1/nowhere"] {
            let asked = format!("{path}?identity_number={}&phone={}", somebody.number, somebody.phone);
            let refused = app.get(&asked).await;
            assert!(refused.status >= 400 && somebody.everything().iter().all(|personal| !refused.text.contains(personal)));
        }
        let metrics = app.send(app.bare(reqwest::Method::GET, "/metrics")).await.expect(200).text;
        service.stop();
        let log = service.lines();
        assert!(log.len() > 50 && log.iter().any(|line| line.contains("/v1/persons/search")), "the log tells of the requests");
        for personal in somebody.everything().into_iter().chain(reported.everything()) {
            let found: Vec<&String> = log.iter().filter(|line| line.contains(personal)).collect();
            assert!(found.is_empty(), "{personal}: {found:#?}");
            assert!(!metrics.contains(personal));
        }
        // Tables, write-ahead log and the server's own log.
        let files = files(&data);
        assert!(files.len() > 500, "{}", files.len());
        let mut named = false;
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            named |= holds(&bytes, &somebody.name);
            for number in somebody.numbers().into_iter().chain(reported.numbers()) {
                assert!(!holds(&bytes, number), "{number} in {}", file.display());
            }
        }
        assert!(named, "names are kept in clear, so the search is for real");
    });
}
