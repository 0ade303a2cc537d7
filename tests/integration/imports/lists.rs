//! What becomes of the rows of a file.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::{HEADING, Line, faults, file, gb18030, head, member};
use crate::support::app::unique;
use crate::support::registry::{card_number, identity_number};
use crate::support::{Aid, TestApp, run};

const HOUSEHOLDS: &str = "/v1/households/import";

async fn count(app: &TestApp, path: &str) -> i64 {
    app.get(&format!("{path}?limit=1")).await.expect(200).body["totals"]["count"].as_i64().unwrap()
}

#[test]
fn households_with_members_and_dossiers_are_taken_in_from_a_gb18030_file() {
    run(async |app| {
        Aid::new(app).await;
        let (a, b, c) = (Line::new("杨静珍"), Line::new("杨贵波"), Line::new("薛小凤"));
        let rows = [head("N-1", &a), member("N-1", "儿子", &b), head("N-2", &c)];
        let report = app.report(HOUSEHOLDS, &gb18030(&file(&rows))).await;
        assert_eq!((&report["outcome"], &report["rows"], &report["taken"]), (&json!("taken"), &json!(3), &json!(3)), "{report}");
        let households = app.all("/v1/households", 10).await;
        assert_eq!(households.len(), 2);
        let first = app.get(&format!("/v1/households/{}", households[0]["id"].as_str().unwrap())).await.expect(200).body;
        let relations: Vec<&str> = first["members"].as_array().unwrap().iter().map(|member| member["relation"].as_str().unwrap()).collect();
        assert_eq!((relations, &first["region_code"]), (vec!["head", "child"], &json!("510599")));
        let dossiers = app.all("/v1/dossiers", 10).await;
        assert_eq!(dossiers[0]["number"], "N-1");
        assert_eq!(
            (&dossiers[0]["status"], &dossiers[0]["category"], &dossiers[0]["system"]),
            (&json!("active"), &json!("relative"), &json!("national"))
        );
        assert_eq!((&dossiers[0]["causes"], &dossiers[0]["monthly_income"]), (&json!(["疾病", "残疾"]), &json!("2830.00")));
        let found = app.post("/v1/persons/search", &json!({"identity_number": a.identity_number})).await.expect(200).body;
        assert_eq!(found["items"][0]["name"], "杨**");
        let person = app.get(&format!("/v1/persons/{}", found["items"][0]["id"].as_str().unwrap())).await.expect(200).body;
        assert_eq!(person["payee_accounts"][0]["number"], format!("****{}", &a.card[a.card.len() - 4..]));
        app.finish().await;
    });
}

#[test]
fn a_dry_run_reports_what_the_real_run_does_and_changes_nothing() {
    run(async |app| {
        Aid::new(app).await;
        let rows = [head("N-1", &Line::new("甲一")), head("N-2", &Line::new("乙二"))];
        let mut tried = app.report(&format!("{HOUSEHOLDS}?dry_run=true"), &file(&rows)).await;
        assert_eq!((count(app, "/v1/households").await, count(app, "/v1/persons").await), (0, 0));
        let done = app.report(HOUSEHOLDS, &file(&rows)).await;
        assert_eq!(tried["dry_run"], true);
        tried["dry_run"] = json!(false);
        assert_eq!(tried, done);
        assert_eq!(count(app, "/v1/households").await, 2);
    });
}

