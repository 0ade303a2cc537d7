//! Templates: what they offer to choose from, and that their example is sound but not taken in.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use bangfu::kernel::Role;
use calamine::Reader;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::registry::card_number;
use crate::support::users::role_for;
use crate::support::{Aid, TestApp, run};

const RELATION: &str = "户主,配偶,子女,父母,兄弟姐妹,祖父母,孙子女,其他";
const ACCOUNT: (&str, &str) = ("账户类型", "工会会员服务卡,一卡通,银行卡,对公账户");

/// Its address, its heads with choices, and its heads of days.
type Template = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const TEMPLATES: [Template; 6] = [
    (
        "/v1/households/import",
        &[
            ("与户主关系", RELATION),
            ("建档系统", "全总帮扶系统,省总系统"),
            ("建档级别", "全国级,省级,市级,区级,县级"),
            ("困难类别", "深度困难,相对困难,意外致困,省级困难"),
            ACCOUNT,
        ],
        &["入户日期", "申请日期", "在档日期"],
    ),
    ("/v1/persons/import", &[ACCOUNT], &[]),
    ("/v1/model-workers/import", &[("荣誉级别", "全国,省部级,市级"), ACCOUNT], &["授予日期", "死亡日期"]),
    ("/v1/payee-accounts/import", &[ACCOUNT], &[]),
    ("/v1/standards/import", &[("计量单位", "户,人,人月,人年,次"), ("执行方式", "固定,上限,下限")], &["执行开始日期", "执行结束日期"]),
    ("/v1/transfers/import", &[], &["发放日期"]),
];

/// What a workbook lays over the cells of a column.
#[derive(Debug, PartialEq)]
struct Rule {
    kind: String,
    range: String,
    choices: String,
}

/// One part of a workbook as text.
fn part(book: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The rules of the sheet that is filled in, by the letter of their column.
fn rules(book: &[u8]) -> BTreeMap<String, Rule> {
    let sheet = part(book, "xl/worksheets/sheet1.xml").replace("&quot;", "\"");
    let between = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from).map(|(_, rest)| rest.to_owned())?;
        rest.split_once(to).map(|(found, _)| found.to_owned())
    };
    let mut rules = BTreeMap::new();
    for rule in sheet.split("<dataValidation ").skip(1) {
        let range = between(rule, "sqref=\"", "\"").unwrap();
        let letters: String = range.chars().take_while(char::is_ascii_alphabetic).collect();
        let choices = between(rule, "<formula1>", "</formula1>").unwrap().trim_matches('"').to_owned();
        let rule = Rule { kind: between(rule, "type=\"", "\"").unwrap(), range, choices };
        assert!(rules.insert(letters, rule).is_none(), "two rules for one column");
    }
    rules
}

/// The heads of the sheet that is filled in, and the columns that the sheet beside it explains.
fn heads(book: &[u8]) -> (Vec<String>, Vec<String>) {
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(book)).unwrap();
    let entries = book.worksheet_range_at(0).unwrap().unwrap();
    let heads = entries.rows().next().unwrap().iter().map(|head| head.to_string().trim_end_matches('*').to_owned()).collect();
    let explained = book.worksheet_range_at(1).unwrap().unwrap();
    let explained = explained.rows().skip(3).map(|row| row[0].to_string()).collect();
    (heads, explained)
}

#[test]
fn every_template_offers_the_choices_of_its_columns_and_marks_its_days() {
    run(async |app| {
        for (path, choices, days) in TEMPLATES {
            let book = app.get(&format!("{path}/template?format=xlsx")).await.expect(200).bytes;
            let (heads, explained) = heads(&book);
            assert_eq!(heads, explained, "{path}: every column is explained");
            let mut rules = rules(&book);
            let letter = |head: &str| {
                let place = heads.iter().position(|known| known == head).unwrap_or_else(|| panic!("{path} has no {head}"));
                rust_xlsxwriter::utility::column_number_to_name(u16::try_from(place).unwrap())
            };
            for (head, words) in choices {
                let letter = letter(head);
                let expected = Rule { kind: "list".to_owned(), range: format!("{letter}2:{letter}1048576"), choices: (*words).to_owned() };
                assert_eq!(rules.remove(&letter), Some(expected), "{path} {head}");
            }
            for head in days {
                let rule = rules.remove(&letter(head)).unwrap_or_else(|| panic!("{path} {head} is not marked as a day"));
                assert_eq!(rule.kind, "date", "{path} {head}");
            }
            assert!(rules.is_empty(), "{path}: {rules:?}");
        }
        app.finish().await;
    });
}

