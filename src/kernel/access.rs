//! Roles, where they hold, and the proof that somebody may do something.
//!
//! A [`Permission`] is a type; a [`Permit`] of it can only be had from a [`Caller`](super::Caller) who has one of its roles.
//! Services take the permit as an argument, so that neither a handler nor the command line nor a test can forget to ask.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::OrganisationId;
use super::refusal::{Code, NOT_FOUND, Refusal, Status};

/// None of the caller's roles allows it.
pub static PERMISSION_DENIED: Code =
    Code::new("permission_denied", Status::Forbidden, "您的角色没有此权限", "None of your roles allows this");

/// The codes of this module.
pub static CODES: &[&Code] = &[&PERMISSION_DENIED];

/// What a person does in the approval and payment of aid (domain.md, "Approval steps and separation of duties").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 部室经办: registers, drafts plans.
    Maker,
    /// 财务: matches money with its purpose.
    Finance,
    /// 分管领导
    Leader,
    /// 主要领导
    Principal,
    /// 党组会、主席办公会: notes what a meeting decided.
    Committee,
    /// 财务负责人: authorises payment.
    FinanceHead,
    /// 出纳: pays, and takes in what the bank answers.
    Cashier,
    /// 复核: reconciles, handles objections.
    Checker,
    /// 审计: reads everything, changes nothing.
    Auditor,
    /// 系统管理员: manages users; sees no personal data, moves no money.
    Administrator,
}

impl Role {
    /// All of them, in the order of the chain.
    pub const ALL: [Self; 10] = [
        Self::Maker,
        Self::Finance,
        Self::Leader,
        Self::Principal,
        Self::Committee,
        Self::FinanceHead,
        Self::Cashier,
        Self::Checker,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The name in the API and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Finance => "finance",
            Self::Leader => "leader",
            Self::Principal => "principal",
            Self::Committee => "committee",
            Self::FinanceHead => "finance_head",
            Self::Cashier => "cashier",
            Self::Checker => "checker",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role of a stored name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Where a role holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// In the whole federation.
    All,
    /// In these organisations: the one it was granted in and all under it.
    Organisations(Arc<BTreeSet<OrganisationId>>),
}

impl Reach {
    /// Whether it covers what belongs to an organisation, or to the federation as a whole.
    #[must_use]
    pub fn covers(&self, organisation: Option<OrganisationId>) -> bool {
        match self {
            Self::All => true,
            Self::Organisations(within) => organisation.is_some_and(|organisation| within.contains(&organisation)),
        }
    }

    /// The organisations, for a statement that filters by them; `None` filters nothing.
    #[must_use]
    pub fn organisations(&self) -> Option<Vec<OrganisationId>> {
        match self {
            Self::All => None,
            Self::Organisations(within) => Some(within.iter().copied().collect()),
        }
    }

    /// What both cover; `None` when there is nothing that both do.
    #[must_use]
    pub fn within(&self, other: &Self) -> Option<Self> {
        let both = match (self, other) {
            (Self::All, reach) | (reach, Self::All) => reach.clone(),
            (Self::Organisations(one), Self::Organisations(other)) => {
                Self::Organisations(Arc::new(one.intersection(other).copied().collect()))
            }
        };
        match &both {
            Self::Organisations(within) if within.is_empty() => None,
            _ => Some(both),
        }
    }

    fn with(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Organisations(mut within), Self::Organisations(more)) => {
                if !Arc::ptr_eq(&within, more) {
                    Arc::make_mut(&mut within).extend(more.iter().copied());
                }
                Self::Organisations(within)
            }
            _ => Self::All,
        }
    }
}

/// A role with where it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where.
    pub reach: Reach,
    /// The organisation that it was granted in, if it was in one.
    pub root: Option<OrganisationId>,
}

impl Grant {
    /// A role in the whole federation.
    #[must_use]
    pub const fn everywhere(role: Role) -> Self {
        Self { role, reach: Reach::All, root: None }
    }

