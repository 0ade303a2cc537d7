//! `bangfu export` and `bangfu import` against a running service.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use bangfu::kernel::Role;
use reqwest::Method;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{Exported, busy, cells, records};
use crate::imports::{Line, file, head};
use crate::support::app::unique;
use crate::support::statements::{Row, csv};
use crate::support::users::role_for;
use crate::support::{Aid, TestApp, run, world};

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Self(std::env::temp_dir().join(unique("bangfu-files")));
        std::fs::create_dir_all(&folder.0).unwrap();
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the program as the user of a role, whose token it finds in a file.
fn bangfu(app: &TestApp, folder: &Folder, role: Role, arguments: &[&str]) -> Output {
    let token = folder.path("token");
    std::fs::write(&token, format!("{}\n", app.token(role))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
    command.env_clear().env("LANG", "en").args(arguments);
    let output = command.args(["--url", &format!("http://{}", world().address), "--token-file", &token]).output().unwrap();
    std::fs::remove_file(token).unwrap();
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn the_program_fetches_a_list_whole_or_not_at_all() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let folder = Folder::new();
        let person = aid.person().await;
        let csv = folder.path("人员.csv");
        let output = bangfu(app, &folder, Role::Finance, &["export", "persons", "--filter", "deceased=false", &csv]);
        assert!(output.status.success() && said(&output).contains("Exported"), "{output:?}");
        let exported = Exported::of(records(&std::fs::read_to_string(&csv).unwrap()));
        assert_eq!((exported.column("id"), exported.fact("filter")), (vec![person.as_str()], "deceased=false"));
        assert_eq!(exported.fact("exported by"), "finance");
        let xlsx = folder.path("persons.xlsx");
        assert!(bangfu(app, &folder, Role::Finance, &["export", "persons", "--format", "xlsx", &xlsx]).status.success());
        assert_eq!(Exported::of(cells(&std::fs::read(&xlsx).unwrap())).rows.len(), 1);
        let before = folder.names();
        for (role, list, arguments, told) in [
            (Role::Administrator, "persons", vec![], "permission_denied"),
            (Role::Finance, "nothing", vec![], "list_unknown"),
            (Role::Finance, "persons", vec!["--filter", "colour=red"], "parameter_invalid"),
            (Role::Finance, "roster-entries", vec![], "list_of_what"),
            (Role::Finance, "persons", vec!["--asked", "00000000-0000-0000-0000-000000000001"], "export_not_asked_for"),
        ] {
            let target = folder.path("none.csv");
            let output = bangfu(app, &folder, role, &[vec!["export", list, &target], arguments].concat());
            assert!(!output.status.success() && said(&output).contains(told), "{told}: {output:?}");
        }
        assert_eq!(folder.names(), before, "nothing is left of what was refused");
    });
}

#[test]
fn the_token_comes_from_a_file_or_the_environment_and_is_told_to_nobody() {
    run(async |app| {
        let folder = Folder::new();
        let target = folder.path("out.csv");
        let run = |token: Option<&str>, url: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
            command.env_clear().env("LANG", "en").args(["export", "organisations", &target, "--url", url]);
            token.map(|token| command.env("BANGFU_TOKEN", token));
            command.output().unwrap()
        };
        let url = format!("http://{}/", world().address);
        let token = app.token(Role::Finance);
        assert!(run(Some(token), &url).status.success());
        let without = run(None, &url);
        assert!(!without.status.success() && said(&without).contains("BANGFU_TOKEN"), "{without:?}");
        let nobody = run(Some(token), "http://127.0.0.1:1");
        assert!(!nobody.status.success() && !said(&nobody).contains(token), "{nobody:?}");
    });
}

/// The service behind TLS, as a proxy would put it there, with a certificate for `localhost` signed by itself: where, and the
/// certificate.
fn behind_tls() -> (String, String) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // On a thread of its own: the test waits for the program.
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust the certificate goes away.
                    let Ok(mut client) = acceptor.accept(stream).await else { return };
                    let mut service = TcpStream::connect(world().address).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut service).await;
                });
            }
        });
    });
    (format!("https://localhost:{port}"), certified.cert.pem())
}

