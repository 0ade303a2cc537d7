//! Use cases: recording households, and who joins, leaves and heads them.

use std::collections::HashSet;

use chrono::Days;

use super::model::{
    ChangedHousehold, Household, HouseholdFilter, HouseholdMember, HouseholdRecord, HouseholdRow, HouseholdView, MemberLeaving, MemberRow,
    NewHousehold, NewMember, Relation,
};
use super::rules::Joining;
use super::{rules, store};
use crate::access::permissions::{ReadRegistry, WriteRegistry};
use crate::db::{Error, Result, Tx};
use crate::kernel::Permit;
use crate::kernel::refusal::{self, none_at_fault};
use crate::kernel::{FieldError, HouseholdId, MemberId, Page, PersonId, mask};
use crate::registry::error::{HOUSEHOLD_HEAD_NOT_MEMBER, HOUSEHOLD_HEAD_STAYS, MEMBER_LEFT, PERSON_IN_HOUSEHOLD};
use crate::registry::persons;
use crate::registry::rules::{turned_round, unchanged_since};

async fn view(tx: &mut Tx, row: HouseholdRow) -> Result<HouseholdView> {
    let stays = store::members(tx, row.id).await?;
    let ids: Vec<PersonId> = stays.iter().map(|stay| stay.person_id).chain([row.head_person_id]).collect();
    let names = persons::store::names(tx, &ids).await?;
    let name = |id: PersonId| names.get(&id).map(|name| mask::name(name)).unwrap_or_default();
    let members = stays
        .into_iter()
        .map(|stay| HouseholdMember {
            id: stay.id,
            person_id: stay.person_id,
            name: name(stay.person_id),
            relation: stay.relation,
            member_from: stay.member_from,
            member_to: stay.member_to,
        })
        .collect();
    let head_name = name(row.head_person_id);
    Ok(HouseholdView { household: row.shown(head_name), members })
}

pub(super) async fn create(tx: &mut Tx, _may: &Permit<WriteRegistry>, new: NewHousehold) -> Result<HouseholdView> {
    let founders = rules::founders(&new);
    let heads = new.members.iter().enumerate();
    let heads = heads.filter_map(|(place, member)| rules::second_head(member.relation, format!("/members/{place}/relation")));
    none_at_fault(rules::repeated(&founders).into_iter().chain(heads).collect())?;
    refuse_who_cannot_join(tx, &founders).await?;
    let row = HouseholdRow {
        federation_id: tx.federation,
        id: HouseholdId::generate(),
        head_person_id: new.head,
        region_code: new.region_code,
        organisation_id: new.organisation_id,
        version: 1,
        created_at: tx.now(),
    };
    store::insert(tx, std::slice::from_ref(&row)).await?;
    let stays: Vec<MemberRow> = founders.into_iter().map(|joining| stay(&row, &joining)).collect();
    store::insert_members(tx, &stays).await?;
    view(tx, row).await
}

fn stay(household: &HouseholdRow, joining: &Joining) -> MemberRow {
    MemberRow {
        federation_id: household.federation_id,
        id: MemberId::generate(),
        household_id: household.id,
        person_id: joining.person_id,
        relation: joining.relation,
        member_from: joining.member_from,
        member_to: None,
    }
}

/// Everybody is known, and in no household on the day of joining or after it. Two requests at once are told apart by
/// the constraint `household_member_one_household_at_a_time`.
async fn refuse_who_cannot_join(tx: &mut Tx, joining: &[Joining]) -> Result<()> {
    let ids: Vec<PersonId> = joining.iter().map(|one| one.person_id).collect();
    let known: HashSet<PersonId> = persons::store::names(tx, &ids).await?.into_keys().collect();
    let faults = |code: &'static crate::kernel::Code, at_fault: &dyn Fn(&Joining) -> bool| -> Vec<FieldError> {
        joining.iter().filter(|one| at_fault(one)).map(|one| FieldError::new(&one.pointer, code.name, code.zh, code.en)).collect()
    };
    let unknown = faults(&refusal::REFERENCE_UNKNOWN, &|one| !known.contains(&one.person_id));
    if !unknown.is_empty() {
        return Err(refusal::REFERENCE_UNKNOWN.refuse().with_fields(unknown).into());
    }
    let Some(first_day) = joining.iter().map(|one| one.member_from).min() else { return Ok(()) };
    let stays = store::stays_reaching(tx, &ids, first_day).await?;
    let elsewhere = |one: &Joining| {
        stays.iter().any(|stay| stay.person_id == one.person_id && stay.member_to.is_none_or(|last| last >= one.member_from))
    };
    let taken = faults(&PERSON_IN_HOUSEHOLD, &elsewhere);
    if taken.is_empty() { Ok(()) } else { Err(PERSON_IN_HOUSEHOLD.refuse().with_fields(taken).into()) }
}

pub(super) async fn read(tx: &mut Tx, _may: &Permit<ReadRegistry>, id: HouseholdId) -> Result<HouseholdView> {
    let row = store::household(tx, id).await?;
    view(tx, row).await
}

