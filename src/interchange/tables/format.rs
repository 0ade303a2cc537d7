//! What a file is, told by its content alone: names and media types lie.

use encoding_rs::{DecoderResult, GB18030};
use sha2::{Digest, Sha256};

use super::error::{TABLE_EMPTY, TABLE_ENCODING, TABLE_FORMAT, TABLE_TOO_LARGE};
use super::limits::Limits;
use crate::kernel::Refusal;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A workbook of Office Open XML.
    Xlsx,
    /// Delimited text.
    Csv(Encoding),
}

/// How the text of a CSV file is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets want it.
    Utf8Bom,
    /// GB18030, which GBK and GB2312 are part of.
    Gb18030,
}

/// The byte order mark of UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Files that are sent in place of a table, by how they begin, and what to do about each.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "这是旧版 .xls 或加密的工作簿；请另存为不加密的 .xlsx",
        "this is an old .xls or an encrypted workbook; save it as .xlsx without a password",
    ),
    (b"%PDF", "这是 PDF；请上传 XLSX 或 CSV", "this is a PDF; upload XLSX or CSV"),
    (b"\x89PNG", "这是图片；请上传 XLSX 或 CSV", "this is an image; upload XLSX or CSV"),
    (b"\xff\xd8\xff", "这是图片；请上传 XLSX 或 CSV", "this is an image; upload XLSX or CSV"),
    (b"GIF8", "这是图片；请上传 XLSX 或 CSV", "this is an image; upload XLSX or CSV"),
    (b"BM", "这是图片；请上传 XLSX 或 CSV", "this is an image; upload XLSX or CSV"),
    (b"Rar!", "这是压缩包；请上传其中的表格", "this is an archive; upload the table in it"),
    (b"7z\xbc\xaf", "这是压缩包；请上传其中的表格", "this is an archive; upload the table in it"),
    (b"\x1f\x8b", "这是压缩包；请上传其中的表格", "this is an archive; upload the table in it"),
    (b"\xff\xfe", "文件是 UTF-16 编码；请另存为「CSV UTF-8」", "the file is UTF-16; save it as \"CSV UTF-8\""),
    (b"\xfe\xff", "文件是 UTF-16 编码；请另存为「CSV UTF-8」", "the file is UTF-16; save it as \"CSV UTF-8\""),
];

/// The SHA-256 of a file's bytes, 64 lower-case hexadecimal digits: the same file twice has the same.
#[must_use]
pub fn file_digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Tells what a file is, and that it can be read at all.
///
/// # Errors
/// [`TABLE_EMPTY`], [`TABLE_TOO_LARGE`], [`TABLE_FORMAT`] for what is no table, [`TABLE_ENCODING`] for text in neither encoding,
/// naming the line.
pub(super) fn detect(bytes: &[u8], limits: &Limits) -> Result<Format, Refusal> {
    if bytes.is_empty() || bytes == BOM {
        return Err(TABLE_EMPTY.refuse());
    }
    if bytes.len() > limits.bytes {
        let (limit, is) = (limits.bytes, bytes.len());
        return Err(TABLE_TOO_LARGE
            .because(format!("文件有{is}字节，超过上限{limit}"), format!("the file has {is} bytes, more than {limit}"))
            .with("limit", limit));
    }
    // An empty archive begins with its directory's end.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Format::Xlsx);
    }
    if let Some((_, zh, en)) = OTHERS.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(TABLE_FORMAT.because(*zh, *en));
    }
    if is_markup(bytes) {
        return Err(TABLE_FORMAT.because(
            "这是网页或 XML，只是扩展名像表格；请在表格软件中打开后另存为 XLSX",
            "this is a web page or XML under the name of a table; open it in a spreadsheet and save it as XLSX",
        ));
    }
    if let Some(line) = bytes.iter().position(|byte| *byte == 0).map(|at| line_of(bytes, at)) {
        return Err(TABLE_FORMAT.because(
            format!("第{line}行含有空字节：文件不是文本，或是 UTF-16 编码；请另存为「CSV UTF-8」或 XLSX"),
            format!("line {line} has a zero byte: the file is no text, or UTF-16; save it as \"CSV UTF-8\" or XLSX"),
        ));
    }
    // At the end of a single line it parts nothing.
    if !bytes.contains(&b'\n') && without_line_end(bytes).contains(&b'\r') {
        return Err(TABLE_FORMAT.because(
            "文件只用回车（CR）换行，是旧式 Mac 的格式；请另存为「CSV UTF-8」或 XLSX",
            "the lines of the file end with CR alone, as on old Macs; save it as \"CSV UTF-8\" or XLSX",
        ));
    }
    encoding(bytes).map(Format::Csv)
}

/// A line without what ends it: a line feed and the carriage returns before it, or, at a file's end, those alone.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

/// The line a byte is in, from 1.
fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// HTML and XML begin with a tag; no heading of a table does.
fn is_markup(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes).trim_ascii_start();
    let start = text.get(..text.len().min(9)).unwrap_or_default().to_ascii_lowercase();
    [b"<!doctype".as_slice(), b"<html", b"<?xml", b"<table", b"<meta", b"<!--", b"<head"].iter().any(|tag| start.starts_with(tag))
}

fn encoding(bytes: &[u8]) -> Result<Encoding, Refusal> {
    let marked = bytes.starts_with(BOM);
    match std::str::from_utf8(bytes) {
        Ok(_) if marked => Ok(Encoding::Utf8Bom),
        Ok(_) => Ok(Encoding::Utf8),
        // What says that it is UTF-8 is not tried as something else.
        Err(error) if marked => Err(undecodable(line_of(bytes, error.valid_up_to()))),
        // The encoding under which more of it could be read is the one that was meant.
        Err(error) => match gb18030(bytes) {
            Ok(()) => Ok(Encoding::Gb18030),
            Err(at) => Err(undecodable(line_of(bytes, at.max(error.valid_up_to())))),
        },
    }
}

fn undecodable(line: usize) -> Refusal {
    TABLE_ENCODING
        .because(
            format!("第{line}行的编码不是 UTF-8 也不是 GB18030；请另存为「CSV UTF-8」"),
            format!("line {line} is neither UTF-8 nor GB18030; save the file as \"CSV UTF-8\""),
        )
        .with("line", line)
}

/// Decodes the whole text once, to nowhere, so that a row is never given out of a file that breaks off in the middle. Where it
/// breaks off, if it does.
fn gb18030(bytes: &[u8]) -> Result<(), usize> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut scratch = [0_u8; 16 * 1024];
    let mut rest = bytes;
    let mut at = 0_usize;
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut scratch, true);
        at += read;
        rest = rest.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return Err(at.saturating_sub(1)),
        }
    }
}
