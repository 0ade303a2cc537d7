//! Which cell styles show a quantity as a day.

use quick_xml::events::{BytesStart, Event};

use super::package::Package;
use super::xml::{Xml, attribute};
use crate::kernel::Refusal;

/// Cell styles that are read; spreadsheets make 65,490 at most.
const MOST: usize = 70_000;

/// Of each cell style, whether it shows a day.
#[derive(Debug, Default)]
pub(super) struct Styles {
    days: Vec<bool>,
}

impl Styles {
    /// Reads them; a workbook without styles shows no days.
    ///
    /// # Errors
    /// Those of [`Xml::next`], and too many styles.
    pub fn read(package: &Package, name: Option<&str>) -> Result<Self, Refusal> {
        let mut styles = Self::default();
        let Some(part) = name.and_then(|name| package.part(name)) else { return Ok(styles) };
        let mut xml = Xml::new(package.content(part), "styles");
        let mut buffer = Vec::new();
        let mut own: std::collections::BTreeMap<u32, bool> = std::collections::BTreeMap::new();
        let mut in_cells = false;
        loop {
            let event = xml.next(&mut buffer)?;
            match &event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "cellXfs" => in_cells = matches!(event, Event::Start(_)),
                    "numFmt" => {
                        if let Some((id, code)) = id_of(tag).zip(attribute(tag, "formatCode")) {
                            own.insert(id, shows_day(&code));
                        }
                    }
                    "xf" if in_cells => {
                        let id = id_of(tag).unwrap_or(0);
                        styles.days.push(own.get(&id).copied().unwrap_or_else(|| built_in_day(id)));
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => in_cells = false,
                Event::Eof => return Ok(styles),
                _ => {}
            }
            if styles.days.len() > MOST || own.len() > MOST {
                return Err(xml.broken());
            }
        }
    }

    /// Whether a style shows a day.
    pub fn shows_day(&self, style: usize) -> bool {
        self.days.get(style).copied().unwrap_or(false)
    }
}

fn id_of(tag: &BytesStart<'_>) -> Option<u32> {
    attribute(tag, "numFmtId")?.parse().ok()
}

/// Number formats that every spreadsheet knows without being told; 27 to 36 and 50 to 58 are those of East Asia.
const fn built_in_day(id: u32) -> bool {
    matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58)
}

/// Whether a number format shows a year or a day of the month; what is quoted, escaped or in brackets says nothing.
fn shows_day(code: &str) -> bool {
    let mut characters = code.chars();
    while let Some(each) = characters.next() {
        match each {
            '"' => drop(characters.by_ref().find(|end| *end == '"')),
            '[' => drop(characters.by_ref().find(|end| *end == ']')),
            '\\' | '_' | '*' => drop(characters.next()),
            'y' | 'Y' | 'd' | 'D' => return true,
            // `General` has neither letter; after a semicolon come formats for other signs.
            ';' => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_days_are_told_from_others() {
        for code in ["yyyy\\-mm\\-dd", "yyyy\"年\"m\"月\"d\"日\";@", "[$-804]yyyy/m/d", "m/d/yy h:mm", "d"] {
            assert!(shows_day(code), "{code}");
        }
        for code in ["General", "0.00", "#,##0.00", "[Red]0", "\"day\"0", "0.00E+00", "@", "h:mm:ss", "\\d0"] {
            assert!(!shows_day(code), "{code}");
        }
    }
}
