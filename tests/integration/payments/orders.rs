//! No order of operations breaks the identity of a line or a state machine: whatever is asked for in whatever order, the
//! service says and does what a small model in memory does.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::model::{Entry, Model, Pocket};
use crate::support::aid::{Planned, bank_result, listed, says, topped_up, with};
use crate::support::app::unique;
use crate::support::{Aid, Reply, TestApp, world};

const OUTCOMES: [&str; 4] = ["settled", "failed", "unknown", "bounced"];

/// What is asked for. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Operation {
    Release(usize),
    Cancel(usize),
    Send(usize),
    /// Entry, attempt counted from the last, outcome.
    Evidence(usize, usize, usize),
    Reissue(usize, usize),
    GiveUp(usize, usize),
    Recover(usize, i64),
    Receive(usize),
    Return(usize, i64),
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation as O;
    prop_oneof![
        3 => (0usize..2).prop_map(O::Release),
        1 => (0usize..2).prop_map(O::Cancel),
        4 => (0usize..2).prop_map(O::Send),
        9 => (0usize..5, prop_oneof![4 => Just(0usize), 1 => Just(1)], 0usize..4).prop_map(|(entry, back, outcome)| O::Evidence(entry, back, outcome)),
        4 => (0usize..5, prop_oneof![5 => Just(0usize), 1 => Just(1)]).prop_map(|(entry, back)| O::Reissue(entry, back)),
        2 => (0usize..5, prop_oneof![5 => Just(0usize), 1 => Just(1)]).prop_map(|(entry, back)| O::GiveUp(entry, back)),
        3 => (0usize..5, 1i64..130).prop_map(|(entry, amount)| O::Recover(entry, amount)),
        2 => (0usize..8).prop_map(O::Receive),
        1 => (0usize..4, 1i64..150).prop_map(|(pocket, amount)| O::Return(pocket, amount)),
    ]
}

/// The service beside the model.
struct Run<'a> {
    aid: &'a Aid,
    lines: [String; 3],
    plans: Vec<Planned>,
    /// By entry and attempt.
    instructions: Vec<Vec<Value>>,
    /// Ids of recoveries.
    recoveries: Vec<String>,
    model: Model,
}

/// The pockets with money in them: the first line, the second, the own line, own money in the second line.
const POCKETS: [Pocket; 4] = [(0, 0), (1, 0), (2, 1), (1, 1)];

