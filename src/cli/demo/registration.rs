//! Registration: regions, organisations, documents, sources, and everybody who may be paid.

use std::future::{Future, ready};

use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::case::Case;
use super::client::{Api, text};
use super::names::Names;
use super::progress::Stage;
use super::rows::Row;
use super::users;

/// How many independent registrations run at once.
const AT_ONCE: usize = 8;

/// Registers everything that a case's CSV files hold.
pub async fn register(api: &Api, names: &Names, case: &Case) -> anyhow::Result<()> {
    let made = api.post("case.json", "federation", "/federations", &case.about.federation).await?;
    api.speak_for(text(&made, "/id")?);
    users::employ(api, text(&made, "/code")?).await?;
    // An administrator proposes, the principal confirms.
    let policy = api.post("approval_policy.json", "policy", "/approval-policies", &case.approval_policy).await?;
    let confirm = format!("/approval-policies/{}/confirm", text(&policy, "/id")?);
    api.post("approval_policy.json", "policy/confirm", &confirm, &json!({})).await?;
    let registrar = Registrar { api, names, case };
    // What refers to what is above it goes one by one, in the order of the file.
    in_order(("行政区划", "Regions"), &case.regions, |row| registrar.region(row)).await?;
    in_order(("组织", "Organisations"), &case.organisations, |row| registrar.organisation(row)).await?;
    at_once(("对公账户", "Organisations' accounts"), &case.organisation_accounts, |row| registrar.organisation_account(row)).await?;
    at_once(("文件", "Documents"), &case.documents, |row| registrar.document(row)).await?;
    at_once(("资金来源", "Fund sources"), &case.fund_sources, |row| registrar.fund_source(row)).await?;
    at_once(("困难职工家庭及档案", "Households with dossiers"), &case.households, |row| registrar.household(row)).await?;
    at_once(("劳动模范", "Model workers"), &case.model_workers, |row| registrar.model_worker(row)).await?;
    at_once(("未建档人员", "Recipients without dossier"), &case.recipients, |row| registrar.recipient(row)).await
}

async fn in_order<'a, F>((zh, en): (&str, &str), rows: &'a [Row], each: impl Fn(&'a Row) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let stage = Stage::begin(zh, en, rows.len());
    for row in rows {
        each(row).await?;
        stage.step();
    }
    stage.end();
    Ok(())
}

async fn at_once<'a, F>((zh, en): (&str, &str), rows: &'a [Row], each: impl Fn(&'a Row) -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let stage = Stage::begin(zh, en, rows.len());
    let running = stream::iter(rows.iter().map(each)).buffer_unordered(AT_ONCE);
    running
        .try_for_each(|()| {
            stage.step();
            ready(Ok(()))
        })
        .await?;
    stage.end();
    Ok(())
}

struct Registrar<'a> {
    api: &'a Api,
    names: &'a Names,
    case: &'a Case,
}

/// The one account a row names, as a person's accounts are registered.
fn accounts(row: &Row) -> Value {
    match row.filled("card_number") {
        Some(number) => json!([{ "kind": row.get("card_kind"), "number": number }]),
        None => json!([]),
    }
}

