//! Who is in on the cut-off date, and the name of the reason of everybody who is not: domain.md, calculation rule 3.

use serde_json::{Value, json};

use crate::support::aid::{Case, Planned, REGION, dossiers, drawing_on, model_workers, with};
use crate::support::{Aid, run};

/// A plan over dossiers, from a line with a standard for each category.
async fn considering(aid: &Aid, conditions: Value) -> Planned {
    let line = aid.line("100000").await;
    for category in ["deep", "relative", "accidental", "provincial"] {
        aid.standard(&line, category, "1000", "exact").await;
    }
    aid.draft(&aid.plan(drawing_on(&[&line]), json!([dossiers(conditions)]))).await
}

async fn out_because(aid: &Aid, plan: &Planned, case: &Case) -> Option<String> {
    aid.exclusions(plan).await.into_iter().find(|(payee, _)| *payee == case.household).map(|(_, why)| why)
}

/// Who a plan of these conditions considers.
async fn considered(aid: &Aid, conditions: Value) -> Vec<String> {
    let plan = considering(aid, conditions).await;
    aid.exclusions(&plan).await.into_iter().map(|(payee, _)| payee).collect()
}

#[test]
fn a_tier_considers_the_dossiers_of_its_systems_categories_levels_and_regions() {
    run(async |app| {
        let aid = Aid::new(app).await;
        app.region("510597", "另一区").await;
        let usual = aid.case(json!({})).await.household;
        let provincial = aid.case(json!({"system": "provincial", "category": "provincial"})).await.household;
        let deep = aid.case(json!({"category": "deep"})).await.household;
        let district = aid.case(json!({"level": "district"})).await.household;
        let elsewhere = aid.case(json!({"region": "510597"})).await.household;
        let sorted = |households: &[&String]| {
            let mut households: Vec<String> = households.iter().map(|id| (*id).clone()).collect();
            households.sort();
            households
        };
        for (conditions, expected) in [
            (json!({}), sorted(&[&usual, &provincial, &deep, &district, &elsewhere])),
            (json!({"systems": ["provincial"]}), sorted(&[&provincial])),
            (json!({"categories": ["deep", "provincial"]}), sorted(&[&deep, &provincial])),
            (json!({"levels": ["district"]}), sorted(&[&district])),
            (json!({"regions": ["510597"]}), sorted(&[&elsewhere])),
            (json!({"regions": ["5105"]}), sorted(&[&usual, &provincial, &deep, &district, &elsewhere])),
            (json!({"regions": [REGION], "systems": ["national"], "levels": ["city"], "categories": ["relative"]}), sorted(&[&usual])),
        ] {
            let mut found = considered(&aid, conditions.clone()).await;
            found.sort();
            assert_eq!(found, expected, "{conditions}");
        }
    });
}

#[test]
fn a_county_funded_directly_by_the_province_is_out_unless_it_is_included() {
    run(async |app| {
        let aid = Aid::new(app).await;
        app.region("510596", "扩权县").await;
        let funding = json!({"valid_from": "2010-01-01", "valid_to": "2022-12-31"});
        let reply = app.post("/v1/regions/510596/direct-funding", &funding).await;
        assert!([200, 201].contains(&reply.status), "{}", reply.text);
        let case = aid.case(json!({"region": "510596"})).await;
        let plan = considering(&aid, json!({})).await;
        assert_eq!(out_because(&aid, &plan, &case).await.unwrap(), "directly_funded_region");
        let plan = considering(&aid, json!({"include_directly_funded": true})).await;
        assert_eq!(out_because(&aid, &plan, &case).await.unwrap(), "");
    });
}

#[test]
fn a_county_is_judged_by_the_dates_of_its_direct_funding() {
    run(async |app| {
        let aid = Aid::new(app).await;
        app.region("510595", "曾经的扩权县").await;
        let reply = app.post("/v1/regions/510595/direct-funding", &json!({"valid_from": "2010-01-01", "valid_to": "2022-08-10"})).await;
        assert!([200, 201].contains(&reply.status), "{}", reply.text);
        let case = aid.case(json!({"region": "510595"})).await;
        let plan = considering(&aid, json!({})).await;
        assert_eq!(out_because(&aid, &plan, &case).await.unwrap(), "", "its direct funding ended on the day before the cut-off");
    });
}

