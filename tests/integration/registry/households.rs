//! Households: the head is a member, and a person is in one household at a time.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::fault;
use crate::support::registry::REGION;
use crate::support::{Reply, TestApp, run};

async fn household(app: &TestApp, head: &str, members: Value) -> Reply {
    app.region(REGION, "江阳区").await;
    let household = json!({"head": head, "region_code": REGION, "member_from": "2020-01-01", "members": members});
    app.post("/v1/households", &household).await
}

fn member(person: &str, from: &str) -> Value {
    json!({"person_id": person, "relation": "spouse", "member_from": from})
}

fn member_id(view: &Value, person: &str) -> String {
    let members = view["members"].as_array().unwrap();
    members.iter().find(|member| member["person_id"] == person).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_household_begins_with_its_head_as_a_member() {
    run(async |app| {
        let (head, wife) = (app.person("罗永强").await, app.person("杨静珍").await);
        let made = household(app, &head, json!([member(&wife, "2020-01-01")])).await.expect(201);
        let members: Vec<_> =
            made.body["members"].as_array().unwrap().iter().map(|member| (&member["name"], &member["relation"])).collect();
        assert!(members.contains(&(&json!("罗**"), &json!("head"))) && members.contains(&(&json!("杨**"), &json!("spouse"))));
        assert_eq!(made.body["head_name"], "罗**");
        let read = app.get(&format!("/v1/households/{}", made.id())).await.expect(200);
        assert_eq!((&read.body, read.header("etag")), (&made.body, Some("\"1\"")));
        assert_eq!(app.all(&format!("/v1/households?person_id={wife}"), 10).await.len(), 1);
    });
}

#[test]
fn a_person_is_in_one_household_at_a_time() {
    run(async |app| {
        let [head, other_head, child] = [app.person("甲一").await, app.person("乙一").await, app.person("丙一").await];
        let first = household(app, &head, json!([member(&child, "2020-01-01")])).await.expect(201);
        let taken = household(app, &other_head, json!([member(&child, "2021-01-01")])).await.refused(409, "person_in_household");
        assert_eq!(taken.faults(), fault("/members/0/person_id", "person_in_household"));
        let taken = household(app, &head, json!([])).await.refused(409, "person_in_household");
        assert_eq!(taken.faults(), fault("/head", "person_in_household"));
        // The last day in one household and the first in the next do not overlap.
        let second = app.household(&other_head).await;
        let leave = format!("/v1/households/{}/members/{}/leave", first.id(), member_id(&first.body, &child));
        app.post(&leave, &json!({"member_to": "2021-12-31"})).await.expect(200);
        let join = format!("/v1/households/{second}/members");
        for from in ["2019-01-01", "2020-06-01", "2021-12-31"] {
            app.post(&join, &member(&child, from)).await.refused(409, "person_in_household");
        }
        app.post(&join, &member(&child, "2022-01-01")).await.expect(201);
        app.post(&leave, &json!({"member_to": "2021-12-31"})).await.refused(409, "member_left");
        let current = app.all(&format!("/v1/households?person_id={child}"), 10).await;
        assert_eq!(current.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), [second.as_str()]);
    });
}

#[test]
fn of_sixteen_households_that_claim_a_person_at_once_one_gets_it() {
    run(async |app| {
        let child = app.person("丙").await;
        let mut joins = Vec::new();
        for head in 0..16 {
            let head = app.person(&format!("户主{head}")).await;
            joins.push(format!("/v1/households/{}/members", app.household(&head).await));
        }
        let body = member(&child, "2022-01-01");
        let statuses = join_all(joins.iter().map(async |join| app.post(join, &body).await.status)).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    });
}

#[test]
fn a_person_is_named_once_and_there_is_one_head() {
    run(async |app| {
        let (head, child) = (app.person("甲").await, app.person("丙").await);
        let second_head = json!({"person_id": child, "relation": "head", "member_from": "2020-01-01"});
        let members = json!([member(&child, "2020-01-01"), second_head, member(&head, "2020-01-01")]);
        let faults = household(app, &head, members).await.refused(422, "fields_invalid").faults();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.0.as_str()).collect();
        assert_eq!(pointers, ["/members/1/person_id", "/members/1/relation", "/members/2/person_id"]);
    });
}

