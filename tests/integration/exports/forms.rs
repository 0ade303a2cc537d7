//! Forms: what is on them is what the API says, whatever names they hold.

use bangfu::kernel::Role;
use bangfu::kernel::capitals::capital;
use serde_json::json;

use super::{busy, cells, records};
use crate::support::aid::{drawing_on, listed};
use crate::support::{Aid, Reply, TestApp, run};

/// A form as a page, which must be one for A4 paper that fetches nothing.
async fn page(app: &TestApp, path: &str) -> String {
    let reply: Reply = app.get(path).await.expect(200);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(reply.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    for part in ["@page { size: A4", "</html>"] {
        assert!(reply.text.contains(part), "{part} in {}", reply.text);
    }
    assert!(!reply.text.contains("<script") && !reply.text.contains("http"), "{}", reply.text);
    reply.text
}

/// A form as the cells of its workbook that are not empty, row by row.
async fn book(app: &TestApp, path: &str) -> Vec<Vec<String>> {
    let join = if path.contains('?') { '&' } else { '?' };
    let reply = app.get(&format!("{path}{join}format=xlsx")).await.expect(200);
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment"));
    cells(&reply.bytes).into_iter().map(|row| row.into_iter().filter(|cell| !cell.is_empty()).collect()).collect()
}

#[track_caller]
fn holds(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn the_roster_for_signature_is_masked_and_adds_up_in_figures_and_capitals() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let number = crate::support::registry::identity_number();
        let card = crate::support::registry::card_number();
        let hostile = json!({
            "name": "<script>alert(1)</script>", "identity_number": number,
            "payee_accounts": [{"kind": "one_card", "number": card}],
        });
        let hostile = aid.person_with(hostile).await["id"].as_str().unwrap().to_owned();
        let other = aid.person().await;
        let mut plan = aid.paying(&line, &[(&hostile, "1521"), (&other, "0.04")]);
        plan["name"] = json!("<b>方案</b> & \"引号\"");
        let id = app.post("/v1/plans", &plan).await.expect(201).id();
        let path = format!("/v1/plans/{id}/forms/roster");
        app.get(&path).await.refused(409, "plan_without_roster");
        let plan = aid.generate(&id).await;
        let total = plan.view["total"].as_str().unwrap();
        assert_eq!(total, "1521.04");
        let html = page(app, &path).await;
        holds(
            &html,
            &[
                "发放花名册（签领表）",
                "草稿，未锁定",
                "签名",
                "制表：",
                "审核：",
                "领导：",
                "合计大写",
                total,
                &plan.digest[..12],
                "&#60;b&#62;方案",
            ],
        );
        holds(&html, &[&capital(total.parse().unwrap()), "人民币壹仟伍佰贰拾壹元零肆分"]);
        // Neither the name nor a number is there in clear, and the masked ones are as in answers.
        let account = app.get(&format!("/v1/payee-accounts?person_id={hostile}")).await.expect(200).body;
        let person = app.get(&format!("/v1/persons/{hostile}")).await.expect(200).body;
        holds(&html, &[account["items"][0]["number"].as_str().unwrap(), person["identity_number"].as_str().unwrap()]);
        for hidden in [number.as_str(), card.as_str(), "alert(1)", "测试甲"] {
            assert!(!html.contains(hidden), "{hidden} in {html}");
        }
        aid.lock(&plan).await.expect(200);
        holds(&page(app, &path).await, &["已锁定"]);
        let book = book(app, &path).await;
        assert_eq!(book[0], ["发放花名册（签领表）"]);
        let entries: Vec<&Vec<String>> = book.iter().filter(|row| row.len() >= 7 && row[0].ends_with(".00") && row[0] != "序号").collect();
        assert_eq!(entries.len(), 2, "{book:?}");
        let totals = book.iter().find(|row| row.first().is_some_and(|cell| cell == "合计")).unwrap();
        assert_eq!(totals, &["合计", "2.00", "1521.04"]);
        assert!(book.iter().any(|row| row.contains(&"人民币壹仟伍佰贰拾壹元零肆分".to_owned())));
        app.get_as(Role::Administrator, &path).await.refused(403, "permission_denied");
        app.get(&format!("{path}?format=pdf")).await.refused(400, "parameter_invalid");
    });
}