impl Registrar<'_> {
    async fn post(&self, row: &Row, step: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.api.post(&row.origin(), step, path, body).await
    }

    /// Posts a row's body and saves the id of the answer under the row's key.
    async fn post_and_save(&self, row: &Row, kind: &str, path: &str, body: &Value, id: &str) -> anyhow::Result<()> {
        let key = row.get("key");
        let answer = self.post(row, &format!("{kind}/{key}"), path, body).await?;
        self.names.save(kind, key, text(&answer, id)?).with_context(|| row.origin())
    }

    async fn region(&self, row: &Row) -> anyhow::Result<()> {
        let code = row.get("code");
        let body = json!({ "code": code, "name": row.get("name"), "parent_code": row.value("parent_code") });
        self.post(row, &format!("region/{code}"), "/regions", &body).await?;
        if row.filled("directly_funded_from").is_some() {
            let body = json!({ "valid_from": row.value("directly_funded_from"), "valid_to": row.value("directly_funded_to") });
            self.post(row, &format!("region/{code}/direct-funding"), &format!("/regions/{code}/direct-funding"), &body).await?;
        }
        Ok(())
    }

    async fn organisation(&self, row: &Row) -> anyhow::Result<()> {
        let body = json!({
            "kind": row.get("kind"), "name": row.get("name"), "parent_id": self.names.of_cell(row, "organisation", "parent_key")?,
            "region_code": row.value("region_code"), "uscc": row.value("uscc"), "valid_from": row.value("valid_from"),
        });
        self.post_and_save(row, "organisation", "/organisations", &body, "/id").await
    }

    async fn organisation_account(&self, row: &Row) -> anyhow::Result<()> {
        let body = json!({
            "organisation_id": self.names.of_cell(row, "organisation", "organisation_key")?, "kind": row.get("kind"),
            "number": row.get("number"), "holder_name": row.value("holder_name"), "bank_name": row.value("bank_name"),
        });
        let made = self.post(row, &format!("organisation-account/{}", row.line()), "/payee-accounts", &body).await?;
        self.names.save("organisation-account", row.get("organisation_key"), text(&made, "/id")?).with_context(|| row.origin())
    }

    async fn document(&self, row: &Row) -> anyhow::Result<()> {
        let body = json!({
            "issuer": row.get("issuer"), "number": row.get("number"), "title": row.get("title"), "kind": row.get("kind"),
            "issued_on": row.get("issued_on"),
        });
        self.post_and_save(row, "document", "/documents", &body, "/id").await
    }

    async fn fund_source(&self, row: &Row) -> anyhow::Result<()> {
        let body = json!({
            "name": row.get("name"), "level": row.get("level"),
            "return_to_organisation_id": self.names.of_cell(row, "organisation", "return_to_key")?,
        });
        self.post_and_save(row, "source", "/fund-sources", &body, "/id").await
    }

    /// Head, members, household and dossier, each of which needs the one before.
    async fn household(&self, row: &Row) -> anyhow::Result<()> {
        let key = row.get("key");
        let head = json!({
            "name": row.get("head_name"), "identity_number": row.get("head_identity_number"), "phone": row.value("head_phone"),
            "region_code": row.get("region_code"), "payee_accounts": accounts(row),
        });
        let head = self.post(row, &format!("household/{key}/head"), "/persons", &head).await?;
        let mut members = Vec::new();
        for (index, member) in self.case.household_members.get(key).into_iter().flatten().enumerate() {
            let body = json!({
                "name": member.get("name"), "identity_number": member.get("identity_number"), "region_code": row.get("region_code"),
            });
            let person = self.post(member, &format!("household/{key}/member/{index}"), "/persons", &body).await?;
            members.push(json!({
                "person_id": text(&person, "/id")?, "relation": member.get("relation"), "member_from": member.get("from"),
            }));
        }
        let body = json!({
            "head": text(&head, "/id")?, "region_code": row.get("region_code"), "member_from": row.get("opened_on"), "members": members,
        });
        let household = self.post(row, &format!("household/{key}"), "/households", &body).await?;
        let id = text(&household, "/id")?;
        self.names.save("household", key, id)?;
        self.dossier(row, id).await
    }

    async fn dossier(&self, row: &Row, household: &str) -> anyhow::Result<()> {
        let key = row.get("key");
        let causes: Vec<&str> = row.get("causes").split(';').filter(|cause| !cause.is_empty()).collect();
        let body = json!({
            "household_id": household, "number": row.get("dossier_number"), "system": row.get("system"), "level": row.get("level"),
            "category": row.get("category"), "causes": causes, "monthly_income": row.value("monthly_income"),
            "rigid_costs": row.value("rigid_costs"), "opened_on": row.get("opened_on"),
        });
        let dossier = self.post(row, &format!("dossier/{key}"), "/dossiers", &body).await?;
        let path = format!("/dossiers/{}/transitions", text(&dossier, "/id")?);
        if let Some(from) = row.filled("grace_from") {
            let months: Option<i16> = row.filled("grace_months").map(str::parse).transpose().with_context(|| row.origin())?;
            let body = json!({ "to": "grace", "on": from, "months": months });
            self.post(row, &format!("dossier/{key}/grace"), &path, &body).await?;
        }
        if let Some(on) = row.filled("closed_on") {
            let body = json!({ "to": "closed", "on": on, "close_reason": row.value("close_reason") });
            self.post(row, &format!("dossier/{key}/closed"), &path, &body).await?;
        }
        Ok(())
    }

    async fn model_worker(&self, row: &Row) -> anyhow::Result<()> {
        let organisation = self.names.of_cell(row, "organisation", "organisation_key")?;
        let body = json!({
            "person": {
                "name": row.get("name"), "identity_number": row.get("identity_number"), "phone": row.value("phone"),
                "died_on": row.value("died_on"), "organisation_id": organisation, "region_code": row.get("region_code"),
                "payee_accounts": accounts(row),
            },
            "region_code": row.get("region_code"),
            "organisation_id": organisation,
            "honours": [{ "level": row.get("honour_level"), "title": row.get("honour_title"), "awarded_on": row.get("awarded_on") }],
        });
        self.post_and_save(row, "person", "/model-workers", &body, "/person_id").await
    }

    async fn recipient(&self, row: &Row) -> anyhow::Result<()> {
        let body = json!({
            "name": row.get("name"), "identity_number": row.get("identity_number"), "phone": row.value("phone"),
            "organisation_id": self.names.of_cell(row, "organisation", "organisation_key")?, "payee_accounts": accounts(row),
        });
        self.post_and_save(row, "person", "/persons", &body, "/id").await
    }
}
