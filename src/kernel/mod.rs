//! The vocabulary every other module speaks: money, identifiers, dates, refusals, languages.
//!
//! **Architecture invariant.** Nothing here reads a clock, a database or a request. `diesel` appears only in the column
//! implementations of [`Money`] and of the typed identifiers.

pub mod access;
pub mod caller;
pub mod canonical;
pub mod capitals;
pub mod card_number;
pub mod clock;
pub mod entitlement;
pub mod id;
pub mod identity_number;
pub mod label;
pub mod lang;
pub mod mask;
pub mod money;
pub mod page;
pub mod period;
pub mod ratio;
pub mod refusal;
pub mod resource;
pub mod uscc;
pub mod vault;

pub use access::{Grant, Permission, Permit, Reach, Role};
pub use caller::{Caller, Credential, Origin, SERVICE};
pub use clock::Clock;
pub use id::*;
pub use label::label;
pub use lang::{Lang, Text};
pub use money::{Money, PositiveMoney};
pub use page::{Page, PageRequest, Totals};
pub use refusal::{Code, FieldError, Refusal, Status};
pub use resource::{Located, Versioned};
