//! Columns that several lists have, and how they are read.

use crate::imports::{Known, word};
use crate::interchange::tables::{Choice, Column, Faults, Kind, Row};
use crate::kernel::OrganisationId;
use crate::registry::payee_accounts::{AccountKind, NewPersonAccount};
use crate::registry::persons::NewPerson;

pub(super) const NAME: Column = Column::new("name", "姓名", Kind::Name).aliases(&["户主姓名", "人员姓名"]).example("王小明");
pub(super) const IDENTITY: Column =
    Column::new("identity_number", "身份证号码", Kind::Identity).aliases(&["身份证号", "身份证", "证件号码"]).example("510599199001010017");
pub(super) const PHONE: Column =
    Column::new("phone", "电话", Kind::Phone).aliases(&["联系电话", "手机", "手机号", "手机号码"]).example("19900002835");
pub(super) const ORGANISATION: Column = Column::new("organisation", "所属工会", Kind::Reference)
    .aliases(&["所属组织", "工会名称"])
    .note("已登记组织的名称或统一社会信用代码", "name or credit code of an organisation that is recorded");
pub(super) const REGION: Column = Column::new("region_code", "行政区划", Kind::Reference)
    .aliases(&["行政区划代码", "区县", "地区"])
    .example("510500")
    .note("六位代码或名称", "code of six digits, or name");

/// Kinds of accounts as files call them.
pub(super) const ACCOUNT_KINDS: &[Choice] = &[
    Choice::new("union_card", "工会会员服务卡", &["工会卡"]),
    Choice::new("one_card", "一卡通", &["社会保障卡", "社保卡"]),
    Choice::new("bank_card", "银行卡", &[]),
    Choice::new("bank_account", "对公账户", &[]),
];
pub(super) const ACCOUNT_KIND: Column =
    Column::new("account_kind", "账户类型", Kind::Choice(ACCOUNT_KINDS)).aliases(&["卡种", "card_kind"]).example("一卡通");
pub(super) const ACCOUNT_NUMBER: Column = Column::new("account_number", "银行账号", Kind::Account)
    .aliases(&["卡号", "账号", "一卡通账号", "银行卡号", "card_number"])
    .example("6229990000000000019");
pub(super) const ACCOUNT_HOLDER: Column = Column::new("account_holder", "账户户名", Kind::Name)
    .aliases(&["户名", "holder_name"])
    .note("与本人不同时须填代领原因", "with a reason when it is another's");
pub(super) const BANK_NAME: Column = Column::new("bank_name", "开户行", Kind::Text).aliases(&["开户银行"]);
pub(super) const AGENT_REASON: Column = Column::new("agent_reason", "代领原因", Kind::Text);

/// The column that a rule's field stands in.
pub(super) const FIELDS: &[(&str, &str)] = &[
    ("name", "name"),
    ("identity_number", "identity_number"),
    ("phone", "phone"),
    ("number", "account_number"),
    ("kind", "account_kind"),
    ("holder_name", "account_holder"),
    ("bank_name", "bank_name"),
    ("agent_reason", "agent_reason"),
    ("organisation_id", "organisation"),
    ("region_code", "region_code"),
    ("died_on", "died_on"),
];

/// The account of a row; a number without a kind is at fault, and the other way round.
pub(super) fn account(row: &Row, faults: &mut Faults) -> Option<NewPersonAccount> {
    let kind: Option<AccountKind> = faults.take(row.choice("account_kind")).and_then(word);
    let number = faults.take(row.account("account_number"));
    match (kind, number) {
        (None, None) => None,
        (Some(kind), Some(number)) => Some(NewPersonAccount {
            kind,
            number,
            holder_name: faults.take(row.name("account_holder")),
            bank_name: faults.take(row.text("bank_name")),
            agent_reason: faults.take(row.text("agent_reason")),
        }),
        (kind, _) => {
            let missing = if kind.is_some() { "account_number" } else { "account_kind" };
            // A cell that could not be read has its fault already.
            if row.written(missing).is_none() {
                faults.push(row.fault(missing, "account_incomplete", "账户类型和账号须同时填写", "kind and number go together"));
            }
            None
        }
    }
}

/// The person of a row with its account.
pub(super) fn person(row: &Row, organisation: Option<OrganisationId>, region: Option<String>, faults: &mut Faults) -> Option<NewPerson> {
    let name = faults.take(row.name("name"));
    let number = faults.take(row.identity("identity_number"));
    let phone = faults.take(row.phone("phone"));
    let account = account(row, faults);
    Some(NewPerson {
        name: name?,
        identity_number: number?.as_str().to_owned(),
        phone,
        died_on: None,
        organisation_id: organisation,
        region_code: region,
        payee_accounts: account.into_iter().collect(),
    })
}

/// The organisation and region of a row.
pub(super) fn place(row: &Row, known: &Known, faults: &mut Faults) -> (Option<OrganisationId>, Option<String>) {
    (known.organisation(row, "organisation", faults), known.region(row, "region_code", faults))
}
