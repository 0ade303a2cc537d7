//! Texts of a workbook: the shared ones, and how rich text becomes plain.

use quick_xml::events::Event;

use super::package::Package;
use super::xml::{Xml, reference};
use crate::interchange::tables::error::{TABLE_ARCHIVE_UNSAFE, malformed};
use crate::interchange::tables::limits::Limits;
use crate::kernel::Refusal;

/// The shared texts, end to end: a million short ones cost a million allocations otherwise.
#[derive(Debug, Default)]
pub(super) struct Shared {
    text: String,
    ends: Vec<usize>,
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
            return Err(TABLE_ARCHIVE_UNSAFE.because("工作簿中的文字过多，请分成几个文件", "the workbook holds too much text; split it"));
        }
        let mut xml = Xml::new(package.content(part), "sharedStrings");
        let mut buffer = Vec::new();
        loop {
            match xml.next(&mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "si" => {
                    plain(&mut xml, "si", &mut shared.text)?;
                    shared.ends.push(shared.text.len());
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "si" => shared.ends.push(shared.text.len()),
                Event::Eof => return Ok(shared),
                _ => {}
            }
        }
    }

    /// The text of an index.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..end)
    }
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
