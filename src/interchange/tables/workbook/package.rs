//! The archive of a workbook: its directory is judged before anything inflates, and each part must then be what it says.

use std::io::{Cursor, Error, ErrorKind, Read, Result as IoResult, Write};
use std::sync::Arc;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::interchange::tables::error::TABLE_ARCHIVE_UNSAFE;
use crate::interchange::tables::limits::Limits;
use crate::interchange::tables::writing::not_written;
use crate::kernel::Refusal;

/// The end of an archive's directory, and the longest comment that may follow it.
const DIRECTORY_END: &[u8] = b"PK\x05\x06";
const DIRECTORY_END_64: &[u8] = b"PK\x06\x07";
const LONGEST_TAIL: usize = 22 + 65_535;
/// Parts so small that their ratio says nothing.
const SMALL: u64 = 1 << 20;

/// The parts of a workbook.
pub(super) struct Package {
    bytes: Arc<[u8]>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Lower-case, with slashes, none in front.
    name: String,
    start: usize,
    compressed: usize,
    pub size: u64,
    crc: u32,
    deflated: bool,
}

fn unsafe_archive(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    TABLE_ARCHIVE_UNSAFE.because(zh, en)
}

fn unreadable() -> Refusal {
    unsafe_archive("压缩目录无法读取；文件可能没有传完", "the archive's directory cannot be read; the file may be cut short")
}

impl Package {
    /// Reads the directory.
    ///
    /// # Errors
    /// [`TABLE_ARCHIVE_UNSAFE`] for a directory that cannot be read, too many parts, encrypted ones, compression other than
    /// deflate, parts beyond the archive's end or over each other, parts that say they inflate beyond the limits, and names that are
    /// there twice.
    pub fn open(bytes: &Arc<[u8]>, limits: &Limits) -> Result<Self, Refusal> {
        few_enough(bytes, limits)?;
        let mut archive = ZipArchive::new(Cursor::new(Arc::clone(bytes))).map_err(|_| unreadable())?;
        if archive.len() > limits.parts {
            return Err(too_many_parts(limits));
        }
        let mut parts: Vec<Part> = Vec::with_capacity(archive.len());
        let (mut total, mut packed) = (0_u64, 0_usize);
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index).map_err(|_| unreadable())?;
            let name = String::from_utf8_lossy(file.name_raw()).into_owned();
            if file.encrypted() {
                return Err(unsafe_archive("工作簿设有密码；请另存为不加密的 .xlsx", "the workbook has a password; save it without"));
            }
            let deflated = match file.compression() {
                CompressionMethod::Deflated => true,
                CompressionMethod::Stored => false,
                _ => return Err(unsafe_archive("工作簿的压缩方式不被接受", "the workbook's compression is not accepted")),
            };
            total = total.saturating_add(file.size());
            let unlikely = file.size() > SMALL && file.size() / limits.inflation.max(1) > file.compressed_size();
            if total > limits.inflated_bytes || unlikely {
                return Err(unsafe_archive("工作簿解压后过大", "the workbook inflates to too much"));
            }
            let start = file.data_start().and_then(|start| usize::try_from(start).ok()).ok_or_else(unreadable)?;
            let compressed = usize::try_from(file.compressed_size()).map_err(|_| unreadable())?;
            packed = packed.saturating_add(compressed);
            // Parts that lie over each other take more room apart than the archive has.
            if packed > bytes.len() || start.saturating_add(compressed) > bytes.len() {
                return Err(unreadable());
            }
            let name = part_name(&name);
            if parts.iter().any(|part| part.name == name) {
                return Err(unsafe_archive("压缩目录中有同名的部分", "the archive has two parts of one name"));
            }
            parts.push(Part { name, start, compressed, size: file.size(), crc: file.crc32(), deflated });
        }
        Ok(Self { bytes: Arc::clone(bytes), parts })
    }

    /// The part of a name, whatever its case and slashes.
    pub fn part(&self, name: &str) -> Option<&Part> {
        let name = part_name(name);
        self.parts.iter().find(|part| part.name == name)
    }

    /// The content of a part. Reading fails with [`ErrorKind::InvalidData`] when it is not of the size and checksum that the
    /// directory says.
    pub fn content(&self, part: &Part) -> Content {
        let end = part.start.saturating_add(part.compressed).min(self.bytes.len());
        let window = Window { bytes: Arc::clone(&self.bytes), at: part.start, end };
        let body = if part.deflated { Body::Deflated(Box::new(DeflateDecoder::new(window))) } else { Body::Stored(window) };
        Content { body, left: part.size, crc: Crc::new(), expected: part.crc }
    }

    /// The whole archive with one part written anew; the others are copied as they are packed.
    ///
    /// # Errors
    /// [`super::super::TABLE_NOT_WRITTEN`], and those of `content`.
    pub fn with_part(&self, part: &Part, content: impl FnOnce(&mut dyn Write) -> Result<(), Refusal>) -> Result<Vec<u8>, Refusal> {
        let failed = |error: ZipError| not_written(&error.to_string());
        let mut given = ZipArchive::new(Cursor::new(Arc::clone(&self.bytes))).map_err(failed)?;
        let mut out = ZipWriter::new(Cursor::new(Vec::with_capacity(self.bytes.len())));
        let mut content = Some(content);
        for index in 0..given.len() {
            let file = given.by_index_raw(index).map_err(failed)?;
            let name = String::from_utf8_lossy(file.name_raw()).into_owned();
            match content.take_if(|_| part_name(&name) == part.name) {
                Some(content) => {
                    let time = file.last_modified().unwrap_or_default();
                    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(time);
                    out.start_file(name, options).map_err(failed)?;
                    content(&mut out)?;
                }
                None => out.raw_copy_file(file).map_err(failed)?,
            }
        }
        Ok(out.finish().map_err(failed)?.into_inner())
    }
}