#[test]
fn a_row_at_fault_refuses_the_file_unless_the_good_rows_are_asked_for() {
    run(async |app| {
        Aid::new(app).await;
        let (good, bad, child) =
            (Line::new("甲一"), Line { identity_number: "510599199001010018".to_owned(), ..Line::new("乙二") }, Line::new("丙三"));
        let rows = [head("N-1", &good), head("N-2", &bad), member("N-2", "子女", &child)];
        let report = app.report(HOUSEHOLDS, &file(&rows)).await;
        assert_eq!((&report["outcome"], &report["taken"]), (&json!("refused"), &json!(0)));
        assert_eq!(count(app, "/v1/persons").await, 0);
        // The household of a row at fault is left out whole.
        let report = app.report(&format!("{HOUSEHOLDS}?take=good"), &file(&rows)).await;
        assert_eq!((&report["outcome"], &report["taken"], &report["refused"]), (&json!("partly_taken"), &json!(1), &json!(2)), "{report}");
        let expected = [(3, "identity_number", "identity_number_check_digit"), (4, "dossier_number", "unit_refused")];
        assert_eq!(faults(&report), expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())));
        assert_eq!(report["faults"][0]["value"], "******************", "a number that is none is hidden whole");
        assert!(report["faults"][0]["zh"].as_str().unwrap().contains("校验"), "{report}");
        assert_eq!((count(app, "/v1/persons").await, count(app, "/v1/dossiers").await), (1, 1));
    });
}

#[test]
fn the_same_rows_again_change_nothing_whatever_file_they_come_in() {
    run(async |app| {
        Aid::new(app).await;
        let (a, b, c) = (Line::new("甲一"), Line::new("乙二"), Line::new("丙三"));
        let rows = [head("N-1", &a), member("N-1", "配偶", &b)];
        app.report(HOUSEHOLDS, &file(&rows)).await;
        let again = app.report(HOUSEHOLDS, &file(&rows)).await;
        assert_eq!((&again["outcome"], &again["taken"], &again["repeated"]), (&json!("unchanged"), &json!(0), &json!(2)), "{again}");
        // In another encoding and order, with blanks and full-width digits, and one household more.
        let wide: String = a.identity_number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        let spaced = head(" N-1 ", &a).replace(",户主,", ", 户主 ,").replace("2022-03-07", "2022/3/7").replace(&a.identity_number, &wide);
        let other = gb18030(&file(&[head("N-2", &c), rows[1].clone(), spaced]));
        let more = app.report(HOUSEHOLDS, &other).await;
        assert_eq!((&more["outcome"], &more["taken"], &more["repeated"]), (&json!("taken"), &json!(1), &json!(2)), "{more}");
        assert_eq!((count(app, "/v1/households").await, count(app, "/v1/persons").await), (2, 3));
    });
}

#[test]
fn what_a_spreadsheet_damaged_is_refused_as_such_with_row_and_column() {
    run(async |app| {
        Aid::new(app).await;
        let line = |number: &str| Line { identity_number: number.to_owned(), ..Line::new("甲一") };
        let card = |number: &str| Line { card: number.to_owned(), ..Line::new("乙二") };
        let rows = [
            head("N-1", &line("5.10502E+17")),
            head("N-2", &card("6.22999E+18")),
            head("N-3", &card("6229990000000000019.0")),
            head("N-4", &line("=HYPERLINK(\"http://example.org\",\"510\")"))
                .replace("=HYPERLINK(\"http://example.org\",\"510\")", "\"=1+1\""),
        ];
        let report = app.report(HOUSEHOLDS, &file(&rows)).await;
        let expected = [
            (2, "identity_number", "scientific_notation"),
            (3, "account_number", "scientific_notation"),
            (4, "account_number", "trailing_decimal"),
            (5, "identity_number", "formula"),
        ];
        assert_eq!(faults(&report), expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())), "{report}");
    });
}

