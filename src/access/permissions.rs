//! What there is to be allowed, and to whom: the one table of roles (domain.md, "Approval steps and separation of duties").
//!
//! Each permission is a type. Handlers name it in their extractor, services take a [`Permit`](crate::kernel::Permit) of it, and
//! `docs/ACCESS.md` is made from it.

use crate::kernel::Role::{Administrator, Auditor, Cashier, Checker, Committee, Finance, FinanceHead, Leader, Maker, Principal};
use crate::kernel::{Permission, Role};

/// A permission as data, for the documentation and the tests.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// Its stable name.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Who may.
    pub roles: &'static [Role],
    /// Whether its refusals are audited too.
    pub money: bool,
    /// Whether it takes a role at all.
    pub needs_role: bool,
}

macro_rules! permissions {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $money:literal, [$($role:ident),+ $(,)?] $(, $without_role:ident)?;)+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}

            impl Permission for $name {
                const NAME: &'static str = $text;
                const ROLES: &'static [Role] = &[$($role),+];
                const MONEY: bool = $money;
                $(const NEEDS_ROLE: bool = stringify!($without_role).is_empty();)?
            }
        )+

        /// Every permission, in order.
        pub static ALL: &[Described] = &[$(Described {
            name: $text, purpose: concat!($($doc),+), roles: <$name as Permission>::ROLES, money: $money, needs_role: <$name as Permission>::NEEDS_ROLE,
        }),+];
    };
}

permissions! {
    /// Makes federations and regions; held by administrators of the service itself.
    ManageService = "service.manage", false, [Administrator];
    /// Manages users, their roles and their passwords.
    ManageUsers = "users.manage", false, [Administrator];
    /// Reads who has which role.
    ReadUsers = "users.read", false, [Administrator, Auditor];
    /// Its own password, tokens and sessions; reads what concerns nobody in particular: regions, the federation.
    OwnAccess = "access.own", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor, Administrator], even_without_a_role;
    /// Reads organisations.
    ReadOrganisations = "organisations.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor, Administrator];
    /// Records and changes organisations.
    WriteOrganisations = "organisations.write", false, [Maker, Administrator];
    /// Reads documents.
    ReadDocuments = "documents.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor];
    /// Records and changes documents.
    WriteDocuments = "documents.write", false, [Maker, Finance, Checker];
    /// Reads persons, households, dossiers, model workers and accounts, masked.
    ReadRegistry = "registry.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor];
    /// Records and changes persons, households, dossiers, model workers and accounts.
    WriteRegistry = "registry.write", false, [Maker];
    /// Sees personal data in clear, with a reason that is recorded.
    RevealPersonalData = "registry.reveal", false, [Maker, Finance, Cashier, Checker, Auditor];
    /// Erases a person.
    ErasePersonalData = "registry.erase", false, [Finance];
    /// Reads fund sources, appropriations, lines, arrivals and standards.
    ReadFunds = "funds.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor];
    /// Records fund sources, appropriations, additions, withdrawals and standards.
    RegisterFunds = "funds.register", true, [Maker, Finance];
    /// Matches money that arrived with its line.
    MatchFunds = "funds.match", true, [Finance];
    /// Carries over and reclaims at the end of the year, and closes periods.
    CloseBooks = "funds.close", true, [FinanceHead];
    /// Reads plans, rosters, reviews and approval policies.
    ReadPlans = "plans.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor];
    /// Drafts plans, makes rosters, submits and cancels.
    DraftPlans = "plans.draft", true, [Maker];
    /// Approves or returns at a step of the chain.
    DecidePlans = "plans.decide", true, [Leader, Finance, Principal, Committee, Checker];
    /// Closes a plan that is settled.
    ClosePlans = "plans.close", false, [Checker];
    /// Authorises the payment of an approved plan.
    ReleasePlans = "plans.release", true, [FinanceHead];
    /// Proposes an approval policy.
    ProposePolicies = "policies.propose", false, [Administrator];
    /// Confirms an approval policy that somebody else proposed.
    ConfirmPolicies = "policies.confirm", false, [Principal];
    /// Proposes an exception that needs its own approval.
    ProposeExceptions = "exceptions.propose", true, [Maker, Finance, Cashier, Checker];
    /// Decides an exception that somebody else proposed.
    DecideExceptions = "exceptions.decide", true, [Leader, Principal, FinanceHead];
    /// Publishes a roster, and takes in objections.
    Publish = "publicity.publish", false, [Maker];
    /// Handles objections to a published roster.
    HandleObjections = "publicity.handle", false, [Checker];
    /// Reads batches, instructions, evidence, transfers, returns and recoveries, masked.
    ReadPayments = "payments.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor];
    /// Hands batches to the bank, takes in what it answers, issues payments again.
    Pay = "payments.pay", true, [Cashier];
    /// Records how banks' text files are laid out, and so what their codes and columns mean.
    WriteLayouts = "layouts.write", true, [Finance];
    /// Gives up payments, and approves returns to the treasury.
    ForgoPayments = "payments.forgo", true, [FinanceHead];
    /// Records what subordinate unions report or hand back, what is to be returned and what is to be recovered.
    FollowUpPayments = "payments.follow_up", true, [Finance];
    /// Confirms returns.
    ConfirmReturns = "payments.confirm", true, [Checker];
    /// Reads reports, postings, declared figures and findings.
    ReadReconciliation = "reconciliation.read", false, [Maker, Finance, Leader, Principal, Committee, FinanceHead, Cashier, Checker, Auditor];
    /// Records declared figures and compares them; explains and resolves findings.
    Reconcile = "reconciliation.write", false, [Checker, Finance];
    /// Hands in bank statements; what they say of payments moves money.
    TakeStatements = "statements.take", true, [Cashier];
    /// Decides what does not match in a statement that somebody else handed in.
    ResolveStatements = "statements.resolve", true, [Checker];
    /// Reads audit events, checkpoints and proofs, and exports them.
    ReadAudit = "audit.read", false, [Auditor, Checker, FinanceHead];
}
