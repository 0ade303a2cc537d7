//! Who may hand statements in, see them, and decide.

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::json;

use super::sent;
use crate::support::app::unique;
use crate::support::statements::{Row, STATEMENTS, csv};
use crate::support::users::within;
use crate::support::{Aid, TestApp, run};

#[test]
fn only_a_cashier_hands_statements_in_and_only_a_checker_decides() {
    run(async |app| {
        let statement = app.bank_statement(&[Row::debit("2022-09-06", "1.00", "A1").coded("手续费")]).await;
        let exception = app.exceptions(&statement).await.remove(0);
        let path = format!("/v1/statement-exceptions/{}/resolve", exception["id"].as_str().unwrap());
        let accepted = json!({"resolution": "accepted", "reason": "手续费"});
        for role in [Role::Maker, Role::Finance, Role::FinanceHead, Role::Checker, Role::Auditor, Role::Administrator] {
            let request = app.request_as(role, Method::POST, STATEMENTS).header("Idempotency-Key", unique("key"));
            app.send(request.body(csv(&[]))).await.refused(403, "permission_denied");
        }
        for role in [Role::Maker, Role::Finance, Role::FinanceHead, Role::Cashier, Role::Auditor, Role::Administrator] {
            app.post_as(role, &path, &accepted).await.refused(403, "permission_denied");
        }
        for path in ["/v1/bank-statements".to_owned(), format!("/v1/bank-statements/{}/lines", statement["id"].as_str().unwrap())] {
            app.get_as(Role::Auditor, &path).await.expect(200);
            app.get_as(Role::Administrator, &path).await.refused(403, "permission_denied");
        }
        let request = app.request_as(Role::Cashier, Method::POST, STATEMENTS);
        app.send(request.body(csv(&[]))).await.refused(400, "idempotency_key_missing");
    });
}

#[test]
fn an_account_is_the_whole_federations_and_shown_to_nobody_with_less_reach() {
    run(async |app| {
        let aid = Aid::new(app).await;
        sent(&aid, &["10"]).await;
        let statement = app.bank_statement(&[Row::debit("2022-09-06", "1.00", "A1").coded("手续费")]).await;
        let id = statement["id"].as_str().unwrap();
        let exception = app.exceptions(&statement).await.remove(0);
        let cashier = within(app, Role::Cashier, &aid.union).await;
        let request = app.request_with(&cashier, Method::POST, STATEMENTS).header("Idempotency-Key", unique("key"));
        app.send(request.body(csv(&[]))).await.refused(403, "out_of_reach");
        let checker = within(app, Role::Checker, &aid.union).await;
        for list in ["/v1/bank-statements", "/v1/statement-exceptions"] {
            let page = app.send(app.request_with(&checker, Method::GET, list)).await.expect(200).body;
            assert_eq!((&page["items"], &page["totals"]["count"]), (&json!([]), &json!(0)), "{list}");
        }
        for path in [format!("/v1/bank-statements/{id}"), format!("/v1/bank-statements/{id}/lines")] {
            app.send(app.request_with(&checker, Method::GET, &path)).await.refused(404, "not_found");
        }
        let path = format!("/v1/statement-exceptions/{}/resolve", exception["id"].as_str().unwrap());
        app.post_with(&checker, &path, &json!({"resolution": "accepted", "reason": "手续费"})).await.refused(404, "not_found");
    });
}

#[test]
fn statements_of_another_federation_are_not_there() {
    run(async |app| {
        let other = TestApp::new().await;
        let line = Row::debit("2022-09-06", "1.00", "A1").coded("手续费");
        let theirs = other.bank_statement(std::slice::from_ref(&line)).await;
        let exception = other.exceptions(&theirs).await.remove(0);
        app.get(&format!("/v1/bank-statements/{}", theirs["id"].as_str().unwrap())).await.refused(404, "not_found");
        app.resolve(&exception, &json!({"resolution": "accepted", "reason": "手续费"})).await.refused(404, "not_found");
        // The same file is another federation's own.
        let report = app.statements(STATEMENTS, &csv(&[line])).await;
        assert_eq!((&report["outcome"], &report["statements"][0]["lines"]), (&json!("taken"), &json!(1)));
        other.finish().await;
    });
}