#[test]
fn rules_of_the_registry_hold_for_files_too() {
    run(async |app| {
        Aid::new(app).await;
        let (a, b) = (Line::new("甲一"), Line::new("乙二"));
        app.report(HOUSEHOLDS, &file(&[head("N-1", &a)])).await;
        let renamed =
            Line { name: "甲二".to_owned(), card: card_number(), ..Line { identity_number: b.identity_number.clone(), ..Line::new("") } };
        app.post("/v1/persons", &json!({"name": "乙二", "identity_number": b.identity_number})).await.expect(201);
        let rows = [
            head("N-1", &Line::new("丙三")),
            head("N-3", &a),
            head("N-4", &renamed),
            head("N-5", &Line::new("丁四")),
            head("N-5", &Line::new("戊五")),
            head("N-6", &Line::new("己六")).replace(",510599,", ",999999,"),
            head("N-7", &Line::new("庚七")).replace("一卡通,", ","),
            head("N-8", &b),
        ];
        let report = app.report(&format!("{HOUSEHOLDS}?take=good"), &file(&rows)).await;
        let expected = [
            (2, "dossier_number", "dossier_exists"),
            (3, "identity_number", "person_in_household"),
            (4, "name", "name_differs"),
            (5, "dossier_number", "unit_refused"),
            (6, "relation", "second_head"),
            (7, "region_code", "region_unknown"),
            (8, "account_kind", "account_incomplete"),
        ];
        assert_eq!(faults(&report), expected.map(|(row, column, code)| (row, column.to_owned(), code.to_owned())), "{report}");
        // Whoever was registered is not registered again.
        assert_eq!((&report["taken"], count(app, "/v1/persons").await), (&json!(1), 2));
    });
}

#[test]
fn the_file_comes_back_with_what_is_wrong_beside_each_row() {
    run(async |app| {
        Aid::new(app).await;
        let rows =
            [head("N-1", &Line::new("甲一")), head("N-2", &Line { identity_number: "51059919900101001".to_owned(), ..Line::new("乙二") })];
        let job = app.import(HOUSEHOLDS, "困难职工.csv", &gb18030(&file(&rows))).await;
        let answer = app.get_as(Role::Maker, &format!("/v1/jobs/{}/file", job["id"].as_str().unwrap())).await.expect(200);
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment"), "{:?}", answer.header("content-disposition"));
        let (text, _, broken) = encoding_rs::GB18030.decode(&answer.bytes);
        assert!(!broken);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], format!("{HEADING},\"导入结果\""));
        assert!(lines[1].starts_with(&rows[0]) && !lines[1].contains('['), "{}", lines[1]);
        assert!(lines[2].contains("身份证号") && lines[2].contains("identity_number_17_digits"), "{}", lines[2]);
        // Nobody else sees it.
        app.get_as(Role::Auditor, &format!("/v1/jobs/{}/file", job["id"].as_str().unwrap())).await.expect(404);
    });
}

#[test]
fn a_template_filled_in_is_taken_in() {
    run(async |app| {
        Aid::new(app).await;
        app.region("510500", "泸州市").await;
        for path in [HOUSEHOLDS, "/v1/persons/import", "/v1/model-workers/import"] {
            let template = app.get(&format!("{path}/template?format=csv")).await.expect(200).text;
            // Its example is an invented person; with another name it is taken for one.
            let filled = template.replace("王小明", "王小红");
            assert_ne!(filled, template, "{path}");
            let job = app.import(&format!("{path}?dry_run=true"), "template", filled.as_bytes()).await;
            assert_eq!((&job["state"], &job["result"]["outcome"]), (&json!("succeeded"), &json!("taken")), "{path}: {job}");
        }
    });
}

