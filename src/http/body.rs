//! Request bodies: strict JSON, with every field at fault named at once.

use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::kernel::refusal::untag_field_error;
use crate::kernel::{Code, FieldError, Refusal, Status};

/// The body is not JSON.
pub static BODY_NOT_JSON: Code = Code::new("body_not_json", Status::Unreadable, "请求体不是有效的 JSON", "The body is not valid JSON");
/// Fields are missing, unknown, or of the wrong shape.
pub static BODY_INVALID: Code =
    Code::new("body_invalid", Status::Unreadable, "请求体中有无法读取的字段", "Fields of the body cannot be read");
/// The content type is not JSON.
pub static BODY_NOT_DECLARED_JSON: Code = Code::new(
    "content_type_not_json",
    Status::UnsupportedMedia,
    "Content-Type 必须是 application/json",
    "The content type must be application/json",
);
/// The body is over the limit.
pub static BODY_TOO_LARGE: Code = Code::new("body_too_large", Status::TooLarge, "请求体超过大小限制", "The body is over the limit");

/// The body does not come on.
pub static BODY_TOO_SLOW: Code = Code::new("body_too_slow", Status::TooSlow, "请求体传送过慢", "The body comes too slowly");
/// The file is wrapped in a form.
pub static BODY_IS_FORM: Code = Code::new(
    "body_is_form",
    Status::UnsupportedMedia,
    "请求体应是文件本身，而不是 multipart 表单",
    "The body must be the file itself, not a multipart form",
);

/// The codes of this module.
pub static CODES: &[&Code] = &[&BODY_NOT_JSON, &BODY_INVALID, &BODY_NOT_DECLARED_JSON, &BODY_TOO_LARGE, &BODY_TOO_SLOW, &BODY_IS_FORM];

/// How long nothing of a body may come, and how much of it must come within so long.
const PACE: Pace = Pace { within: Duration::from_secs(30), least: 128 * 1024 };
/// Bodies that are being read may come to so much together: others wait until they have been read.
const READING_MIB: u32 = 512;
static READING: Semaphore = Semaphore::const_new(512);

/// How fast a body must come.
#[derive(Debug, Clone, Copy)]
struct Pace {
    within: Duration,
    least: usize,
}

/// Reads the bytes of a body, of which so many were announced. Whoever sends large ones slowly would else keep the service's memory.
///
/// # Errors
/// [`BODY_TOO_LARGE`], [`BODY_TOO_SLOW`], [`super::problem::REQUEST_UNREADABLE`] when it breaks off.
pub(super) async fn read<E>(
    chunks: impl Stream<Item = Result<Bytes, E>> + Unpin,
    announced: Option<usize>,
    limit: usize,
) -> Result<Vec<u8>, Refusal> {
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let mib = u32::try_from(announced.unwrap_or(limit) >> 20).unwrap_or(READING_MIB).min(READING_MIB);
    let _held = READING.acquire_many(mib).await.map_err(|_| super::problem::REQUEST_UNREADABLE.refuse())?;
    gathered(chunks, limit, PACE).await
}

async fn gathered<E>(mut chunks: impl Stream<Item = Result<Bytes, E>> + Unpin, limit: usize, pace: Pace) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let (mut since, mut before) = (Instant::now(), 0_usize);
    loop {
        let chunk = match timeout(pace.within, chunks.next()).await {
            Ok(None) => return Ok(bytes),
            Ok(Some(chunk)) => chunk.map_err(|_| super::problem::REQUEST_UNREADABLE.refuse())?,
            Err(_) => return Err(BODY_TOO_SLOW.refuse()),
        };
        if bytes.len().saturating_add(chunk.len()) > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
        if since.elapsed() >= pace.within {
            if bytes.len().saturating_sub(before) < pace.least {
                return Err(BODY_TOO_SLOW.refuse());
            }
            (since, before) = (Instant::now(), bytes.len());
        }
    }
}

fn too_large(limit: usize) -> Refusal {
    BODY_TOO_LARGE.refuse().with("limit_bytes", limit)
}

