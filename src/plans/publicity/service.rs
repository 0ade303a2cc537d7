//! Use cases of a notice: start, complete, object, handle; and what the public sees.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::error::{PUBLICITY_NOT_DUE, PUBLICITY_NOT_OVER, PUBLICITY_NOT_STARTED, PUBLICITY_TOO_SHORT};
use super::model::{
    CalendarDays, CompletionRequest, Handling, HandlingRequest, NewObjection, NewPublicity, Objection, ObjectionView, PublicList,
    Publicity, PublicityStarted, PublicityView,
};
use super::{rules, store};
use crate::access::permissions::{HandleObjections, ManageService, OwnAccess, Publish, ReadPlans};
use crate::approvals::specials::{self, SpecialKind};
use crate::approvals::{self, Decision, Standing, StepKind, Verdict};
use crate::db::{Db, Error, Result, Tx};
use crate::kernel::access::Permit;
use crate::kernel::refusal::{NOT_FOUND, blank, in_future, none_at_fault};
use crate::kernel::{Caller, FieldError, Money, PlanId, mask};
use crate::organisations;
use crate::plans::decisions::{UnderReview, require_digest, subject};
use crate::plans::model::Plan;
use crate::plans::rosters::proof::proved;
use crate::plans::store as plans;

fn require_due(standing: &Standing) -> Result<u8> {
    let due = standing.step().filter(|step| step.kind == StepKind::Publicity);
    due.map(|step| step.working_days.unwrap_or(1)).ok_or_else(|| PUBLICITY_NOT_DUE.refuse().into())
}

/// Puts the roster up in public.
pub(super) async fn start(tx: &mut Tx, may: &Permit<Publish>, id: PlanId, new: &NewPublicity) -> Result<PublicityStarted> {
    let from_on = new.from_on.unwrap_or_else(|| tx.today());
    let mut faults = blank([("/place", &new.place)]);
    faults.extend(in_future("/from_on", from_on, tx.today()));
    none_at_fault(faults)?;
    let under = UnderReview::hold(tx, id).await?;
    may.require(Some(under.plan.organisation_id))?;
    let asked = require_due(&under.standing)?;
    let days = new.working_days.unwrap_or(asked);
    if days < asked {
        return Err(PUBLICITY_TOO_SHORT.at("/working_days", PUBLICITY_TOO_SHORT.zh, PUBLICITY_TOO_SHORT.en).with("at_least", asked).into());
    }
    let calendar = store::calendar_after(tx, from_on).await?;
    let ends_on = rules::working_days_after(from_on, days, &calendar).ok_or_else(|| Error::Internal("no such day".to_owned()))?;
    let token: [u8; 32] = rand::random();
    let publicity = Publicity {
        federation_id: tx.federation,
        id: Uuid::now_v7(),
        review_id: under.standing.review.id,
        plan_id: id,
        roster_id: under.roster.id,
        place: new.place.clone(),
        from_on,
        working_days: i16::from(days),
        ends_on,
        token_hash: hash(&hex::encode(token)),
        started_by: tx.actor.clone(),
        started_at: tx.now(),
    };
    store::insert(tx, &publicity).await?;
    let address = format!("/public/publicity/{}", hex::encode(token));
    Ok(PublicityStarted { view: PublicityView { publicity, objections: Vec::new() }, address })
}

/// The address holds 256 random bits, so one round of SHA-256 is enough.
fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The notice of the review that runs.
async fn running(tx: &mut Tx, under: &UnderReview) -> Result<PublicityView> {
    require_due(&under.standing)?;
    let known = store::of_review(tx, under.standing.review.id).await?;
    store::view(tx, known.ok_or_else(|| PUBLICITY_NOT_STARTED.refuse())?).await
}