#[test]
fn a_service_behind_tls_is_spoken_to_when_its_certificate_is_trusted() {
    run(async |app| {
        let folder = Folder::new();
        let (url, certificate) = behind_tls();
        let (target, trusted) = (folder.path("out.csv"), folder.path("authority.pem"));
        std::fs::write(&trusted, certificate).unwrap();
        let run = |url: &str, trusted: Option<&str>| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_bangfu"));
            command.env_clear().env("LANG", "en").env("BANGFU_TOKEN", app.token(Role::Finance));
            trusted.map(|file| command.env("SSL_CERT_FILE", file));
            command.args(["export", "organisations", &target, "--url", url]).output().unwrap()
        };
        let unknown = run(&url, None);
        assert!(!unknown.status.success() && said(&unknown).contains("certificate"), "{unknown:?}");
        let other_name = run(&url.replace("localhost", "127.0.0.1"), Some(&trusted));
        assert!(!other_name.status.success() && said(&other_name).contains("certificate"), "{other_name:?}");
        let known = run(&url, Some(&trusted));
        assert!(known.status.success() && !said(&known).contains("encrypted"), "{known:?}");
        // Here nobody listens on the way; elsewhere somebody may, and whoever sends a token there is told.
        let here = run(&format!("http://{}", world().address), None);
        assert!(here.status.success() && !said(&here).contains("encrypted"), "{here:?}");
        let elsewhere = run("http://bangfu.invalid", None);
        assert!(!elsewhere.status.success() && said(&elsewhere).contains("not encrypted"), "{elsewhere:?}");
        // A proxy for others hears nothing of it.
        let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        proxy.set_nonblocking(true).unwrap();
        let mut beside = Command::new(env!("CARGO_BIN_EXE_bangfu"));
        beside.env_clear().env("LANG", "en").env("BANGFU_TOKEN", app.token(Role::Finance));
        beside.env("http_proxy", format!("http://{}", proxy.local_addr().unwrap()));
        beside.args(["export", "organisations", &target, "--url", &format!("http://{}", world().address)]);
        assert!(beside.output().unwrap().status.success());
        assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        let strange = run("ftp://localhost", None);
        assert!(!strange.status.success() && said(&strange).contains("https://"), "{strange:?}");
    });
}

#[test]
fn the_program_hands_a_file_in_and_succeeds_only_when_all_of_it_is_in() {
    run(async |app| {
        Aid::new(app).await;
        let folder = Folder::new();
        let people = [Line::new("测试甲"), Line::new("测试乙")];
        let good = folder.path("名册.csv");
        std::fs::write(&good, file(&[head("D-1", &people[0]), head("D-2", &people[1])])).unwrap();
        let import = |arguments: &[&str]| bangfu(app, &folder, Role::Maker, &[&["import", "households"], arguments].concat());
        let tried = import(&[&good, "--dry-run"]);
        assert!(tried.status.success() && said(&tried).contains("taken in (dry run): 2 rows, 2 taken"), "{tried:?}");
        assert_eq!(app.get("/v1/households").await.expect(200).body["totals"]["count"], 0);
        let taken = import(&[&good]);
        assert!(taken.status.success() && said(&taken).contains("taken in: 2 rows, 2 taken"), "{taken:?}");
        let again = import(&[&good]);
        assert!(again.status.success() && said(&again).contains("unchanged: 2 rows, 0 taken, 2 there before"), "{again:?}");
        // One row at fault: nothing is taken, the program fails, and says which row and why.
        let bad = folder.path("bad.csv");
        let mut wrong = Line::new("测试丙");
        wrong.identity_number.replace_range(..1, "6");
        let fine = Line::new("测试丁");
        std::fs::write(&bad, file(&[head("D-3", &fine), head("D-4", &wrong)])).unwrap();
        let annotated = folder.path("annotated.csv");
        let refused = import(&[&bad, "--annotated", &annotated]);
        assert!(!refused.status.success() && said(&refused).contains("refused: 2 rows") && said(&refused).contains("row 3"), "{refused:?}");
        assert!(std::fs::read_to_string(&annotated).unwrap().contains("测试丁"));
        let partly = import(&[&bad, "--take", "good"]);
        assert!(!partly.status.success() && said(&partly).contains("partly taken in: 2 rows, 1 taken"), "{partly:?}");
        assert_eq!(app.get("/v1/households").await.expect(200).body["totals"]["count"], 3);
        let none = bangfu(app, &folder, Role::Finance, &["import", "households", &good]);
        assert!(!none.status.success() && said(&none).contains("permission_denied"), "{none:?}");
    });
}

#[test]
fn an_import_without_a_fault_succeeds_although_there_is_no_annotated_file_to_fetch() {
    run(async |app| {
        Aid::new(app).await;
        let folder = Folder::new();
        let good = folder.path("good.csv");
        std::fs::write(&good, file(&[head("D-1", &Line::new("测试甲"))])).unwrap();
        let annotated = folder.path("annotated.csv");
        for told in ["taken in: 1 rows, 1 taken", "unchanged: 1 rows, 0 taken, 1 there before"] {
            let output = bangfu(app, &folder, Role::Maker, &["import", "households", &good, "--annotated", &annotated]);
            assert!(output.status.success() && said(&output).contains(told), "{output:?}");
            assert!(said(&output).contains("no row is at fault"), "{output:?}");
        }
        assert_eq!(folder.names(), ["good.csv"]);
        app.finish().await;
    });
}

