//! `bangfu demo` as people run it: the whole case over HTTP, and what becomes of the report when a file is changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
}

#[test]
fn another_standard_in_the_file_is_another_report() {
    let only_hardship = |text: String| {
        let steps: Vec<Value> = serde_json::from_str(&text).unwrap();
        let kept: Vec<Value> = steps.into_iter().filter(|step| step["plan"]["key"] == "hardship").collect();
        serde_json::to_string(&kept).unwrap()
    };
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
