//! A workbook: its visible sheets, and what they need of the other parts.

use std::sync::Arc;

use quick_xml::events::{BytesStart, Event};

use super::package::{Content, Package, Part};
use super::sheet::SheetRows;
use super::strings::Shared;
use super::styles::Styles;
use super::xml::{Xml, attribute};
use crate::interchange::tables::error::{TABLE_FORMAT, TABLE_TOO_MANY_ROWS, malformed};
use crate::interchange::tables::limits::Limits;
use crate::interchange::tables::writing::SECOND_SHEET;
use crate::kernel::Refusal;

/// Sheets that are looked at; more have no place in an import.
const MOST_SHEETS: usize = 1_000;

/// A workbook whose directory, styles and shared texts are read.
pub(in crate::interchange::tables) struct Book {
    package: Package,
    sheets: Vec<Sheet>,
    context: Arc<Context>,
}

/// A visible sheet.
pub(in crate::interchange::tables) struct Sheet {
    /// What it is called.
    pub name: String,
    part: String,
}

/// What cells refer to.
pub(super) struct Context {
    pub shared: Shared,
    pub styles: Styles,
    pub from_1904: bool,
    pub limits: Limits,
}

/// One relationship of a part to another.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

impl Book {
    /// Reads everything but the cells.
    ///
    /// # Errors
    /// [`TABLE_FORMAT`] for an archive that is no workbook, [`super::super::TABLE_ARCHIVE_UNSAFE`],
    /// [`super::super::TABLE_WORKBOOK_MALFORMED`], [`TABLE_TOO_MANY_ROWS`] when a second sheet goes on where the first ends.
    pub fn open(bytes: &Arc<[u8]>, limits: &Limits) -> Result<Self, Refusal> {
        let package = Package::open(bytes, limits)?;
        let root = relations(&package, "_rels/.rels", "")?;
        let main = root
            .iter()
            .find(|relation| relation.kind.ends_with("/officeDocument"))
            .map_or("xl/workbook.xml", |relation| relation.target.as_str());
        if package.part(main).is_none() || !main.to_lowercase().ends_with(".xml") || !main.to_lowercase().contains("xl/") {
            return Err(TABLE_FORMAT.because(
                "这个压缩文件不是 .xlsx 工作簿；请在表格软件中另存为 .xlsx",
                "this archive is no .xlsx workbook; save it as .xlsx in a spreadsheet",
            ));
        }
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", main));
        let own = relations(&package, &format!("{folder}/_rels/{file}.rels"), folder)?;
        let target = |kind: &str| own.iter().find(|relation| relation.kind.ends_with(kind)).map(|relation| relation.target.as_str());
        let (sheets, from_1904) = sheets(&package, main, &own)?;
        let shared = Shared::read(&package, target("/sharedStrings"), limits)?;
        let styles = Styles::read(&package, target("/styles"))?;
        Ok(Self { sheets, context: Arc::new(Context { shared, styles, from_1904, limits: *limits }), package })
    }

    /// Its visible sheets, one at least, in their order.
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The rows of a sheet, from the beginning.
    ///
    /// # Errors
    /// [`super::super::TABLE_WORKBOOK_MALFORMED`] when the sheet is not there.
    pub fn rows(&self, sheet: &Sheet) -> Result<SheetRows, Refusal> {
        Ok(SheetRows::new(Xml::new(self.content(sheet)?, "sheet"), Arc::clone(&self.context)))
    }

    /// What the workbook is packed in.
    pub(super) const fn package(&self) -> &Package {
        &self.package
    }

    /// The part that a sheet is.
    ///
    /// # Errors
    /// [`super::super::TABLE_WORKBOOK_MALFORMED`] when it is not there.
    pub(super) fn part(&self, sheet: &Sheet) -> Result<&Part, Refusal> {
        self.package.part(&sheet.part).ok_or_else(|| malformed("sheet"))
    }

    /// What a sheet inflates to.
    ///
    /// # Errors
    /// As [`Self::part`].
    pub(super) fn content(&self, sheet: &Sheet) -> Result<Content, Refusal> {
        Ok(self.package.content(self.part(sheet)?))
    }
}

fn relations(package: &Package, name: &str, folder: &str) -> Result<Vec<Relation>, Refusal> {
    let mut found = Vec::new();
    let Some(part) = package.part(name) else { return Ok(found) };
    let mut xml = Xml::new(package.content(part), "relationships");
    let mut buffer = Vec::new();
    loop {
        match xml.next(&mut buffer)? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "Relationship" => {
                let (Some(id), Some(kind), Some(target)) = (attribute(&tag, "Id"), attribute(&tag, "Type"), attribute(&tag, "Target"))
                else {
                    continue;
                };
                if found.len() >= MOST_SHEETS {
                    return Err(xml.broken());
                }
                found.push(Relation { id, kind, target: resolved(folder, &target) });
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// A target as a name in the package: those that begin with a slash are, others start from the part's folder.
fn resolved(folder: &str, target: &str) -> String {
    if target.starts_with('/') || folder.is_empty() {
        return target.trim_start_matches('/').trim_start_matches("./").to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}

/// The visible worksheets, and whether days count from 1904.
fn sheets(package: &Package, main: &str, relations: &[Relation]) -> Result<(Vec<Sheet>, bool), Refusal> {
    let part = package.part(main).ok_or_else(|| malformed("workbook"))?;
    let mut xml = Xml::new(package.content(part), "workbook");
    let mut buffer = Vec::new();
    let (mut visible, mut from_1904) = (Vec::new(), false);
    let mut sheets = 0_usize;
    loop {
        match xml.next(&mut buffer)? {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "workbookPr" => from_1904 = attribute(&tag, "date1904").is_some_and(|value| value == "1" || value == "true"),
                "sheet" => {
                    sheets += 1;
                    if sheets > MOST_SHEETS {
                        return Err(xml.broken());
                    }
                    match visible_sheet(&tag, relations) {
                        Some(sheet) if sheet.name == SECOND_SHEET && !visible.is_empty() => {
                            return Err(TABLE_TOO_MANY_ROWS.because(
                                format!("工作簿的数据续在「{SECOND_SHEET}」上；请分成几个文件"),
                                format!("the workbook goes on in the sheet {SECOND_SHEET}; split it into files"),
                            ));
                        }
                        Some(sheet) => visible.push(sheet),
                        None => {}
                    }
                }
                _ => {}
            },
            Event::Eof if visible.is_empty() => return Err(malformed("no visible sheet")),
            Event::Eof => return Ok((visible, from_1904)),
            _ => {}
        }
    }
}

fn visible_sheet(tag: &BytesStart<'_>, relations: &[Relation]) -> Option<Sheet> {
    if attribute(tag, "state").is_some_and(|state| state != "visible") {
        return None;
    }
    let id = attribute(tag, "id")?;
    let relation = relations.iter().find(|relation| relation.id == id && relation.kind.ends_with("/worksheet"))?;
    Some(Sheet { name: attribute(tag, "name").unwrap_or_default(), part: relation.target.clone() })
}
