//! What departs from the rules of payments and is decided apart: another attempt after nothing was known of one.

use uuid::Uuid;

use super::model::Instruction;
use super::store;
use crate::access::permissions::{DecideExceptions, ProposeExceptions};
use crate::approvals::specials::{self, NewSpecial, SpecialDecisionRequest, SpecialKind, SpecialView};
use crate::approvals::{ROLE_NOT_HELD, Subject};
use crate::db::{Result, Tx};
use crate::kernel::refusal::FIELDS_INVALID;
use crate::kernel::{InstructionId, Permit, Role};
use crate::plans;

/// Once an attempt for the entry was reported unknown, another one needs an approval of its own, bound to the attempt before it.
pub(super) async fn require(tx: &mut Tx, row: &Instruction) -> Result<()> {
    let kind = SpecialKind::ReissueAfterUnknown;
    if !store::ever_unknown(tx, row.roster_entry_id).await? || specials::given(tx, subject(row.id), kind, None).await? {
        return Ok(());
    }
    Err(specials::SPECIAL_MISSING.refuse().with("missing", [kind]).into())
}

const fn subject(id: InstructionId) -> Subject {
    Subject { kind: "instruction", id: id.0 }
}

/// Proposes that a payment be made again though nothing was known of it for a time.
pub(super) async fn propose(tx: &mut Tx, may: &Permit<ProposeExceptions>, id: InstructionId, new: NewSpecial) -> Result<SpecialView> {
    let row = store::lock(tx, id).await?;
    let plan = plans::plan(tx, row.plan_id).await?;
    if !may.held_as(Role::Cashier, Some(plan.organisation_id)) {
        return Err(ROLE_NOT_HELD.refuse().with("role", Role::Cashier).into());
    }
    if new.kind != SpecialKind::ReissueAfterUnknown {
        return Err(FIELDS_INVALID.at("/kind", "该专项审批针对方案", "this one is about a plan").into());
    }
    if new.digest.is_some() {
        return Err(FIELDS_INVALID.at("/digest", "支付指令没有摘要", "an instruction has no digest").into());
    }
    specials::propose(tx, subject(id), new).await
}

/// Decides it.
pub(super) async fn decide(
    tx: &mut Tx,
    may: &Permit<DecideExceptions>,
    id: InstructionId,
    special: Uuid,
    request: &SpecialDecisionRequest,
) -> Result<SpecialView> {
    let row = store::lock(tx, id).await?;
    let organisation = Some(plans::plan(tx, row.plan_id).await?.organisation_id);
    may.require(organisation)?;
    let (special, kind) = specials::special(tx, subject(id), special).await?;
    let role = specials::deciding_roles(kind).iter().copied().find(|role| may.held_as(*role, organisation));
    let role = role.ok_or_else(|| ROLE_NOT_HELD.refuse().with("roles", specials::deciding_roles(kind)))?;
    specials::decide(tx, special, role, request).await
}
