//! Two people pressing at once: one decision, one clear refusal.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use crate::support::aid::{APPROVED_ON, with};
use crate::support::chain::{decision, step};
use crate::support::{Aid, Reply, run};

/// The same request by several people at once, each with a token of their own.
async fn at_once(aid: &Aid, tokens: &[String], path: &str, body: &Value) -> Vec<Reply> {
    let tasks: Vec<_> = tokens
        .iter()
        .map(|token| {
            let (app, token, path, body) = (aid.app.clone(), token.clone(), path.to_owned(), body.clone());
            tokio::spawn(async move { app.post_with(&token, &path, &body).await })
        })
        .collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

fn tally(replies: &[Reply]) -> Vec<(u16, String)> {
    let mut tally: Vec<_> =
        replies.iter().map(|reply| (reply.status, reply.body["code"].as_str().unwrap_or_default().to_owned())).collect();
    tally.sort();
    tally
}

async fn leaders(aid: &Aid, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for number in 0..count {
        tokens.push(aid.app.another(&format!("leader{number}"), Role::Leader).await);
    }
    tokens
}

#[test]
fn of_eight_leaders_at_the_last_step_one_decides() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let tokens = leaders(&aid, 8).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let replies = at_once(&aid, &tokens, &format!("/v1/plans/{}/approve", plan.id), &decision(&plan, 1, APPROVED_ON)).await;
        let mut expected = vec![(200, String::new())];
        expected.extend(vec![(409, "plan_state".to_owned()); 7]);
        assert_eq!(tally(&replies), expected);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 940.00, committed 60.00");
    });
}

#[test]
fn of_two_leaders_nobody_decides_the_next_step_unseen() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([step("review", "leader"), step("review", "leader"), step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let tokens = leaders(&aid, 2).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let replies = at_once(&aid, &tokens, &format!("/v1/plans/{}/approve", plan.id), &decision(&plan, 1, APPROVED_ON)).await;
        assert_eq!(tally(&replies), [(200, String::new()), (409, "step_decided".to_owned())]);
        assert_eq!(aid.status(&plan).await, "in_review");
    });
}

#[test]
fn approving_and_returning_at_once_is_one_of_the_two() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let tokens = leaders(&aid, 2).await;
        for _ in 0..4 {
            let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "10")])).await;
            let body = with(decision(&plan, 1, APPROVED_ON), json!({"opinion": "意见"}));
            let [approve, back] = ["approve", "return"].map(|step| {
                let (app, token, path, body) =
                    (app.clone(), tokens[usize::from(step == "return")].clone(), format!("/v1/plans/{}/{step}", plan.id), body.clone());
                tokio::spawn(async move { app.post_with(&token, &path, &body).await })
            });
            let replies = [approve.await.unwrap(), back.await.unwrap()];
            assert_eq!(tally(&replies), [(200, String::new()), (409, "plan_state".to_owned())]);
        }
    });
}

#[test]
fn one_person_who_takes_two_duties_at_once_gets_one() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let both = app.another_with("both", &[Role::FinanceHead, Role::Leader]).await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let special = aid.propose(&plan, "publicity_waiver").await;
        // Deciding twice at once, as two requests of the same person.
        let tokens = vec![both.clone(), both];
        let replies = at_once(&aid, &tokens, &format!("/v1/plans/{}/approve", plan.id), &decision(&plan, 1, APPROVED_ON)).await;
        assert_eq!(tally(&replies), [(200, String::new()), (409, "plan_state".to_owned())]);
        aid.decide_special(Role::Principal, &plan, &special, true).await.expect(200);
        aid.decide_special(Role::Principal, &plan, &special, true).await.refused(409, "special_decided");
    });
}

#[test]
fn a_policy_is_confirmed_once_and_a_notice_started_once() {
    run(async |app| {
        let aid = Aid::without_policy(app).await;
        app.policy(&json!([step("review", "leader"), step("publicity", "maker"), step("authorise", "finance_head")])).await;
        let line = aid.line("1000").await;
        let plan = aid.submitted(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        aid.decide_as(Role::Leader, &plan, &decision(&plan, 1, "2022-08-15")).await.expect(200);
        let tokens = vec![app.token(Role::Maker).to_owned(); 4];
        let notice = json!({"place": "公示栏", "from_on": "2022-08-15"});
        let replies = at_once(&aid, &tokens, &format!("/v1/plans/{}/publicity", plan.id), &notice).await;
        let expected = [
            (201, String::new()),
            (409, "publicity_started".to_owned()),
            (409, "publicity_started".to_owned()),
            (409, "publicity_started".to_owned()),
        ];
        assert_eq!(tally(&replies), expected);
    });
}