/// Records that the notice is over, or that it was waived; the chain goes on.
pub(super) async fn complete(tx: &mut Tx, may: &Permit<Publish>, id: PlanId, request: &CompletionRequest) -> Result<Plan> {
    let decided_on = request.decided_on.unwrap_or_else(|| tx.today());
    none_at_fault(in_future("/decided_on", decided_on, tx.today()).into_iter().collect())?;
    let under = UnderReview::hold(tx, id).await?;
    may.require(Some(under.plan.organisation_id))?;
    require_digest(&under.roster, &request.digest)?;
    require_due(&under.standing)?;
    require_over(tx, &under, decided_on).await?;
    let decision = Decision {
        digest: request.digest.clone(),
        step: None,
        verdict: Verdict::Approve,
        opinion: request.opinion.clone(),
        minutes: None,
        minutes_document_id: None,
        decided_on,
    };
    proved(tx, &under.plan, &under.roster, async |tx| under.decide(tx, &decision).await).await
}

async fn require_over(tx: &mut Tx, under: &UnderReview, on: NaiveDate) -> Result<()> {
    let Some(publicity) = store::of_review(tx, under.standing.review.id).await? else {
        let waived = specials::given(tx, subject(under.plan.id), SpecialKind::PublicityWaiver, Some(&under.roster.digest)).await?;
        return if waived { Ok(()) } else { Err(PUBLICITY_NOT_STARTED.refuse().into()) };
    };
    let view = store::view(tx, publicity).await?;
    let open = open(&view);
    if on > view.publicity.ends_on && open == 0 {
        return Ok(());
    }
    Err(PUBLICITY_NOT_OVER.refuse().with("ends_on", view.publicity.ends_on).with("open_objections", open).into())
}

fn open(view: &PublicityView) -> usize {
    view.objections.iter().filter(|objection| objection.handling.is_none()).count()
}

/// Records an objection. It holds the notice until it is handled.
pub(super) async fn object(tx: &mut Tx, may: &Permit<Publish>, id: PlanId, new: &NewObjection) -> Result<PublicityView> {
    let raised_on = new.raised_on.unwrap_or_else(|| tx.today());
    let mut faults = blank([("/content", &new.content)]);
    faults.extend(in_future("/raised_on", raised_on, tx.today()));
    faults.extend(name_fault(new.raised_by.as_deref()));
    none_at_fault(faults)?;
    let under = UnderReview::hold(tx, id).await?;
    may.require(Some(under.plan.organisation_id))?;
    let mut view = running(tx, &under).await?;
    let objection = Objection {
        federation_id: tx.federation,
        id: Uuid::now_v7(),
        publicity_id: view.publicity.id,
        content: new.content.clone(),
        raised_by: new.raised_by.clone(),
        raised_on,
        recorded_by: tx.actor.clone(),
        recorded_at: tx.now(),
    };
    store::insert_objection(tx, &objection).await?;
    view.objections.push(ObjectionView { objection, handling: None });
    Ok(view)
}

/// A name that is not masked, or that hides a phone number behind an asterisk, is not kept.
fn name_fault(name: Option<&str>) -> Option<FieldError> {
    let fits =
        |name: &str| name.contains('*') && name.chars().count() <= 20 && name.chars().all(|letter| letter == '*' || letter.is_alphabetic());
    (!name.is_none_or(fits)).then(|| {
        FieldError::new(
            "/raised_by",
            "name_not_masked",
            "只能记录脱敏的姓名，如 王**",
            "only a masked name is kept: a family name and asterisks",
        )
    })
}

/// Handles an objection: upheld, the plan goes back to draft; rejected, the notice goes on.
pub(super) async fn handle(
    tx: &mut Tx,
    may: &Permit<HandleObjections>,
    id: PlanId,
    objection: Uuid,
    request: &HandlingRequest,
) -> Result<PublicityView> {
    let handled_on = request.handled_on.unwrap_or_else(|| tx.today());
    let mut faults = blank([("/reason", &request.reason)]);
    faults.extend(in_future("/handled_on", handled_on, tx.today()));
    none_at_fault(faults)?;
    let under = UnderReview::hold(tx, id).await?;
    may.require(Some(under.plan.organisation_id))?;
    let view = running(tx, &under).await?;
    if !view.objections.iter().any(|known| known.objection.id == objection) {
        return Err(NOT_FOUND.refuse().into());
    }
    let handling = Handling {
        federation_id: tx.federation,
        objection_id: objection,
        upheld: request.upheld,
        reason: request.reason.clone(),
        actor: tx.actor.clone(),
        handled_on,
        recorded_at: tx.now(),
    };
    tx.because(&request.reason);
    store::insert_handling(tx, &handling).await?;
    if request.upheld {
        let decision = Decision {
            digest: under.roster.digest.clone(),
            step: None,
            verdict: Verdict::Return,
            opinion: request.reason.clone(),
            minutes: None,
            minutes_document_id: None,
            decided_on: handled_on,
        };
        under.decide(tx, &decision).await?;
    }
    store::view(tx, view.publicity).await
}

