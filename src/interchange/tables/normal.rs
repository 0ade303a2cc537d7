//! One form for texts that look alike, by what their column holds.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::schema::Kind;

/// Characters that nobody sees: zero-width ones, direction marks, the byte order mark.
const fn is_invisible(each: char) -> bool {
    matches!(each, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// What pads a cell and carries no meaning at its ends.
pub(super) fn is_stray(each: char) -> bool {
    each.is_whitespace() || each.is_control() || is_invisible(each)
}

/// Without what pads it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_stray)
}

/// A cell's text in the form that its kind is kept and compared in; empty when nothing is there.
pub(super) fn normal(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Text => prose(text),
        Kind::Name => name(text),
        Kind::Date => unquoted(trimmed(&narrow(text))).to_owned(),
        Kind::Choice(_) | Kind::Flag => trimmed(&prose(text)).to_owned(),
        Kind::Identity => code(text).to_ascii_uppercase(),
        Kind::Account | Kind::Code | Kind::Reference => reference(text),
        Kind::Phone | Kind::Digits { .. } | Kind::Money | Kind::Integer { .. } => code(text),
    }
}

/// Half-width and compatibility forms made one (NFKC): `５１０` is `510`.
pub(super) fn narrow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// Words: line breaks made one, what nobody sees taken out.
fn prose(text: &str) -> String {
    let text = trimmed(text);
    if text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return text.to_owned();
    }
    without_controls(text).chars().filter(|each| !is_invisible(*each)).collect()
}

/// A text without the control characters that no value keeps: of them line breaks, made one, and tabs are left. A workbook cannot
/// hold the others as they are, and what it writes in their place can be read as part of what stands before them.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    let is_out = |each: char| each.is_control() && !matches!(each, '\n' | '\t');
    if !text.contains(is_out) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n").replace(is_out, ""))
}

/// A name: people set two characters apart to line them up with three, `王　明`; Latin names keep one space.
fn name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut gap = false;
    for each in trimmed(text).chars() {
        if is_stray(each) {
            gap = gap || !is_invisible(each);
            continue;
        }
        if gap && each.is_ascii() && name.ends_with(|last: char| last.is_ascii()) {
            name.push(' ');
        }
        gap = false;
        name.push(each);
    }
    name
}

/// A number or code: no blanks anywhere, no apostrophe in front.
fn code(text: &str) -> String {
    let text = narrow(text);
    let whole: String = text.chars().filter(|each| !is_stray(*each)).collect();
    match unquoted(&whole) {
        rest if rest.len() == whole.len() => whole,
        rest => rest.to_owned(),
    }
}

/// The form in which codes and the names of recorded things are compared, in files and for what files are held against: width,
/// blanks and kinds of dashes aside. `Ｎ－１` is `N-1`.
#[must_use]
pub fn reference(text: &str) -> String {
    let code = code(text);
    if code.is_ascii() { code } else { code.replace(is_dash, "-") }
}

