//! Who may call the service: users with their roles, passwords, personal tokens and browser sessions, and the permissions that
//! the roles give.
//!
//! What proves who somebody is goes through the doors of `schema/05_access_doors.sql`; the service can neither read hashes nor
//! write users, roles, tokens or sessions past them.
//!
//! Tables: `app_user`, `role_grant`, `access_token`, `login_session`, `act_secret`.

mod api;
mod error;
mod model;
mod named;
pub mod permissions;
mod reaches;
mod rules;
mod service;
mod store;

pub use api::{configure, configure_public, lists};
pub use error::{CODES, CONSTRAINTS, CSRF_MISSING, OUT_OF_REACH, TOKEN_MISSING, TOKEN_UNKNOWN};
pub use model::{Authenticated, GrantView, NewGrant, NewToken, NewUser, PasswordSetting, UserView, UserWithGrants};
pub use named::Named;
pub use reaches::Reaches;
pub use rules::{Secret, csrf_token};
pub use service::{
    add_token, add_user, authenticate, end_token, federation_of, first_administrator, grant, lost_role_since, revoke, set_password,
    token_uses, user_by_login, users_of,
};
pub use store::outside;
