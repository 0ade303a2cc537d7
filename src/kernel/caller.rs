//! On whose behalf something is done.

use std::fmt;

use uuid::Uuid;

use super::access::{Grant, Permission, Permit, Relied, Role};
use super::id::FederationId;
use super::refusal::Refusal;

/// What the database knows a user by: the key of a token or session. Only its hash is kept there.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user's own federation; the nil one for administrators of the service.
    pub home: FederationId,
    /// SHA-256 of the token or session secret.
    pub key: [u8; 32],
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Credential").field("home", &self.home).finish_non_exhaustive()
    }
}

/// Where a request came from, for its audit event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The peer's address; absent for the command line.
    pub address: Option<String>,
    /// The id under which the log tells more.
    pub request_id: Option<String>,
    /// What is being done: the operation's name, such as `lock_plan`.
    pub action: String,
}

/// Who acts, within which federation, with which roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The federation whose rows the request may touch.
    pub federation: FederationId,
    /// The login name that goes into every record the request leaves.
    pub actor: String,
    grants: Vec<Grant>,
    credential: Option<Credential>,
    relied: Relied,
    /// Where the request came from.
    pub origin: Origin,
}

/// The federation that is the service itself: its administrators, the regions, the federations.
pub const SERVICE: FederationId = FederationId(Uuid::nil());

impl Caller {
    /// A user with what the database knows it by. An administrator of the service who acts on a federation is told apart from
    /// that federation's own users: no login has an `@`.
    #[must_use]
    pub fn new(federation: FederationId, login: String, grants: Vec<Grant>, credential: Credential, origin: Origin) -> Self {
        let actor = if credential.home == federation { login } else { format!("{login}@service") };
        Self { federation, actor, grants, credential: Some(credential), relied: Relied::Nothing, origin }
    }

    /// Whoever is at a shell of the service: reads as a part of the program; what it writes the database accepts from the
    /// schema's owner only, or from the first start.
    #[must_use]
    pub fn program(federation: FederationId, action: &str) -> Self {
        let grants = vec![Grant::everywhere(Role::Administrator)];
        let origin = Origin { action: action.to_owned(), ..Origin::default() };
        Self { federation, actor: "shell".to_owned(), grants, credential: None, relied: Relied::Nothing, origin }
    }

    /// What the database authenticates its acts by.
    #[must_use]
    pub const fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// Its roles, with where they hold.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether it has a role, anywhere.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// The proof that it may do `P`.
    ///
    /// # Errors
    /// [`super::access::PERMISSION_DENIED`].
    pub fn permit<P: Permission>(&self) -> Result<Permit<P>, Refusal> {
        Permit::of(&self.grants)
    }

    /// The same caller, who from now on acts by a permit: the database holds what it relies on against it when the act opens, because
    /// a role may have been taken away since they were read, or given anew elsewhere.
    #[must_use]
    pub fn acting_by<P: Permission>(mut self, permit: &Permit<P>) -> Self {
        self.relied = permit.relied();
        self
    }

    /// The same caller, who relies on no role: to record what was refused.
    #[must_use]
    pub fn acting_by_none(mut self) -> Self {
        self.relied = Relied::Nothing;
        self
    }

    /// What it relies on.
    #[must_use]
    pub const fn relied(&self) -> &Relied {
        &self.relied
    }

    /// The same caller, from elsewhere.
    #[must_use]
    pub fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}