fn too_many_parts(limits: &Limits) -> Refusal {
    let most = limits.parts;
    unsafe_archive(format!("工作簿的部分超过{most}个"), format!("the workbook has more than {most} parts"))
}

fn part_name(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// Counts the parts that the directory claims, before the library that reads it makes room for them.
fn few_enough(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let tail = bytes.get(bytes.len().saturating_sub(LONGEST_TAIL + 20)..).unwrap_or_default();
    if tail.windows(4).any(|four| four == DIRECTORY_END_64) {
        return Err(unsafe_archive("工作簿的压缩目录过大", "the workbook's directory is too large"));
    }
    let mut ends = 0_usize;
    for (at, _) in tail.windows(4).enumerate().filter(|(_, four)| *four == DIRECTORY_END) {
        ends += 1;
        let count = tail
            .get(at + 10..at + 12)
            .and_then(|two| <[u8; 2]>::try_from(two).ok())
            .map_or(usize::MAX, |two| usize::from(u16::from_le_bytes(two)));
        if count > limits.parts {
            return Err(too_many_parts(limits));
        }
    }
    if ends == 0 { Err(unreadable()) } else { Ok(()) }
}

/// Some of the file's bytes.
struct Window {
    bytes: Arc<[u8]>,
    at: usize,
    end: usize,
}

impl Read for Window {
    fn read(&mut self, into: &mut [u8]) -> IoResult<usize> {
        let mut rest = self.bytes.get(self.at..self.end).unwrap_or_default();
        let read = rest.read(into)?;
        self.at = self.at.saturating_add(read);
        Ok(read)
    }
}

enum Body {
    Stored(Window),
    Deflated(Box<DeflateDecoder<Window>>),
}

/// What a part inflates to.
pub(super) struct Content {
    body: Body,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> IoResult<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.body {
            Body::Stored(window) => window.read(into)?,
            Body::Deflated(decoder) => decoder.read(into).map_err(|_| Error::from(ErrorKind::InvalidData))?,
        };
        self.crc.update(into.get(..read).unwrap_or_default());
        let contradicts = if read == 0 { self.left != 0 || self.crc.sum() != self.expected } else { false };
        self.left = u64::try_from(read).ok().and_then(|read| self.left.checked_sub(read)).ok_or(ErrorKind::InvalidData)?;
        if contradicts { Err(ErrorKind::InvalidData.into()) } else { Ok(read) }
    }
}