/// Tries a file as whoever may hand it in.
async fn tried(app: &TestApp, path: &str, bytes: &[u8]) -> Value {
    let join = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{join}dry_run=true");
    let job = app.upload(&path, "template", bytes).await.expect(202).id();
    let token = app.token(role_for(&Method::POST, &path).unwrap());
    let role = Role::ALL.into_iter().find(|role| app.token(*role) == token).unwrap();
    app.ended(role, &job).await
}

#[test]
fn the_example_of_every_template_is_sound_and_refused_as_the_example_in_every_format_and_language() {
    run(async |app| {
        let aid = Aid::new(app).await;
        app.region("510500", "泸州市").await;
        let transfer = transfer(app, &aid).await;
        // Accounts are of persons who are registered, and whoever is registered cannot be registered again: so that one comes last.
        for (path, ..) in TEMPLATES.into_iter().filter(|(path, ..)| *path != "/v1/payee-accounts/import") {
            refused_as_example(app, path, &transfer).await;
        }
        app.post("/v1/persons", &json!({"name": "王小明", "identity_number": "510599199001010017"})).await.expect(201);
        refused_as_example(app, "/v1/payee-accounts/import", &transfer).await;
        app.finish().await;
    });
}

async fn refused_as_example(app: &TestApp, path: &str, transfer: &str) {
    let import = match path {
        "/v1/transfers/import" => format!("/v1/transfers/{transfer}/feedback/import?reported_on=2022-10-10"),
        path => path.to_owned(),
    };
    for (format, language) in [("xlsx", "zh"), ("xlsx", "en"), ("csv", "zh"), ("csv_gb18030", "en")] {
        let request = app.request(Method::GET, &format!("{path}/template?format={format}")).header("Accept-Language", language);
        let template = app.send(request).await.expect(200).bytes;
        let job = tried(app, &import, &template).await;
        let report = &job["result"];
        // What names nobody may be meant.
        let (outcome, expected): (&str, &[&str]) =
            if path == "/v1/standards/import" { ("taken", &[]) } else { ("refused", &["template_example"]) };
        assert_eq!((&job["state"], &report["outcome"]), (&json!("succeeded"), &json!(outcome)), "{path} {format} {language}: {job}");
        assert_eq!((&report["rows"], &report["unknown_columns"]), (&json!(1), &json!([])), "{path} {format} {language}");
        let codes: Vec<&str> = report["faults"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect();
        assert_eq!(codes, expected, "{path} {format} {language}: nothing else is wrong with it");
    }
}

/// Money that a subordinate union has and is to report on.
async fn transfer(app: &TestApp, aid: &Aid) -> String {
    let line = aid.line("10000").await;
    let district = app.organisation("district_union", "江阳区总工会").await;
    let account = json!({"organisation_id": district, "kind": "bank_account", "number": card_number()});
    app.post("/v1/payee-accounts", &account).await.expect(201);
    let tier = json!({
        "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer", "feedback_due_on": "2023-06-30",
        "population": {"listed": {"category": "transfer", "recipients": [{"organisation_id": district, "amount": "1200"}]}},
    });
    let plan = aid.sent(&aid.plan(crate::support::aid::drawing_on(&[&line]), json!([tier]))).await;
    aid.answered(&aid.instructions(&plan).await[0], "settled", "2022-09-08").await;
    app.all(&format!("/v1/transfers?organisation_id={district}"), 10).await[0]["id"].as_str().unwrap().to_owned()
}
