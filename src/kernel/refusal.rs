//! How every part of the service says no: a stable code, a status, a sentence in two languages, and the fields at fault.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::lang::{Lang, Text};

/// What kind of no it is; each is one HTTP status (architecture.md, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 400: the request cannot be read.
    Unreadable,
    /// 401: nobody is logged in.
    Unauthenticated,
    /// 403: this caller may not.
    Forbidden,
    /// 404: not there, or out of the caller's reach.
    NotFound,
    /// 405: the resource has no such method.
    MethodNotAllowed,
    /// 408: the request came too slowly.
    TooSlow,
    /// 409: the state or a uniqueness forbids it.
    Conflict,
    /// 412: `If-Match` names an older version.
    Stale,
    /// 413: the body is over the limit.
    TooLarge,
    /// 415: not JSON.
    UnsupportedMedia,
    /// 422: readable, but against a rule.
    Unprocessable,
    /// 423: the accounting period is closed.
    PeriodClosed,
    /// 428: `If-Match` is missing.
    PreconditionRequired,
    /// 429: too many attempts.
    TooMany,
    /// 503: the service cannot answer now.
    Unavailable,
    /// 500: a defect of the service.
    Internal,
}

impl Status {
    /// The HTTP status code.
    #[must_use]
    pub const fn http(self) -> u16 {
        match self {
            Self::Unreadable => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::Conflict => 409,
            Self::Stale => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::Unprocessable => 422,
            Self::PeriodClosed => 423,
            Self::PreconditionRequired => 428,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// One kind of refusal. Declared once, beside the rule it belongs to; listed for `/problems/{code}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Stable snake_case name; part of the API.
    pub name: &'static str,
    /// The status every refusal of this code has.
    pub status: Status,
    /// Title in Chinese.
    pub zh: &'static str,
    /// Title in English.
    pub en: &'static str,
}

impl Code {
    /// Declares a code.
    #[must_use]
    pub const fn new(name: &'static str, status: Status, zh: &'static str, en: &'static str) -> Self {
        Self { name, status, zh, en }
    }

    /// The title in one language.
    #[must_use]
    pub const fn title(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    /// A refusal whose detail is the title.
    #[must_use]
    pub fn refuse(&'static self) -> Refusal {
        self.because(self.zh, self.en)
    }

    /// A refusal with a detail in both languages.
    #[must_use]
    pub fn because(&'static self, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        Refusal { code: self, detail: Text::new(zh, en), fields: Vec::new(), facts: serde_json::Map::new() }
    }

    /// A refusal that names one field by JSON pointer (`/lines/0/amount`).
    #[must_use]
    pub fn at(&'static self, pointer: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Refusal {
        let text = Text::new(zh, en);
        let field = FieldError { pointer: pointer.into(), code: self.name.to_owned(), text: text.clone() };
        Refusal { code: self, detail: text, fields: vec![field], facts: serde_json::Map::new() }
    }
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// RFC 6901 JSON pointer into the request body, or the parameter's name for paths, queries and headers.
    pub pointer: String,
    /// Stable snake_case reason.
    pub code: String,
    /// The reason for people.
    pub text: Text,
}

impl FieldError {
    /// Names a field, a stable reason, and the reason in both languages.
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), text: Text::new(zh, en) }
    }
}

/// A no. Nothing has been written when one is returned.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Which kind.
    pub code: &'static Code,
    /// What is the matter in this case.
    pub detail: Text,
    /// Fields at fault, all of them at once.
    pub fields: Vec<FieldError>,
    /// Machine-readable particulars, such as how much is missing.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

impl Refusal {
    /// Adds a machine-readable particular. It becomes a member of the problem.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.facts.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds fields at fault.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.fields = fields;
        self
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.code.name, self.detail.en)
    }
}

impl std::error::Error for Refusal {}

/// Refuses with every field at fault, or passes when there is none.
///
/// # Errors
/// [`FIELDS_INVALID`] with all of `fields`.
pub fn none_at_fault(fields: Vec<FieldError>) -> Result<(), Refusal> {
    if fields.is_empty() { Ok(()) } else { Err(FIELDS_INVALID.refuse().with_fields(fields)) }
}