#[test]
fn a_long_roster_is_printed_in_parts_each_with_its_subtotal_and_the_whole_total() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let people = aid.persons(5).await;
        let paid: Vec<(&str, &str)> = people.iter().map(String::as_str).zip(["100", "200", "300", "400", "0.50"]).collect();
        let plan = aid.draft(&aid.paying(&line, &paid)).await;
        aid.lock(&plan).await.expect(200);
        let path = format!("/v1/plans/{}/forms/roster", plan.id);
        let whole = book(app, &path).await;
        let rows = |book: &[Vec<String>]| -> Vec<Vec<String>> {
            let heads = book.iter().position(|row| row.first().is_some_and(|cell| cell == "序号")).unwrap();
            let ends = |row: &&Vec<String>| !["小计", "合计"].contains(&row[0].as_str());
            book[heads + 1..].iter().take_while(ends).cloned().collect()
        };
        let mut put_together = Vec::new();
        for (from, to) in [(1, 2), (3, 4), (5, 9)] {
            let part = book(app, &format!("{path}?from={from}&to={to}")).await;
            let own = rows(&part);
            let line = part.iter().find(|row| row.first().is_some_and(|cell| cell == "小计")).unwrap();
            let subtotal: bangfu::kernel::Money = own.iter().map(|row| row.last().unwrap().parse::<bangfu::kernel::Money>().unwrap()).sum();
            assert_eq!(line, &["小计".to_owned(), format!("{}.00", own.len()), subtotal.to_string()]);
            let said = |label: &str| part.iter().find(|row| row.first().is_some_and(|cell| cell == label)).unwrap()[1].clone();
            assert_eq!((said("本段小计大写"), said("全册合计")), (capital(subtotal), "5笔，1000.50元".to_owned()));
            assert_eq!(said("全册合计大写"), "人民币壹仟元零伍角");
            assert_eq!(said("本段"), format!("第{from}至{}号，共5号", to.min(5)));
            put_together.extend(own);
        }
        assert_eq!(put_together, rows(&whole), "each row stands in one part, with the number it has in the whole");
        let html = page(app, &format!("{path}?from=3&to=4")).await;
        holds(&html, &["小计", "第3至4号，共5号", "人民币壹仟元零伍角", "1000.50元"]);
        assert!(!html.contains("<td>合计</td>"), "{html}");
        let reply = app.get(&format!("{path}?from=3&to=4&format=xlsx")).await.expect(200);
        let name = reply.header("content-disposition").unwrap().replace("%2D", "-");
        assert!(name.contains("-3-4.xlsx"), "{name}");
        // A part that is all of it is the whole.
        assert_eq!(book(app, &format!("{path}?from=1&to=5")).await.len(), whole.len());
        for asked in ["from=0", "from=6", "from=4&to=3"] {
            app.get(&format!("{path}?{asked}")).await.refused(422, "form_part");
        }
        app.get(&format!("{path}?from=x")).await.refused(400, "parameter_invalid");
    });
}

#[test]
fn the_approval_form_shows_money_tiers_and_who_decided_what() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let person = aid.person().await;
        let plan = aid.submitted(&aid.plan(drawing_on(&[&line]), json!([listed(&[(&person, "3000")])]))).await;
        let path = format!("/v1/plans/{}/forms/approval", plan.id);
        let before = page(app, &path).await;
        holds(
            &before,
            &[
                "资金使用方案审批表",
                "审批中",
                "资金来源",
                "方案明细",
                "省级财政",
                "困难职工帮扶",
                "名单",
                "3000.00",
                "人民币叁仟元整",
                &plan.digest,
            ],
        );
        assert!(!before.contains("同意发放"));
        let mut decision = crate::support::chain::decision(&plan, 1, "2022-09-01");
        decision["opinion"] = json!("同意发放 <i>");
        app.post(&format!("/v1/plans/{}/approve", plan.id), &decision).await.expect(200);
        let after = page(app, &path).await;
        let review = &aid.reviews(&plan).await[0]["approvals"][0];
        holds(&after, &["同意发放 &#60;i&#62;", review["actor"].as_str().unwrap(), "2022-09-01", "分管领导", "财务负责人"]);
        let book = book(app, &path).await;
        let titles: Vec<&str> = book.iter().filter(|row| row.len() == 1).map(|row| row[0].as_str()).collect();
        assert_eq!(titles, ["资金使用方案审批表", "资金来源", "方案明细", "审批"]);
        assert!(book.iter().any(|row| row.contains(&"同意发放 <i>".to_owned())), "{book:?}");
    });
}

