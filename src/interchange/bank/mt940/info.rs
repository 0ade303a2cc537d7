//! The information on a line, `:86:`, in the three ways in which banks write it.

/// SWIFT's line length: text goes on in the next line when one is full.
const FULL_LINE: usize = 65;

/// What an `:86:` says.
#[derive(Default)]
pub(super) struct Info {
    /// References that it names as such, or that may be ones.
    pub references: Vec<String>,
    /// The other side's name.
    pub name: Option<String>,
    /// The other side's account.
    pub account: Option<String>,
    /// The text for people.
    pub remittance: String,
    /// Why a payment was returned.
    pub return_reason: Option<String>,
    /// All of it without line breaks.
    pub joined: String,
}

impl Info {
    /// Reads the lines after the tag.
    pub fn read(lines: &[String]) -> Self {
        let joined = lines.concat();
        let mut info = match (subfields(&joined), coded(&joined)) {
            (Some(fields), _) => Self::of_subfields(fields),
            (None, Some(codes)) => Self::of_codes(codes),
            (None, None) => Self { remittance: flowing(lines), ..Self::default() },
        };
        info.remittance.retain(|character| !character.is_control());
        info.joined = joined;
        info
    }

    /// Adds another `:86:` of the same line.
    pub fn extend(&mut self, more: Self) {
        self.references.extend(more.references);
        self.name = self.name.take().or(more.name);
        self.account = self.account.take().or(more.account);
        self.return_reason = self.return_reason.take().or(more.return_reason);
        if !self.remittance.is_empty() && !more.remittance.is_empty() {
            self.remittance.push(' ');
        }
        self.remittance.push_str(&more.remittance);
        self.joined.push('\n');
        self.joined.push_str(&more.joined);
    }

    /// `?20` to `?29` and `?60` to `?63` are remittance, `?31` the account, `?32` and `?33` the name.
    fn of_subfields(fields: Vec<(&str, &str)>) -> Self {
        let mut info = Self::default();
        let mut name = String::new();
        for (code, text) in fields {
            match code {
                "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60" | "61" | "62" | "63" => {
                    info.remittance.push_str(text)
                }
                "31" => info.account = tidy(text),
                "32" | "33" => name.push_str(text),
                _ => {}
            }
        }
        info.name = tidy(&name);
        // Within the remittance there may be a reference with its mark before it.
        for mark in ["EREF+", "KREF+"] {
            let reference = info.remittance.split_once(mark).and_then(|(_, rest)| rest.split([' ', '+']).next()).and_then(tidy);
            info.references.extend(reference);
        }
        info
    }

    fn of_codes(codes: Vec<(&str, &str)>) -> Self {
        let mut info = Self::default();
        for (code, text) in codes {
            match code {
                "EREF" | "PREF" | "IREF" | "KREF" | "CREF" | "MREF" => info.references.extend(tidy(text)),
                "NAME" | "BENM" | "ORDP" | "BEN" => info.name = tidy(text),
                "ACCT" | "ACCW" | "IBAN" => info.account = tidy(text),
                "RTRN" | "RTN" => info.return_reason = tidy(text),
                "REMI" | "SVWZ" | "TEXT" | "PURP" => {
                    if !info.remittance.is_empty() {
                        info.remittance.push(' ');
                    }
                    info.remittance.push_str(text.trim());
                }
                _ => {}
            }
        }
        info
    }
}

/// `166?00TEXT?20…`: three digits, and then fields, each after a mark that is the same throughout.
fn subfields(text: &str) -> Option<Vec<(&str, &str)>> {
    let (kind, rest) = text.split_at_checked(3)?;
    let mark = rest.chars().next().filter(|mark| matches!(mark, '?' | '<' | '>' | '^' | '~'))?;
    let numbered = |part: &'_ str| part.as_bytes().first_chunk().is_some_and(|digits: &[u8; 2]| digits.iter().all(u8::is_ascii_digit));
    let known = kind.bytes().all(|byte| byte.is_ascii_digit()) && numbered(rest.strip_prefix(mark)?);
    let fields = rest.split(mark).skip(1).filter(|part| numbered(part)).filter_map(|part| part.split_at_checked(2));
    known.then(|| fields.collect())
}

/// `/EREF/…/REMI/…`: codes of three or four letters between slashes, each before its text.
fn coded(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut rest = text.strip_prefix('/')?;
    let mut codes: Vec<(&str, &str)> = Vec::new();
    while let Some((code, after)) = rest.split_once('/') {
        if !is_code(code) {
            return None;
        }
        let end = next_code(after).unwrap_or(after.len());
        let (value, more) = after.split_at_checked(end)?;
        codes.push((code, value));
        match more.strip_prefix('/') {
            Some(more) => rest = more,
            None => return Some(codes),
        }
    }
    (!codes.is_empty()).then_some(codes)
}

/// Where the next code begins, at its slash.
fn next_code(text: &str) -> Option<usize> {
    let slashes = text.match_indices('/').map(|(at, _)| at);
    slashes.into_iter().find(|at| {
        let after = text.get(at + 1..).unwrap_or_default();
        after.split_once('/').is_some_and(|(code, _)| is_code(code))
    })
}

fn is_code(text: &str) -> bool {
    (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Lines as one text: a full line goes on, another ends a phrase.
fn flowing(lines: &[String]) -> String {
    let mut text = String::new();
    let mut full = true;
    for line in lines {
        if !full {
            text.push(' ');
        }
        full = line.chars().count() >= FULL_LINE;
        text.push_str(line.trim_end());
    }
    text.trim().to_owned()
}

fn tidy(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Info {
        Info::read(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_three_ways_to_write_it_are_read() {
        let structured = read("166?00转账?20EREF+A-17 慰问?21金?31510599000000000077?32测试?33甲");
        assert_eq!((structured.name.as_deref(), structured.account.as_deref()), (Some("测试甲"), Some("510599000000000077")));
        assert_eq!((structured.remittance.as_str(), structured.references), ("EREF+A-17 慰问金", vec!["A-17".to_owned()]));
        let coded = read("/EREF/A-17/NAME/测试甲/REMI/2023/01 慰问金/RTRN/AC01");
        assert_eq!(
            (coded.name.as_deref(), coded.remittance.as_str(), coded.return_reason.as_deref()),
            (Some("测试甲"), "2023/01 慰问金", Some("AC01"))
        );
        let free = read("慰问金\n第二行");
        assert_eq!(free.remittance, "慰问金 第二行");
    }

    #[test]
    fn a_full_line_goes_on_in_the_next() {
        let text = format!("{}\n{}", "a".repeat(FULL_LINE), "b");
        assert_eq!(read(&text).remittance, format!("{}b", "a".repeat(FULL_LINE)));
    }

    #[test]
    fn a_long_row_of_slashes_is_read_in_linear_time() {
        let started = std::time::Instant::now();
        let _ = read(&"/".repeat(60_000));
        let _ = read(&format!("/EREF/{}", "/A".repeat(30_000)));
        let _ = read(&"/AAA".repeat(15_000));
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }
}
