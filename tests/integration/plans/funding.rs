//! Which money pays: the lines in their order, own funds last, the entry at the border in two parts.

use serde_json::{Value, json};

use crate::support::aid::{drawing_on, listed, topped_up, with};
use crate::support::{Aid, run};

fn totals(view: &Value) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut totals: Vec<_> = view["funding"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (text(&part["allocation_line_id"]), text(&part["amount"]), !part["top_up_line_id"].is_null()))
        .collect();
    totals.sort();
    totals
}

#[test]
fn lines_are_drawn_on_in_their_order_and_the_border_entry_is_split() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(3).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "60")).collect();
        let (first, second) = (aid.line("100").await, aid.line("100").await);
        for (order, expected) in [([&first, &second], ["100.00", "80.00"]), ([&second, &first], ["80.00", "100.00"])] {
            let plan = aid.draft(&aid.plan(drawing_on(&[order[0], order[1]]), json!([listed(&recipients)]))).await;
            let mut amounts = vec![(first.clone(), expected[0].to_owned(), false), (second.clone(), expected[1].to_owned(), false)];
            amounts.sort();
            assert_eq!(totals(&plan.view), amounts);
            assert_eq!(plan.view["shortfall"], "0.00");
        }
        let plan = aid.sent(&aid.plan(drawing_on(&[&first, &second]), json!([listed(&recipients)]))).await;
        // The second person is paid 40 from the first line and 20 from the second.
        let second_person = aid.instructions(&plan).await.into_iter().find(|row| row["payee_id"] == people[1].as_str()).unwrap();
        let subject = second_person["id"].as_str().unwrap();
        let postings = app.get(&format!("/v1/postings?subject_id={subject}")).await.expect(200).body;
        let parts: Vec<(&Value, &Value)> =
            postings["items"].as_array().unwrap().iter().map(|posting| (&posting["allocation_line_id"], &posting["amount"])).collect();
        assert_eq!(parts, [(&json!(first), &json!("40.00")), (&json!(second), &json!("20.00"))]);
    });
}

#[test]
fn own_funds_pay_last_and_under_their_own_source() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let (line, own) = (aid.line("100").await, aid.own_line("100").await);
        let plan = aid.plan(topped_up(&[&line], &own), json!([listed(&[(&people[0], "70"), (&people[1], "70")])]));
        let plan = aid.approved(&plan).await;
        assert_eq!(totals(&plan.view), [(line.clone(), "100.00".to_owned(), false), (line.clone(), "40.00".to_owned(), true)]);
        assert_eq!(aid.accounts_of(&line, &aid.provincial).await, "granted 100.00, committed 100.00");
        assert_eq!(aid.accounts_of(&line, &aid.own).await, "top_up 40.00, committed 40.00");
        assert_eq!(aid.accounts(&own).await, "granted 100.00, available 60.00, topped_up_elsewhere 40.00");
        aid.cancel(&plan).await.expect(200);
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00");
        assert_eq!(aid.accounts(&own).await, "granted 100.00, available 100.00");
    });
}

#[test]
fn own_funds_that_are_not_last_or_not_own_are_refused() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let (line, own) = (aid.line("100").await, aid.own_line("100").await);
        let tiers = json!([listed(&[(&person, "10")])]);
        let part = |line: &str, top_up: bool| json!({"allocation_line_id": line, "top_up": top_up});
        for (funding, code, pointer) in [
            (json!([part(&own, true), part(&line, false)]), "top_up_order", "/funding/0/allocation_line_id"),
            (json!([part(&own, true)]), "top_up_order", "/funding/0/allocation_line_id"),
            (json!([part(&line, false), part(&line, true)]), "top_up_not_own", "/funding/1/allocation_line_id"),
        ] {
            let reply = app.post("/v1/plans", &aid.plan(funding, tiers.clone())).await.refused(422, code);
            assert_eq!(reply.faults()[0].0, pointer);
        }
        let other = aid.line("100").await;
        let funding = json!([part(&line, false), part(&own, true), part(&other, false)]);
        let reply = app.post("/v1/plans", &aid.plan(funding, tiers.clone())).await.refused(422, "top_up_order");
        assert_eq!(reply.faults()[0].0, "/funding/2/allocation_line_id");
        let funding = json!([part(&line, false), part(&line, false)]);
        let reply = app.post("/v1/plans", &aid.plan(funding, tiers)).await.refused(422, "fields_invalid");
        assert_eq!(reply.faults()[0].0, "/funding");
    });
}

