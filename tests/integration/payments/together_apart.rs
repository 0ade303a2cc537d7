//! What becomes of evidence taken in together when somebody is in the way, goes away or may no longer (ADR 0020).

use std::time::Duration;

use bangfu::kernel::Role;
use diesel_async::SimpleAsyncConnection;
use serde_json::json;

use super::together::{
    Busy, SHARED, TRANSACTIONS, applied, asking, asking_as, asking_with_key, count, held, holding, sent, settled, together_as,
};
use crate::support::aid::{SENT_ON, bank_result, says};
use crate::support::app::unique;
use crate::support::{Aid, run};

/// Long enough for what was asked to have come to where it waits.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

#[test]
fn a_payment_that_somebody_else_holds_holds_nobody_up_but_who_asks_of_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 5).await;
        let mut lock = held(&rows[..1]).await;
        let waits = asking(&aid, settled(&rows[0]));
        a_moment().await;
        for row in &rows[1..4] {
            assert_eq!(applied(&app.post("/v1/evidence", &settled(row)).await), 1);
        }
        assert!(!waits.is_finished());
        lock.batch_execute("rollback").await.unwrap();
        assert_eq!(applied(&waits.await.unwrap()), 1);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 950.00, in_transit 10.00, disbursed 40.00");
    });
}

#[test]
fn who_waits_for_a_line_that_somebody_else_holds_is_let_go_after_two_seconds_and_waits_alone() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (held_line, held_rows) = sent(&aid, 3).await;
        let (_, rows) = sent(&aid, 3).await;
        let mut lock = holding(&format!("select 1 from ledger_balance where allocation_line_id = '{held_line}' for update")).await;
        let waits = asking(&aid, settled(&held_rows[0]));
        a_moment().await;
        let behind = app.post("/v1/evidence", &settled(&rows[0])).await;
        assert_eq!(applied(&behind), 1, "though the line is still held");
        assert!(!waits.is_finished());
        lock.batch_execute("rollback").await.unwrap();
        assert_eq!(applied(&waits.await.unwrap()), 1);
    });
}

#[test]
fn whoever_goes_away_while_others_are_waited_for_has_asked_for_nothing() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, rows) = sent(&aid, 4).await;
        let busy = Busy::new(&aid).await;
        let gone = asking(&aid, settled(&rows[0]));
        let stays = asking(&aid, settled(&rows[1]));
        a_moment().await;
        gone.abort();
        assert_eq!(applied(&busy.let_go().await), 1);
        assert_eq!(applied(&stays.await.unwrap()), 1);
        assert_eq!(aid.states(&rows).await, ["sent", "settled", "sent", "sent"]);
    });
}

/// Two payments that a cashier asks for while another of theirs is being taken in, and whose role is changed meanwhile.
async fn refused_once_the_role_is_gone(aid: &Aid, but_given: impl AsyncFn(&Aid)) {
    let (_, rows) = sent(aid, 4).await;
    let token = aid.app.another("cashier2", Role::Cashier).await;
    let busy = Busy::of(aid, &token).await;
    let asked: Vec<_> = rows[..2].iter().map(|row| asking_as(aid, &token, settled(row))).collect();
    a_moment().await;
    let grant = "select g.id::text from role_grant g join app_user u on u.federation_id = g.federation_id and u.id = g.user_id
        where g.federation_id = $1 and u.login = 'cashier2'";
    let grant = count(aid, grant).await;
    aid.app.post(&format!("/v1/grants/{grant}/revoke"), &json!({"reason": "调岗"})).await.expect(200);
    but_given(aid).await;
    // Its transaction had begun when the role was still held.
    assert_eq!(applied(&busy.let_go().await), 1);
    for asked in asked {
        asked.await.unwrap().refused(403, "permission_denied");
    }
    assert_eq!(aid.states(&rows).await, ["sent", "sent", "sent", "sent"]);
}

#[test]
fn a_role_that_is_taken_away_while_others_are_waited_for_does_nothing_any_more() {
    run(async |app| refused_once_the_role_is_gone(&Aid::new(app).await, async |_| ()).await);
}

