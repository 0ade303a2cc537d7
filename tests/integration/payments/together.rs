//! Evidence of single payments that comes at once is taken in together; each request stays an act of its own (ADR 0020).

use std::time::Duration;

use bangfu::kernel::Role;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::aid::{bank_result, says, with};
use crate::support::app::unique;
use crate::support::{Aid, Reply, run, sql};

/// A plan of so many payments of 10 yuan, sent, from a line of 1,000.
pub(super) async fn sent(aid: &Aid, count: usize) -> (String, Vec<Value>) {
    let line = aid.line("1000").await;
    let people = aid.persons(count).await;
    let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
    let plan = aid.sent(&aid.paying(&line, &recipients)).await;
    (line, aid.instructions(&plan).await)
}

pub(super) fn settled(row: &Value) -> Value {
    bank_result(&[says(row, "settled", "2022-09-08")])
}

/// Holds the rows of payments.
pub(super) async fn held(rows: &[Value]) -> AsyncPgConnection {
    let ids: Vec<String> = rows.iter().map(|row| format!("'{}'", row["id"].as_str().unwrap())).collect();
    holding(&format!("select 1 from instruction where id in ({}) for update", ids.join(", "))).await
}

/// An open transaction of the owner that has done something.
pub(super) async fn holding(statement: &str) -> AsyncPgConnection {
    let mut owner = sql::owner().await;
    owner.batch_execute(&format!("begin; {statement}")).await.unwrap();
    owner
}

pub(super) fn asking(aid: &Aid, body: Value) -> JoinHandle<Reply> {
    asking_as(aid, aid.app.token(Role::Cashier), body)
}

pub(super) fn asking_as(aid: &Aid, token: &str, body: Value) -> JoinHandle<Reply> {
    asking_with_key(aid, token, &unique("together"), body)
}

pub(super) fn asking_with_key(aid: &Aid, token: &str, key: &str, body: Value) -> JoinHandle<Reply> {
    let (app, token, key) = (aid.app.clone(), token.to_owned(), key.to_owned());
    tokio::spawn(async move {
        let request = app.bare(Method::POST, "/v1/evidence").bearer_auth(token).header("Idempotency-Key", key);
        app.send(request.json(&body)).await
    })
}

/// A request about a payment of another plan, which waits for its key until it is let go; what comes meanwhile waits behind it.
pub(super) struct Busy {
    lock: AsyncPgConnection,
    asked: JoinHandle<Reply>,
}

impl Busy {
    pub(super) async fn new(aid: &Aid) -> Self {
        Self::of(aid, aid.app.token(Role::Cashier)).await
    }

    pub(super) async fn of(aid: &Aid, token: &str) -> Self {
        // One more than is asked about, so that the plan does not end.
        let (_, rows) = sent(aid, 2).await;
        let (federation, key) = (aid.app.federation, unique("busy"));
        let lock = holding(&format!(
            "insert into idempotency_key (federation_id, key, request_digest, status, headers, body, created_at)
             values ('{federation}', '{key}', '', 0, 'null', '', now())"
        ))
        .await;
        let asked = asking_with_key(aid, token, &key, settled(&rows[0]));
        tokio::time::sleep(Duration::from_millis(400)).await;
        Self { lock, asked }
    }

    /// Lets go, once all others that were asked wait.
    pub(super) async fn let_go(mut self) -> Reply {
        tokio::time::sleep(Duration::from_millis(600)).await;
        self.lock.batch_execute("rollback").await.unwrap();
        self.asked.await.unwrap()
    }
}

/// Has requests taken in together: they come while one is waiting for the database.
async fn together(aid: &Aid, requests: Vec<Value>) -> Vec<Reply> {
    together_as(aid, aid.app.token(Role::Cashier), requests).await
}

pub(super) async fn together_as(aid: &Aid, token: &str, requests: Vec<Value>) -> Vec<Reply> {
    let busy = Busy::of(aid, token).await;
    let asked: Vec<_> = requests.into_iter().map(|body| asking_as(aid, token, body)).collect();
    assert_eq!(applied(&busy.let_go().await), 1);
    let mut replies = Vec::new();
    for asked in asked {
        replies.push(asked.await.unwrap());
    }
    replies
}

pub(super) async fn count(aid: &Aid, what: &str) -> String {
    let federation = aid.app.federation;
    sql::texts(&mut sql::owner().await, &what.replace("$1", &format!("'{federation}'"))).await.remove(0)
}

/// One for each that is done at a time, and one for all that waited.
pub(super) const SHARED: &str = "2";
pub(super) const TRANSACTIONS: &str = "select count(distinct xmin::text) from evidence where federation_id = $1";

pub(super) fn applied(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["applied"].as_u64().unwrap()
}