#[test]
fn a_channel_that_a_line_does_not_allow_is_refused_above_all_cash() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let (cards, cash) = (aid.line("100").await, aid.line_of(&aid.provincial, "100", &["cash"]).await);
        let tier = listed(&[(&person, "10")]);
        let in_cash = with(tier.clone(), json!({"channel": "cash"}));
        for funding in [drawing_on(&[&cards]), drawing_on(&[&cash, &cards])] {
            let reply = app.post("/v1/plans", &aid.plan(funding, json!([in_cash]))).await.refused(422, "channel_not_allowed");
            assert_eq!(reply.faults()[0].0, "/tiers/0/channel");
        }
        let reply = app.post("/v1/plans", &aid.plan(drawing_on(&[&cash]), json!([in_cash, tier]))).await;
        assert_eq!(reply.refused(422, "channel_not_allowed").faults()[0].0, "/tiers/1/channel");
        app.post("/v1/plans", &aid.plan(drawing_on(&[&cash]), json!([in_cash]))).await.expect(201);
    });
}

#[test]
fn a_plan_over_its_funds_is_refused_with_what_is_missing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("100").await;
        let plan = aid.draft(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "60.01")])).await;
        assert_eq!(plan.view["shortfall"], "20.01");
        assert_eq!(aid.lock(&plan).await.refused(422, "insufficient_funds").body["missing"], "20.01");
        assert_eq!(aid.status(&plan).await, "draft");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 100.00");
    });
}

#[test]
fn of_two_plans_that_fit_alone_but_not_together_the_second_is_refused() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("100").await;
        let first = aid.submitted(&aid.paying(&line, &[(&people[0], "60")])).await;
        let second = aid.submitted(&aid.paying(&line, &[(&people[1], "60")])).await;
        aid.approve(&first).await.expect(200);
        let before = app.get("/v1/postings").await.text;
        let reply = aid.approve(&second).await.refused(422, "insufficient_funds");
        assert_eq!(reply.body["missing"], "20.00");
        assert_eq!((aid.status(&second).await.as_str(), app.get("/v1/postings").await.text), ("in_review", before));
        let reviews = app.get(&format!("/v1/reviews?subject_kind=plan&subject_id={}", second.id)).await.expect(200).body;
        assert_eq!((&reviews[0]["state"], &reviews[0]["approvals"]), (&json!("open"), &json!([])), "nothing of the decision was kept");
        // Its payee is still free for a plan that fits.
        let third = aid.approved(&aid.paying(&line, &[(&people[1], "40")])).await;
        assert_eq!(aid.status(&third).await, "approved");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, committed 100.00");
    });
}

#[test]
fn that_a_roster_is_not_what_the_registry_gives_is_told_before_that_its_money_is_gone() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("100").await;
        let first = aid.submitted(&aid.paying(&line, &[(&people[0], "60")])).await;
        let second = aid.submitted(&aid.paying(&line, &[(&people[1], "60")])).await;
        aid.approve(&first).await.expect(200);
        app.post(&format!("/v1/persons/{}/death", people[1]), &json!({"died_on": "2022-08-01"})).await.expect(200);
        aid.approve(&second).await.refused(409, "registry_changed");
        assert_eq!(aid.status(&second).await, "in_review");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
    });
}
