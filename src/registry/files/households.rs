//! Households with their members and dossiers: a row for each person, the household's dossier on the row of its head. Rows of one
//! dossier number are one household.

use chrono::NaiveDate;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::columns::{
    ACCOUNT_HOLDER, ACCOUNT_KIND, ACCOUNT_NUMBER, AGENT_REASON, BANK_NAME, IDENTITY, NAME, ORGANISATION, PHONE, REGION, person, place,
};
use super::intake;
use crate::access::permissions::WriteRegistry;
use crate::db::{Result, Tx};
use crate::imports::{Known, List, Unit, Whole, Wrong, word};
use crate::interchange::tables::{Choice, Column, Faults, Kind, Row, Table, Words};
use crate::kernel::{Money, OrganisationId, Permit};
use crate::registry::dossiers::{DossierCategory, DossierLevel, DossierSystem};
use crate::registry::households::Relation;
use crate::registry::persons::NewPerson;

/// The list.
#[derive(Debug)]
pub(super) struct Households;

const RELATIONS: &[Choice] = &[
    Choice::new("head", "户主", &["本人"]),
    Choice::new("spouse", "配偶", &["妻子", "丈夫", "妻", "夫"]),
    Choice::new("child", "子女", &["儿子", "女儿", "子", "女"]),
    Choice::new("parent", "父母", &["父亲", "母亲", "父", "母"]),
    Choice::new("sibling", "兄弟姐妹", &[]),
    Choice::new("grandparent", "祖父母", &["外祖父母"]),
    Choice::new("grandchild", "孙子女", &["外孙子女"]),
    Choice::new("other", "其他", &["其它"]),
];
const SYSTEMS: &[Choice] =
    &[Choice::new("national", "全总帮扶系统", &["全国", "全总"]), Choice::new("provincial", "省总系统", &["省级系统", "省总"])];
const LEVELS: &[Choice] = &[
    Choice::new("national", "全国级", &[]),
    Choice::new("provincial", "省级", &[]),
    Choice::new("city", "市级", &["市本级"]),
    Choice::new("district", "区级", &[]),
    Choice::new("county", "县级", &[]),
];
const CATEGORIES: &[Choice] = &[
    Choice::new("deep", "深度困难", &["深度", "深度困难职工"]),
    Choice::new("relative", "相对困难", &["相对", "相对困难职工"]),
    Choice::new("accidental", "意外致困", &["意外", "意外致困职工"]),
    Choice::new("provincial", "省级困难", &["省级", "省级困难职工"]),
];

pub(super) static TABLE: Table = Table {
    name: "households",
    title: Words::new("困难职工家庭", "Households with dossiers"),
    columns: &[
        Column::new("dossier_number", "档案编号", Kind::Code)
            .required()
            .aliases(&["档案号", "困难职工档案编号"])
            .example("N510500-2022-0001")
            .note("同一档案编号的各行为一户", "rows of one number are one household"),
        Column::new("relation", "与户主关系", Kind::Choice(RELATIONS))
            .aliases(&["关系", "家庭关系"])
            .example("户主")
            .note("不填为户主；每户须有且仅有一名户主", "the head when empty; each household has one"),
        NAME.required(),
        IDENTITY.required(),
        PHONE,
        Column::new("member_from", "入户日期", Kind::Date).note("不填为在档日期或申请日期", "the day of opening or application when empty"),
        Column::new("system", "建档系统", Kind::Choice(SYSTEMS))
            .aliases(&["档案系统"])
            .example("全总帮扶系统")
            .note("户主行必填", "on the head's row"),
        Column::new("level", "建档级别", Kind::Choice(LEVELS))
            .aliases(&["档案级别"])
            .example("市级")
            .note("户主行必填", "on the head's row"),
        Column::new("category", "困难类别", Kind::Choice(CATEGORIES))
            .aliases(&["困难类型", "困难职工类别"])
            .example("相对困难")
            .note("户主行必填", "on the head's row"),
        REGION.note("户主行必填", "on the head's row"),
        ORGANISATION,
        Column::new("applied_on", "申请日期", Kind::Date).example("2022-02-15"),
        Column::new("opened_on", "在档日期", Kind::Date).aliases(&["建档日期", "建档时间"]).example("2022-03-07"),
        Column::new("causes", "致困原因", Kind::Text)
            .aliases(&["困难原因"])
            .example("疾病、残疾")
            .note("多项用顿号分开", "several with commas"),
        Column::new("monthly_income", "家庭月收入", Kind::Money).aliases(&["月收入"]).example("2830.00"),
        Column::new("rigid_costs", "刚性支出", Kind::Money).aliases(&["月刚性支出"]).example("1000.00"),
        ACCOUNT_KIND,
        ACCOUNT_NUMBER,
        ACCOUNT_HOLDER,
        BANK_NAME,
        AGENT_REASON,
    ],
};