/// Hyphens and dashes, and the sign for minus.
const fn is_dash(each: char) -> bool {
    matches!(each, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Spreadsheets mark a number as text by an apostrophe; some programs write it into the cell.
fn unquoted(text: &str) -> &str {
    text.strip_prefix(['\'', '’', '‘', '`']).map_or(text, |rest| rest.trim_start_matches(is_stray))
}

/// Whether a spreadsheet that opens a CSV file takes the cell for a formula: it begins with `=`, in either width, or with a sign
/// and is no number. A tab or line break in front counts for nothing, unless only digits and their marks follow.
pub(super) fn is_formula(text: &str) -> bool {
    let rest = text.trim_start_matches(is_stray);
    let led_by_blank = text.starts_with(['\t', '\r']);
    match rest.chars().next() {
        Some('=' | '＝' | '@' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => !is_signed_number(&narrow(rest)),
        Some(_) => led_by_blank && !rest.chars().all(|each| is_stray(each) || is_number_mark(each)),
        None => false,
    }
}

/// Digits, and what stands between them in numbers, phones and dates.
pub(super) const fn is_number_mark(each: char) -> bool {
    matches!(each, '0'..='9' | '.' | ',' | '-' | '/' | ':' | '+' | '%' | 'E' | 'e' | 'X' | 'x')
}

/// `-1,521.00`, `+86 139 0000 0000`, `-5%`, `1E+5` after its sign; also dashes alone, which stand for nothing. `-2+3` is none.
fn is_signed_number(text: &str) -> bool {
    let rest = trimmed(text);
    if rest.chars().all(|each| each == '-') {
        return true;
    }
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let rest = rest.strip_suffix('%').unwrap_or(rest);
    let (mantissa, exponent) = rest.split_once(['E', 'e']).unwrap_or((rest, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |part: &str, others: &[char]| {
        part.starts_with(|each: char| each.is_ascii_digit() || each == '.' || each == '¥')
            && part.chars().all(|each| each.is_ascii_digit() || others.contains(&each))
    };
    digits(mantissa, &[',', '.', ' ', '¥', '\u{a0}']) && digits(exponent, &[])
}

/// Whether the text, taken as it is, would be a formula or be read back without its apostrophe.
pub(super) fn needs_apostrophe(text: &str) -> bool {
    text.trim_start_matches(is_stray).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\'']) || text.starts_with(['\t', '\r'])
}

/// A CSV cell without the apostrophe that [`needs_apostrophe`] put there.
pub(super) fn without_apostrophe(text: &str) -> Option<&str> {
    text.strip_prefix('\'').filter(|rest| needs_apostrophe(rest))
}

/// Whether a spreadsheet would take a code for a quantity or a day, and show or save it otherwise: twelve digits and more become
/// `1.23E+11`, leading zeros go, `3-4` is a day in March.
pub(super) fn needs_shelter(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let marks = text.chars().any(|each| !each.is_ascii_digit());
    digits > 0
        && text.chars().all(|each| is_number_mark(each) && !matches!(each, 'X' | 'x'))
        && (digits >= 12 || marks || (text.len() > 1 && text.starts_with('0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_alike_are_one() {
        let digits = Kind::Digits { shortest: 1, longest: 40 };
        for (kind, text, expected) in [
            (Kind::Name, " 王\u{3000}小明\u{200b}", "王小明"),
            (Kind::Name, "阿依古丽·买买提", "阿依古丽·买买提"),
            (Kind::Name, "John   Smith", "John Smith"),
            (Kind::Identity, "５１０５９９１９９００１０１００1x", "51059919900101001X"),
            (Kind::Identity, "'510599 19900101 0017\u{a0}", "510599199001010017"),
            (Kind::Account, "\t6229 9900 0000 0000 019", "6229990000000000019"),
            (digits, "\u{feff}００7", "007"),
            (Kind::Code, "\u{3000}Ｎ－５１０５９９ – 0001 ", "N-510599-0001"),
            (Kind::Code, "川困〔２０２２〕１号", "川困〔2022〕1号"),
            (Kind::Reference, "泸州市 总工会（本级）", "泸州市总工会(本级)"),
            (Kind::Money, "￥１，５２１．００", "¥1,521.00"),
            (Kind::Text, " 一\u{200b}二\r\n三 四 ", "一二\n三 四"),
            (Kind::Text, "\u{3000}\u{a0}", ""),
            (Kind::Date, "'２０２２年８月１日", "2022年8月1日"),
        ] {
            assert_eq!(normal(kind, text), expected, "{text:?}");
        }
    }

    /// Written as it is, the first would be read back as `1`: the escape of its control character completes one before it.
    #[test]
    fn of_control_characters_a_text_keeps_line_breaks_and_tabs() {
        for (text, kept) in [("_x0031\u{14}_", "_x0031_"), ("a\r\nb\rc\td", "a\nb\nc\td"), ("王\u{85}小明\u{7f}", "王小明")] {
            assert_eq!(without_controls(text), kept, "{text:?}");
        }
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_a_formula() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1", "\t=1", "\r=1", "\tabc", " =1", "+86-139", "-A1"] {
            assert!(is_formula(text), "{text:?}");
        }
        for text in
            ["", "-", "--", "-1,521.00", "+5", "-5%", "-1.5E+05", "+86 139 0000 2835", "\t510599199001010017", "'=1", "一=二", "－5"]
        {
            assert!(!is_formula(text), "{text:?}");
        }
    }

    #[test]
    fn codes_that_a_spreadsheet_would_change_are_sheltered() {
        for text in ["510599199001010017", "0830", "3-4", "2E5", "123456789012"] {
            assert!(needs_shelter(text), "{text}");
        }
        for text in ["", "51059919900101001X", "19900002835", "0", "A1", "-"] {
            assert!(!needs_shelter(text), "{text}");
        }
    }
}
