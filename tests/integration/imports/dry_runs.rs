//! A dry run gives exactly the report that the real run would, whatever is wrong with the file.

use serde_json::{Value, json};

use super::{Line, annotated, file, head, member};
use crate::support::registry::{card_number, identity_number};
use crate::support::{Aid, TestApp, run};

const WRONG: &str = "510599199001010018";

/// Tries a file and then hands it in, in both manners, and compares the reports field by field and the files given back; gives the
/// report of the good rows. `counted` is a list whose rows tell what was written.
async fn both(app: &TestApp, path: &str, bytes: &[u8], counted: &str, good: u64) -> Value {
    let mut last = Value::Null;
    let before = count(app, counted).await;
    // All or none comes first: it refuses the file, so that the good rows are still new afterwards.
    for take in ["all", "good"] {
        let tried = app.import(&format!("{path}?take={take}&dry_run=true"), "a.csv", bytes).await;
        assert_eq!(count(app, counted).await, before, "a dry run writes nothing: {path} {take}");
        let done = app.import(&format!("{path}?take={take}"), "a.csv", bytes).await;
        let (dry, real) = (tried["result"].as_object().unwrap(), done["result"].as_object().unwrap());
        assert_eq!((&dry["dry_run"], &real["dry_run"]), (&json!(true), &json!(false)));
        assert_eq!(dry.keys().collect::<Vec<_>>(), real.keys().collect::<Vec<_>>());
        for (field, value) in real.iter().filter(|(field, _)| *field != "dry_run") {
            assert_eq!(&dry[field], value, "{field} of {path} take={take}");
        }
        assert_eq!(annotated(app, &tried).await, annotated(app, &done).await, "{path} {take}");
        let (outcome, taken) = if take == "all" { ("refused", 0) } else { ("partly_taken", good) };
        assert_eq!((&real["outcome"], &real["taken"]), (&json!(outcome), &json!(taken)), "{path}: {real:?}");
        last = done["result"].clone();
    }
    last
}

async fn count(app: &TestApp, path: &str) -> i64 {
    app.get(&format!("{path}?limit=1")).await.expect(200).body["totals"]["count"].as_i64().unwrap()
}

#[test]
fn a_dry_run_of_households_at_fault_reports_what_the_real_run_does() {
    run(async |app| {
        Aid::new(app).await;
        app.report("/v1/households/import", &file(&[head("N-1", &Line::new("甲一"))])).await;
        let twice = Line::new("戊五");
        let rows = [
            // Refused by a rule, with its member; unreadable, with its head; a second head; somebody who is in the file twice.
            head("N-1", &Line::new("乙一")),
            member("N-1", "子女", &Line::new("乙二")),
            head("N-2", &Line::new("丙一")),
            member("N-2", "子女", &Line { identity_number: WRONG.to_owned(), ..Line::new("丙二") }),
            head("N-3", &Line::new("丁一")),
            head("N-3", &Line::new("丁二")),
            head("N-4", &twice),
            head("N-5", &twice),
            head("N-6", &Line::new("己一")),
        ];
        let report = both(app, "/v1/households/import", &file(&rows), "/v1/persons", 2).await;
        assert_eq!((&report["refused"], report["faults"].as_array().unwrap().len()), (&json!(7), 7), "{report}");
        app.finish().await;
    });
}

#[test]
fn a_dry_run_of_model_workers_and_accounts_at_fault_reports_what_the_real_run_does() {
    run(async |app| {
        Aid::new(app).await;
        let (a, b, c) = (identity_number(), identity_number(), identity_number());
        app.post("/v1/persons", &json!({"name": "王小明", "identity_number": a})).await.expect(201);
        let workers = format!(
            "姓名,身份证号码,劳模级别,荣誉称号,授予日期,行政区划,备注\n\
             王小明,{a},省部级,四川省劳动模范,2015-04-28,510599,\n李四,{b},省部级,四川省劳动模范,2015-04-28,510599,\n李四,{b},头等,x,2015-04-28,510599,\n\
             赵六,{c},市级,泸州市劳动模范,2999-05-01,999999,\n钱七,{c},市级,泸州市劳动模范,2010-05-01,510599,\n孙八,{c},市级,泸州市劳动模范,2011-05-01,510599,\n"
        );
        both(app, "/v1/model-workers/import", workers.as_bytes(), "/v1/model-workers", 1).await;
        let accounts = format!(
            "姓名,身份证号,账户类型,账号,户名,代领原因\n王小明,{a},银行卡,{},,\n王小明,{a},银行卡,{},李四,\n无名,{c},银行卡,{},,\n王小明,{a},银行卡,6.22E+18,,\n",
            card_number(),
            card_number(),
            card_number()
        );
        let report = both(app, "/v1/payee-accounts/import", accounts.as_bytes(), "/v1/payee-accounts", 1).await;
        assert_eq!(report["refused"], 3, "{report}");
        app.finish().await;
    });
}