/// Bytes from which on only the first fault is looked for.
const LARGE: usize = 64 * 1024;
/// Faults after which looking for more is not worth the time.
const MOST_FAULTS: usize = 100;

/// Reads a body.
///
/// # Errors
/// [`BODY_NOT_JSON`], or [`BODY_INVALID`] with every field that could not be read.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    if let Ok(value) = serde_path_to_error::deserialize::<_, T>(&mut reader)
        && reader.end().is_ok()
    {
        let faults = unstorable(bytes);
        return if faults.is_empty() { Ok(value) } else { Err(BODY_INVALID.refuse().with_fields(faults)) };
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        BODY_NOT_JSON.because(
            format!("第 {} 行第 {} 列不是有效的 JSON", error.line(), error.column()),
            format!("not valid JSON at line {}, column {}", error.line(), error.column()),
        )
    })?;
    // Each further fault costs several readings of the whole body; of a large one the first fault is enough.
    let faults =
        if bytes.len() > LARGE { first_fault::<T>(&value).map(Fault::into_error).into_iter().collect() } else { faults_of::<T>(value) };
    if faults.is_empty() {
        return Err(BODY_INVALID.refuse());
    }
    Err(BODY_INVALID.refuse().with_fields(faults))
}

/// Whether a body brings a password. Bodies that do are small.
pub(super) fn names_password(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"password";
    bytes.len() <= LARGE && bytes.windows(NAME.len()).any(|window| window == NAME)
}

/// Texts that are read without complaint but that the database cannot hold.
fn unstorable(bytes: &[u8]) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if let Ok(value) = serde_json::from_slice(bytes) {
        look_for_unstorable(&value, "", &mut faults);
    }
    faults
}

fn look_for_unstorable(value: &Value, pointer: &str, faults: &mut Vec<FieldError>) {
    let below = |name: &str| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::String(text) => faults.extend(unstorable_text(pointer, text)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look_for_unstorable(item, &below(&index.to_string()), faults);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                faults.extend(unstorable_text(pointer, name));
                look_for_unstorable(member, &below(name), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// PostgreSQL's text has no NUL. A date with a signed year is one beyond the years 0000 to 9999: nothing of this domain,
/// and partly out of the range that PostgreSQL's dates have.
pub(super) fn unstorable_text(pointer: &str, text: &str) -> Option<FieldError> {
    if text.contains('\0') {
        return Some(FieldError::new(pointer, "text_with_nul", "不能含有空字符（NUL）", "must not contain the character NUL"));
    }
    let mut parts = text.strip_prefix(['+', '-'])?.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_digit())));
    let far =
        matches!((parts.next(), parts.next(), parts.next(), parts.next()), (Some((4.., true)), Some((2, true)), Some((2, true)), None));
    far.then(|| FieldError::new(pointer, "date_out_of_range", "日期超出可用范围", "is a date out of range"))
}