    /// A role in an organisation and all under it, which are `below`.
    #[must_use]
    pub const fn within(role: Role, root: OrganisationId, below: Arc<BTreeSet<OrganisationId>>) -> Self {
        Self { role, reach: Reach::Organisations(below), root: Some(root) }
    }
}

/// What somebody who acts relies on still being granted when the act opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Relied {
    /// On nothing.
    #[default]
    Nothing,
    /// On one of these roles, in the whole federation.
    Everywhere(&'static [Role]),
    /// On each of these roles in the organisation that it was granted in.
    Within(Vec<(Role, OrganisationId)>),
}

/// Something that some roles may do. The types are declared in `access::permissions`.
pub trait Permission: 'static {
    /// Its stable name, such as `plans.draft`.
    const NAME: &'static str;
    /// Who may.
    const ROLES: &'static [Role];
    /// Whether it moves money or decides over money: refusals of it are audited too.
    const MONEY: bool;
    /// Whether it takes a role at all. What is one's own alone, such as logging out, does not.
    const NEEDS_ROLE: bool = true;
}

/// The proof that a caller may do `P`, and where.
pub struct Permit<P> {
    reach: Reach,
    grants: Vec<Grant>,
    of: PhantomData<fn() -> P>,
}

impl<P> fmt::Debug for Permit<P> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Permit").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl<P: Permission> Permit<P> {
    /// The permit that some grants give.
    ///
    /// # Errors
    /// [`PERMISSION_DENIED`] when none of them has a role of `P`.
    pub(super) fn of(grants: &[Grant]) -> Result<Self, Refusal> {
        let grants: Vec<Grant> = grants.iter().filter(|grant| P::ROLES.contains(&grant.role)).cloned().collect();
        match grants.iter().map(|grant| grant.reach.clone()).reduce(|reach, other| reach.with(&other)) {
            Some(reach) => Ok(Self { reach, grants, of: PhantomData }),
            None if P::NEEDS_ROLE => Err(PERMISSION_DENIED.refuse().with("permission", P::NAME)),
            None => Ok(Self { reach: Reach::Organisations(Arc::default()), grants, of: PhantomData }),
        }
    }

    /// Where it holds.
    #[must_use]
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// What it follows from.
    #[must_use]
    pub fn relied(&self) -> Relied {
        match self.reach {
            _ if !P::NEEDS_ROLE => Relied::Nothing,
            Reach::All => Relied::Everywhere(P::ROLES),
            Reach::Organisations(_) => Relied::Within(self.grants.iter().filter_map(|grant| Some((grant.role, grant.root?))).collect()),
        }
    }

    /// Whether it is held in one of its roles for what belongs to an organisation: some things that several roles may do are
    /// done in one of them at a time.
    #[must_use]
    pub fn held_as(&self, role: Role, organisation: Option<OrganisationId>) -> bool {
        self.grants.iter().any(|grant| grant.role == role && grant.reach.covers(organisation))
    }

    /// Refuses what belongs to an organisation out of reach, as if it were not there.
    ///
    /// # Errors
    /// [`NOT_FOUND`].
    pub fn require(&self, organisation: Option<OrganisationId>) -> Result<(), Refusal> {
        if self.reach.covers(organisation) { Ok(()) } else { Err(NOT_FOUND.refuse()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Drafting;
    impl Permission for Drafting {
        const NAME: &'static str = "test.draft";
        const ROLES: &'static [Role] = &[Role::Maker, Role::Finance];
        const MONEY: bool = false;
    }

    struct LoggingOut;
    impl Permission for LoggingOut {
        const NAME: &'static str = "test.log_out";
        const ROLES: &'static [Role] = &Role::ALL;
        const MONEY: bool = false;
        const NEEDS_ROLE: bool = false;
    }

    #[test]
    fn what_is_ones_own_alone_needs_no_role_and_reaches_nothing_else() {
        let permit = Permit::<LoggingOut>::of(&[]).unwrap();
        assert!(permit.require(None).is_err() && permit.require(Some(OrganisationId::generate())).is_err());
    }

    fn within(organisations: &[OrganisationId]) -> Reach {
        Reach::Organisations(Arc::new(organisations.iter().copied().collect()))
    }

    fn granted(role: Role, here: OrganisationId) -> Grant {
        Grant::within(role, here, Arc::new(BTreeSet::from([here])))
    }

    #[test]
    fn a_permit_needs_one_of_the_roles() {
        let cashier = [Grant::everywhere(Role::Cashier)];
        let refusal = Permit::<Drafting>::of(&cashier).err().unwrap();
        assert_eq!((refusal.code.name, &refusal.facts["permission"]), ("permission_denied", &"test.draft".into()));
        assert!(Permit::<Drafting>::of(&[]).is_err());
        assert!(Permit::<Drafting>::of(&[Grant::everywhere(Role::Finance)]).is_ok());
    }

    #[test]
    fn a_permit_holds_where_its_roles_were_granted_and_nowhere_else() {
        let (here, there, elsewhere) = (OrganisationId::generate(), OrganisationId::generate(), OrganisationId::generate());
        let grants = [granted(Role::Maker, here), granted(Role::Finance, there), Grant::everywhere(Role::Cashier)];
        let permit = Permit::<Drafting>::of(&grants).unwrap();
        assert!(permit.require(Some(here)).is_ok() && permit.require(Some(there)).is_ok());
        assert_eq!(permit.require(Some(elsewhere)).err().unwrap().code.name, "not_found");
        assert!(permit.require(None).is_err(), "what belongs to no organisation is the whole federation's");
    }

    #[test]
    fn a_permit_is_held_in_a_role_only_where_that_one_was_granted() {
        let (here, there) = (OrganisationId::generate(), OrganisationId::generate());
        let grants = [granted(Role::Maker, here), granted(Role::Finance, there), Grant::everywhere(Role::Cashier)];
        let permit = Permit::<Drafting>::of(&grants).unwrap();
        assert!(permit.held_as(Role::Maker, Some(here)) && permit.held_as(Role::Finance, Some(there)));
        assert!(!permit.held_as(Role::Maker, Some(there)), "another role reaches there");
        assert!(!permit.held_as(Role::Cashier, Some(here)), "a role that gives no such permit");
    }

    #[test]
    fn a_permit_relies_on_what_gives_it() {
        let (here, there) = (OrganisationId::generate(), OrganisationId::generate());
        let (maker, finance, cashier) = (granted(Role::Maker, here), granted(Role::Finance, there), Grant::everywhere(Role::Cashier));
        let relied = |grants: &[Grant]| Permit::<Drafting>::of(grants).unwrap().relied();
        assert_eq!(relied(&[maker.clone(), finance.clone(), cashier]), Relied::Within(vec![(Role::Maker, here), (Role::Finance, there)]));
        assert_eq!(relied(&[maker, finance, Grant::everywhere(Role::Maker)]), Relied::Everywhere(Drafting::ROLES));
        assert_eq!(Permit::<LoggingOut>::of(&[]).unwrap().relied(), Relied::Nothing);
    }

    #[test]
    fn what_two_reaches_both_cover_is_never_more_than_either() {
        let (here, there, elsewhere) = (OrganisationId::generate(), OrganisationId::generate(), OrganisationId::generate());
        let both = within(&[here, there]).within(&within(&[there, elsewhere])).unwrap();
        assert_eq!(both, within(&[there]));
        assert_eq!(Reach::All.within(&both), Some(both.clone()));
        assert_eq!(both.within(&Reach::All), Some(both));
        assert_eq!(within(&[here]).within(&within(&[there])), None, "nothing is not everything");
    }

    #[test]
    fn a_role_for_the_whole_federation_covers_all_of_it() {
        let grants = [granted(Role::Maker, OrganisationId::generate()), Grant::everywhere(Role::Finance)];
        let permit = Permit::<Drafting>::of(&grants).unwrap();
        assert!(permit.require(None).is_ok() && permit.require(Some(OrganisationId::generate())).is_ok());
        assert_eq!(permit.reach().organisations(), None);
    }
}