/// Every notice of a plan with its objections, oldest first.
pub(super) async fn notices(tx: &mut Tx, may: &Permit<ReadPlans>, id: PlanId) -> Result<Vec<PublicityView>> {
    let plan = plans::plan(tx, id).await?;
    may.require(Some(plan.organisation_id))?;
    let mut views = Vec::new();
    for publicity in store::of_plan(tx, id).await? {
        views.push(store::view(tx, publicity).await?);
    }
    Ok(views)
}

/// Adds days of a yearly arrangement. A day that is known stays as it is: notices have been counted by it.
pub(super) async fn add_days(tx: &mut Tx, _may: &Permit<ManageService>, new: CalendarDays) -> Result<CalendarDays> {
    let nameless = new.days.iter().enumerate().filter(|(_, day)| day.name.trim().is_empty());
    let mut faults: Vec<FieldError> =
        nameless.map(|(at, _)| FieldError::new(format!("/days/{at}/name"), "blank", "不能为空", "must not be blank")).collect();
    if new.days.is_empty() {
        faults.push(FieldError::new("/days", "days_missing", "没有任何日期", "there is no day in it"));
    }
    none_at_fault(faults)?;
    store::insert_days(tx, &new.days).await?;
    Ok(new)
}

/// Every day that the calendar makes other than the week would.
pub(super) async fn calendar(tx: &mut Tx, _may: &Permit<OwnAccess>) -> Result<CalendarDays> {
    Ok(CalendarDays { days: store::calendar(tx).await? })
}

/// What is behind a public address, while the notice lasts. Nobody has logged in, so nothing of the caller is known.
pub(super) async fn public_list(db: &Db, token: &str) -> Result<PublicList> {
    let hex = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !hex {
        return Err(NOT_FOUND.refuse().into());
    }
    let mut connection = db.connection().await?;
    let found = store::by_token(&mut connection, &hash(token)).await?;
    drop(connection);
    let (federation, id) = found.ok_or_else(|| NOT_FOUND.refuse())?;
    db.read(&Caller::program(federation, "public list"), async |tx| list(tx, id).await).await
}

async fn list(tx: &mut Tx, id: Uuid) -> Result<PublicList> {
    let publicity = store::publicity(tx, id).await?;
    let view = store::view(tx, publicity).await?;
    let publicity = &view.publicity;
    let at_its_step = approvals::open_at(tx, publicity.review_id).await? == Some(StepKind::Publicity);
    if !rules::visible(tx.today(), publicity.from_on, publicity.ends_on, at_its_step, open(&view) > 0) {
        return Err(NOT_FOUND.refuse().into());
    }
    let plan = plans::plan(tx, publicity.plan_id).await?;
    let federation = organisations::federation_name(tx).await?;
    let mut entries = store::public_entries(tx, publicity.roster_id).await?;
    for entry in entries.iter_mut().filter(|entry| entry.payee_kind != "organisation") {
        entry.name = mask::public_name(&entry.name);
    }
    Ok(PublicList {
        federation,
        plan: plan.name,
        place: publicity.place.clone(),
        from_on: publicity.from_on,
        ends_on: publicity.ends_on,
        count: entries.len(),
        total: entries.iter().map(|entry| entry.amount).sum::<Money>(),
        entries,
    })
}
