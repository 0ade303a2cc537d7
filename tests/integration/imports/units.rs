//! What is taken whole is refused whole, and every refused row is told why.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{Line, annotated, faults, file, head, member};
use crate::support::registry::{card_number, identity_number};
use crate::support::{Aid, TestApp, run};

const HOUSEHOLDS: &str = "/v1/households/import";
const WRONG: &str = "510599199001010018";

async fn count(app: &TestApp, path: &str) -> i64 {
    app.get(&format!("{path}?limit=1")).await.expect(200).body["totals"]["count"].as_i64().unwrap()
}

fn told(report: &Value) -> Vec<String> {
    faults(report).into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect()
}

#[test]
fn a_household_with_a_member_that_cannot_be_read_is_refused_whole_and_taken_whole_once_corrected() {
    run(async |app| {
        Aid::new(app).await;
        let (a, b, child) = (Line::new("甲一"), Line::new("乙二"), Line::new("丙三"));
        let bad = Line { identity_number: WRONG.to_owned(), ..Line::new("丙三") };
        let path = format!("{HOUSEHOLDS}?take=good");
        // The member stands apart from its household.
        let report = app.report(&path, &file(&[head("N-1", &a), head("N-2", &b), member("N-1", "子女", &bad)])).await;
        assert_eq!(told(&report), ["2 dossier_number unit_refused", "4 identity_number identity_number_check_digit"], "{report}");
        assert_eq!((&report["taken"], &report["refused"], &report["outcome"]), (&json!(1), &json!(2), &json!("partly_taken")));
        assert_eq!((count(app, "/v1/persons").await, count(app, "/v1/dossiers").await), (1, 1));
        let report = app.report(&path, &file(&[head("N-1", &a), head("N-2", &b), member("N-1", "子女", &child)])).await;
        assert_eq!((&report["taken"], &report["repeated"], &report["refused"]), (&json!(2), &json!(1), &json!(0)), "{report}");
        assert_eq!((count(app, "/v1/persons").await, count(app, "/v1/dossiers").await), (3, 2));
        app.finish().await;
    });
}

#[test]
fn a_member_without_a_number_that_can_be_read_holds_back_the_household_above() {
    run(async |app| {
        Aid::new(app).await;
        let rows = [
            head("N-1", &Line::new("甲一")),
            member("", "配偶", &Line::new("甲二")),
            head("", &Line::new("乙一")),
            head("N-3", &Line::new("丙一")),
            member("5.10502E+17", "子女", &Line::new("丙二")),
            head("N-4", &Line::new("丁一")),
        ];
        let report = app.report(&format!("{HOUSEHOLDS}?take=good"), &file(&rows)).await;
        let expected = [
            "2 dossier_number unit_refused",
            "3 dossier_number required",
            "4 dossier_number required",
            "5 dossier_number unit_refused",
            "6 dossier_number scientific_notation",
        ];
        assert_eq!(told(&report), expected, "{report}");
        assert_eq!((&report["taken"], count(app, "/v1/households").await), (&json!(1), 1));
        app.finish().await;
    });
}

#[test]
fn a_model_worker_with_an_honour_that_cannot_be_read_is_refused_whole_and_taken_whole_once_corrected() {
    run(async |app| {
        Aid::new(app).await;
        let (a, b, c) = (identity_number(), identity_number(), identity_number());
        let rows = |level: &str, number: &str| {
            format!(
                "姓名,身份证号码,劳模级别,荣誉称号,授予日期,行政区划\n王小明,{a},省部级,四川省劳动模范,2015-04-28,510599\n李四,{b},市级,泸州市劳动模范,2010-05-01,510599\n\
                 王小明,{a},{level},泸州市劳动模范,2010-05-01,510599\n赵六,{c},市级,泸州市劳动模范,2010-05-01,510599\n赵六,{number},省部级,四川省劳动模范,2015-04-28,510599\n"
            )
        };
        let path = "/v1/model-workers/import?take=good";
        let report = app.report(path, rows("头等", WRONG).as_bytes()).await;
        let expected = [
            "2 identity_number unit_refused",
            "4 honour_level choice_unknown",
            "5 identity_number unit_refused",
            "6 identity_number identity_number_check_digit",
        ];
        assert_eq!(told(&report), expected, "{report}");
        assert_eq!((&report["taken"], count(app, "/v1/model-workers").await), (&json!(1), 1));
        let report = app.report(path, rows("市级", &c).as_bytes()).await;
        assert_eq!((&report["taken"], &report["repeated"], &report["refused"]), (&json!(4), &json!(1), &json!(0)), "{report}");
        assert_eq!(count(app, "/v1/model-workers").await, 3);
        app.finish().await;
    });
}

