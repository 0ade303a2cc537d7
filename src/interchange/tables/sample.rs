//! A table and files for the tests of this module. All people are invented.

use std::io::Write;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::schema::{Choice, Column, Kind, Table, Words};
use super::{Limits, Reader, Row};
use crate::kernel::Refusal;

static CATEGORIES: [Choice; 4] = [
    Choice::new("deep", "深度困难", &["深度"]),
    Choice::new("relative", "相对困难", &["相对"]),
    Choice::new("accidental", "意外致困", &[]),
    Choice::new("provincial", "省级", &[]),
];

static COLUMNS: [Column; 10] = [
    Column::new("name", "姓名", Kind::Name).required().aliases(&["户主姓名"]).example("王小明"),
    Column::new("identity_number", "身份证号", Kind::Identity)
        .required()
        .aliases(&["身份证号码", "证件号码"])
        .example("510599199001010017")
        .note("请以文本填写", "enter it as text"),
    Column::new("account", "银行卡号", Kind::Account).aliases(&["卡号"]).example("6229990000000000019"),
    Column::new("phone", "手机号", Kind::Phone).aliases(&["联系电话"]).example("19900002835"),
    Column::new("amount", "金额", Kind::Money).aliases(&["金额(元)"]).example("1,521.00"),
    Column::new("opened_on", "建档日期", Kind::Date).example("2022-08-11"),
    Column::new("members", "家庭人口", Kind::Integer { least: 1, most: 30 }).example("3"),
    Column::new("category", "困难类别", Kind::Choice(&CATEGORIES)).example("深度困难"),
    Column::new("in_grace", "是否渐退", Kind::Flag).example("否"),
    Column::new("remark", "备注", Kind::Text).example("=1 不是公式"),
];

/// Households as a union lists them.
pub static HOUSEHOLDS: Table = Table { name: "households", title: Words::new("困难职工家庭", "Households"), columns: &COLUMNS };

pub const ID: &str = "510599199001010017";

pub fn open(bytes: impl AsRef<[u8]>) -> Result<Reader, Refusal> {
    Reader::open(bytes.as_ref(), &HOUSEHOLDS, &Limits::default())
}

pub fn rows(bytes: impl AsRef<[u8]>) -> Vec<Row> {
    open(bytes).unwrap().map(Result::unwrap).collect()
}

/// The first refusal, of the file or of one of its rows.
pub fn refusal(bytes: impl AsRef<[u8]>, limits: &Limits) -> Refusal {
    match Reader::open(bytes.as_ref(), &HOUSEHOLDS, limits) {
        Err(refusal) => refusal,
        Ok(reader) => reader.map(|row| row.map(drop)).find_map(Result::err).expect("a refusal"),
    }
}

pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/samples/tables/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const NAMESPACE: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// An archive of parts.
pub fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The least workbook around the rows of one sheet.
pub fn workbook(sheet_data: &str) -> Vec<u8> {
    workbook_of(&format!("<worksheet xmlns=\"{NAMESPACE}\"><sheetData>{sheet_data}</sheetData></worksheet>"), "<sst/>", "1")
}

pub fn workbook_of(sheet: &str, shared: &str, sheets: &str) -> Vec<u8> {
    let second = if sheets == "2" { "<sheet name=\"第2页\" sheetId=\"2\" r:id=\"rId1\"/>" } else { "" };
    let main = format!(
        "<workbook xmlns=\"{NAMESPACE}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"一\" sheetId=\"1\" r:id=\"rId1\"/>{second}</sheets></workbook>"
    );
    let relation =
        |id: &str, kind: &str, target: &str| format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>");
    let root = format!("<Relationships>{}</Relationships>", relation("rId1", "officeDocument", "xl/workbook.xml"));
    let own = format!(
        "<Relationships>{}{}</Relationships>",
        relation("rId1", "worksheet", "worksheets/sheet1.xml"),
        relation("rId2", "sharedStrings", "sharedStrings.xml")
    );
    archive(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", main.as_bytes()),
        ("xl/_rels/workbook.xml.rels", own.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A row of texts.
pub fn text_row(number: u32, cells: &[&str]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<c t=\"inlineStr\"><is><t>{cell}</t></is></c>")).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}