/// serde stops at the first fault. So each fault found is mended in a copy of the body (the unknown field taken out, the
/// bad value replaced by one that is read without complaint) and the copy read again, until it reads or cannot be mended.
fn faults_of<T: DeserializeOwned>(mut value: Value) -> Vec<FieldError> {
    let mut faults: Vec<FieldError> = Vec::new();
    for _ in 0..MOST_FAULTS {
        let Some(fault) = first_fault::<T>(&value) else { break };
        let mended = mend::<T>(&mut value, &fault);
        // What is at fault with a stand-in, or inside one, is not the caller's doing.
        let place = fault.place();
        let of_a_stand_in =
            |known: &FieldError| place.strip_prefix(&known.pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !faults.iter().any(of_a_stand_in) {
            faults.push(fault.into_error());
        }
        if !mended {
            break;
        }
    }
    faults
}

struct Fault {
    pointer: String,
    message: String,
}

impl Fault {
    /// serde names an unknown or missing field in its message only; `field` quotes it with backticks.
    fn named_field(&self, what: &str) -> Option<String> {
        let rest = self.message.strip_prefix(what)?;
        Some(rest.split('`').nth(1)?.to_owned())
    }

    /// The field itself, also when the path ends in the object it is missing from.
    fn place(&self) -> String {
        let named = self.named_field("unknown field").or_else(|| self.named_field("missing field"));
        named.map_or_else(|| self.pointer.clone(), |name| self.pointer_with(&name))
    }

    fn into_error(self) -> FieldError {
        if let Some(name) = self.named_field("unknown field") {
            return FieldError::new(self.pointer_with(&name), "field_unknown", "没有这个字段", "there is no such field");
        }
        if let Some(name) = self.named_field("missing field") {
            return FieldError::new(self.pointer_with(&name), "field_missing", "缺少这个字段", "the field is missing");
        }
        if let Some((code, text)) = untag_field_error(&self.message) {
            return FieldError { pointer: self.pointer, code, text };
        }
        // serde quotes the value it could not read; what follows "expected" says what was wanted without quoting it.
        let wanted = self.message.rsplit_once("expected ").map_or("a valid value", |(_, wanted)| wanted).to_owned();
        FieldError::new(
            self.pointer,
            "field_malformed",
            format!("格式不正确，应为：{wanted}"),
            format!("cannot be read; expected {wanted}"),
        )
    }

    fn pointer_with(&self, name: &str) -> String {
        // For an unknown field the path already ends in it, for a missing one it ends in the object.
        let escaped = name.replace('~', "~0").replace('/', "~1");
        if self.pointer.rsplit('/').next() == Some(escaped.as_str()) { self.pointer.clone() } else { format!("{}/{escaped}", self.pointer) }
    }
}

fn first_fault<T: DeserializeOwned>(value: &Value) -> Option<Fault> {
    let error = serde_path_to_error::deserialize::<_, T>(value.clone()).err()?;
    let pointer: String = error
        .path()
        .iter()
        .filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(format!("/{index}")),
            serde_path_to_error::Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
        })
        .collect();
    Some(Fault { pointer, message: error.into_inner().to_string() })
}

fn mend<T: DeserializeOwned>(value: &mut Value, fault: &Fault) -> bool {
    if let Some(name) = fault.named_field("unknown field") {
        let parent = fault.pointer_with(&name).rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
        return value.pointer_mut(&parent).and_then(Value::as_object_mut).is_some_and(|object| object.remove(&name).is_some());
    }
    if let Some(name) = fault.named_field("missing field") {
        let parent = fault.pointer.clone();
        return replace_until_read::<T>(value, fault, |value, stand_in| {
            value.pointer_mut(&parent).and_then(Value::as_object_mut).is_some_and(|object| {
                object.insert(name.clone(), stand_in);
                true
            })
        });
    }
    replace_until_read::<T>(value, fault, |value, stand_in| {
        value.pointer_mut(&fault.pointer).is_some_and(|place| {
            *place = stand_in;
            true
        })
    })
}