#[test]
fn a_sound_row_of_a_refused_unit_names_the_row_that_is_the_cause_in_both_languages_and_in_the_file() {
    run(async |app| {
        Aid::new(app).await;
        app.report(HOUSEHOLDS, &file(&[head("N-1", &Line::new("甲一"))])).await;
        let rows = [
            head("N-1", &Line::new("乙一")),
            member("N-1", "子女", &Line::new("乙二")),
            head("N-2", &Line::new("丙一")),
            head("N-3", &Line { identity_number: WRONG.to_owned(), ..Line::new("丁一") }),
            member("N-3", "子女", &Line::new("丁二")),
        ];
        let job = app.import(HOUSEHOLDS, "a.csv", &file(&rows)).await;
        let report = &job["result"];
        let expected = [
            "2 dossier_number dossier_exists",
            "3 dossier_number unit_refused",
            "5 identity_number identity_number_check_digit",
            "6 dossier_number unit_refused",
        ];
        assert_eq!(told(report), expected, "{report}");
        for (place, cause, value) in [(1, 2, "N-1"), (3, 5, "N-3")] {
            let fault = &report["faults"][place];
            assert_eq!((fault["header"].as_str(), fault["value"].as_str()), (Some("档案编号"), Some(value)), "{fault}");
            assert!(fault["zh"].as_str().unwrap().contains(&format!("第{cause}行")), "{fault}");
            assert!(fault["en"].as_str().unwrap().contains(&format!("row {cause}")), "{fault}");
        }
        let lines = annotated(app, &job).await;
        let told: Vec<bool> = lines.lines().skip(1).map(|line| line.contains('[')).collect();
        assert_eq!(told, [true, true, false, true, true], "{lines}");
        assert!(lines.lines().nth(5).unwrap().contains("第5行"), "{lines}");
        app.finish().await;
    });
}

#[test]
fn every_refused_row_has_a_reason_in_the_file_given_back_however_many_there_are() {
    run(async |app| {
        Aid::new(app).await;
        // More than are given back with all that is wrong with them; the last are refused by a rule of the registry.
        let (unreadable, unknown) = (10_020, 3);
        let mut text = "姓名,身份证号码,账户类型,账号\n".to_owned();
        (0..unreadable).for_each(|_| text.push_str("甲,1,存折,2\n"));
        (0..unknown).for_each(|_| text.push_str(&format!("甲,{},银行卡,{}\n", identity_number(), card_number())));
        let job = app.import("/v1/payee-accounts/import", "a.csv", text.as_bytes()).await;
        let report = &job["result"];
        let per_row = 3;
        let shown = report["faults"].as_array().unwrap().len();
        assert_eq!((&report["refused"], shown), (&json!(unreadable + unknown), 1000));
        assert_eq!(report["more_faults"], json!(unreadable * per_row + unknown - 1000), "the others are counted exactly");
        let lines = annotated(app, &job).await;
        let beside: Vec<usize> = lines.lines().skip(1).map(|line| line.matches('[').count()).collect();
        assert_eq!(beside.len(), unreadable + unknown);
        assert!(beside.iter().all(|reasons| *reasons > 0));
        assert_eq!((beside[0], beside[unreadable - 1]), (per_row, 1), "the first rows with all faults, the others with one");
        assert!(lines.lines().last().unwrap().contains("person_unknown"));
        app.get_as(Role::Maker, &format!("/v1/jobs/{}", job["id"].as_str().unwrap())).await.expect(200);
        app.finish().await;
    });
}
