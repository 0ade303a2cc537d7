//! Monthly tiers: domain.md, calculation rule 2.

use serde_json::{Value, json};

use crate::support::aid::{Planned, drawing_on, with};
use crate::support::{Aid, run};

/// A monthly tier of these recipients through 2022 at 300 a month.
fn monthly(recipients: Value) -> Value {
    json!({
        "name": "荣誉津贴", "kind": "monthly", "channel": "one_card", "month_from": "2022-01", "month_to": "2022-12",
        "population": {"listed": {"category": "honour_allowance", "recipients": recipients}},
    })
}

async fn line(aid: &Aid) -> String {
    let line = aid.line("100000").await;
    aid.standard_per("person_month", &line, "honour_allowance", "300", "exact").await;
    aid.standard_per("person_month", &line, "provincial_model_worker", "300", "exact").await;
    line
}

/// Months and amount of each row, or why it is out.
async fn due(aid: &Aid, plan: &Planned) -> Vec<(i64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |entry: &Value| (entry["quantity"].as_i64().unwrap(), text(&entry["amount"]), text(&entry["excluded_because"]));
    aid.entries(plan).await.iter().map(row).collect()
}

#[test]
fn who_dies_is_paid_through_the_month_of_death() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let mut recipients = Vec::new();
        for died_on in [json!("2022-01-31"), json!("2022-02-01"), json!("2022-12-05"), json!("2021-12-31"), Value::Null] {
            recipients.push(json!({"person_id": aid.person_with(json!({"died_on": died_on})).await["id"]}));
        }
        let line = line(&aid).await;
        // Paid afterwards: the deaths are known.
        let plan = aid.plan(drawing_on(&[&line]), json!([monthly(json!(recipients))]));
        let plan = aid.draft(&with(plan, json!({"cutoff_on": "2022-12-31"}))).await;
        let row = |months: i64, amount: &str, why: &str| (months, amount.to_owned(), why.to_owned());
        assert_eq!(
            due(&aid, &plan).await,
            [row(1, "300.00", ""), row(2, "600.00", ""), row(12, "3600.00", ""), row(1, "0.00", "no_month_due"), row(12, "3600.00", "")]
        );
        assert_eq!(plan.view["total"], "8100.00");
    });
}

#[test]
fn who_begins_later_is_paid_from_then_on() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (october, next_year, before) = (aid.person().await, aid.person().await, aid.person().await);
        let recipients = json!([
            {"person_id": october, "from_month": "2022-10"},
            {"person_id": next_year, "from_month": "2023-01"},
            {"person_id": before, "from_month": "2021-07"},
        ]);
        let line = line(&aid).await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([monthly(recipients)]))).await;
        let months: Vec<i64> = due(&aid, &plan).await.into_iter().filter(|row| row.2.is_empty()).map(|row| row.0).collect();
        assert_eq!(months, [3, 12]);
    });
}

#[test]
fn model_workers_are_paid_monthly_from_their_award_on() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let old = aid.model_worker("provincial", json!({"died_on": "2022-02-10"})).await;
        let fresh = aid.person().await;
        let honours = json!([{"level": "provincial", "title": "省劳模", "awarded_on": "2022-04-28"}]);
        app.post("/v1/model-workers", &json!({"person_id": fresh, "region_code": "510599", "honours": honours})).await.expect(201);
        let line = line(&aid).await;
        let tier = with(monthly(json!([])), json!({"population": {"model_workers": {"levels": ["provincial"]}}}));
        let plan = aid.draft(&with(aid.plan(drawing_on(&[&line]), json!([tier])), json!({"cutoff_on": "2022-12-31"}))).await;
        let mut amounts: Vec<(String, String)> = Vec::new();
        for entry in aid.entries(&plan).await {
            amounts.push((entry["person_id"].as_str().unwrap().to_owned(), entry["amount"].as_str().unwrap().to_owned()));
        }
        amounts.sort();
        let mut expected = vec![(old, "600.00".to_owned()), (fresh, "2700.00".to_owned())];
        expected.sort();
        assert_eq!(amounts, expected);
    });
}

#[test]
fn monthly_payments_overlap_month_by_month() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = line(&aid).await;
        let months = |from: &str, to: &str| {
            let tier = with(monthly(json!([{"person_id": person}])), json!({"month_from": from, "month_to": to}));
            aid.plan(drawing_on(&[&line]), json!([tier]))
        };
        let first = aid.approved(&months("2022-01", "2022-06")).await;
        assert_eq!(due(&aid, &first).await[0].0, 6);
        let overlapping = aid.draft(&months("2022-06", "2022-12")).await;
        assert_eq!(due(&aid, &overlapping).await[0].2, "already_claimed");
        let after = aid.draft(&months("2022-07", "2022-12")).await;
        assert_eq!(after.view["total"], "1800.00");
    });
}

#[test]
fn a_monthly_tier_is_made_of_months_and_a_standard() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = line(&aid).await;
        let tier = monthly(json!([{"person_id": person}]));
        for (members, pointer, code) in [
            (json!({"month_from": null}), "/tiers/0/month_from", "months_missing"),
            (json!({"month_to": null}), "/tiers/0/month_from", "months_missing"),
            (json!({"month_from": "2022-12", "month_to": "2022-01"}), "/tiers/0/month_to", "date_range_turned_round"),
            (json!({"adjusted": true}), "/tiers/0/adjusted", "adjusted_monthly"),
            (json!({"kind": "person"}), "/tiers/0/month_from", "months_unexpected"),
            (
                json!({"population": {"listed": {"category": "c", "recipients": [{"person_id": person, "amount": "300"}]}}}),
                "/tiers/0/population",
                "amount_unexpected",
            ),
        ] {
            let reply = app.post("/v1/plans", &aid.plan(drawing_on(&[&line]), json!([with(tier.clone(), members)]))).await;
            let reply = reply.refused(422, "fields_invalid");
            assert!(reply.faults().contains(&(pointer.to_owned(), code.to_owned())), "{}", reply.text);
        }
    });
}
