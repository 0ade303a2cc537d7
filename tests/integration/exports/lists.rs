//! What stands in an export: the list's own rows, and how they are written.

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::every::lists;
use super::{Exported, busy, cells, exported, read, records};
use crate::support::users::within;
use crate::support::{Aid, TestApp, run};

async fn english(app: &TestApp, path: &str) -> Exported {
    let role = crate::support::users::role_for(&Method::GET, path).unwrap();
    read(app.send(app.request_as(role, Method::GET, path).header("Accept-Language", "en")).await)
}

#[test]
fn every_list_is_exported_with_its_own_rows_and_totals() {
    run(async |app| {
        for list in lists(app).await {
            let (name, id) = (list.name, list.id);
            let answered = app.get(&list.listed()).await.expect(200).body;
            let items = answered.get("items").unwrap_or(&answered).as_array().unwrap().clone();
            assert!(!items.is_empty(), "{name} has nothing to export");
            let file = english(app, &list.exported("csv")).await;
            let ids: Vec<&str> = items.iter().map(|item| item[id].as_str().unwrap()).collect();
            assert_eq!(file.column(id), ids, "{name}");
            assert_eq!((file.totals[0].as_str(), file.totals[1].clone()), ("Total", ids.len().to_string()), "{name}");
            if let Some(amount) = answered["totals"]["amount"].as_str() {
                assert!(file.totals.iter().any(|total| total == amount), "{name}: {amount} in {:?}", file.totals);
            }
            // The same in every format, in Chinese.
            let chinese = exported(app, &list.exported("csv")).await;
            let gb = app.get(&list.exported("csv_gb18030")).await.expect(200);
            let (text, _, broken) = encoding_rs::GB18030.decode(&gb.bytes);
            let gb = Exported::of(records(&text));
            let same = gb.rows == chinese.rows || list.changes_by_being_taken() && gb.rows.len() == chinese.rows.len();
            assert!(!broken && same && gb.heads == chinese.heads, "{name}");
            assert!(chinese.heads.iter().zip(&file.heads).all(|(zh, en)| zh != en && !zh.is_ascii()), "{:?}", chinese.heads);
            let book = app.get(&list.exported("xlsx")).await.expect(200);
            let book = Exported::of(cells(&book.bytes));
            assert_eq!((book.rows.len(), &book.heads), (chinese.rows.len(), &chinese.heads), "{name}");
            let first_codes =
                |file: &Exported| file.rows.iter().map(|row| row[usize::from(name == "roster-entries")].clone()).collect::<Vec<_>>();
            if name != "postings" {
                assert_eq!(first_codes(&book), first_codes(&chinese), "{name}");
            }
        }
    });
}

#[test]
fn the_heading_says_what_who_when_and_as_known_when() {
    run(async |app| {
        let aid = busy(app).await;
        app.get("/v1/audit/checkpoints").await.expect(200);
        let plan = app.get("/v1/plans").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        let reply = app.get_as(Role::Finance, &format!("/v1/instructions/export?plan_id={plan}&status=settled")).await.expect(200);
        assert!(reply.header("content-disposition").unwrap().starts_with("attachment"));
        assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(&reply.bytes[..3], b"\xef\xbb\xbf");
        let file = read(reply);
        assert_eq!(file.title, "支付指令");
        assert_eq!(file.fact("导出人"), "finance");
        assert!(file.fact("导出时间").starts_with("2023-03-15"), "{:?}", file.facts);
        assert_eq!(file.fact("筛选条件"), format!("plan_id={plan} status=settled"));
        assert_eq!(file.fact("个人信息"), "已脱敏");
        let newest = app.get("/v1/audit/checkpoints?limit=1").await.expect(200).body;
        let (known, root) = file.fact("最新检查点").split_once(' ').unwrap();
        let known = newest["items"][0]["size"].as_i64().unwrap() >= known.parse::<i64>().unwrap();
        assert!(known && root.len() == 12);
        assert_eq!(file.column("状态"), ["成功"; 3]);
        drop(aid);
    });
}

#[test]
fn an_export_follows_the_lists_filter_and_takes_no_other() {
    run(async |app| {
        let aid = busy(app).await;
        let settled = app.get("/v1/instructions?status=settled").await.expect(200).body;
        let file = exported(app, "/v1/instructions/export?status=settled").await;
        assert_eq!(file.rows.len(), settled["items"].as_array().unwrap().len());
        assert_eq!(exported(app, "/v1/instructions/export?status=failed").await.rows.len(), 0);
        for query in ["stauts=settled", "status=lost", "format=ods", "asked=1", "format=csv&format=csv", "allocation_line_id=1"] {
            app.get(&format!("/v1/instructions/export?{query}")).await.refused(400, "parameter_invalid");
        }
        let unknown = app.get("/v1/instructions/export?stauts=settled").await;
        assert!(unknown.text.contains("没有查询参数「stauts」"), "{}", unknown.text);
        for query in ["limit=5", "cursor=00000000-0000-0000-0000-000000000001"] {
            app.get(&format!("/v1/instructions/export?{query}")).await.refused(400, "page_of_export");
        }
        app.get("/v1/rosters/00000000-0000-0000-0000-000000000001/entries/export").await.refused(404, "not_found");
        let included = app.get("/v1/plans").await.expect(200).body["items"][0]["roster_id"].as_str().unwrap().to_owned();
        assert_eq!(exported(app, &format!("/v1/rosters/{included}/entries/export?included=false")).await.rows.len(), 0);
        drop(aid);
    });
}