#[test]
fn the_other_lists_of_the_registry_are_taken_in() {
    run(async |app| {
        Aid::new(app).await;
        let union = unique("区总工会");
        app.organisation("district_union", &union).await;
        let (known, new) = (identity_number(), identity_number());
        let recipients = format!("姓名,身份证号码,电话,所属工会\n王小明,{known},19900001234,{union}\n李四,{new},1990000123,无此工会\n");
        let report = app.report("/v1/persons/import?take=good", recipients.as_bytes()).await;
        assert_eq!(report["taken"], 1, "{report}");
        let codes: Vec<String> = faults(&report).into_iter().map(|(_, _, code)| code).collect();
        assert!(codes.contains(&"organisation_unknown".to_owned()) && codes.len() == 2, "{report}");
        let workers = format!(
            "姓名,身份证号码,劳模级别,荣誉称号,授予日期,行政区划\n王小明,{known},省部级,四川省劳动模范,2015-04-28,510599\n王小明,{known},市级,泸州市劳动模范,2010年5月1日,510599\n赵六,{new},国家,x,2010-05-01,510599\n"
        );
        let report = app.report("/v1/model-workers/import?take=good", workers.as_bytes()).await;
        assert_eq!((&report["taken"], &report["refused"]), (&json!(2), &json!(1)), "{report}");
        let listed = app.all("/v1/model-workers", 10).await;
        assert_eq!((listed.len(), listed[0]["honours"].as_array().unwrap().len()), (1, 2));
        let (card, other) = (card_number(), card_number());
        let accounts = format!(
            "姓名,身份证号,账户类型,账号,户名,代领原因\n王小明,{known},银行卡,{card},,\n王小明,{known},银行卡,{other},李四,\n无名,{new},银行卡,{other},,\n"
        );
        let report = app.report("/v1/payee-accounts/import?take=good", accounts.as_bytes()).await;
        let found: Vec<String> = faults(&report).into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect();
        assert_eq!(found, ["3 agent_reason agent_reason_missing", "4 identity_number person_unknown"], "{report}");
    });
}

#[test]
fn hostile_files_are_refused_with_a_reason() {
    run(async |app| {
        Aid::new(app).await;
        let wide = format!("{}\n1\n", (0..5000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(","));
        let broken = [HEADING.as_bytes(), b"\r\n", &[0xFF, 0xFF, 0x80], b"\r\n"].concat();
        for (bytes, code) in [
            (Vec::new(), "table_empty"),
            (b"PK\x03\x04garbage".to_vec(), "table_archive_unsafe"),
            (b"%PDF-1.7\n".to_vec(), "table_format"),
            (wide.into_bytes(), "table_too_many_columns"),
            (broken, "table_encoding"),
            (b"a,b\n1,2\n".to_vec(), "table_header_missing"),
            ("姓名,身份证号\n王小明,1\n".as_bytes().to_vec(), "table_column_missing"),
        ] {
            let job = app.import(HOUSEHOLDS, "x.csv", &bytes).await;
            assert_eq!(job["state"], "failed", "{code}: {job}");
            assert_eq!(job["problem"]["code"], code, "{job}");
            assert!(job["problem"]["zh"].as_str().is_some_and(|text| !text.is_empty()), "{job}");
        }
        let large = vec![b'a'; crate::support::world::FILE_LIMIT + 1];
        app.upload(HOUSEHOLDS, "x.csv", &large).await.refused(413, "body_too_large");
    });
}

#[test]
fn an_import_needs_the_permission_and_a_key() {
    run(async |app| {
        let request = app.request_as(Role::Auditor, reqwest::Method::POST, HOUSEHOLDS).header("Idempotency-Key", unique("key"));
        app.send(request.body("x")).await.refused(403, "permission_denied");
        let request = app.request_as(Role::Maker, reqwest::Method::POST, HOUSEHOLDS);
        app.send(request.body("x")).await.refused(400, "idempotency_key_missing");
        let _: Value = app.get_as(Role::Maker, "/v1/jobs").await.expect(200).body;
    });
}

#[test]
fn standards_are_taken_in_for_the_lines_they_name() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let name = app.get(&format!("/v1/allocation-lines/{line}")).await.expect(200).body["name"].as_str().unwrap().to_owned();
        let file = format!(
            "资金项目,人员类别,计量单位,标准金额,执行开始日期,执行结束日期\n{name},相对困难,户,\"1,495.00\",2022-01-01,\n{name},相对困难,户,1500,2022-06-01,\n没有这个,深度困难,户,3000,2022-01-01,\n{name},深度困难,户,-1,2022-01-01,\n"
        );
        let report = app.report("/v1/standards/import?take=good", file.as_bytes()).await;
        let found: Vec<String> = faults(&report).into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect();
        assert_eq!(report["taken"], 1, "{report}");
        assert_eq!(found.len(), 3, "{report}");
        assert!(found[1].starts_with("4 line line_unknown") && found[2].starts_with("5 amount"), "{found:?}");
        let listed = app.all(&format!("/v1/standards?allocation_line_id={line}"), 10).await;
        assert_eq!((listed.len(), &listed[0]["category"], &listed[0]["amount"]), (1, &json!("relative"), &json!("1495.00")));
    });
}