#[test]
fn the_program_hands_in_what_a_subordinate_union_reports_and_takes_lists_by_their_address() {
    run(async |app| {
        busy(app).await;
        let folder = Folder::new();
        let transfer = app.get("/v1/transfers").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        let number = crate::support::registry::identity_number();
        let file = folder.path("名单.csv");
        std::fs::write(&file, format!("姓名,身份证号码,金额,发放日期\n王小明,{number},100,2022-10-20\n")).unwrap();
        let role = role_for(&Method::POST, "/v1/transfers/x/feedback/import").unwrap();
        let list = format!("transfers/{transfer}/feedback");
        let taken = bangfu(app, &folder, role, &["import", &list, &file, "--with", "reported_on=2022-11-02"]);
        assert!(taken.status.success() && said(&taken).contains("taken in: 1 rows, 1 taken"), "{taken:?}");
        let csv = folder.path("out.csv");
        let roster = app.get("/v1/plans").await.expect(200).body["items"][0]["roster_id"].as_str().unwrap().to_owned();
        for (arguments, rows) in [
            (vec![list.as_str()], 2),
            (vec!["feedback", "--of", &transfer], 2),
            (vec![&format!("rosters/{roster}/entries")], 3),
            (vec!["audit/events", "--filter", "action=POST /v1/recoveries"], 1),
        ] {
            let role = if arguments[0].starts_with("audit") { Role::Auditor } else { Role::Finance };
            let output = bangfu(app, &folder, role, &[&["export"], &arguments[..1], &[csv.as_str()], &arguments[1..]].concat());
            assert!(output.status.success(), "{output:?}");
            assert_eq!(Exported::of(records(&std::fs::read_to_string(&csv).unwrap())).rows.len(), rows, "{arguments:?}");
        }
        let nobody = bangfu(app, &folder, Role::Finance, &["export", "rosters/1/entries", &csv]);
        assert!(!nobody.status.success() && said(&nobody).contains("list_unknown"), "{nobody:?}");
    });
}

#[test]
fn the_program_hands_in_result_files_and_statements_and_says_what_came_of_them() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let folder = Folder::new();
        let line = aid.line("10000").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "100")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        let reference = row["reference"].as_str().unwrap();
        let file = folder.path("回盘.txt");
        let of = |extra: &str| format!("参考号,结果,金额,日期,原因\r\n{reference},成功,100.00,,\r\n{extra}");
        std::fs::write(&file, of("合计,1,100.00,\r\n")).unwrap();
        let import = |role: Role, arguments: &[&str]| bangfu(app, &folder, role, &[&["import"], arguments].concat());
        let cashier = |arguments: &[&str]| import(Role::Cashier, arguments);
        // A day that no line names is asked for with it.
        let without = cashier(&["results", &file, "--dry-run"]);
        assert!(!without.status.success() && said(&without).contains("line 2") && said(&without).contains("date_missing"), "{without:?}");
        let tried = cashier(&["results", &file, "--with", "occurred_on=2022-09-07", "--dry-run"]);
        assert!(tried.status.success() && said(&tried).contains("results (dry run): 1 lines, 1 applied"), "{tried:?}");
        assert_eq!(aid.now(&row).await["status"], "sent");
        let taken = cashier(&["results", &file, "--with", "occurred_on=2022-09-07"]);
        assert!(taken.status.success() && said(&taken).contains("results: 1 lines, 1 applied"), "{taken:?}");
        assert_eq!(aid.now(&row).await["status"], "settled");
        let statement = folder.path("对账单.csv");
        let lines = [Row::debit("2022-09-07", "100.00", "A").of(&row), Row::debit("2022-09-07", "5.00", "B").coded("手续费")];
        std::fs::write(&statement, csv(&lines)).unwrap();
        let taken = cashier(&["bank-statements", &statement, "--with", "account=基本户"]);
        assert!(taken.status.success() && said(&taken).contains("statements taken in"), "{taken:?}");
        assert!(said(&taken).contains("2 new lines, 0 known, 1 open exceptions"), "{taken:?}");
        let again = cashier(&["bank-statements", &statement, "--with", "account=基本户"]);
        assert!(again.status.success() && said(&again).contains("statements unchanged"), "{again:?}");
        // What cannot be tried is not pretended to be.
        let tried = cashier(&["bank-statements", &statement, "--with", "account=基本户", "--dry-run"]);
        assert!(!tried.status.success() && said(&tried).contains("parameter_invalid"), "{tried:?}");
        let stranger = import(Role::Maker, &["results", &file]);
        assert!(!stranger.status.success() && said(&stranger).contains("permission_denied"), "{stranger:?}");
    });
}