/// Puts stand-ins in a field until the body no longer fails there.
fn replace_until_read<T: DeserializeOwned>(value: &mut Value, fault: &Fault, put: impl Fn(&mut Value, Value) -> bool) -> bool {
    let known = fault.message.rsplit_once("expected one of ").or_else(|| fault.message.rsplit_once("expected "));
    let variant = known.and_then(|(_, variants)| variants.split('`').nth(1)).unwrap_or("x").to_owned();
    let stand_ins = [
        json!("1.00"),
        json!("2000-01-01"),
        json!("2000-01"),
        json!("00000000-0000-0000-0000-000000000001"),
        // Made up: an identity number of the unassigned region 510599, which serves as a card's number too, and a union's code.
        json!("510599199001010017"),
        json!("81510500MC0000004P"),
        json!(variant),
        json!(2000),
        json!(1),
        json!(true),
        json!([]),
        json!({}),
        Value::Null,
    ];
    let (original, place) = (value.clone(), fault.place());
    // Best a value without faults of its own; failing that, one with other faults, whose message says what is wanted.
    for with_other_faults in [false, true] {
        for stand_in in &stand_ins {
            if !put(value, stand_in.clone()) {
                return false;
            }
            let next = first_fault::<T>(value);
            let at_fault_too = next.is_some_and(|next| {
                let of_it = next.place().strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                of_it && !(with_other_faults && next.message != fault.message)
            });
            if !at_fault_too {
                return true;
            }
            value.clone_from(&original);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use serde::Deserialize;
    use uuid::Uuid;

    use super::*;
    use crate::kernel::PositiveMoney;

    /// Chunks of one byte, each so long after the one before; nothing more after the last.
    fn trickling(chunks: usize, each: Duration) -> impl Stream<Item = Result<Bytes, ()>> + Unpin {
        let sent = futures_util::stream::unfold(0, move |sent| async move {
            tokio::time::sleep(each).await;
            (sent < chunks).then(|| (Ok(Bytes::from_static(b"x")), sent + 1))
        });
        Box::pin(sent)
    }

    #[tokio::test]
    async fn a_body_that_stands_still_or_trickles_is_given_up() {
        let pace = Pace { within: Duration::from_millis(200), least: 20 };
        let still = futures_util::stream::iter([Ok::<_, ()>(Bytes::from_static(b"x"))]).chain(futures_util::stream::pending());
        assert_eq!(*gathered(still, 100, pace).await.unwrap_err().code, BODY_TOO_SLOW);
        let slow = gathered(trickling(100, Duration::from_millis(50)), 100, pace).await;
        assert_eq!(*slow.unwrap_err().code, BODY_TOO_SLOW);
        let steady = Pace { within: Duration::from_millis(200), least: 1 };
        assert_eq!(gathered(trickling(10, Duration::from_millis(50)), 100, steady).await.unwrap().len(), 10);
        assert_eq!(*gathered(trickling(10, Duration::from_millis(1)), 9, steady).await.unwrap_err().code, BODY_TOO_LARGE);
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters here")]
    struct Sample {
        name: String,
        on: NaiveDate,
        id: Option<Uuid>,
        kind: Kind,
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Card,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters here")]
    struct Line {
        amount: PositiveMoney,
    }

    fn faults(body: &str) -> Vec<(String, String)> {
        let refusal = parse::<Sample>(body.as_bytes()).unwrap_err();
        refusal.fields.into_iter().map(|field| (field.pointer, field.code)).collect()
    }

    #[test]
    fn every_field_at_fault_is_named_at_once() {
        let mut found = faults(
            r#"{"name": 3, "on": "2022-02-30", "id": "x", "kind": "coin", "more": 1,
                "lines": [{"amount": "1.005"}, {"amount": "0"}, {"amount": 5}, {"amount": "5", "x": 1}, {}]}"#,
        );
        found.sort();
        let expected = [
            ("/id", "field_malformed"),
            ("/kind", "field_malformed"),
            ("/lines/0/amount", "amount_fraction_of_fen"),
            ("/lines/1/amount", "amount_not_positive"),
            ("/lines/2/amount", "field_malformed"),
            ("/lines/3/x", "field_unknown"),
            ("/lines/4/amount", "field_missing"),
            ("/more", "field_unknown"),
            ("/name", "field_malformed"),
            ("/on", "field_malformed"),
        ];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }

    #[test]
    fn several_missing_fields_are_all_named() {
        let mut found: Vec<String> = faults("{}").into_iter().map(|fault| fault.0).collect();
        found.sort();
        assert_eq!(found, ["/kind", "/lines", "/name", "/on"]);
    }

    #[test]
    fn what_is_not_json_says_where() {
        let refusal = parse::<Sample>(b"{\"name\": ").unwrap_err();
        assert_eq!(refusal.code.name, "body_not_json");
        let refusal = parse::<Sample>(b"{\"name\":\"a\"} trailing").unwrap_err();
        assert_eq!(refusal.code.name, "body_not_json");
    }

    #[test]
    fn a_bad_value_is_not_repeated_in_the_reason() {
        let refusal = parse::<Sample>(r#"{"name": "a", "on": "510599199001010017", "kind": "card", "lines": []}"#.as_bytes()).unwrap_err();
        assert!(!format!("{:?}", refusal.fields).contains("510599199001010017"));
    }
}