#[test]
fn what_a_subordinate_union_reports_is_disbursed_by_its_list() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let district = app.organisation("district_union", &unique("区总工会")).await;
        let account = json!({"organisation_id": district, "kind": "bank_account", "number": card_number()});
        app.post("/v1/payee-accounts", &account).await.expect(201);
        let tier = json!({
            "name": "划拨", "kind": "transfer_down", "channel": "bank_transfer", "feedback_due_on": "2023-06-30",
            "population": {"listed": {"category": "transfer", "recipients": [{"organisation_id": district, "amount": "120"}]}},
        });
        let plan = aid.sent(&aid.plan(crate::support::aid::drawing_on(&[&line]), json!([tier]))).await;
        aid.answered(&aid.instructions(&plan).await[0], "settled", "2022-09-08").await;
        let transfer = app.all(&format!("/v1/transfers?organisation_id={district}"), 10).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/transfers/{transfer}/feedback/import?reported_on=2022-10-10");
        let (a, b) = (identity_number(), identity_number());
        let heading = "姓名,身份证号码,金额,发放日期\n";
        let take = async |path: &str, rows: &str| {
            let started = app.upload(path, "名单.csv", format!("{heading}{rows}").as_bytes()).await.expect(202).id();
            let role = bangfu::kernel::Role::ALL
                .into_iter()
                .find(|role| app.token(*role) == app.token(crate::support::users::role_for(&reqwest::Method::POST, path).unwrap()));
            app.ended(role.unwrap(), &started).await["result"].clone()
        };
        // More than was transferred is refused as a whole; a date after the report, by its row.
        let report = take(&path, &format!("王小明,{a},100,2022-09-20\n李四,{b},30,2022-09-20\n")).await;
        assert_eq!((&report["outcome"], report["refused"].as_u64()), (&json!("refused"), Some(2)), "{report}");
        let report = take(&format!("{path}&take=good"), &format!("王小明,{a},100,2022-09-20\n李四,{b},10,2022-12-20\n")).await;
        assert_eq!((&report["taken"], faults(&report)[0].0, &*faults(&report)[0].1), (&json!(1), 3, "paid_on"), "{report}");
        let again = take(&path, &format!("王小明,{a},100,2022-09-20\n")).await;
        assert_eq!(again["outcome"], "unchanged", "{again}");
        let on_another_day = take(&path.replace("2022-10-10", "2022-10-11"), &format!("王小明,{a},100,2022-09-20\n")).await;
        assert_eq!(on_another_day["outcome"], "unchanged", "{on_another_day}");
        // Whoever was reported before, or stands twice, is told by the row; the others are taken.
        let rows = format!("王小明,{a},5,2022-09-21\n李四,{b},5,2022-09-21\n李四,{b},6,2022-09-22\n");
        let report = take(&format!("{path}&take=good"), &rows).await;
        let found: Vec<String> = faults(&report).into_iter().map(|(row, column, code)| format!("{row} {column} {code}")).collect();
        assert_eq!(found, ["2 identity_number feedback_repeated", "4 identity_number feedback_repeated"], "{report}");
        assert_eq!(app.get(&format!("/v1/transfers/{transfer}")).await.expect(200).body["reported"], "105.00");
    });
}
