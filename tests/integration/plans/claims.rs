//! One live payment per payee, purpose and period, and money that is spent once: also when many ask at the same moment.

use serde_json::json;

use crate::support::aid::{Planned, with};
use crate::support::{Aid, run};

const CLIENTS: usize = 16;

/// Approves all plans at once and gives status and code of each answer.
async fn approve_at_once(aid: &Aid, plans: &[Planned]) -> Vec<(u16, String)> {
    let tasks: Vec<_> = plans
        .iter()
        .cloned()
        .map(|plan| {
            let aid = aid.clone();
            tokio::spawn(async move {
                let reply = aid.approve(&plan).await;
                (reply.status, reply.body["code"].as_str().unwrap_or_default().to_owned())
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[test]
fn a_second_plan_for_the_same_purpose_and_period_leaves_the_paid_out() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("1000").await;
        aid.approved(&aid.paying(&line, &[(&people[0], "60")])).await;
        let both = aid.paying(&line, &[(&people[0], "60"), (&people[1], "60")]);
        let second = aid.draft(&both).await;
        assert_eq!(aid.exclusions(&second).await, [(people[0].clone(), "already_claimed".to_owned()), (people[1].clone(), String::new())]);
        for members in [json!({"purpose": "助学"}), json!({"period": "2023"})] {
            let other = aid.draft(&with(aid.plan(both["funding"].clone(), both["tiers"].clone()), members)).await;
            assert_eq!(other.view["included"], 2);
        }
    });
}

#[test]
fn of_two_plans_locked_for_the_same_payee_the_second_cannot_be_approved() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let people = aid.persons(2).await;
        let line = aid.line("1000").await;
        let first = aid.submitted(&aid.paying(&line, &[(&people[0], "60")])).await;
        let second = aid.submitted(&aid.paying(&line, &[(&people[1], "60"), (&people[0], "60")])).await;
        aid.approve(&first).await.expect(200);
        let reply = aid.approve(&second).await.refused(409, "already_claimed");
        assert_eq!(reply.body["positions"], json!([1]));
        assert_eq!(aid.status(&second).await, "in_review");
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 940.00, committed 60.00");
        // The other payee of the refused plan was not claimed by it.
        assert_eq!(aid.draft(&aid.paying(&line, &[(&people[1], "60")])).await.view["included"], 1);
        // When the first is cancelled, the second may go on.
        aid.cancel(&first).await.expect(200);
        aid.approve(&second).await.expect(200);
    });
}

#[test]
fn a_payee_is_free_again_after_giving_up() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let person = aid.person().await;
        let line = aid.line("1000").await;
        let plan = aid.sent(&aid.paying(&line, &[(&person, "60")])).await;
        let instruction = aid.instructions(&plan).await.remove(0);
        aid.answered(&instruction, "failed", "2022-09-08").await;
        let waiting = aid.draft(&aid.paying(&line, &[(&person, "60")])).await;
        assert_eq!(
            waiting.view["exclusions"],
            json!([{"reason": "already_claimed", "count": 1}]),
            "a failed payment may still be reissued"
        );
        aid.instruction_step(&instruction, "give-up").await.expect(200);
        let again = aid.approved(&aid.paying(&line, &[(&person, "60")])).await;
        assert_eq!(again.view["included"], 1);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 940.00, committed 60.00");
    });
}

#[test]
fn sixteen_clients_racing_for_the_last_yuan_never_overspend_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        // Seven of sixteen plans of 60 fit into 420 and something.
        let line = aid.line("425").await;
        let mut plans = Vec::new();
        for person in aid.persons(CLIENTS).await {
            plans.push(aid.submitted(&aid.paying(&line, &[(&person, "60")])).await);
        }
        let answers = approve_at_once(&aid, &plans).await;
        let won = answers.iter().filter(|(status, _)| *status == 200).count();
        let refused = answers.iter().filter(|(status, code)| (*status, code.as_str()) == (422, "insufficient_funds")).count();
        assert_eq!((won, refused), (7, CLIENTS - 7), "{answers:?}");
        assert_eq!(aid.accounts(&line).await, "granted 425.00, available 5.00, committed 420.00");
        // Whoever was refused has written nothing and may try again when there is money.
        let approved = app.all("/v1/plans?status=approved", 50).await;
        assert_eq!(approved.len(), 7);
    });
}

#[test]
fn of_sixteen_clients_approving_plans_for_the_same_payee_exactly_one_wins() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("10000").await;
        let person = aid.person().await;
        let mut plans = Vec::new();
        for _ in 0..CLIENTS {
            plans.push(aid.submitted(&aid.paying(&line, &[(&person, "60")])).await);
        }
        let answers = approve_at_once(&aid, &plans).await;
        let won = answers.iter().filter(|(status, _)| *status == 200).count();
        let refused = answers.iter().filter(|(status, code)| (*status, code.as_str()) == (409, "already_claimed")).count();
        assert_eq!((won, refused), (1, CLIENTS - 1), "{answers:?}");
        assert_eq!(aid.accounts(&line).await, "granted 10000.00, available 9940.00, committed 60.00");
    });
}

#[test]
fn plans_with_the_same_payees_in_opposite_orders_do_not_lock_each_other_out() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (first, second) = (aid.line("10000").await, aid.line("10000").await);
        let people = aid.persons(6).await;
        let forth: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "60")).collect();
        let back: Vec<(&str, &str)> = forth.iter().rev().copied().collect();
        let mut plans = Vec::new();
        for index in 0..CLIENTS / 2 {
            let (line, recipients) = if index % 2 == 0 { (&first, &forth) } else { (&second, &back) };
            plans.push(aid.submitted(&aid.paying(line, recipients)).await);
        }
        let answers = approve_at_once(&aid, &plans).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|(status, code)| *status == 200 || code == "already_claimed"), "{answers:?}");
    });
}

#[test]
fn one_approval_asked_for_sixteen_times_commits_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("100").await;
        let person = aid.person().await;
        let plan = aid.submitted(&aid.paying(&line, &[(&person, "60")])).await;
        let plans = vec![plan; CLIENTS];
        let answers = approve_at_once(&aid, &plans).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|(status, code)| *status == 200 || code == "plan_state"), "{answers:?}");
        assert_eq!(aid.accounts(&line).await, "granted 100.00, available 40.00, committed 60.00");
        let postings = app.get("/v1/postings").await.expect(200).body;
        let commits = postings["items"].as_array().unwrap().iter().filter(|row| row["to_account"] == "committed").count();
        assert_eq!(commits, 1);
    });
}
