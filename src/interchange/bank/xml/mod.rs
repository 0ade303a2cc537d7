//! Reading XML of banks step by step, with nothing in it trusted.
//!
//! The declared encoding is decoded ([`source`]); document types and entities other than XML's own five are refused, so there is
//! nothing to expand; depth, the size of every tag and text, and the size of the file have limits. Names are compared without
//! their namespace prefix; the root's namespace says which message it is.

mod source;

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::error::{FILE_DOCTYPE, FILE_EMPTY, FILE_ENCODING, FILE_FORMAT, FILE_TOO_LARGE, FILE_TRUNCATED};
use super::row::is_plain;
use crate::kernel::refusal::Refusal;
use source::Source;

/// Levels of elements at most; ISO 20022 has some 15.
const DEEPEST: usize = 40;
/// Bytes of an element's name at most.
const LONGEST_NAME: usize = 200;
/// Bytes of one element's text at most.
const LONGEST_TEXT: usize = 1024 * 1024;
/// Bytes of the text of one element that is recorded with all that it contains: a batch entry with all its details.
const LONGEST_RECORD: usize = 32 * 1024 * 1024;

/// What came next in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An element begins: [`Xml::path`] ends with it.
    Open,
    /// An element ends: [`Xml::path`] still ends with it, and [`Xml::text`] is its text when it has no children.
    Close,
    /// The document is complete.
    End,
}

/// A document being read.
pub(super) struct Xml<R: BufRead> {
    reader: Reader<Source<R>>,
    buffer: Vec<u8>,
    path: String,
    /// Where each element of the path begins in it.
    starts: Vec<usize>,
    closing: bool,
    /// An empty element was opened and is to be closed.
    pending_close: bool,
    seen_root: bool,
    text: String,
    currency: Option<String>,
    namespace: String,
    /// The beginning tag that came last, and where it stands in the record.
    tag: String,
    tag_at: usize,
    record: Option<String>,
}

