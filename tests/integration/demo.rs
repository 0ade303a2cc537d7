//! `bangfu demo` as people run it: the whole case over HTTP, and what becomes of the report when a file is changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bangfu::kernel::Money;
use serde_json::{Value, json};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/luzhou-2022")
}

fn demo(case: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bangfu"))
        .args(["demo", "--exit", "--json", "--case"])
        .arg(case)
        .env("LANG", "en_US.UTF-8")
        .env_remove("LC_ALL")
        .output()
        .unwrap()
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("standard output carries one JSON object and nothing else")
}

/// A copy of the example in which some files are different.
fn changed(name: &str, changes: &[(&str, &dyn Fn(String) -> String)]) -> PathBuf {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&copy);
    for folder in ["", "lists"] {
        fs::create_dir_all(copy.join(folder)).unwrap();
        for entry in fs::read_dir(example().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, copy.join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    for (file, change) in changes {
        let text = fs::read_to_string(copy.join(file)).unwrap();
        fs::write(copy.join(file), change(text)).unwrap();
    }
    copy
}

fn header_only(text: String) -> String {
    format!("{}\n", text.lines().next().unwrap())
}

/// Picks fields of a figure, in the order of domain.md's table.
fn picked(figures: &Value) -> Value {
    ["name", "granted", "top_up", "disbursed", "transferred_down", "returned", "not_disbursed", "identity_difference"]
        .map(|field| figures[field].clone())
        .into_iter()
        .collect()
}

#[test]
fn the_demo_reports_the_source_to_the_fen() {
    let report = report(&demo(&example()));
    assert_eq!(report["as_of"], "2023-02-28");
    let appropriations = report["appropriations"].as_array().unwrap();
    let found: Vec<Value> = appropriations.iter().flat_map(|each| each["lines"].as_array().unwrap()).map(picked).collect();
    let line = |name: &str, granted: &str, top_up: &str, disbursed: &str, transferred: &str, returned: &str, left: &str| {
        json!([name, granted, top_up, disbursed, transferred, returned, left, "0.00"])
    };
    let plain = |name: &str, amount: &str| line(name, amount, "0.00", amount, "0.00", "0.00", "0.00");
    let expected = vec![
        line("困难职工帮扶", "266360.00", "76.00", "266436.00", "0.00", "0.00", "0.00"),
        line("困难职工元旦春节送温暖", "376000.00", "40.00", "376040.00", "0.00", "0.00", "0.00"),
        line("全省职工常态化送温暖", "673000.00", "0.00", "373000.00", "300000.00", "0.00", "0.00"),
        plain("省部级劳模春节慰问金", "619500.00"),
        plain("省部级劳模生活补助金", "14400.00"),
        plain("省部级劳模困难帮扶金", "115000.00"),
        plain("省部级劳模体检资金", "89600.00"),
        line("省部级劳模荣誉津贴", "411300.00", "0.00", "405000.00", "0.00", "6300.00", "0.00"),
        line("市级劳模春节慰问金", "1659000.00", "0.00", "1650000.00", "0.00", "0.00", "9000.00"),
        plain("困难职工帮扶", "1000000.00"),
        plain("元旦春节送温暖", "1000000.00"),
        line("自有资金补差", "1000.00", "0.00", "0.00", "0.00", "0.00", "884.00"),
    ];
    assert_eq!(found, expected);

    let provincial = &appropriations[0];
    assert_eq!(provincial["document"], "川财建〔2022〕197号");
    let whole = json!(["2022年省级财政工会专项资金", "1315360.00", "116.00", "1015476.00", "300000.00", "0.00", "0.00", "0.00"]);
    assert_eq!(picked(provincial), whole);
    assert_eq!(provincial["arrived"], "1315360.00");
    assert_eq!(appropriations[1]["granted"], "1249800.00");

    let of = |figure: &str| {
        let all = report["declared"].as_array().unwrap();
        let found = all.iter().find(|each| each["figure"] == figure).unwrap();
        ["declared", "ledger", "difference", "outcome"].map(|field| found[field].as_str().unwrap().to_owned())
    };
    assert_eq!(of("own_funds"), ["172.00", "116.00", "56.00", "mismatch"]);
    assert_eq!(of("total_disbursed"), ["1315532.00", "1315476.00", "56.00", "mismatch"]);
    assert_eq!(of("person_times"), ["980", "689", "291", "mismatch"]);
    assert_eq!(of("persons")[3], "mismatch");
    assert_eq!(of("granted_provincial"), ["1315360.00", "1315360.00", "0.00", "exact"]);

    let december = &report["also"][0];
    assert_eq!(december["as_of"], "2022-12-31");
    assert_eq!(picked(december), line("困难职工元旦春节送温暖", "376000.00", "0.00", "0.00", "0.00", "0.00", "376000.00"));
    assert_eq!(december["committed"], "0.00");

    let statements = &report["bank_statements"];
    let expected = json!({
        "from": "2022-01-01", "to": "2023-02-28", "statements": 14, "lines": 3770,
        "matched": { "reference": 3760 }, "exceptions": { "fee": 8, "missing_in_ledger": 2 },
        "opening": "6225160.00", "closing": "9844.00",
        "ledger_sum": "-6208976.00", "bank_sum": "-6215316.00", "difference": "6340.00",
        "open_exceptions": 0, "open_difference": "0.00",
    });
    assert_eq!(*statements, expected);
    // The report and the bank tell the same from both ends: what was paid, and what is left but for the bank's eight charges.
    let money = |name: &str| statements[name].as_str().unwrap().parse::<Money>().unwrap();
    assert_eq!(money("ledger_sum"), -sum_of(&report, &["disbursed", "transferred_down"]));
    assert_eq!(money("closing") + Money::yuan(8 * 5), sum_of(&report, &["not_disbursed"]));
}

/// The sum of some fields over all appropriations of a report.
fn sum_of(report: &Value, fields: &[&str]) -> Money {
    let appropriations = report["appropriations"].as_array().unwrap();
    let amounts = appropriations.iter().flat_map(|each| fields.iter().map(|field| each[field].as_str().unwrap()));
    amounts.map(|amount| amount.parse::<Money>().unwrap()).sum()
}

/// The steps of one plan, of which the bank says something else.
fn only(text: &str, plan: &str, exceptions: &Value) -> String {
    let steps: Vec<Value> = serde_json::from_str(text).unwrap();
    let mut step = steps.into_iter().find(|step| step["plan"]["key"] == plan).unwrap();
    step["plan"]["result"]["exceptions"] = exceptions.clone();
    json!([step]).to_string()
}

#[test]
fn another_standard_in_the_file_is_another_report() {
    let only_hardship = |text: String| only(&text, "hardship", &json!([]));
    let case = changed(
        "demo-other-standard",
        &[
            ("standards.csv", &|text| text.replace("hardship,provincial,household,3000.00", "hardship,provincial,household,2000.00")),
            ("steps.json", &only_hardship),
            ("model_workers.csv", &header_only),
            ("recipients.csv", &header_only),
            ("declared_figures.csv", &header_only),
        ],
    );
    let report = report(&demo(&case));
    // ⌈(266,360 − 30 × 2,000) / 116⌉ = 1,779; 116 × 1,779 is 4 above what is left.
    let line = &report["appropriations"][0]["lines"][0];
    assert_eq!([&line["top_up"], &line["disbursed"], &line["identity_difference"]], ["4.00", "266364.00", "0.00"]);
    assert_eq!(report["declared"], json!([]));
}

#[test]
fn what_the_bank_pays_back_or_never_answers_stands_in_its_statement() {
    let evidence = |outcome: &str, on: &str| json!({ "evidence": { "outcome": outcome, "on": on, "code": "退票" } });
    let exceptions = json!([
        { "payee": "@household/h0001", "story": [evidence("settled", "2022-09-09"), evidence("bounced", "2022-10-08")] },
        { "payee": "@household/h0002", "story": [evidence("unknown", "2022-09-09")] },
        { "payee": "@household/h0003", "story": [evidence("bounced", "2022-09-09")] },
    ]);
    let case = changed(
        "demo-other-answers",
        &[
            ("steps.json", &|text| only(&text, "hardship", &exceptions)),
            ("model_workers.csv", &header_only),
            ("recipients.csv", &header_only),
            ("declared_figures.csv", &header_only),
        ],
    );
    let report = report(&demo(&case));
    // 144 of 146 payments of 1,521 and 3,000 were made, and one of them came back in October.
    let line = &report["appropriations"][0]["lines"][0];
    assert_eq!(
        [&line["disbursed"], &line["bounced"], &line["in_transit"], &line["committed"]],
        ["261873.00", "1521.00", "1521.00", "1521.00"]
    );
    let statements = &report["bank_statements"];
    assert_eq!(statements["statements"], 6);
    assert_eq!([&statements["lines"], &statements["matched"]], [&json!(146), &json!({ "reference": 145 })]);
    assert_eq!(statements["exceptions"], json!({ "fee": 1, "missing_in_bank": 1 }));
    assert_eq!([&statements["ledger_sum"], &statements["bank_sum"], &statements["difference"]], ["-261873.00", "-261878.00", "5.00"]);
    // Nobody accepts that the bank does not answer.
    assert_eq!([&statements["open_exceptions"], &statements["open_difference"]], [&json!(1), &json!("0.00")]);
}

#[test]
fn a_refused_row_is_named_with_file_line_field_and_reason() {
    let case = changed(
        "demo-bad-row",
        &[
            ("households.csv", &|text| text.replace("510599197803034783", "510599197803034784")),
            ("household_members.csv", &header_only),
            ("model_workers.csv", &header_only),
        ],
    );
    let output = demo(&case);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("households.csv:2 (h0001): POST /v1/persons"), "{said}");
    assert!(said.contains("/identity_number"), "{said}");
}
