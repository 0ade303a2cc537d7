//! The same thing asked for by many at once happens once.

use serde_json::{Value, json};

use crate::support::aid::{RELEASED_ON, bank_result, says, with};
use crate::support::{Aid, Reply, run};

const CLIENTS: usize = 16;

/// Posts the same body at once under keys of their own, or all under one.
async fn at_once(aid: &Aid, path: &str, body: &Value, key: Option<&str>) -> Vec<Reply> {
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (app, path, body) = (aid.app.clone(), path.to_owned(), body.clone());
            let key = key.map_or_else(|| format!("race-{}-{client}", app.federation), str::to_owned);
            tokio::spawn(async move { app.post_with_key(&path, &key, &body).await })
        })
        .collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

fn tally(replies: &[Reply]) -> Vec<(u16, String, usize)> {
    let mut tally: Vec<(u16, String, usize)> = Vec::new();
    for reply in replies {
        let code = reply.body["code"].as_str().unwrap_or_default().to_owned();
        match tally.iter_mut().find(|(status, known, _)| *status == reply.status && *known == code) {
            Some((_, _, count)) => *count += 1,
            None => tally.push((reply.status, code, 1)),
        }
    }
    tally.sort();
    tally
}

#[test]
fn sixteen_releases_of_one_plan_write_its_instructions_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(3).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "60")).collect();
        let plan = aid.approved(&aid.paying(&line, &recipients)).await;
        let body = json!({"digest": plan.digest, "released_on": RELEASED_ON});
        let replies = at_once(&aid, &format!("/v1/plans/{}/release", plan.id), &body, None).await;
        assert_eq!(tally(&replies), [(201, String::new(), 1), (409, "plan_state".to_owned(), CLIENTS - 1)]);
        assert_eq!(aid.instructions(&plan).await.len(), 3);
        assert_eq!(app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await.len(), 1);
    });
}

#[test]
fn sixteen_sendings_of_one_batch_move_the_money_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let plan = aid.released(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let batch = app.all(&format!("/v1/batches?plan_id={}", plan.id), 10).await.remove(0);
        let path = format!("/v1/batches/{}/send", batch["id"].as_str().unwrap());
        let replies = at_once(&aid, &path, &json!({"sent_on": "2022-09-05"}), None).await;
        assert_eq!(tally(&replies), [(200, String::new(), 1), (409, "batch_sent".to_owned(), CLIENTS - 1)]);
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 940.00, in_transit 60.00");
    });
}

#[test]
fn sixteen_settlements_of_one_payment_under_keys_of_their_own_settle_it_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        let replies = at_once(&aid, "/v1/evidence", &bank_result(&[says(&row, "settled", "2022-09-08")]), None).await;
        let count = |name: &str| replies.iter().map(|reply| reply.body[name].as_u64().unwrap()).sum::<u64>();
        assert_eq!((count("applied"), count("confirmed"), count("repeated")), (1, 15, 0));
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 940.00, disbursed 60.00");
    });
}

#[test]
fn one_file_handed_in_by_sixteen_clients_is_taken_in_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(2).await;
        let plan = aid.sent(&aid.paying(&line, &[(&people[0], "60"), (&people[1], "40")])).await;
        let items: Vec<Value> = aid
            .instructions(&plan)
            .await
            .iter()
            .zip(1..)
            .map(|(row, number)| with(says(row, "settled", "2022-09-08"), json!({"line_number": number})))
            .collect();
        let file = with(bank_result(&items), json!({"file_digest": "bb".repeat(32)}));
        let replies = at_once(&aid, "/v1/evidence", &file, None).await;
        assert_eq!(tally(&replies), [(200, String::new(), CLIENTS)]);
        let count = |name: &str| replies.iter().map(|reply| reply.body[name].as_u64().unwrap()).sum::<u64>();
        assert_eq!((count("applied"), count("confirmed"), count("repeated")), (2, 0, 30));
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 900.00, disbursed 100.00");
    });
}

#[test]
fn one_key_sent_sixteen_times_is_answered_alike() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        let evidence = bank_result(&[says(&row, "settled", "2022-09-08")]);
        let replies = at_once(&aid, "/v1/evidence", &evidence, Some("settle-once")).await;
        assert!(replies.iter().all(|reply| reply.status == 200 && reply.text == replies[0].text), "{:?}", tally(&replies));
        assert_eq!(replies[0].body["applied"], 1);
        let path = format!("/v1/instructions/{}/evidence", row["id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.expect(200).body.as_array().unwrap().len(), 1);
        let other = bank_result(&[says(&row, "bounced", "2022-09-18")]);
        let reply = app.post_with_key("/v1/evidence", "settle-once", &other).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
        assert_eq!(aid.states(std::slice::from_ref(&row)).await, ["settled"]);
    });
}

#[test]
fn all_failed_payments_of_a_plan_can_be_reissued_at_once() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(8).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
        let plan = aid.sent(&aid.paying(&line, &recipients)).await;
        let rows = aid.instructions(&plan).await;
        // Half failed, half bounced: the ones move no money, the others do.
        let items: Vec<Value> = rows.iter().enumerate().map(|(at, row)| says(row, ["failed", "settled"][at % 2], "2022-09-08")).collect();
        aid.evidence(&bank_result(&items)).await.expect(200);
        let items: Vec<Value> = rows.iter().skip(1).step_by(2).map(|row| says(row, "bounced", "2022-09-20")).collect();
        aid.evidence(&bank_result(&items)).await.expect(200);
        let tasks: Vec<_> = rows
            .iter()
            .cloned()
            .map(|row| {
                let aid = aid.clone();
                tokio::spawn(async move { aid.instruction_step(&row, "reissue").await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().expect(200);
        }
        let mut sequences: Vec<i64> = app
            .all(&format!("/v1/batches?plan_id={}", plan.id), 50)
            .await
            .iter()
            .map(|batch| batch["sequence"].as_i64().unwrap())
            .collect();
        sequences.sort_unstable();
        assert_eq!(sequences, (1..=9).collect::<Vec<_>>());
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 920.00, committed 80.00");
    });
}

#[test]
fn one_payment_is_reissued_once_however_many_ask() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let plan = aid.sent(&aid.paying(&line, &[(&aid.person().await, "60")])).await;
        let row = aid.instructions(&plan).await.remove(0);
        aid.answered(&row, "failed", "2022-09-08").await;
        let path = format!("/v1/instructions/{}/reissue", row["id"].as_str().unwrap());
        let replies = at_once(&aid, &path, &json!({"reason": "账号有误"}), None).await;
        assert_eq!(tally(&replies), [(200, String::new(), 1), (409, "instruction_state".to_owned(), CLIENTS - 1)]);
        assert_eq!(aid.instructions(&plan).await.len(), 2);
    });
}

#[test]
fn the_last_payments_of_a_plan_settled_at_once_settle_the_plan() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let line = aid.line("1000").await;
        let people = aid.persons(8).await;
        let recipients: Vec<(&str, &str)> = people.iter().map(|person| (person.as_str(), "10")).collect();
        let plan = aid.sent(&aid.paying(&line, &recipients)).await;
        let tasks: Vec<_> = aid
            .instructions(&plan)
            .await
            .into_iter()
            .map(|row| {
                let aid = aid.clone();
                tokio::spawn(async move { aid.answered(&row, "settled", "2022-09-08").await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(aid.status(&plan).await, "settled");
        assert_eq!(aid.accounts(&line).await, "granted 1000.00, available 920.00, disbursed 80.00");
        assert_eq!(app.all("/v1/findings", 10).await, Vec::<Value>::new());
    });
}