/// A fault for each text that says nothing.
#[must_use]
pub fn blank<const N: usize>(fields: [(&str, &String); N]) -> Vec<FieldError> {
    fields
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty())
        .map(|(pointer, _)| FieldError::new(pointer, "blank", "不能为空", "must not be blank"))
        .collect()
}

/// Characters a text has at most that tells one thing from another: a longer one would not fit into an index.
const LONGEST_NAME: usize = 200;

/// A fault for each text that is too long for a name.
#[must_use]
pub fn too_long<const N: usize>(fields: [(&str, &str); N]) -> Vec<FieldError> {
    let long = fields.into_iter().filter(|(_, text)| text.chars().count() > LONGEST_NAME);
    let (zh, en) = (format!("不能超过{LONGEST_NAME}个字符"), format!("must have at most {LONGEST_NAME} characters"));
    long.map(|(pointer, _)| FieldError::new(pointer, "too_long", zh.clone(), en.clone())).collect()
}

/// A fault when a SHA-256 is not 64 lower-case hexadecimal digits.
#[must_use]
pub fn digest_malformed(pointer: &str, digest: Option<&str>) -> Option<FieldError> {
    let well_formed = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (!digest.is_none_or(well_formed))
        .then(|| FieldError::new(pointer, "digest_malformed", "应为 64 位小写十六进制", "must be 64 lower-case hexadecimal digits"))
}

/// A fault when a business date has not come yet: what has not happened is not recorded.
#[must_use]
pub fn in_future(pointer: &str, on: NaiveDate, today: NaiveDate) -> Option<FieldError> {
    (on > today).then(|| FieldError::new(pointer, "date_in_future", "日期不能晚于今天", "must not be after today"))
}

/// Fields of a readable request are against a rule.
pub static FIELDS_INVALID: Code =
    Code::new("fields_invalid", Status::Unprocessable, "请求中有不符合规则的字段", "Fields of the request are against a rule");
/// Nothing by that id within the caller's federation.
pub static NOT_FOUND: Code = Code::new("not_found", Status::NotFound, "没有找到", "Not found");
/// A reference in the body names nothing in this federation.
pub static REFERENCE_UNKNOWN: Code =
    Code::new("reference_unknown", Status::Unprocessable, "引用的对象在本工会中不存在", "A reference names nothing in this federation");
/// `If-Match` names another version.
pub static VERSION_STALE: Code =
    Code::new("version_stale", Status::Stale, "对象已被他人修改，请重新读取", "It was changed meanwhile; read it again");
/// `If-Match` is missing.
pub static VERSION_REQUIRED: Code =
    Code::new("version_required", Status::PreconditionRequired, "修改需要 If-Match", "A change needs If-Match");

/// The codes of this module.
pub static CODES: &[&Code] = &[&FIELDS_INVALID, &NOT_FOUND, &REFERENCE_UNKNOWN, &VERSION_STALE, &VERSION_REQUIRED];

/// serde carries an error only as text; this keeps code and both languages in it. [`untag_field_error`] takes it apart.
#[must_use]
pub fn tagged_field_error(code: &str, text: &Text) -> String {
    let tagged = Tagged { code: code.to_owned(), zh: text.zh.clone(), en: text.en.clone() };
    serde_json::to_string(&tagged).unwrap_or_else(|_| text.en.clone())
}

/// The code and texts that [`tagged_field_error`] put into a serde message, when it did.
#[must_use]
pub fn untag_field_error(message: &str) -> Option<(String, Text)> {
    let json = message.get(message.find('{')?..=message.rfind('}')?)?;
    let tagged: Tagged = serde_json::from_str(json).ok()?;
    Some((tagged.code, Text::new(tagged.zh, tagged.en)))
}

#[derive(Serialize, Deserialize)]
struct Tagged {
    code: String,
    zh: String,
    en: String,
}