impl<'a> Run<'a> {
    async fn start(aid: &'a Aid, people: &[String]) -> Self {
        let lines = [aid.line("300").await, aid.line("200").await, aid.own_line("100").await];
        let period = unique("期");
        let amounts = |from: usize, amounts: &'static [&'static str]| -> Vec<(&str, &str)> {
            people[from..].iter().map(String::as_str).zip(amounts.iter().copied()).collect()
        };
        let funding = json!([{"allocation_line_id": lines[0]}, {"allocation_line_id": lines[1]}]);
        let first = with(aid.plan(funding, json!([listed(&amounts(0, &["120", "120", "120"]))])), json!({"period": period}));
        let second = aid.plan(topped_up(&[&lines[1]], &lines[2]), json!([listed(&amounts(3, &["100", "90"]))]));
        let plans = vec![aid.approved(&first).await, aid.approved(&with(second, json!({"period": period}))).await];
        let mut model = Model { plans: vec!["approved"; 2], top_ups: vec![vec![], vec![((2, 1), (1, 1), 50)]], ..Model::default() };
        for (plan, parts) in [
            (0, vec![((0, 0), 120)]),
            (0, vec![((0, 0), 120)]),
            (0, vec![((0, 0), 60), ((1, 0), 60)]),
            (1, vec![((1, 0), 100)]),
            (1, vec![((1, 0), 40), ((1, 1), 50)]),
        ] {
            for (pocket, amount) in &parts {
                model.add(*pocket, "committed", *amount);
            }
            model.entries.push(Entry { plan, parts, attempts: vec![] });
        }
        for (pocket, account, amount) in [
            ((0, 0), "granted", 300),
            ((1, 0), "granted", 200),
            ((2, 1), "granted", 100),
            ((2, 1), "available", 50),
            ((2, 1), "topped_up_elsewhere", 50),
            ((1, 1), "top_up", 50),
        ] {
            model.add(pocket, account, amount);
        }
        Self { aid, lines, plans, instructions: vec![vec![]; 5], recoveries: vec![], model }
    }

    /// The attempt an operation means, if the entry has one.
    fn attempt(&self, entry: usize, back: usize) -> Option<usize> {
        self.model.entries[entry].attempts.len().checked_sub(back + 1)
    }

    async fn step(&mut self, operation: &Operation, day: usize) {
        let on = ("2022-09-02".parse::<NaiveDate>().unwrap() + Days::new(day as u64)).to_string();
        let app = &self.aid.app;
        match *operation {
            Operation::Release(plan) => {
                let body = json!({"digest": self.plans[plan].digest, "released_on": on});
                let reply = app.post(&format!("/v1/plans/{}/release", self.plans[plan].id), &body).await;
                if self.agree(&reply, |model| model.release(plan)) {
                    let first = [0, 3][plan];
                    for (place, row) in self.aid.instructions(&self.plans[plan]).await.into_iter().enumerate() {
                        self.instructions[first + place].push(row);
                    }
                }
            }
            Operation::Cancel(plan) => {
                let body = json!({"reason": "不再执行", "cancelled_on": on});
                let reply = app.post(&format!("/v1/plans/{}/cancel", self.plans[plan].id), &body).await;
                self.agree(&reply, |model| model.cancel(plan));
            }
            Operation::Send(plan) => {
                for batch in app.all(&format!("/v1/batches?plan_id={}&sent=false", self.plans[plan].id), 100).await {
                    let of_batch = |rows: &Vec<Value>| rows.last().is_some_and(|row| row["batch_id"] == batch["id"]);
                    let entries: Vec<usize> = (0..self.instructions.len()).filter(|entry| of_batch(&self.instructions[*entry])).collect();
                    let reply = app.post(&format!("/v1/batches/{}/send", batch["id"].as_str().unwrap()), &json!({"sent_on": on})).await;
                    self.agree(&reply, |model| model.send(&entries));
                }
            }
            Operation::Evidence(entry, back, outcome) => {
                let Some(attempt) = self.attempt(entry, back) else { return };
                let item = says(&self.instructions[entry][attempt], OUTCOMES[outcome], &on);
                let reply = self.aid.evidence(&bank_result(&[item])).await;
                match self.model.evidence(entry, attempt, OUTCOMES[outcome], day) {
                    Some(effect) => assert_eq!(reply.expect(200).body[effect], 1, "{effect}"),
                    None => drop(reply.refused(409, "evidence_before_sending")),
                }
            }
            Operation::Reissue(entry, back) => {
                let Some(attempt) = self.attempt(entry, back) else { return };
                let id = self.instructions[entry][attempt]["id"].as_str().unwrap();
                let reply = app.post(&format!("/v1/instructions/{id}/reissue"), &json!({"reason": "再发", "reissued_on": on})).await;
                if self.agree(&reply, |model| model.reissue(entry, attempt)) {
                    self.instructions[entry].push(reply.body);
                }
            }
            Operation::GiveUp(entry, back) => {
                let Some(attempt) = self.attempt(entry, back) else { return };
                let id = self.instructions[entry][attempt]["id"].as_str().unwrap();
                let reply = app.post(&format!("/v1/instructions/{id}/give-up"), &json!({"reason": "放弃", "given_up_on": on})).await;
                self.agree(&reply, |model| model.give_up(entry, attempt));
            }
            Operation::Recover(entry, amount) => {
                let Some(attempt) = self.attempt(entry, 0) else { return };
                let id = &self.instructions[entry][attempt]["id"];
                let body = json!({"instruction_id": id, "amount": amount.to_string(), "reason": "overpaid", "due_on": on});
                let reply = app.post("/v1/recoveries", &body).await;
                if self.agree(&reply, |model| model.recover(entry, attempt, amount)) {
                    self.recoveries.push(reply.id());
                }
            }
            Operation::Receive(recovery) => {
                let Some(id) = self.recoveries.get(recovery) else { return };
                let reply = app.post(&format!("/v1/recoveries/{id}/receive"), &json!({"received_on": on})).await;
                self.agree(&reply, |model| model.receive(recovery));
            }
            Operation::Return(pocket, amount) => {
                let (line, source) = POCKETS[pocket];
                let owner = [&self.aid.provincial, &self.aid.own][source];
                let body = json!({
                    "allocation_line_id": self.lines[line], "fund_source_id": owner,
                    "amount": amount.to_string(), "reason": "unspent", "to_organisation_id": self.aid.treasury, "due_on": on,
                });
                let path = format!("/v1/returns/{}", app.post("/v1/returns", &body).await.expect(201).id());
                app.post(&format!("{path}/approve"), &json!({"on": on})).await.expect(200);
                let reply = app.post(&format!("{path}/pay"), &json!({"on": on})).await;
                self.agree(&reply, |model| model.pay_back((line, source), amount));
            }
        }
    }

    /// Whether the service allowed it; the model must have said the same.
    #[track_caller]
    fn agree(&mut self, reply: &Reply, allowed: impl FnOnce(&mut Model) -> bool) -> bool {
        let allowed = allowed(&mut self.model);
        assert_eq!(reply.status < 300, allowed, "{}", reply.text);
        assert!(allowed || [409, 422].contains(&reply.status), "{}", reply.text);
        allowed
    }

    /// Every account of every line and source, every state, as the model has them.
    async fn compare(&self) {
        for (line, source, balances) in self.aid.app.balances(None).await {
            let Some(line) = self.lines.iter().position(|id| *id == line.to_string()) else { continue };
            let pocket = (line, usize::from(source.to_string() == self.aid.own));
            let balances = serde_json::to_value(balances).unwrap();
            for (account, found) in balances.as_object().unwrap() {
                assert_eq!(found, &json!(format!("{}.00", self.model.get(pocket, account))), "{account} of {pocket:?}");
            }
        }
    }

    async fn compare_states(&self) {
        for (plan, expected) in self.plans.iter().zip(&self.model.plans) {
            assert_eq!(self.aid.status(plan).await, *expected);
        }
        for (rows, entry) in self.instructions.iter().zip(&self.model.entries) {
            let expected: Vec<&str> = entry.attempts.iter().map(|attempt| attempt.status).collect();
            assert_eq!(self.aid.states(rows).await, expected);
        }
    }
}

#[test]
fn no_order_of_operations_breaks_the_books_or_a_state_machine() {
    let (aid, people) = world().block_on(async {
        let aid = Aid::new(&TestApp::new().await).await;
        let people = aid.persons(5).await;
        (aid, people)
    });
    // A case is a hundred requests, so a failing one is shrunk a little only.
    let config = Config { cases: 30, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&proptest::collection::vec(operation(), 25), |operations| {
        world().block_on(async {
            let mut run = Run::start(&aid, &people).await;
            // The other plan may be cancelled before it is released.
            run.step(&Operation::Release(0), 0).await;
            for (day, operation) in operations.iter().enumerate() {
                run.step(operation, day + 1).await;
                run.compare().await;
            }
            run.compare_states().await;
        });
        Ok(())
    });
    outcome.unwrap();
    world().block_on(aid.app.finish());
}