#[test]
fn a_person_or_region_that_is_not_there_is_named() {
    run(async |app| {
        let other = TestApp::new().await;
        let (head, theirs) = (app.person("甲").await, other.person("乙").await);
        let unknown = household(app, &theirs, json!([])).await.refused(422, "reference_unknown");
        assert_eq!(unknown.faults(), fault("/head", "reference_unknown"));
        let unknown = household(app, &head, json!([member(&theirs, "2020-01-01")])).await.refused(422, "reference_unknown");
        assert_eq!(unknown.faults(), fault("/members/0/person_id", "reference_unknown"));
        let nowhere = json!({"head": head, "region_code": "000000", "member_from": "2020-01-01"});
        let unknown = app.post("/v1/households", &nowhere).await.refused(422, "reference_unknown");
        assert_eq!(unknown.faults(), fault("/region_code", "reference_unknown"));
        // Nothing of the refused ones stays: the head is still free.
        let ours = app.household(&head).await;
        other.get(&format!("/v1/households/{ours}")).await.refused(404, "not_found");
        other.post(&format!("/v1/households/{ours}/members"), &member(&theirs, "2020-01-01")).await.refused(404, "not_found");
        other.finish().await;
    });
}

#[test]
fn a_member_does_not_leave_before_joining_and_the_head_not_at_all() {
    run(async |app| {
        let (head, child) = (app.person("甲").await, app.person("丙").await);
        let made = household(app, &head, json!([member(&child, "2020-01-01")])).await.expect(201);
        let leave = |person: &str| format!("/v1/households/{}/members/{}/leave", made.id(), member_id(&made.body, person));
        let turned = app.post(&leave(&child), &json!({"member_to": "2019-12-31"})).await.refused(422, "fields_invalid");
        assert_eq!(turned.faults(), fault("/member_to", "date_range_turned_round"));
        app.post(&leave(&head), &json!({"member_to": "2022-01-01"})).await.refused(409, "household_head_stays");
    });
}

#[test]
fn another_head_is_a_member_and_who_was_head_when_is_kept() {
    run(async |app| {
        let [head, wife, stranger] = [app.person("甲一").await, app.person("乙一").await, app.person("丙一").await];
        let made = household(app, &head, json!([member(&wife, "2020-01-01")])).await.expect(201);
        let path = format!("/v1/households/{}", made.id());
        let change = |to: &str| json!({"head": to, "region_code": REGION, "head_from": "2022-05-01", "former_head_relation": "spouse"});
        let refused = app.put(&path, "\"1\"", &change(&stranger)).await.refused(422, "household_head_not_member");
        assert_eq!(refused.faults(), fault("/head", "household_head_not_member"));
        let early = json!({"head": wife, "region_code": REGION, "head_from": "2020-01-01"});
        let refused = app.put(&path, "\"1\"", &early).await.refused(422, "fields_invalid");
        assert_eq!(refused.faults(), fault("/head_from", "head_from_too_early"));
        let changed = app.put(&path, "\"1\"", &change(&wife)).await.expect(200);
        app.put(&path, "\"1\"", &change(&head)).await.refused(412, "version_stale");
        let stays: Vec<_> = changed.body["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|stay| {
                let text = |field: &str| stay[field].as_str().unwrap_or("-").to_owned();
                (text("name"), text("relation"), text("member_from"), text("member_to"))
            })
            .collect();
        let stay =
            |name: &str, relation: &str, from: &str, to: &str| (name.to_owned(), relation.to_owned(), from.to_owned(), to.to_owned());
        for expected in [
            stay("甲*", "head", "2020-01-01", "2022-04-30"),
            stay("乙*", "spouse", "2020-01-01", "2022-04-30"),
            stay("乙*", "head", "2022-05-01", "-"),
            stay("甲*", "spouse", "2022-05-01", "-"),
        ] {
            assert!(stays.contains(&expected), "{expected:?} in {stays:?}");
        }
        assert_eq!((changed.body["head"].as_str(), stays.len()), (Some(wife.as_str()), 4));
    });
}