pub(super) async fn list(tx: &mut Tx, _may: &Permit<ReadRegistry>, filter: &HouseholdFilter) -> Result<Page<Household>> {
    let page = store::list(tx, filter).await?;
    let heads: Vec<PersonId> = page.items.iter().map(|row| row.head_person_id).collect();
    let names = persons::store::names(tx, &heads).await?;
    let sight = tx.sight();
    Ok(page.map(|row| {
        let name = names.get(&row.head_person_id).map(|name| sight.name(name)).unwrap_or_default();
        row.shown(name)
    }))
}

pub(super) async fn add_member(tx: &mut Tx, _may: &Permit<WriteRegistry>, id: HouseholdId, new: NewMember) -> Result<HouseholdView> {
    let household = store::lock(tx, id).await?;
    none_at_fault(rules::second_head(new.relation, "/relation").into_iter().collect())?;
    let joining = Joining::member(new, "/person_id");
    refuse_who_cannot_join(tx, std::slice::from_ref(&joining)).await?;
    let before = view(tx, household.clone()).await?;
    tx.before(&before);
    store::insert_members(tx, &[stay(&household, &joining)]).await?;
    let household = store::update(tx, household.version, &household).await?;
    view(tx, household).await
}

pub(super) async fn leave(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: HouseholdId,
    member: MemberId,
    leaving: MemberLeaving,
) -> Result<HouseholdView> {
    let household = store::lock(tx, id).await?;
    let stays = store::members(tx, id).await?;
    let stay = stays.into_iter().find(|stay| stay.id == member).ok_or_else(|| refusal::NOT_FOUND.refuse())?;
    if stay.member_to.is_some() {
        return Err(MEMBER_LEFT.refuse().into());
    }
    if stay.person_id == household.head_person_id {
        return Err(HOUSEHOLD_HEAD_STAYS.refuse().into());
    }
    none_at_fault(turned_round("/member_to", stay.member_from, leaving.member_to).into_iter().collect())?;
    let before = view(tx, household.clone()).await?;
    tx.before(&before);
    store::end_stay(tx, member, leaving.member_to).await?;
    let household = store::update(tx, household.version, &household).await?;
    view(tx, household).await
}

pub(super) async fn change(
    tx: &mut Tx,
    _may: &Permit<WriteRegistry>,
    id: HouseholdId,
    version: i32,
    new: ChangedHousehold,
) -> Result<HouseholdView> {
    let mut household = store::lock(tx, id).await?;
    unchanged_since(household.version, version)?;
    let before = view(tx, household.clone()).await?;
    tx.before(&before);
    if household.head_person_id != new.head {
        change_head(tx, &household, &new).await?;
    }
    household.head_person_id = new.head;
    household.region_code = new.region_code;
    household.organisation_id = new.organisation_id;
    let household = store::update(tx, version, &household).await?;
    view(tx, household).await
}

/// Ends the stays of the former and the new head on the day before, and goes on with their new relations, so that who
/// headed the household when can still be read.
async fn change_head(tx: &mut Tx, household: &HouseholdRow, new: &ChangedHousehold) -> Result<()> {
    let stays: Vec<MemberRow> = store::members(tx, household.id).await?.into_iter().filter(|stay| stay.member_to.is_none()).collect();
    let current = |person: PersonId| stays.iter().find(|stay| stay.person_id == person);
    let not_member = || HOUSEHOLD_HEAD_NOT_MEMBER.at("/head", HOUSEHOLD_HEAD_NOT_MEMBER.zh, HOUSEHOLD_HEAD_NOT_MEMBER.en);
    let head = current(new.head).ok_or_else(not_member)?;
    let former = current(household.head_person_id)
        .ok_or_else(|| Error::Internal(format!("household {} has a head who is no member", household.id)))?;
    let relation = new.former_head_relation.unwrap_or(Relation::Other);
    let head_from = new.head_from.unwrap_or_else(|| tx.today());
    let faults =
        [rules::second_head(relation, "/former_head_relation"), rules::head_too_early(head_from, [head.member_from, former.member_from])];
    none_at_fault(faults.into_iter().flatten().collect())?;
    let day_before = head_from.checked_sub_days(Days::new(1)).unwrap_or(head_from);
    store::end_stay(tx, head.id, day_before).await?;
    store::end_stay(tx, former.id, day_before).await?;
    let goes_on = |stay: &MemberRow, relation| MemberRow { id: MemberId::generate(), relation, member_from: head_from, ..stay.clone() };
    store::insert_members(tx, &[goes_on(head, Relation::Head), goes_on(former, relation)]).await
}

/// The households of those ids that the federation has, in the order of their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn households(tx: &mut Tx, ids: &[HouseholdId]) -> Result<Vec<HouseholdRecord>> {
    Ok(store::households_of(tx, ids).await?.into_iter().map(HouseholdRecord::from).collect())
}