#[test]
fn a_grace_period_counts_until_it_has_ended() {
    run(async |app| {
        let aid = Aid::new(app).await;
        // Six months from each of these: the day before the cut-off, the cut-off itself, the day after.
        let mut cases = Vec::new();
        for (category, starts_on) in
            [("deep", "2022-02-10"), ("deep", "2022-02-11"), ("deep", "2022-02-12"), ("relative", "2022-02-11"), ("relative", "2022-02-10")]
        {
            let case = aid.case(json!({"category": category})).await;
            aid.step(&case.dossier, json!({"to": "grace", "on": starts_on, "months": 6})).await;
            cases.push(case);
        }
        let grace = app.get(&format!("/v1/dossiers/{}", cases[1].dossier)).await.expect(200).body["grace_periods"][0].clone();
        assert_eq!(grace["ends_on"], "2022-08-11", "the case this test is about");
        for (flag, expected) in [
            (Value::Null, ["grace_ended", "grace_ended", "", "", "grace_ended"]),
            (json!(true), ["grace_ended", "grace_ended", "", "", "grace_ended"]),
            (json!(false), ["grace_ended", "", "", "", "grace_ended"]),
        ] {
            let conditions = if flag.is_null() { json!({}) } else { json!({"grace_ending_on_cutoff_has_ended": flag}) };
            let plan = considering(&aid, conditions).await;
            for (case, expected) in cases.iter().zip(expected) {
                assert_eq!(out_because(&aid, &plan, case).await.unwrap(), expected, "flag {flag}");
            }
        }
    });
}

#[test]
fn a_dossier_counts_from_its_opening_until_its_closing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let closed = |on: &str| json!({"to": "closed", "on": on, "close_reason": "out_of_hardship"});
        let on_the_day = aid.case(json!({})).await;
        aid.step(&on_the_day.dossier, closed("2022-08-11")).await;
        let after = aid.case(json!({})).await;
        aid.step(&after.dossier, closed("2022-08-12")).await;
        let late = aid.case(json!({"opened_on": "2022-08-12"})).await;
        let opened_on_the_day = aid.case(json!({"opened_on": "2022-08-11"})).await;
        let plan = considering(&aid, json!({})).await;
        assert_eq!(out_because(&aid, &plan, &on_the_day).await.unwrap(), "dossier_not_in_force");
        assert_eq!(out_because(&aid, &plan, &after).await.unwrap(), "");
        assert_eq!(out_because(&aid, &plan, &late).await, None, "what was not there yet is not considered");
        assert_eq!(out_because(&aid, &plan, &opened_on_the_day).await.unwrap(), "");
    });
}

#[test]
fn a_household_whose_head_has_died_needs_another_head() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let dead = aid.case(json!({"died_on": "2022-08-11"})).await;
        let later = aid.case(json!({"died_on": "2022-08-12"})).await;
        let plan = considering(&aid, json!({})).await;
        assert_eq!(out_because(&aid, &plan, &dead).await.unwrap(), "head_deceased");
        assert_eq!(out_because(&aid, &plan, &later).await.unwrap(), "");
    });
}

#[test]
fn who_has_no_account_for_the_channel_or_no_standard_is_out_with_its_reason() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let usual = aid.case(json!({})).await;
        let accidental = aid.case(json!({"category": "accidental"})).await;
        let head = aid.person_with(json!({"payee_accounts": [{"kind": "bank_card", "number": "6230940099990019"}]})).await["id"].clone();
        let household = aid.household_of(head.as_str().unwrap(), REGION).await;
        aid.dossier_of(&household, json!({})).await;
        let line = aid.line("5000").await;
        aid.standard(&line, "relative", "1000", "exact").await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([dossiers(json!({}))]))).await;
        let why = aid.exclusions(&plan).await;
        for (payee, expected) in [(&usual.household, ""), (&accidental.household, "no_standard"), (&household, "no_account")] {
            assert!(why.contains(&(payee.clone(), expected.to_owned())), "{expected}: {why:?}");
        }
        assert_eq!(plan.view["exclusions"], json!([{"reason": "no_account", "count": 1}, {"reason": "no_standard", "count": 1}]));
        assert_eq!((&plan.view["included"], &plan.view["excluded"], &plan.view["total"]), (&json!(1), &json!(2), &json!("1000.00")));
        let listed = app.get(&format!("/v1/rosters/{}/entries?included=false", plan.roster)).await.expect(200).body;
        assert_eq!((&listed["totals"]["count"], &listed["totals"]["amount"]), (&json!(2), &json!("0.00")));
    });
}