#[test]
fn a_role_that_holds_in_one_organisation_only_by_the_time_others_were_waited_for_does_nothing_elsewhere() {
    run(async |app| {
        let elsewhere = app.organisation("county_union", &unique("江阳区总工会")).await;
        refused_once_the_role_is_gone(&Aid::new(app).await, async |aid| {
            let user = count(aid, "select id::text from app_user where federation_id = $1 and login = 'cashier2'").await;
            let narrower = json!({"role": "cashier", "organisation_id": elsewhere, "reason": "调岗"});
            app.post(&format!("/v1/users/{user}/grants"), &narrower).await.expect(201);
        })
        .await;
    });
}

#[test]
fn a_token_that_is_revoked_while_others_are_waited_for_does_nothing_any_more() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, rows) = sent(&aid, 5).await;
        let token = app.another("cashier2", Role::Cashier).await;
        let made = app.post_with(&token, "/v1/tokens", &json!({"name": "接口"})).await.expect(200);
        let second = made.body["secret"].as_str().unwrap().to_owned();
        let busy = Busy::of(&aid, &second).await;
        let asked: Vec<_> = rows[..2].iter().map(|row| asking_as(&aid, &second, settled(row))).collect();
        // The same user's other token waits for none of these.
        let reply = app.post_with(&token, "/v1/evidence", &settled(&rows[2])).await;
        assert_eq!(applied(&reply), 1);
        a_moment().await;
        app.post_with(&token, &format!("/v1/tokens/{}/revoke", made.body["id"].as_str().unwrap()), &json!({})).await.expect(200);
        assert_eq!(applied(&busy.let_go().await), 1);
        for asked in asked {
            asked.await.unwrap().refused(401, "act_not_authenticated");
        }
        assert_eq!(aid.states(&rows).await, ["sent", "sent", "settled", "sent", "sent"]);
    });
}

#[test]
fn who_takes_in_the_first_answers_of_a_plan_takes_its_duty_by_one_of_their_acts() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, first) = sent(&aid, 3).await;
        let (_, second) = sent(&aid, 3).await;
        let token = app.another("cashier2", Role::Cashier).await;
        let requests = [&first[..2], &second[..2]].concat().iter().map(settled).collect();
        assert!(together_as(&aid, &token, requests).await.iter().all(|reply| applied(reply) == 1));
        assert_eq!(count(&aid, TRANSACTIONS).await, SHARED);
        let taken = "select count(*) from duty d where d.federation_id = $1 and d.actor = 'cashier2' and d.role = 'cashier'
            and exists (select from evidence e join instruction i on i.federation_id = e.federation_id and i.id = e.instruction_id
                        where e.federation_id = d.federation_id and e.act_id = d.act_id and i.plan_id = d.subject_id)";
        assert_eq!(count(&aid, taken).await, "3", "that of what they waited for, and these two");
    });
}

/// What only the database refuses does not say whose fault it is.
#[test]
fn of_several_one_that_the_database_refuses_takes_none_with_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let both = app.another_with("both", &[Role::Maker, Role::Cashier]).await;
        let (line, rows) = sent(&aid, 8).await;
        // Who made a plan pays nothing of it.
        let id = app.post_with(&both, "/v1/plans", &aid.paying(&line, &[(&aid.person().await, "10")])).await.expect(201).id();
        let made = aid.generate_with(&both, &id).await;
        aid.lock(&made).await.expect(200);
        aid.submit(&made).await.expect(200);
        aid.approve(&made).await.expect(200);
        aid.release(&made).await.expect(201);
        aid.send_all(&made, SENT_ON).await;
        let made = aid.instructions(&made).await;
        let mut requests: Vec<_> = rows[..6].iter().map(settled).collect();
        requests.insert(3, settled(&made[0]));
        let replies = together_as(&aid, &both, requests).await;
        for (place, reply) in replies.iter().enumerate() {
            if place == 3 {
                assert_eq!(reply.body["code"], "duty_conflict", "{}", reply.text);
            } else {
                assert_eq!(applied(reply), 1);
            }
        }
        // What was waited for, and the others in at most one transaction for each halving.
        assert!(count(&aid, TRANSACTIONS).await.parse::<u32>().unwrap() <= 4);
    });
}

