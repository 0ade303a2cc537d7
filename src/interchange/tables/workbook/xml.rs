//! XML of a workbook's parts, tag by tag, each bounded; no document types, no entities but the five.

use std::io::{BufReader, ErrorKind};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Error, Reader};

use super::package::Content;
use crate::interchange::tables::error::{TABLE_ARCHIVE_UNSAFE, malformed};
use crate::interchange::tables::metered::{Metered, ran_out};
use crate::kernel::Refusal;

/// Bytes of one tag, or of the text between two.
const LONGEST: usize = 1 << 20;
/// Tags within tags.
const DEEPEST: usize = 64;

/// The tags of one part.
pub(super) struct Xml {
    reader: Reader<BufReader<Metered<Content>>>,
    part: &'static str,
    depth: usize,
}

impl Xml {
    pub fn new(content: Content, part: &'static str) -> Self {
        Self { reader: Reader::from_reader(BufReader::with_capacity(64 << 10, Metered::new(content, LONGEST))), part, depth: 0 }
    }

    /// The next tag or text.
    ///
    /// # Errors
    /// [`super::super::error::TABLE_WORKBOOK_MALFORMED`] for what is no XML, has a document type or does not end within bounds,
    /// [`TABLE_ARCHIVE_UNSAFE`] when the part contradicts its directory.
    pub fn next<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Event<'b>, Refusal> {
        buffer.clear();
        self.reader.get_mut().get_mut().refill();
        let event = self.reader.read_event_into(buffer).map_err(|error| refusal(self.part, &error))?;
        match &event {
            Event::Start(_) => self.depth = self.depth.saturating_add(1),
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => return Err(malformed(self.part)),
            _ => {}
        }
        if self.depth > DEEPEST { Err(malformed(self.part)) } else { Ok(event) }
    }

    /// Bytes of the part before what comes next. The parser's own count leaves out a byte order mark.
    pub fn position(&self) -> u64 {
        let ahead = self.reader.get_ref();
        ahead.get_ref().passed().saturating_sub(u64::try_from(ahead.buffer().len()).unwrap_or(u64::MAX))
    }

    /// Tags that are open.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// The part cannot be read on.
    pub fn broken(&self) -> Refusal {
        malformed(self.part)
    }
}

fn refusal(part: &'static str, error: &Error) -> Refusal {
    match error {
        Error::Io(error) if !ran_out(error) && error.kind() == ErrorKind::InvalidData => {
            TABLE_ARCHIVE_UNSAFE.because("工作簿的压缩内容与目录不符", "the workbook's content contradicts its directory")
        }
        _ => malformed(part),
    }
}

/// An attribute's value; `None` when it is not there or cannot be read.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.attributes().with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    if !attribute.value.contains('&') {
        return Some(attribute.value.into_owned());
    }
    quick_xml::escape::unescape(&attribute.value).ok().map(std::borrow::Cow::into_owned)
}

/// The character that `&amp;` or `&#x4e00;` stands for; no other entity is known.
pub(super) fn reference(entity: &BytesRef<'_>) -> Option<char> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        Ok(None) => match entity.xml10_content().as_ref() {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
        Err(_) => None,
    }
}
