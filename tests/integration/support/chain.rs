//! Approval policies, and deciding at their steps as the user of the step's role.

use bangfu::kernel::Role;
use serde_json::{Value, json};

use super::aid::Planned;
use super::app::Reply;
use super::{Aid, TestApp};

/// A step for every amount.
pub fn step(kind: &str, role: &str) -> Value {
    let days = (kind == "publicity").then_some(5);
    json!({"name": format!("{kind} {role}"), "kind": kind, "role": role, "working_days": days})
}

/// What every plan of the tests passes that are not about the chain: a leader, and the finance head.
pub fn short() -> Value {
    json!([step("review", "leader"), step("authorise", "finance_head")])
}

/// The chain of domain.md: 财务 → 分管领导 → 主要领导 → 党组会 → 公示 → 财务负责人.
pub fn full() -> Value {
    json!([
        step("review", "finance"),
        step("review", "leader"),
        step("review", "principal"),
        step("meeting", "committee"),
        step("publicity", "maker"),
        step("authorise", "finance_head"),
    ])
}

impl TestApp {
    /// Puts a policy in force from a day on.
    pub async fn policy_from(&self, valid_from: &str, steps: &Value) -> String {
        let policy = json!({"valid_from": valid_from, "steps": steps, "reason": "资金管理办法"});
        let id = self.post_as(Role::Administrator, "/v1/approval-policies", &policy).await.expect(201).id();
        self.post_as(Role::Principal, &format!("/v1/approval-policies/{id}/confirm"), &json!({})).await.expect(200);
        id
    }

    /// Puts a policy in force for all of 2022 and after, in place of the one before.
    pub async fn policy(&self, steps: &Value) -> String {
        self.policy_from("2022-01-01", steps).await
    }
}

/// A decision at a step.
pub fn decision(plan: &Planned, step: u8, on: &str) -> Value {
    json!({"digest": plan.digest, "step": step, "decided_on": on})
}

impl Aid {
    /// Decides at a step as the user of a role.
    pub async fn decide_as(&self, role: Role, plan: &Planned, body: &Value) -> Reply {
        self.app.post_as(role, &format!("/v1/plans/{}/approve", plan.id), body).await
    }

    /// Approves the first steps of [`full`], through the meeting.
    pub async fn through_the_meeting(&self, plan: &Planned) {
        self.decide_as(Role::Finance, plan, &decision(plan, 1, "2022-08-15")).await.expect(200);
        self.decide_as(Role::Leader, plan, &decision(plan, 2, "2022-08-16")).await.expect(200);
        self.decide_as(Role::Principal, plan, &decision(plan, 3, "2022-08-17")).await.expect(200);
        let mut meeting = decision(plan, 4, "2022-08-18");
        meeting["minutes"] = json!("党组会纪要〔2022〕15号");
        self.decide_as(Role::Committee, plan, &meeting).await.expect(200);
    }

    /// Puts the roster up on a day.
    pub async fn publish(&self, plan: &Planned, from_on: &str) -> Reply {
        let notice = json!({"place": "市总工会公示栏", "from_on": from_on});
        self.app.post(&format!("/v1/plans/{}/publicity", plan.id), &notice).await
    }

    /// Says that the notice is over on a day.
    pub async fn complete(&self, plan: &Planned, on: &str) -> Reply {
        let body = json!({"digest": plan.digest, "decided_on": on});
        self.app.post(&format!("/v1/plans/{}/publicity/complete", plan.id), &body).await
    }

    /// Proposes a special approval of a locked plan; answers its id.
    pub async fn propose(&self, plan: &Planned, kind: &str) -> String {
        let body = json!({"kind": kind, "digest": plan.digest, "reason": "按资金管理办法专项报批"});
        self.app.post_as(Role::Maker, &format!("/v1/plans/{}/special-approvals", plan.id), &body).await.expect(201).id()
    }

    /// Decides a special approval as the user of a role.
    pub async fn decide_special(&self, role: Role, plan: &Planned, id: &str, approve: bool) -> Reply {
        let body = json!({"approve": approve, "opinion": "专项审批意见", "decided_on": "2022-08-12"});
        self.app.post_as(role, &format!("/v1/plans/{}/special-approvals/{id}/decide", plan.id), &body).await
    }

    /// Has a special approval given by the leader, or by the principal where only that one may.
    pub async fn give(&self, plan: &Planned, kind: &str) {
        let id = self.propose(plan, kind).await;
        let role = if kind == "publicity_waiver" { Role::Principal } else { Role::Leader };
        self.decide_special(role, plan, &id, true).await.expect(200);
    }

    /// Submits a locked plan, after every special approval that it needs was given.
    pub async fn submit(&self, plan: &Planned) -> Reply {
        let reply = self.digest_step(plan, "submit", &plan.digest).await;
        if reply.body["code"] != "special_missing" {
            return reply;
        }
        for kind in reply.body["missing"].as_array().unwrap() {
            self.give(plan, kind.as_str().unwrap()).await;
        }
        self.digest_step(plan, "submit", &plan.digest).await
    }

    /// The reviews of a plan.
    pub async fn reviews(&self, plan: &Planned) -> Value {
        self.app.get(&format!("/v1/reviews?subject_kind=plan&subject_id={}", plan.id)).await.expect(200).body
    }
}
