//! Who may belong to a household.

use std::collections::HashSet;

use chrono::NaiveDate;

use super::model::{NewHousehold, NewMember, Relation};
use crate::kernel::{FieldError, PersonId};

/// Somebody who is to become a member, and where in the body that stands.
#[derive(Debug, Clone)]
pub(super) struct Joining {
    pub(super) person_id: PersonId,
    pub(super) relation: Relation,
    pub(super) member_from: NaiveDate,
    pub(super) pointer: String,
}

impl Joining {
    /// One member of a body; the field at `pointer` names the person.
    pub(super) fn member(new: NewMember, pointer: impl Into<String>) -> Self {
        Self { person_id: new.person_id, relation: new.relation, member_from: new.member_from, pointer: pointer.into() }
    }
}

/// Everybody a new household begins with: the head first.
pub(super) fn founders(new: &NewHousehold) -> Vec<Joining> {
    let head = Joining { person_id: new.head, relation: Relation::Head, member_from: new.member_from, pointer: "/head".to_owned() };
    let others = new.members.iter().enumerate().map(|(place, member)| Joining::member(*member, format!("/members/{place}/person_id")));
    std::iter::once(head).chain(others).collect()
}

/// A person is named once.
pub(super) fn repeated(joining: &[Joining]) -> Vec<FieldError> {
    let mut seen = HashSet::new();
    joining
        .iter()
        .filter(|one| !seen.insert(one.person_id))
        .map(|one| FieldError::new(&one.pointer, "person_repeated", "同一人员重复出现", "the person is named already"))
        .collect()
}

/// There is one head, and it is said elsewhere.
pub(super) fn second_head(relation: Relation, pointer: impl Into<String>) -> Option<FieldError> {
    (relation == Relation::Head).then(|| FieldError::new(pointer, "relation_head_taken", "户主只有一人", "there is one head only"))
}

/// A change of head splits two stays, so it lies after the first day of both.
pub(super) fn head_too_early(head_from: NaiveDate, stays: [NaiveDate; 2]) -> Option<FieldError> {
    stays.iter().any(|from| head_from <= *from).then(|| {
        FieldError::new(
            "/head_from",
            "head_from_too_early",
            "变更户主的日期必须晚于双方成为家庭成员的日期",
            "must be after the day on which both became members",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_person_is_named_once() {
        let (head, child) = (PersonId::generate(), PersonId::generate());
        let member = |person_id| NewMember { person_id, relation: Relation::Child, member_from: day("2022-01-01") };
        let new = NewHousehold {
            head,
            region_code: "510502".to_owned(),
            organisation_id: None,
            member_from: day("2022-01-01"),
            members: vec![member(child), member(head), member(child)],
        };
        let founders = founders(&new);
        assert_eq!(founders[0].relation, Relation::Head);
        let pointers: Vec<_> = repeated(&founders).into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/members/1/person_id", "/members/2/person_id"]);
    }

    #[test]
    fn a_new_head_comes_after_both_joined() {
        let stays = [day("2017-03-07"), day("2020-01-01")];
        assert!(head_too_early(day("2020-01-01"), stays).is_some());
        assert!(head_too_early(day("2020-01-02"), stays).is_none());
    }
}
