//! Texts of a workbook: the shared ones, and how rich text becomes plain.

use quick_xml::events::Event;

use super::package::Package;
use super::xml::{Xml, reference};
use crate::interchange::tables::error::{TABLE_ARCHIVE_UNSAFE, malformed};
use crate::interchange::tables::limits::Limits;
use crate::kernel::Refusal;

/// What a text takes at least in its part, `<si><t></t></si>`. Empty ones can be written shorter: each counts as so many bytes all
/// the same, so that a part of nothing but `<si/>` does not take more memory than one of texts.
const LEAST_BYTES: u64 = 16;

/// The shared texts, end to end: a million short ones cost a million allocations otherwise.
#[derive(Debug, Default)]
pub(super) struct Shared {
    text: String,
    ends: Vec<u32>,
    /// Bytes of the part that are accounted for, see [`LEAST_BYTES`].
    bytes: u64,
}

impl Shared {
    /// Reads them; none when the workbook shares no texts.
    ///
    /// # Errors
    /// [`TABLE_ARCHIVE_UNSAFE`] when they are more than the limit, and those of [`Xml::next`].
    pub fn read(package: &Package, name: Option<&str>, limits: &Limits) -> Result<Self, Refusal> {
        let mut shared = Self::default();
        let Some(part) = name.and_then(|name| package.part(name)) else { return Ok(shared) };
        if part.size > limits.shared_text_bytes {
            return Err(too_much());
        }
        let mut xml = Xml::new(package.content(part), "sharedStrings");
        let mut buffer = Vec::new();
        loop {
            match xml.next(&mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "si" => {
                    plain(&mut xml, "si", &mut shared.text)?;
                    shared.end(limits)?;
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "si" => shared.end(limits)?,
                Event::Eof => return Ok(shared),
                _ => {}
            }
        }
    }

    /// Ends a text.
    fn end(&mut self, limits: &Limits) -> Result<(), Refusal> {
        let end = u32::try_from(self.text.len()).map_err(|_| too_much())?;
        let length = end.saturating_sub(self.ends.last().copied().unwrap_or_default());
        self.bytes = self.bytes.saturating_add(LEAST_BYTES).saturating_add(u64::from(length));
        if self.bytes > limits.shared_text_bytes {
            return Err(too_much());
        }
        self.ends.push(end);
        Ok(())
    }

    /// The text of an index.
    pub fn get(&self, index: usize) -> Option<&str> {
        let place = |end: u32| usize::try_from(end).ok();
        let end = place(*self.ends.get(index)?)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied().and_then(place))?;
        self.text.get(start..end)
    }
}

fn too_much() -> Refusal {
    TABLE_ARCHIVE_UNSAFE.because("工作簿中的文字过多，请分成几个文件", "the workbook holds too much text; split it")
}

/// Bytes of one text: far beyond what a cell may hold, and far below what a part may.
pub(super) const LONGEST_TEXT: usize = 1 << 20;

/// Adds the text within a tag up to its end: all runs, without the readings that Japanese workbooks carry.
pub(super) fn plain(xml: &mut Xml, until: &str, text: &mut String) -> Result<(), Refusal> {
    let mut buffer = Vec::new();
    let (mut inside, mut reading) = (false, false);
    let start = text.len();
    loop {
        if text.len() - start > LONGEST_TEXT {
            return Err(xml.broken());
        }
        match xml.next(&mut buffer)? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "t" => inside = !reading,
                "rPh" => reading = true,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => inside = false,
                "rPh" => reading = false,
                name if name == until => return Ok(()),
                _ => {}
            },
            Event::Text(part) if inside => text.push_str(&part.xml10_content()),
            Event::CData(part) if inside => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if inside => text.push(reference(&entity).ok_or_else(|| xml.broken())?),
            Event::Eof => return Err(malformed("text")),
            _ => {}
        }
    }
}

/// `_x000D_` as the character that it stands for: so workbooks write what XML cannot.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let digits = from.get(2..6).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && from.get(6..7) == Some("_"));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                rest = from.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interchange::tables::sample::{open, refusal, text_row, workbook_of};

    #[test]
    fn very_many_empty_texts_are_refused_as_that_many_texts_would_be() {
        const MOST: usize = 1 << 20;
        let sheet = format!("<worksheet><sheetData>{}</sheetData></worksheet>", text_row(1, &["姓名", "身份证号"]));
        let book = |text: &str| workbook_of(&sheet, &format!("<sst>{}</sst>", text.repeat((MOST - 100) / text.len())), "1");
        let limits = Limits { shared_text_bytes: 1 << 20, ..Limits::default() };
        for text in ["<si/>", "<si></si>", "<si><t/></si>"] {
            assert_eq!(refusal(book(text), &limits).code.name, "table_archive_unsafe", "{text}");
        }
        // As many bytes of the least texts that say something are taken.
        let bytes: std::sync::Arc<[u8]> = book("<si><t>1</t></si>").into();
        assert!(crate::interchange::tables::Reader::open(bytes, &crate::interchange::tables::sample::HOUSEHOLDS, &limits).is_ok());
        assert!(open(book("<si/>")).is_ok(), "far below the usual limit");
    }

    #[test]
    fn an_escaped_character_is_itself_again() {
        for (text, expected) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x00", "_x00"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("_x文字文字_", "_x文字文字_"),
            ("", ""),
        ] {
            assert_eq!(unescaped(text), expected, "{text}");
        }
    }
}
