//! The real program, killed and stopped: every payment happens exactly once, and `check` tells the truth afterwards.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bangfu::db::cluster::{Durability, PrivateCluster};
use diesel_async::SimpleAsyncConnection;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::aid::{bank_result, says, with};
use crate::support::app::unique;
use crate::support::world::TOKEN;
use crate::support::{Aid, Reply, TestApp, world};

/// How long the program may take to start or stop before the test gives up on it.
const LIMIT: Duration = Duration::from_secs(60);

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    command.env("LANG", "en_US.UTF-8").env("BANGFU_DATA_DIR", data).env("BANGFU_TOKEN", TOKEN);
    for inherited in ["LC_ALL", "DATABASE_URL", "BANGFU_KEY_FILE", "BANGFU_KEYS", "BANGFU_LISTEN", "RUST_LOG"] {
        command.env_remove(inherited);
    }
    command
}

/// An empty directory for a cluster with full durability.
fn data_directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    directory
}

/// `bangfu serve` as a child.
struct Service {
    data: PathBuf,
    address: SocketAddr,
    child: Child,
}

impl Service {
    fn start(data: &Path) -> Self {
        // A port of its own, the same after every restart.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut service = Self { data: data.to_owned(), address, child: Self::spawn(data, address) };
        service.listens();
        service
    }