#[test]
fn what_comes_while_one_is_taken_in_shares_a_transaction_and_stays_acts_of_its_own() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 9).await;
        let replies = together(&aid, rows[..8].iter().map(settled).collect()).await;
        assert!(replies.iter().all(|reply| applied(reply) == 1));
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 910.00, in_transit 10.00, disbursed 80.00");
        assert_eq!(count(&aid, TRANSACTIONS).await, SHARED, "what it waits for, and all others");
        for acts in ["evidence", "journal_entry where kind = 'settle'", "instruction_event where kind = 'settled'"] {
            let (table, filter) = acts.split_once(" where ").map_or((acts, "true"), |(table, filter)| (table, filter));
            let distinct = format!("select count(distinct act_id) from {table} where federation_id = $1 and {filter}");
            assert_eq!(count(&aid, &distinct).await, "9", "{table}");
        }
        // Of each payment, everything names the same act, which has an event with its request and its answer.
        let matching = "select count(distinct a.request_id) from evidence e
            join instruction_event v on v.federation_id = e.federation_id and v.evidence_id = e.id and v.act_id = e.act_id
            join journal_entry j on j.federation_id = e.federation_id and j.id = v.journal_entry_id and j.act_id = e.act_id
            join audit_event a on a.federation_id = e.federation_id and a.id = e.act_id and a.after ->> 'applied' = '1'
            where e.federation_id = $1";
        assert_eq!(count(&aid, matching).await, "9");
        // In the log, each entry is followed by the event of its act, and there are no gaps.
        let followed = "select count(*) from ledger_log e
             join ledger_log a on a.federation_id = e.federation_id and a.log_number = e.log_number + 1
             join journal_entry j on j.federation_id = e.federation_id and j.id = e.journal_entry_id and j.act_id = a.audit_event_id
             where e.federation_id = $1 and j.kind = 'settle'";
        assert_eq!(count(&aid, followed).await, "9");
        let gaps = "select h.last_log_number - count(*) from ledger_head h join ledger_log l on l.federation_id = h.federation_id
             where h.federation_id = $1 group by h.last_log_number";
        assert_eq!(count(&aid, gaps).await, "0");
    });
}

#[test]
fn of_several_taken_in_together_one_that_is_refused_takes_none_with_it() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 7).await;
        let wrong = bank_result(&[with(says(&rows[2], "settled", "2022-09-08"), json!({"amount": "9.00"}))]);
        let early = bank_result(&[says(&rows[3], "settled", "2022-01-01")]);
        let strange = bank_result(&[with(says(&rows[4], "settled", "2022-09-08"), json!({"reference": rows[4]["id"]}))]);
        let empty = bank_result(&[]);
        let requests = vec![settled(&rows[0]), settled(&rows[1]), wrong, early, strange, empty, settled(&rows[5])];
        let replies = together(&aid, requests).await;
        let said: Vec<(u16, &str)> = replies.iter().map(|reply| (reply.status, reply.body["code"].as_str().unwrap_or(""))).collect();
        let expected = [
            (200, ""),
            (200, ""),
            (422, "evidence_amount_differs"),
            (422, "evidence_too_early"),
            (422, "reference_not_issued"),
            (422, "fields_invalid"),
            (200, ""),
        ];
        assert_eq!(said, expected);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 930.00, in_transit 40.00, disbursed 30.00");
        assert_eq!(count(&aid, TRANSACTIONS).await, SHARED);
        let refused = "select count(*) from audit_event where federation_id = $1 and outcome = 'refused'";
        assert_eq!(count(&aid, refused).await, "4", "each refusal is told of, once");
    });
}

#[test]
fn of_several_about_one_payment_the_first_settles_it_and_the_others_confirm() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 3).await;
        let replies = together(&aid, vec![settled(&rows[0]), settled(&rows[1]), settled(&rows[1]), settled(&rows[1])]).await;
        assert_eq!(replies.iter().map(applied).sum::<u64>(), 2);
        assert_eq!(replies.iter().map(|reply| reply.body["confirmed"].as_u64().unwrap()).sum::<u64>(), 2);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 970.00, in_transit 10.00, disbursed 20.00");
    });
}

#[test]
fn a_line_of_a_file_that_comes_twice_at_once_is_taken_in_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, rows) = sent(&aid, 3).await;
        let line = bank_result(&[with(says(&rows[1], "settled", "2022-09-08"), json!({"line_number": 7}))]);
        let line = with(line, json!({"file_digest": "cc".repeat(32)}));
        let replies = together(&aid, vec![line.clone(), line.clone(), line]).await;
        assert_eq!(replies.iter().map(applied).sum::<u64>(), 1);
        assert_eq!(replies.iter().map(|reply| reply.body["repeated"].as_u64().unwrap()).sum::<u64>(), 2);
    });
}

