//! What is asked of personal data, and what is answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::{EvidenceId, FeedbackId, PayeeAccountId, PersonId};

/// Declares a request to see fields in clear, with the fields there are.
macro_rules! revealing {
    ($(#[$doc:meta])* $request:ident of $(#[$field_doc:meta])* $field:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal),+ $(,)? }) => {
        $(#[$field_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $field {
            $($(#[$word_doc])* $word),+
        }

        impl $field {
            /// The name in the API and in the audit event.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$word => $text),+
                }
            }
        }

        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $request {
            /// What for: kept in the audit event with who saw what.
            pub reason: String,
            /// Which fields; only what is needed.
            pub fields: Vec<$field>,
        }
    };
}

revealing! {
    /// A request to see what is kept of a person in clear.
    RevealPerson of
    /// What can be seen of a person.
    PersonField {
        /// 姓名
        Name = "name",
        /// 身份证号码
        IdentityNumber = "identity_number",
        /// 电话
        Phone = "phone",
    }
}

revealing! {
    /// A request to see what is kept of an account in clear.
    RevealAccount of
    /// What can be seen of an account.
    AccountField {
        /// 户名
        HolderName = "holder_name",
        /// 账号
        Number = "number",
    }
}

revealing! {
    /// A request to see what is kept of a piece of evidence in clear.
    RevealEvidence of
    /// What can be seen of evidence.
    EvidenceField {
        /// 原文
        RawText = "raw_text",
        /// 见证人
        Witnesses = "witnesses",
    }
}

revealing! {
    /// A request to see the recipients that a subordinate union reported in clear.
    RevealFeedback of
    /// What can be seen of a reported recipient.
    FeedbackField {
        /// 姓名
        Name = "name",
        /// 身份证号码
        IdentityNumber = "identity_number",
    }
}

/// What was asked for of a person; what was not is absent.
#[derive(Clone, Serialize, ToSchema)]
pub struct RevealedPerson {
    /// The person.
    pub id: PersonId,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Identity number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_number: Option<String>,
    /// Phone; empty when none is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// What was asked for of an account; what was not is absent.
#[derive(Clone, Serialize, ToSchema)]
pub struct RevealedAccount {
    /// The account.
    pub id: PayeeAccountId,
    /// 户名
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_name: Option<String>,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// What was asked for of a piece of evidence; what was not is absent.
#[derive(Clone, Serialize, ToSchema)]
pub struct RevealedEvidence {
    /// The evidence.
    pub id: EvidenceId,
    /// The line as it stands in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_text: Option<String>,
    /// Who saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<Vec<String>>,
}

/// What was asked for of one reported recipient; what was not is absent.
#[derive(Clone, Serialize, ToSchema)]
pub struct RevealedRecipient {
    /// The row of the report.
    pub id: FeedbackId,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Identity number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_number: Option<String>,
}

/// That something was seen, without what: kept for a repeated request and in the audit event.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    /// Of which person, account, evidence or transfer.
    pub id: String,
    /// Which fields.
    pub revealed: Vec<&'static str>,
}

/// A request to erase a person.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Why: kept in the audit event.
    pub reason: String,
    /// When payments keep the person: erase what they do not need (phone, accounts never used) and keep the rest. Refused
    /// otherwise.
    #[serde(default)]
    pub keep_required: bool,
}

/// Why a person, or a part of what is kept of one, cannot be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptBy {
    /// An approved roster: a payment was ordered, and its documents are kept as the law says.
    Payment,
    /// A subordinate union reported the person as paid.
    Feedback,
    /// A roster that is being decided on.
    PendingRoster,
    /// A household that the person heads has a dossier that is not closed.
    OpenDossier,
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erased {
    /// The person.
    pub id: PersonId,
    /// Whether all that identifies the person is gone; else what payments need is kept.
    pub whole: bool,
    /// What keeps the rest.
    pub kept_by: Vec<KeptBy>,
    /// Accounts whose holder and number are gone.
    pub accounts: usize,
    /// Rosters that were never approved and hold the name they were made with: drafts are sealed too.
    pub names_in_drafts: i64,
}