    fn spawn(data: &Path, address: SocketAddr) -> Child {
        let mut command = program(data);
        command.args(["serve", "--shutdown-seconds", "20", "--listen", &address.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Returns when the program says that it listens.
    fn listens(&mut self) {
        let (said, heard) = mpsc::channel();
        let stderr = BufReader::new(self.child.stderr.take().unwrap());
        std::thread::spawn(move || {
            // Read to the end: a program that cannot speak any more would stop.
            for line in stderr.lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut lines = Vec::new();
        loop {
            let line = heard.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("it does not listen: {lines:#?}"));
            if line.contains("Listening on") {
                return;
            }
            lines.push(line);
        }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.child = Self::spawn(&self.data, self.address);
        self.listens();
    }

    fn kill_and_start_again(&mut self) {
        self.kill();
        self.start_again();
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn wait(&mut self) -> ExitStatus {
        let deadline = std::time::Instant::now() + LIMIT;
        while std::time::Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it does not stop");
    }

    /// SIGTERM, and what it ends with.
    fn stop(&mut self) -> ExitStatus {
        self.signal("-TERM");
        self.wait()
    }

    /// The process id of its PostgreSQL.
    fn postgres(&self) -> u32 {
        let pid = std::fs::read_to_string(self.data.join("pgdata/postmaster.pid")).unwrap();
        pid.lines().next().unwrap().trim().parse().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Its PostgreSQL goes with it, however this test ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills a server and all its processes at once, as a machine that loses its power would: nothing is written any more.
fn cut_power(postmaster: u32) {
    let parent = |pid: u32| -> Option<u32> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let family: Vec<String> = all.filter(|pid| *pid == postmaster || parent(*pid) == Some(postmaster)).map(|pid| pid.to_string()).collect();
    assert!(family.len() > 3, "a server has several processes: {family:?}");
    assert!(Command::new("kill").arg("-KILL").args(&family).status().unwrap().success());
}

fn check(data: &Path) -> Output {
    program(data).arg("check").output().unwrap()
}

/// Posts under a key; the service is killed before, and again before the same request is repeated.
async fn survives(service: &mut Service, app: &TestApp, path: &str, body: &Value) -> Value {
    let key = unique("crash");
    service.kill_and_start_again();
    let first = app.post_with_key(path, &key, body).await;
    assert!([200, 201].contains(&first.status), "{}", first.text);
    service.kill_and_start_again();
    let again = app.post_with_key(path, &key, body).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text), "the answer is kept");
    again.body
}

/// Posts under a key and kills the service while it works on it; then repeats the request.
async fn killed_while(service: &mut Service, app: &TestApp, after: Duration, path: &str, body: &Value) -> Reply {
    let key = unique("crash");
    let request = app.request(Method::POST, path).header("Idempotency-Key", &key).json(body);
    let running = tokio::spawn(request.send());
    tokio::time::sleep(after).await;
    service.kill();
    // Answered or not: the caller does not know and asks again.
    let _ = running.await;
    service.start_again();
    app.post_with_key(path, &key, body).await
}

/// Each payment settled, as the lines of a file.
fn numbered(rows: &[Value]) -> Vec<Value> {
    rows.iter().zip(1..).map(|(row, number)| with(says(row, "settled", "2022-09-08"), json!({"line_number": number}))).collect()
}

#[test]
fn a_service_killed_between_and_within_requests_pays_everybody_exactly_once() {
    let data = data_directory("crash-killed");
    world().block_on(async {
        let mut service = Service::start(&data);
        let app = TestApp::on(world().db.clone(), service.address).await;
        let aid = Aid::new(&app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(20).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();

        // Killed between any two requests of release, send and settle.
        let plan = aid.approved(&aid.paying(&line, &recipients)).await;
        let body = json!({"digest": plan.digest, "released_on": "2022-09-02"});
        survives(&mut service, &app, &format!("/v1/plans/{}/release", plan.id), &body).await;
        let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await.remove(0);
        survives(&mut service, &app, &format!("/v1/batches/{}/send", batch["id"].as_str().unwrap()), &json!({"sent_on": "2022-09-05"}))
            .await;
        let rows = aid.instructions(&plan).await;
        assert_eq!(rows.len(), 20);
        let items: Vec<Value> = numbered(&rows);
        let file = with(bank_result(&items), json!({"file_digest": "cc".repeat(32)}));
        let result = survives(&mut service, &app, "/v1/evidence", &file).await;
        assert_eq!(result["applied"], 20);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 800.00, disbursed 200.00");

        // Killed in the middle of each.
        let next = aid.approved(&with(aid.paying(&line, &recipients), json!({"period": "2023"}))).await;
        let body = json!({"digest": next.digest, "released_on": "2022-09-02"});
        let path = format!("/v1/plans/{}/release", next.id);
        killed_while(&mut service, &app, Duration::from_millis(12), &path, &body).await.expect(201);
        let batches = app.all(&format!("/v1/batches?plan_id={}", next.id), 10).await;
        assert_eq!(batches.len(), 1);
        let path = format!("/v1/batches/{}/send", batches[0]["id"].as_str().unwrap());
        killed_while(&mut service, &app, Duration::from_millis(6), &path, &json!({"sent_on": "2022-09-05"})).await.expect(200);
        let rows = aid.instructions(&next).await;
        assert_eq!(rows.len(), 20);
        let items: Vec<Value> = numbered(&rows);
        let file = with(bank_result(&items), json!({"file_digest": "dd".repeat(32)}));
        let result = killed_while(&mut service, &app, Duration::from_millis(9), "/v1/evidence", &file).await.expect(200).body;
        assert_eq!(result["applied"], 20);

        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 600.00, disbursed 400.00");
        for plan in [&plan, &next] {
            assert_eq!(aid.status(plan).await, "settled");
            let rows = aid.instructions(plan).await;
            let mut paid: Vec<&str> =
                rows.iter().filter(|row| row["status"] == "settled").map(|row| row["payee_id"].as_str().unwrap()).collect();
            paid.sort_unstable();
            let mut everybody: Vec<&str> = people.iter().map(String::as_str).collect();
            everybody.sort_unstable();
            assert_eq!(paid, everybody);
        }
        assert!(service.stop().success());
    });
    let checked = check(&data);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// A request that is running.
type Running = JoinHandle<reqwest::Result<reqwest::Response>>;

/// The bank's answers for payments, each sent by itself, at once; and the requests that are running.
fn answering(app: &TestApp, rows: &[Value]) -> (Vec<(String, Value)>, Vec<Running>) {
    let asked: Vec<(String, Value)> =
        rows.iter().map(|row| (unique("crash"), bank_result(&[says(row, "settled", "2022-09-08")]))).collect();
    let running = asked.iter().map(|(key, body)| {
        let request = app.request(Method::POST, "/v1/evidence").header("Idempotency-Key", key).json(body);
        tokio::spawn(request.send())
    });
    let running = running.collect();
    (asked, running)
}

/// ADR 0020: they share transactions. At whatever moment the service dies, each was done or was not, and its key tells.
#[test]
fn payments_answered_one_by_one_by_many_clients_are_settled_once_though_the_service_is_killed_among_them() {
    let data = data_directory("crash-together");
    world().block_on(async {
        let mut service = Service::start(&data);
        let app = TestApp::on(world().db.clone(), service.address).await;
        let aid = Aid::new(&app).await;
        let (line, people) = (aid.line("1000").await, aid.persons(48).await);
        for (round, people) in people.chunks(12).enumerate() {
            let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
            let plan = aid.sent(&aid.paying(&line, &recipients)).await;
            let (asked, running) = answering(&app, &aid.instructions(&plan).await);
            tokio::time::sleep(Duration::from_millis(8 + 12 * u64::try_from(round).unwrap())).await;
            service.kill();
            for running in running {
                let _ = running.await;
            }
            service.start_again();
            // Nobody knows which were answered, so all ask again, at once.
            let again = asked.into_iter().map(|(key, body)| {
                let app = app.clone();
                async move { app.post_with_key("/v1/evidence", &key, &body).await.expect(200).body["applied"].clone() }
            });
            assert_eq!(futures_util::future::join_all(again).await, vec![json!(1); 12], "round {round}");
            assert_eq!(aid.status(&plan).await, "settled");
        }
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 520.00, disbursed 480.00");
        assert!(service.stop().success());
    });
    let checked = check(&data);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn on_sigterm_payments_that_are_being_taken_in_together_are_answered() {
    let data = data_directory("crash-together-stopped");
    world().block_on(async {
        let mut service = Service::start(&data);
        let app = TestApp::on(world().db.clone(), service.address).await;
        let aid = Aid::new(&app).await;
        let line = aid.line("1000").await;
        for round in 0..4 {
            let people = aid.persons(12).await;
            let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
            let plan = aid.sent(&aid.paying(&line, &recipients)).await;
            let (asked, running) = answering(&app, &aid.instructions(&plan).await);
            tokio::time::sleep(Duration::from_millis(5 + 15 * u64::try_from(round).unwrap())).await;
            assert!(service.stop().success());
            for running in running {
                // Whoever was not let in any more was not answered; all others were, and rightly.
                if let Ok(answer) = running.await.unwrap() {
                    assert_eq!(answer.status(), 200, "round {round}: {}", answer.text().await.unwrap());
                }
            }
            service.start_again();
            for (key, body) in asked {
                assert_eq!(app.post_with_key("/v1/evidence", &key, &body).await.expect(200).body["applied"], 1);
            }
        }
        assert!(service.stop().success());
    });
    let checked = check(&data);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// ADR 0018: the commit of an act does not wait for the disk, but its answer does.
#[test]
fn what_was_answered_is_there_when_the_database_is_killed_the_moment_after() {
    let data = data_directory("crash-power");
    world().block_on(async {
        let mut service = Service::start(&data);
        let app = TestApp::on(world().db.clone(), service.address).await;
        for round in 0..4 {
            let postmaster = service.postgres();
            let answered = app.document(&unique("断电")).await;
            cut_power(postmaster);
            service.kill_and_start_again();
            let kept = app.get(&format!("/v1/documents/{answered}")).await;
            assert_eq!(kept.status, 200, "round {round}: {}", kept.text);
        }
    });
}

#[test]
fn on_sigterm_a_running_request_is_finished_and_no_postgres_is_left() {
    let data = data_directory("crash-stopped");
    let mut service = Service::start(&data);
    let postgres = service.postgres();
    // A request of which half has arrived is a request that runs.
    let body = json!({"name": "停机测试总工会", "code": unique("stop")}).to_string();
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(
        stream,
        "POST /v1/federations HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nIdempotency-Key: stop\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
        body.len(),
        &body[..5]
    )
    .unwrap();
    stream.flush().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    service.signal("-TERM");
    std::thread::sleep(Duration::from_millis(700));
    assert!(TcpStream::connect(service.address).is_err(), "nothing new is accepted");
    stream.write_all(&body.as_bytes()[5..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(service.wait().success());
    assert!(!data.join("pgdata/postmaster.pid").exists());
    assert!(!Path::new(&format!("/proc/{postgres}")).exists(), "PostgreSQL is still there");
}

#[test]
fn check_finds_a_balance_that_its_owner_changed() {
    let data = data_directory("crash-tampered");
    world().block_on(async {
        let mut service = Service::start(&data);
        let app = TestApp::on(world().db.clone(), service.address).await;
        let aid = Aid::new(&app).await;
        let line = aid.line("1000").await;
        aid.approved(&aid.paying(&line, &[(&aid.person().await, "10")])).await;
        assert!(service.stop().success());
        let clean = check(&data);
        assert!(clean.status.success(), "{}", String::from_utf8_lossy(&clean.stdout));
        assert!(clean.stdout.is_empty());

        let cluster = PrivateCluster::start(&data, Durability::Full).await.unwrap();
        let mut owner = bangfu::db::connect(&cluster.url("postgres", "bangfu")).await.unwrap();
        // Both sides of the identity stay equal, so that only the postings can tell.
        owner.batch_execute("update ledger_balance set available = available - 1, disbursed = disbursed + 1").await.unwrap();
        drop(owner);
        cluster.stop().await.unwrap();

        let checked = check(&data);
        let named = String::from_utf8(checked.stdout).unwrap();
        assert_eq!(checked.status.code(), Some(1), "{named}");
        for what in ["available", "disbursed", &line, "expected", "found"] {
            assert!(named.contains(what), "{what} is not named in {named}");
        }
    });
}