#[test]
fn model_workers_are_chosen_by_level_and_the_dead_are_out() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let municipal = aid.model_worker("municipal", json!({})).await;
        let dead = aid.model_worker("municipal", json!({"died_on": "2022-01-20"})).await;
        let died_later = aid.model_worker("municipal", json!({"died_on": "2022-12-20"})).await;
        let provincial = aid.model_worker("provincial", json!({})).await;
        let line = aid.line("10000").await;
        aid.standard_per("person", &line, "municipal_model_worker", "1500", "exact").await;
        aid.standard_per("person", &line, "provincial_model_worker", "2100", "exact").await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([model_workers(json!({"levels": ["municipal"]}))]))).await;
        let mut why = aid.exclusions(&plan).await;
        why.sort();
        let mut expected = vec![(municipal, String::new()), (dead, "deceased".to_owned()), (died_later, String::new())];
        expected.sort();
        assert_eq!(why, expected);
        assert_eq!(plan.view["total"], "3000.00");
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([model_workers(json!({"levels": ["provincial"]}))]))).await;
        assert_eq!(aid.exclusions(&plan).await, [(provincial, String::new())]);
    });
}

#[test]
fn an_honour_that_was_revoked_no_longer_counts() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.model_worker("municipal", json!({})).await;
        let worker = app.all(&format!("/v1/model-workers?person_id={person}"), 10).await.remove(0);
        let path =
            format!("/v1/model-workers/{}/honours/{}/end", worker["id"].as_str().unwrap(), worker["honours"][0]["id"].as_str().unwrap());
        app.post(&path, &json!({"ended_on": "2022-08-10", "reason": "revoked"})).await.expect(200);
        let line = aid.line("10000").await;
        aid.standard_per("person", &line, "municipal_model_worker", "1500", "exact").await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([model_workers(json!({}))]))).await;
        assert_eq!(aid.exclusions(&plan).await, [(person, "honour_ended".to_owned())]);
    });
}

#[test]
fn an_honour_awarded_after_the_cut_off_is_not_considered_and_two_honours_are_one_payment() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let honours = json!([
            {"level": "municipal", "title": "市劳模", "awarded_on": "2010-05-01"},
            {"level": "municipal", "title": "市先进工作者", "awarded_on": "2015-05-01"},
        ]);
        let worker = json!({"person_id": person, "region_code": REGION, "honours": honours});
        app.post("/v1/model-workers", &worker).await.expect(201);
        let late = aid.person().await;
        let honours = json!([{"level": "municipal", "title": "市劳模", "awarded_on": "2022-09-01"}]);
        app.post("/v1/model-workers", &json!({"person_id": late, "region_code": REGION, "honours": honours})).await.expect(201);
        let line = aid.line("10000").await;
        aid.standard_per("person", &line, "municipal_model_worker", "1500", "exact").await;
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([model_workers(json!({}))]))).await;
        assert_eq!(aid.exclusions(&plan).await, [(person, String::new())]);
    });
}

#[test]
fn who_is_listed_twice_dead_or_not_registered_is_out_with_its_reason() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let twice = aid.person().await;
        let dead = aid.person_with(json!({"died_on": "2022-08-11"})).await["id"].as_str().unwrap().to_owned();
        let stranger = "00000000-0000-7000-8000-000000000001";
        let plan = aid.paying(&line, &[(&twice, "100"), (&twice, "200"), (&dead, "100"), (stranger, "100")]);
        let plan = aid.draft(&plan).await;
        let why: Vec<String> = aid.exclusions(&plan).await.into_iter().map(|(_, why)| why).collect();
        assert_eq!(why, ["", "listed_twice", "deceased", "not_registered"]);
        assert_eq!(plan.view["total"], "100.00");
    });
}

#[test]
fn a_payee_in_two_tiers_of_one_purpose_is_paid_once_and_of_two_purposes_twice() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let person = aid.person().await;
        let tier = crate::support::aid::listed(&[(&person, "100")]);
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([tier, tier]))).await;
        let why: Vec<String> = aid.exclusions(&plan).await.into_iter().map(|(_, why)| why).collect();
        assert_eq!(why, ["", "listed_twice"]);
        let other = with(tier.clone(), json!({"purpose": "助学"}));
        let plan = aid.draft(&aid.plan(drawing_on(&[&line]), json!([tier, other]))).await;
        assert_eq!(plan.view["included"], 2);
    });
}