#[test]
fn a_key_that_comes_twice_at_once_gets_the_same_answer_twice() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, rows) = sent(&aid, 3).await;
        let busy = Busy::new(&aid).await;
        let same: Vec<JoinHandle<Reply>> = (0..3)
            .map(|place| {
                // The third time the key stands for something else.
                let (app, body) = (app.clone(), settled(&rows[if place == 2 { 2 } else { 1 }]));
                tokio::spawn(async move { app.post_with_key("/v1/evidence", "twice", &body).await })
            })
            .collect();
        assert_eq!(applied(&busy.let_go().await), 1);
        let mut said = Vec::new();
        for reply in same {
            let reply = reply.await.unwrap();
            said.push((reply.status, reply.header("idempotency-replayed").is_some(), reply.body["code"].clone()));
        }
        said.sort_by_key(|(status, replayed, _)| (*status, *replayed));
        // Whichever came first was done; a repeat of it is told the same, and whatever else came under its key is refused.
        assert_eq!((said[0].0, said[0].1), (200, false), "{said:?}");
        let reused = said.iter().filter(|(status, _, code)| *status == 422 && code == "idempotency_key_reused").count();
        let replayed = said.iter().filter(|(status, replayed, _)| *status == 200 && *replayed).count();
        assert!((reused, replayed) == (1, 1) || (reused, replayed) == (2, 0), "{said:?}");
        assert_eq!(count(&aid, "select count(*) from evidence where federation_id = $1").await, "2");
    });
}

#[test]
fn the_last_payments_of_a_plan_that_settle_at_once_settle_the_plan() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(3).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
        let plan = aid.sent(&aid.paying(&line, &recipients)).await;
        let rows = aid.instructions(&plan).await;
        let replies = together(&aid, rows.iter().map(settled).collect()).await;
        assert!(replies.iter().all(|reply| applied(reply) == 1));
        assert_eq!(aid.status(&plan).await, "settled");
    });
}

/// What is not the plain answer to what was sent is taken in as if nothing else were there.
#[test]
fn bounces_and_contradictions_among_several_mean_what_they_mean_alone() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 6).await;
        for row in &rows[1..4] {
            aid.answered(row, "settled", "2022-09-06").await;
        }
        let says = |row: &Value, outcome: &str| bank_result(&[says(row, outcome, "2022-09-08")]);
        let others = vec![
            settled(&rows[0]),
            says(&rows[1], "bounced"),
            says(&rows[2], "failed"),
            says(&rows[3], "settled"),
            says(&rows[4], "failed"),
        ];
        let replies = together(&aid, others).await;
        let said: Vec<[u64; 3]> =
            replies.iter().map(|reply| ["applied", "confirmed", "contradicted"].map(|name| reply.body[name].as_u64().unwrap())).collect();
        assert_eq!(said, [[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]);
        assert_eq!(aid.states(&rows).await, ["settled", "bounced", "settled", "settled", "failed", "sent"]);
        assert_eq!(
            aid.accounts(&line).await,
            "granted 1000.00, available 940.00, committed 10.00, in_transit 10.00, disbursed 30.00, bounced 10.00"
        );
        assert_eq!(app.all("/v1/findings?state=open", 10).await.len(), 1);
        // Three before, what was waited for, one for the plain answers together, and one for each of the other two.
        assert_eq!(count(&aid, TRANSACTIONS).await, "7");
    });
}

#[test]
fn requests_of_two_people_are_never_one_transaction() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, rows) = sent(&aid, 5).await;
        let other = app.another("cashier2", Role::Cashier).await;
        let busy = Busy::new(&aid).await;
        let behind = asking(&aid, settled(&rows[0]));
        // Another person's requests wait for nobody.
        let reply = app.post_with(&other, "/v1/evidence", &settled(&rows[1])).await;
        assert_eq!(applied(&reply), 1);
        assert_eq!(applied(&busy.let_go().await), 1);
        assert_eq!(applied(&behind.await.unwrap()), 1);
        let actors = "select string_agg(distinct e.actor || '=' || a.actor, ' ') from evidence e
            join audit_event a on a.federation_id = e.federation_id and a.id = e.act_id where e.federation_id = $1";
        assert_eq!(count(&aid, actors).await, "cashier2=cashier2 cashier=cashier");
    });
}

#[test]
fn a_closed_period_refuses_each_of_several_and_keeps_nothing_of_them() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (line, rows) = sent(&aid, 4).await;
        let busy = Busy::new(&aid).await;
        let asked: Vec<_> = rows[..3].iter().map(|row| asking(&aid, bank_result(&[says(row, "settled", "2022-09-06")]))).collect();
        let closing = json!({"closed_through": "2022-09-07", "reason": "月结"});
        app.post("/v1/period-closings", &closing).await.expect(200);
        assert_eq!(applied(&busy.let_go().await), 1);
        for asked in asked {
            asked.await.unwrap().refused(423, "period_closed");
        }
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 960.00, in_transit 40.00");
        assert_eq!(count(&aid, "select count(*) from evidence where federation_id = $1").await, "1");
    });
}