#[test]
fn each_of_several_is_told_of_under_its_own_request_and_answered_again_under_its_own_key() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, rows) = sent(&aid, 7).await;
        for row in &rows[..3] {
            aid.answered(row, "settled", "2022-09-06").await;
        }
        let busy = Busy::new(&aid).await;
        // Some confirm what is known, some settle.
        let order = [3, 0, 4, 1, 5, 2];
        let keys: Vec<String> = order.iter().map(|_| unique("own")).collect();
        let token = app.token(Role::Cashier);
        let asked: Vec<_> = order.iter().zip(&keys).map(|(place, key)| asking_with_key(&aid, token, key, settled(&rows[*place]))).collect();
        assert_eq!(applied(&busy.let_go().await), 1);
        for ((place, key), asked) in order.iter().zip(&keys).zip(asked) {
            let reply = asked.await.unwrap();
            let known = u64::from(*place < 3);
            assert_eq!((applied(&reply), &reply.body["confirmed"]), (1 - known, &json!(known)));
            let again = asking_with_key(&aid, token, key, settled(&rows[*place])).await.unwrap();
            assert_eq!((again.status, &again.body), (200, &reply.body));
            assert!(again.header("idempotency-replayed").is_some());
            let told = format!(
                "select i.id::text from audit_event a join evidence e on e.federation_id = a.federation_id and e.act_id = a.id
                 join instruction i on i.federation_id = e.federation_id and i.id = e.instruction_id
                 where a.federation_id = $1 and a.request_id = '{}'",
                reply.header("x-request-id").unwrap()
            );
            assert_eq!(count(&aid, &told).await, rows[*place]["id"].as_str().unwrap());
        }
        // Three before, what was waited for, and one for all of these.
        assert_eq!(count(&aid, TRANSACTIONS).await, "5");
    });
}

#[test]
fn the_last_payments_of_a_plan_that_two_people_settle_at_once_settle_the_plan() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(2).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
        let plan = aid.sent(&aid.paying(&line, &recipients)).await;
        let rows = aid.instructions(&plan).await;
        let other = app.another("cashier2", Role::Cashier).await;
        // Each writes what it was told before either holds the plan.
        let mut lock = holding(&format!("select 1 from plan where id = '{}' for update", plan.id)).await;
        let asked = [asking(&aid, settled(&rows[0])), asking_as(&aid, &other, settled(&rows[1]))];
        a_moment().await;
        lock.batch_execute("rollback").await.unwrap();
        for asked in asked {
            assert_eq!(applied(&asked.await.unwrap()), 1);
        }
        assert_eq!(aid.status(&plan).await, "settled");
    });
}

#[test]
fn a_period_that_is_closed_after_several_have_booked_and_before_they_are_kept_keeps_none_of_them() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 4).await;
        let busy = Busy::new(&aid).await;
        let asked: Vec<_> = ["2022-09-06", "2022-09-08"]
            .iter()
            .zip(&rows)
            .map(|(on, row)| asking(&aid, bank_result(&[says(row, "settled", on)])))
            .collect();
        // They find the books open, and wait for the line.
        let mut lock = holding(&format!("select 1 from ledger_balance where allocation_line_id = '{line}' for update")).await;
        assert_eq!(applied(&busy.let_go().await), 1);
        a_moment().await;
        app.post("/v1/period-closings", &json!({"closed_through": "2022-09-07", "reason": "月结"})).await.expect(200);
        lock.batch_execute("rollback").await.unwrap();
        let [early, late] = [0, 1].map(|place| &rows[place]);
        let mut replies = Vec::new();
        for asked in asked {
            replies.push(asked.await.unwrap());
        }
        replies.remove(0).refused(423, "period_closed");
        assert_eq!(applied(&replies[0]), 1);
        assert_eq!(aid.states(&[early.clone(), late.clone()]).await, ["sent", "settled"]);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 960.00, in_transit 30.00, disbursed 10.00");
    });
}