impl<R: BufRead> Xml<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// An empty file, or an encoding that is not read.
    pub fn new(input: R) -> Result<Self, Refusal> {
        let mut reader = Reader::from_reader(Source::new(input)?);
        reader.config_mut().check_end_names = true;
        Ok(Self {
            reader,
            buffer: Vec::new(),
            path: String::new(),
            starts: Vec::new(),
            closing: false,
            pending_close: false,
            seen_root: false,
            text: String::new(),
            currency: None,
            namespace: String::new(),
            tag: String::new(),
            tag_at: 0,
            record: None,
        })
    }

    /// Local names from the root on, joined by `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text of the element that closes, without blanks around it.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// The `Ccy` attribute of the element that was opened last.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The namespace that the root element declares; of several, those all, joined by blanks.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Starts to record the text of the element that was just opened, with its tags.
    pub fn record(&mut self) {
        self.tag_at = 0;
        self.record = Some(self.tag.clone());
    }

    /// Where the element that was just opened begins in the record.
    pub fn tag_position(&self) -> usize {
        self.tag_at
    }

    /// Where the record ends: after the element that is closing.
    pub fn recorded(&self) -> usize {
        self.record.as_ref().map_or(0, String::len)
    }

    /// Stops recording; the recorded text.
    pub fn take_record(&mut self) -> String {
        self.record.take().unwrap_or_default()
    }

    /// Reads up to the next element's beginning or end.
    ///
    /// # Errors
    /// Whatever makes the file unreadable; nothing may be read after that.
    pub fn step(&mut self) -> Result<Step, Refusal> {
        if self.closing {
            self.closing = false;
            self.leave();
        }
        if self.pending_close {
            self.pending_close = false;
            self.closing = true;
            return Ok(Step::Close);
        }
        loop {
            self.buffer.clear();
            self.reader.get_mut().begin_event();
            let mut buffer = std::mem::take(&mut self.buffer);
            let done = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => self.take(event),
                Err(error) => Err(self.refusal(&error)),
            };
            self.buffer = buffer;
            if let Some(step) = done? {
                return Ok(step);
            }
        }
    }

    fn take(&mut self, event: Event<'_>) -> Result<Option<Step>, Refusal> {
        match event {
            Event::Start(start) => {
                self.tag(&start, ">")?;
                self.enter(&start)?;
                return Ok(Some(Step::Open));
            }
            Event::Empty(start) => {
                self.tag(&start, "/>")?;
                self.enter(&start)?;
                self.pending_close = true;
                return Ok(Some(Step::Open));
            }
            Event::End(end) => {
                self.write(&["</", &end, ">"])?;
                self.closing = true;
                return Ok(Some(Step::Close));
            }
            Event::Text(text) => {
                self.write(&[&text])?;
                self.append(&text.xml10_content())?;
            }
            Event::CData(data) => {
                self.write(&["<![CDATA[", &data, "]]>"])?;
                self.append(&data.xml10_content())?;
            }
            Event::GeneralRef(reference) => {
                self.write(&["&", &reference, ";"])?;
                let character = resolve(&reference)?;
                self.append(&character)?;
            }
            Event::DocType(_) => return Err(doctype()),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => {
                return match self.reader.get_mut().take_refusal() {
                    Some(refusal) => Err(refusal),
                    None => self.end().map(Some),
                };
            }
        }
        Ok(None)
    }

    fn tag(&mut self, start: &str, end: &str) -> Result<(), Refusal> {
        self.tag.clear();
        ["<", start, end].into_iter().for_each(|part| self.tag.push_str(part));
        self.tag_at = self.recorded();
        let tag = std::mem::take(&mut self.tag);
        let written = self.write(&[&tag]);
        self.tag = tag;
        written
    }

    fn write(&mut self, parts: &[&str]) -> Result<(), Refusal> {
        if let Some(record) = &mut self.record {
            parts.iter().for_each(|part| record.push_str(part));
            if record.len() > LONGEST_RECORD {
                return Err(too_large("一个条目", "one entry", LONGEST_RECORD));
            }
        }
        Ok(())
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = start.local_name().into_inner();
        if self.starts.len() >= DEEPEST || name.len() > LONGEST_NAME {
            return Err(too_large("元素层数或名称", "the depth or a name of elements", DEEPEST));
        }
        if self.starts.is_empty() {
            if self.seen_root {
                return Err(malformed("有多个根元素", "there is more than one root element"));
            }
            self.seen_root = true;
            self.namespace = namespaces(start);
        }
        self.starts.push(self.path.len());
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        self.text.clear();
        self.currency = attribute(start, "Ccy");
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(start) = self.starts.pop() {
            self.path.truncate(start);
        }
        self.text.clear();
    }

    fn append(&mut self, text: &str) -> Result<(), Refusal> {
        if self.starts.is_empty() && !text.trim().is_empty() {
            return Err(malformed("根元素之外有文字", "there is text outside the root element"));
        }
        if self.text.len().saturating_add(text.len()) > LONGEST_TEXT {
            return Err(too_large("一个元素的文字", "the text of one element", LONGEST_TEXT));
        }
        if let Some(character) = text.chars().find(|character| !is_plain(*character) && !matches!(character, '\n' | '\r' | '\t')) {
            let code = u32::from(character);
            return Err(FILE_FORMAT
                .because(format!("含有不允许的字符 U+{code:04X}"), format!("there is a character U+{code:04X} that no text may have")));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn end(&self) -> Result<Step, Refusal> {
        match (self.seen_root, self.starts.is_empty()) {
            (false, _) => Err(FILE_EMPTY.because("文件中没有 XML 元素", "the file has no XML element")),
            (true, false) => {
                Err(FILE_TRUNCATED.because(format!("文件在 {} 内中断", self.path), format!("the file ends within {}", self.path)))
            }
            (true, true) => Ok(Step::End),
        }
    }

    /// What a failure of the reader means; the source knows why it stopped.
    fn refusal(&mut self, error: &Error) -> Refusal {
        if let Some(refusal) = self.reader.get_mut().take_refusal() {
            return refusal;
        }
        match error {
            Error::Syntax(_) if self.reader.get_ref().at_end() => FILE_TRUNCATED.because("文件在标签内中断", "the file ends within a tag"),
            Error::Encoding(_) => FILE_ENCODING.refuse(),
            _ => malformed("不是格式良好的 XML", "it is not well-formed XML"),
        }
    }
}

/// The character of a reference: one of XML's five names, or a number.
fn resolve(reference: &BytesRef<'_>) -> Result<String, Refusal> {
    let by_number = reference.resolve_char_ref().map_err(|_| malformed("字符引用无效", "a character reference is invalid"))?;
    match by_number {
        Some(character) => Ok(character.to_string()),
        None => quick_xml::escape::resolve_xml_entity(reference).map(str::to_owned).ok_or_else(doctype),
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    // Looking for duplicates among n attributes takes n² steps.
    attributes.with_checks(false);
    attributes.flatten().find(|attribute| attribute.key.as_ref() == name).map(|attribute| attribute.value.into_owned())
}

fn namespaces(root: &BytesStart<'_>) -> String {
    let mut attributes = root.attributes();
    attributes.with_checks(false);
    let declared = attributes.flatten().filter(|attribute| attribute.key.as_namespace_binding().is_some());
    declared.map(|attribute| attribute.value.into_owned()).collect::<Vec<_>>().join(" ")
}

fn doctype() -> Refusal {
    FILE_DOCTYPE.refuse()
}

fn malformed(zh: &str, en: &str) -> Refusal {
    FILE_FORMAT.because(zh, en)
}

fn too_large(zh: &str, en: &str, limit: usize) -> Refusal {
    FILE_TOO_LARGE.because(format!("{zh}超过上限 {limit}"), format!("{en} is over the limit of {limit}"))
}

#[cfg(test)]
mod tests;
