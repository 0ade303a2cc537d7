//! The bytes of an XML file as UTF-8, decoded by its mark or declaration, with limits on the file and on each of its parts.

use std::io::{self, BufRead, Read};

use super::super::encoding::{StreamDecoder, of_xml};
use super::super::error::{FILE_EMPTY, FILE_ENCODING};
use super::super::lines::{LARGEST_FILE, unreadable};
use super::too_large;
use crate::kernel::refusal::Refusal;

/// Bytes in which the declaration must end.
const HEAD: usize = 512;
/// Bytes decoded at a time.
const CHUNK: usize = 64 * 1024;
/// Bytes of one tag or text at most: a million attributes are more.
const LARGEST_EVENT: usize = 1024 * 1024;

/// A decoding reader. Why it stopped is kept for [`Source::take_refusal`], because [`io::Error`] has no room for it.
pub(super) struct Source<R> {
    input: R,
    decoder: StreamDecoder,
    /// Bytes read to recognise the encoding and not decoded yet.
    head: Vec<u8>,
    decoded: String,
    used: usize,
    total: u64,
    event: usize,
    finished: bool,
    refusal: Option<Refusal>,
}

impl<R: BufRead> Source<R> {
    pub fn new(mut input: R) -> Result<Self, Refusal> {
        let mut head = Vec::with_capacity(HEAD);
        let limit = u64::try_from(HEAD).unwrap_or(u64::MAX);
        (&mut input).take(limit).read_to_end(&mut head).map_err(unreadable)?;
        if head.iter().all(u8::is_ascii_whitespace) {
            return Err(FILE_EMPTY.refuse());
        }
        let (codec, mark) = recognise(&head)?;
        head.drain(..mark);
        Ok(Self {
            input,
            decoder: StreamDecoder::new(codec),
            head,
            decoded: String::new(),
            used: 0,
            total: 0,
            event: 0,
            finished: false,
            refusal: None,
        })
    }

    /// A new tag or text begins, with a limit of its own.
    pub fn begin_event(&mut self) {
        self.event = 0;
    }

    pub fn take_refusal(&mut self) -> Option<Refusal> {
        self.refusal.take()
    }

    /// Whether all bytes have been given out.
    pub fn at_end(&self) -> bool {
        self.finished && self.used >= self.decoded.len()
    }

    fn fail(&mut self, refusal: Refusal) -> io::Error {
        self.refusal = Some(refusal);
        self.finished = true;
        io::Error::other("the file is refused")
    }

    /// Decodes the next chunk into the emptied buffer.
    fn decode(&mut self) -> io::Result<()> {
        self.decoded.clear();
        self.used = 0;
        while self.decoded.is_empty() && !self.finished {
            let from_head = !self.head.is_empty();
            let taken = if from_head {
                self.decoder.push(&self.head, &mut self.decoded, false)
            } else {
                let available = self.input.fill_buf()?;
                let chunk = available.get(..available.len().min(CHUNK)).unwrap_or_default();
                self.finished = chunk.is_empty();
                let taken = self.decoder.push(chunk, &mut self.decoded, chunk.is_empty());
                self.input.consume(taken.unwrap_or(0));
                taken
            };
            let Some(taken) = taken else {
                return Err(
                    self.fail(FILE_ENCODING.because("文件内容与其声明的编码不符", "the file is not text of the encoding it declares"))
                );
            };
            if from_head {
                self.head.drain(..taken);
            }
            self.total = self.total.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            if self.total > LARGEST_FILE {
                return Err(self.fail(too_large("文件", "the file", usize::try_from(LARGEST_FILE).unwrap_or(usize::MAX))));
            }
        }
        Ok(())
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.decoded.len() {
            self.decode()?;
        }
        Ok(self.decoded.as_bytes().get(self.used..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.used = self.used.saturating_add(amount);
        self.event = self.event.saturating_add(amount);
        if self.event > LARGEST_EVENT && self.refusal.is_none() {
            self.refusal = Some(too_large("一个标签或一段文字", "one tag or text", LARGEST_EVENT));
            self.decoded.clear();
            self.head.clear();
            self.finished = true;
        }
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

/// The encoding, and how many bytes its mark has: by the mark, else by the pattern of UTF-16, else by the declaration, else
/// UTF-8.
fn recognise(head: &[u8]) -> Result<(&'static encoding_rs::Encoding, usize), Refusal> {
    if let Some((codec, length)) = encoding_rs::Encoding::for_bom(head) {
        return Ok((codec, length));
    }
    if head.starts_with(b"<\0") {
        return Ok((encoding_rs::UTF_16LE, 0));
    }
    if head.starts_with(b"\0<") {
        return Ok((encoding_rs::UTF_16BE, 0));
    }
    let Some(label) = declared(head) else { return Ok((encoding_rs::UTF_8, 0)) };
    // A declaration that can be read byte by byte is not UTF-16, whatever it says.
    of_xml(&label)
        .filter(|codec| codec.is_ascii_compatible())
        .map(|codec| (codec, 0))
        .ok_or_else(|| FILE_ENCODING.because("不支持该 XML 文件声明的编码", "the encoding that the XML declares is not supported"))
}

/// The label in `<?xml … encoding="label"?>`, if there is one.
fn declared(head: &[u8]) -> Option<String> {
    let ascii: String = head.iter().take_while(|byte| byte.is_ascii()).map(|byte| char::from(*byte)).collect();
    let declaration = ascii.trim_start().strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split(quote).next().map(str::to_owned)
}