#[test]
fn texts_that_a_spreadsheet_would_run_or_change_are_sheltered() {
    run(async |app| {
        for name in ["=HYPERLINK(\"http://x\")", "+1", "@SUM(A1)", "-2+3", "一行\n二行", "\"引号\",逗号"] {
            app.organisation("vendor", name).await;
        }
        let document =
            json!({"issuer": "财政局", "number": "1234567890123456789", "title": "0012", "kind": "notice", "issued_on": "2022-01-01"});
        app.post("/v1/documents", &document).await.expect(201);
        let text = app.get("/v1/organisations/export").await.expect(200).text;
        for field in ["'=HYPERLINK", ",\t+1,", ",'-2+3,", ",'@SUM(A1),", "一行\n二行", "\"\"引号\"\",逗号"] {
            assert!(text.contains(field), "{field} in {text}");
        }
        let names: Vec<String> = records(&text).into_iter().filter_map(|record| record.get(2).cloned()).collect();
        assert!(names.contains(&"=HYPERLINK(\"http://x\")".to_owned()), "{names:?}");
        let book = app.get("/v1/organisations/export?format=xlsx").await.expect(200).bytes;
        let mut formulas: calamine::Xlsx<_> = calamine::Reader::new(std::io::Cursor::new(book.clone())).unwrap();
        assert!(calamine::Reader::worksheet_formula(&mut formulas, "第1页").unwrap().is_empty());
        assert!(cells(&book).iter().any(|row| row.get(2).is_some_and(|name| name == "=HYPERLINK(\"http://x\")")));
        let text = app.get("/v1/documents/export").await.expect(200).text;
        assert!(text.contains("\t1234567890123456789") && text.contains("\t0012"), "{text}");
        let book = app.get("/v1/documents/export?format=xlsx").await.expect(200).bytes;
        assert!(cells(&book).iter().any(|row| row.get(1).is_some_and(|number| number == "1234567890123456789")));
    });
}

#[test]
fn an_export_is_for_whoever_may_read_the_list() {
    run(async |app| {
        let every = lists(app).await;
        for list in ["persons", "instructions", "payee-accounts", "plans", "statement-exceptions", "bank-statements"] {
            app.get_as(Role::Administrator, &format!("/v1/{list}/export")).await.refused(403, "permission_denied");
            app.send(app.bare(Method::GET, &format!("/v1/{list}/export"))).await.refused(401, "token_missing");
        }
        app.get_as(Role::Maker, "/v1/audit/events/export").await.refused(403, "permission_denied");
        // The auditors' own role in the database may read every list too.
        for list in every.iter().filter(|list| list.name != "jobs") {
            let rows = read(app.get_as(Role::Auditor, &list.exported("csv")).await).rows.len();
            assert!(rows > 0, "{}", list.name);
        }
    });
}

#[test]
fn who_reads_a_part_of_the_federation_exports_that_part() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let union = async |name: &str| {
            let body = json!({"kind": "district_union", "name": name, "parent_id": aid.union});
            app.post("/v1/organisations", &body).await.expect(201).id()
        };
        let (here, elsewhere) = (union("甲区总工会").await, union("乙区总工会").await);
        let person = async |organisation: &Value| {
            let number = crate::support::registry::identity_number();
            let body = json!({"name": "测试甲", "identity_number": number, "organisation_id": organisation});
            app.post("/v1/persons", &body).await.expect(201).id()
        };
        let own = person(&json!(here)).await;
        for organisation in [json!(elsewhere), json!(aid.union), Value::Null] {
            person(&organisation).await;
        }
        let token = within(app, Role::Maker, &here).await;
        let get = async |path: &str| app.send(app.request_with(&token, Method::GET, path)).await;
        let file = read(get("/v1/persons/export").await);
        assert_eq!((file.column("编号"), file.totals[1].as_str()), (vec![own.as_str()], "1"));
        // In clear too, and not by way of the other permission's reach.
        let asked = app.post_with(&token, "/v1/clear-exports", &json!({"list": "persons", "reason": "核对"})).await.expect(200).id();
        let file = read(get(&format!("/v1/persons/export?asked={asked}")).await);
        assert_eq!((file.column("编号"), file.column("姓名")), (vec![own.as_str()], vec!["测试甲"]));
        app.post_with(&token, "/v1/clear-exports", &json!({"list": "audit", "reason": "核对"})).await.refused(404, "not_found");
    });
}