/// What a row says.
pub(super) struct Content {
    pub(super) number: String,
    pub(super) relation: Relation,
    pub(super) person: NewPerson,
    pub(super) member_from: Option<NaiveDate>,
    pub(super) dossier: Option<DossierCells>,
}

/// What the row of a head says of the dossier.
pub(super) struct DossierCells {
    pub(super) system: DossierSystem,
    pub(super) level: DossierLevel,
    pub(super) category: DossierCategory,
    pub(super) region: String,
    pub(super) organisation: Option<OrganisationId>,
    pub(super) applied_on: Option<NaiveDate>,
    pub(super) opened_on: Option<NaiveDate>,
    pub(super) causes: Vec<String>,
    pub(super) monthly_income: Option<Money>,
    pub(super) rigid_costs: Option<Money>,
}

/// A word of the head's row, which has to fill it.
fn of_head<T: serde::de::DeserializeOwned>(row: &Row, column: &'static str, faults: &mut Faults) -> Option<T> {
    let choice = faults.take(row.choice(column));
    if choice.is_none() && row.written(column).is_none() {
        faults.push(missing(row, column));
    }
    choice.and_then(word)
}

fn missing(row: &Row, column: &'static str) -> crate::interchange::tables::Fault {
    row.fault(column, "required", "户主行必填", "the row of the head needs it")
}

fn dossier(row: &Row, region: Option<String>, organisation: Option<OrganisationId>, faults: &mut Faults) -> Option<DossierCells> {
    let (system, level, category) = (of_head(row, "system", faults), of_head(row, "level", faults), of_head(row, "category", faults));
    if row.written("region_code").is_none() {
        faults.push(missing(row, "region_code"));
    }
    let causes = faults.take(row.text("causes")).unwrap_or_default();
    let applied_on = faults.take(row.date("applied_on"));
    let opened_on = faults.take(row.date("opened_on"));
    let monthly_income = faults.take(row.money("monthly_income"));
    let rigid_costs = faults.take(row.money("rigid_costs"));
    let words = causes.split(['、', ',', '，', ';', '；', '/']).map(str::trim).filter(|cause| !cause.is_empty());
    Some(DossierCells {
        system: system?,
        level: level?,
        category: category?,
        region: region?,
        organisation,
        applied_on,
        opened_on,
        causes: words.map(str::to_owned).collect(),
        monthly_income,
        rigid_costs,
    })
}

impl List for Households {
    type Content = Content;
    type May = WriteRegistry;

    fn table(&self) -> &'static Table {
        &TABLE
    }

    fn read(&self, row: &Row, known: &Known, faults: &mut Faults) -> Option<Content> {
        let number = faults.take(row.text("dossier_number"));
        let relation = faults.take(row.choice("relation")).and_then(word).unwrap_or(Relation::Head);
        let (organisation, region) = place(row, known, faults);
        let person = person(row, organisation, region.clone(), faults);
        let member_from = faults.take(row.date("member_from"));
        let dossier = (relation == Relation::Head).then(|| dossier(row, region, organisation, faults)).flatten();
        Some(Content { number: number?, relation, person: person?, member_from, dossier })
    }

    fn together(&self) -> Option<&'static str> {
        Some("dossier_number")
    }

    /// Rows of one household go by the dossier's number; where it cannot be read, whoever is not the head belongs to the household
    /// above.
    fn whole(&self, row: &Row, _above: Option<&Row>) -> Whole {
        let is_head = || row.written("relation").is_none() || matches!(row.choice("relation"), Ok(Some(choice)) if choice.name == "head");
        match row.text("dossier_number") {
            Ok(Some(number)) => Whole::By(number),
            _ if is_head() => Whole::Alone,
            _ => Whole::Above,
        }
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        may: &'a Permit<WriteRegistry>,
        _about: &'a Value,
        units: Vec<Unit<Content>>,
    ) -> BoxFuture<'a, Result<Vec<Vec<Wrong>>>> {
        intake::households(tx, may, units).boxed()
    }
}