#[test]
fn the_cover_of_a_batch_says_what_was_handed_over_by_whom() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let people = aid.persons(2).await;
        let plan = aid.released(&aid.paying(&line, &[(&people[0], "1521"), (&people[1], "2212.50")])).await;
        let batch = app.get(&format!("/v1/batches?plan_id={}", plan.id)).await.expect(200).body["items"][0].clone();
        let path = format!("/v1/batches/{}/forms/cover", batch["id"].as_str().unwrap());
        let before = page(app, &path).await;
        holds(
            &before,
            &["代发批次封面", "一卡通", "尚未送出", "待送", "3733.50", "人民币叁仟柒佰叁拾叁元伍角", batch["created_by"].as_str().unwrap()],
        );
        holds(&before, &[batch["roster_digest"].as_str().unwrap(), batch["id"].as_str().unwrap(), "1521.00", "2212.50"]);
        aid.send_all(&plan, "2022-09-05").await;
        let after = page(app, &path).await;
        holds(&after, &["2022-09-05", "cashier", "已送", "送出金额"]);
        let book = book(app, &path).await;
        let amounts: Vec<&Vec<String>> = book.iter().filter(|row| row.iter().any(|cell| cell == "3733.50")).collect();
        assert_eq!(amounts.len(), 4, "in all, handed over, in the state, and its total: {book:?}");
    });
}

#[test]
fn a_report_is_printed_from_the_bytes_it_was_issued_with() {
    run(async |app| {
        let aid = busy(app).await;
        let line = app.get("/v1/allocation-lines").await.expect(200).body["items"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/reconciliation/allocation-lines/{line}?as_of=2022-12-31");
        let report = app.get(&path).await.expect(200).body;
        let size = report["checkpoint"]["size"].as_i64().unwrap();
        let path = format!("{path}&checkpoint={size}");
        let html = page(app, &format!("{path}&format=html")).await;
        let note = report["checkpoint"]["note"].as_str().unwrap();
        holds(&html, &["资金对账报告", "2022-12-31", &note.lines().next().unwrap().replace('<', "&#60;"), &size.to_string()]);
        for figure in ["granted", "disbursed", "transferred_down", "recoverable", "arrived", "identity_difference", "not_disbursed"] {
            holds(&html, &[&format!("<td class=\"number\">{}</td>", report[figure].as_str().unwrap())]);
        }
        let book = book(app, &path).await;
        let figure = |label: &str| book.iter().find(|row| row.len() == 2 && row[0] == label).map(|row| row[1].clone());
        assert_eq!(figure("下达").as_deref(), report["granted"].as_str());
        assert_eq!(figure("已发放").as_deref(), report["disbursed"].as_str());
        assert_eq!(figure("检查点签名").as_deref(), Some(note));
        let csv = app.get(&format!("{path}&format=csv")).await.expect(200);
        assert_eq!(&csv.bytes[..3], b"\xef\xbb\xbf");
        assert!(records(&csv.text).iter().any(|record| record[0] == "已发放" && Some(record[1].as_str()) == report["disbursed"].as_str()));
        let gb = app.get(&format!("{path}&format=csv_gb18030")).await.expect(200);
        assert!(encoding_rs::GB18030.decode(&gb.bytes).0.contains("资金对账报告"));
        // The same bytes as ever, when it is asked for as JSON.
        assert_eq!(app.get(&path).await.expect(200).body, report);
        app.get(&format!("{path}&format=pdf")).await.refused(400, "parameter_invalid");
        drop(aid);
    });
}
