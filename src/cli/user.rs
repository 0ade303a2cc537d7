//! `bangfu user`: users and their roles at a shell, for whoever owns the database.
//!
//! Works as the schema's owner, through the services that the API uses; each change is an act of the actor `shell` with its
//! audit event. Beside a `bangfu serve` that runs on the private cluster, that cluster is used and left running.

use std::collections::HashMap;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::host::Host;
use crate::access::permissions::{ManageUsers, ReadUsers};
use crate::access::{self, GrantView, NewGrant, NewUser, PasswordSetting, UserView, UserWithGrants};
use crate::config::DatabaseSettings;
use crate::db::vault::Vault;
use crate::db::{self, Db, DbRole, PoolSettings, Tx, migrations};
use crate::http::CONSTRAINTS;
use crate::kernel::vault::Keyring;
use crate::kernel::{Caller, Clock, FederationId, OrganisationId, Refusal, Role, SERVICE, Text, UserId};

/// Manages users.
#[derive(Debug, Args)]
pub struct User {
    /// What to do.
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a user 新增用户
    Add(Add),
    /// Set a user's password and end its sessions 设置密码
    Passwd(Passwd),
    /// Grant a role 授予角色
    Grant(Granting),
    /// Revoke a role 撤销角色
    Revoke(Granting),
    /// List users with their roles 列出用户
    List(Place),
}

/// Where: which database, and which federation of it.
#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    database: DatabaseSettings,

    /// The federation's code; absent for the administrators of the service itself. 工会代码；不填为服务本身。
    #[arg(long)]
    federation: Option<String>,
}

/// Where the password comes from: one line of standard input, unless it is made.
#[derive(Debug, Args)]
struct PasswordSource {
    /// Make a password and print it once, on standard output. 生成密码，仅显示一次。
    #[arg(long)]
    generate: bool,
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    password: PasswordSource,

    /// Login name; never changed and never given to another person. 用户名。
    login: String,

    /// The person's name. 姓名。
    #[arg(long)]
    name: String,

    /// Without a password: the user cannot log in until one is set. 暂不设密码。
    #[arg(long, conflicts_with = "generate")]
    no_password: bool,
}

#[derive(Debug, Args)]
struct Passwd {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    password: PasswordSource,

    /// Whose password. 用户名。
    login: String,
}

#[derive(Debug, Args)]
struct Granting {
    #[command(flatten)]
    place: Place,

    /// Whose role. 用户名。
    login: String,

    /// maker, finance, leader, principal, committee, finance_head, cashier, checker, auditor or administrator. 角色。
    #[arg(value_parser = parse_role)]
    role: Role,

    /// The organisation it holds in, with those under it; the whole federation when absent. 授权所在组织的编号。
    #[arg(long)]
    organisation: Option<OrganisationId>,

    /// Why. 原因。
    #[arg(long)]
    reason: String,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("one of / 应为 {}", Role::ALL.map(Role::name).join(", ")))
}

/// What is said in the language of the shell.
fn told(zh: impl Into<String>, en: impl Into<String>) -> anyhow::Error {
    anyhow!(Text::new(zh, en).get(super::lang()).to_owned())
}

/// A refusal as the API would tell it, in the language of the shell.
fn refused(error: db::Error) -> anyhow::Error {
    let Some(refusal) = error.refusal(CONSTRAINTS) else { return error.into() };
    let Refusal { code, detail, fields, .. } = refusal;
    let lang = super::lang();
    let faults: Vec<String> =
        fields.iter().map(|field| format!("{}: {}", field.pointer.trim_start_matches('/'), field.text.get(lang))).collect();
    match faults.is_empty() {
        true => anyhow!("{} ({})", detail.get(lang), code.name),
        false => anyhow!("{} ({}): {}", detail.get(lang), code.name, faults.join("; ")),
    }
}

fn unknown_user(login: &str) -> anyhow::Error {
    told(format!("没有用户 {login}"), format!("there is no user {login}"))
}

impl PasswordSource {
    /// The password, and whether it is to be shown.
    fn password(&self) -> anyhow::Result<String> {
        if self.generate {
            return Ok(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>()));
        }
        let input = std::io::stdin();
        if input.is_terminal() {
            super::say(&Text::new("请输入密码（会显示在屏幕上）：", "Password (it shows on the screen):"));
        }
        let mut line = String::new();
        input.lock().read_line(&mut line).context("standard input")?;
        let password = line.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(told("标准输入中没有密码；可用 --generate 生成", "no password on standard input; --generate makes one"));
        }
        Ok(password.to_owned())
    }

    /// Shows a password that was made, once and only when it is in force.
    fn show(&self, password: &str) {
        if self.generate {
            super::print(password);
        }
    }
}

/// The database as its owner, and the federation in it.
struct Desk {
    host: Host,
    db: Db,
    federation: FederationId,
}

impl Place {
    async fn open(&self) -> anyhow::Result<Desk> {
        let host = Host::open_as_owner(&self.database).await?;
        let pool = PoolSettings { url: host.owner_url.clone(), role: DbRole::Owner, size: 2, wait: Duration::from_secs(30) };
        // Nothing of a user is encrypted: the keys of personal data are not asked for, and these are never used.
        let db = Db::new(&pool, Clock::System, Vault::of(Keyring::generate()))?;
        let mut connection = db.connection().await.with_context(|| {
            Text::new(
                "无法以属主身份连接数据库（--owner-database-url）",
                "cannot connect as the owner of the schema (--owner-database-url)",
            )
            .get(super::lang())
            .to_owned()
        })?;
        if !migrations::is_current(&mut connection).await.unwrap_or(false) {
            return Err(told("数据库版本不符，请先运行 bangfu migrate", "the database is not at this version; run `bangfu migrate` first"));
        }
        drop(connection);
        let federation = match self.federation.as_deref() {
            None => SERVICE,
            Some(code) => access::federation_of(&db, code)
                .await?
                .ok_or_else(|| told(format!("没有代码为 {code} 的工会"), format!("there is no federation with the code {code}")))?,
        };
        Ok(Desk { host, db, federation })
    }
}

impl Desk {
    fn caller(&self, what: &str) -> Caller {
        Caller::program(self.federation, &format!("bangfu user {what}"))
    }

    async fn close(self) -> anyhow::Result<ExitCode> {
        self.db.close();
        self.host.close().await?;
        Ok(ExitCode::SUCCESS)
    }

    /// Runs one act on a user, in the name of the shell.
    async fn act<R>(
        &self,
        what: &str,
        work: impl AsyncFnOnce(&mut Tx, &crate::kernel::Permit<ManageUsers>) -> db::Result<R>,
    ) -> anyhow::Result<R> {
        let caller = self.caller(what);
        let may = caller.permit::<ManageUsers>()?;
        self.db.write(&caller, async |tx| work(tx, &may).await).await.map_err(refused)
    }

    async fn users(&self) -> anyhow::Result<Vec<UserWithGrants>> {
        let caller = self.caller("list");
        let may = caller.permit::<ReadUsers>()?;
        self.db.read(&caller, async |tx| access::users_of(tx, &may).await).await.map_err(refused)
    }

    async fn user(&self, login: &str) -> anyhow::Result<UserWithGrants> {
        self.users().await?.into_iter().find(|known| known.user.login == login).ok_or_else(|| unknown_user(login))
    }
}

impl User {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Add(add) => add.run().await,
            What::Passwd(passwd) => passwd.run().await,
            What::Grant(granting) => granting.grant().await,
            What::Revoke(granting) => granting.revoke().await,
            What::List(place) => place.list().await,
        }
    }
}

impl Add {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let password = if self.no_password { None } else { Some(self.password.password()?) };
        let desk = self.place.open().await?;
        let new = NewUser { login: self.login.clone(), name: self.name, password: password.clone() };
        desk.act("add", async |tx, may| {
            let made = access::add_user(tx, may, new).await?;
            tx.after(&made);
            Ok(())
        })
        .await?;
        if let Some(password) = password {
            self.password.show(&password);
        }
        super::say(&Text::new(format!("已新增用户 {}。", self.login), format!("The user {} was made.", self.login)));
        desk.close().await
    }
}

impl Passwd {
    async fn run(self) -> anyhow::Result<ExitCode> {
        let password = self.password.password()?;
        let desk = self.place.open().await?;
        let user = desk.user(&self.login).await?.user.id;
        let setting = PasswordSetting { password: password.clone() };
        desk.act("passwd", async |tx, may| {
            let changed = access::set_password(tx, may, user, &setting).await?;
            tx.after(&changed);
            Ok(())
        })
        .await?;
        self.password.show(&password);
        super::say(&Text::new(
            format!("已设置 {} 的密码，其会话已结束。", self.login),
            format!("The password of {} is set; its sessions have ended.", self.login),
        ));
        desk.close().await
    }
}

impl Granting {
    async fn grant(self) -> anyhow::Result<ExitCode> {
        let desk = self.place.open().await?;
        let user = desk.user(&self.login).await?.user.id;
        let new = NewGrant { role: self.role, organisation_id: self.organisation, reason: self.reason };
        desk.act("grant", async |tx, may| {
            let granted = access::grant(tx, may, user, &new).await?;
            tx.after(&granted);
            Ok(())
        })
        .await?;
        super::say(&Text::new(
            format!("已授予 {} 角色 {}。", self.login, self.role),
            format!("{} has the role {} now.", self.login, self.role),
        ));
        desk.close().await
    }

    async fn revoke(self) -> anyhow::Result<ExitCode> {
        let desk = self.place.open().await?;
        let known = desk.user(&self.login).await?;
        let meant = |grant: &&GrantView| live(grant) && grant.role == self.role.name() && grant.organisation_id == self.organisation;
        let grant = known.grants.iter().find(meant).map(|grant| grant.id).ok_or_else(|| {
            told(
                format!("{} 在此没有有效的角色 {}", self.login, self.role),
                format!("{} has no live grant of {} there", self.login, self.role),
            )
        })?;
        desk.act("revoke", async |tx, may| {
            let revoked = access::revoke(tx, may, grant, &self.reason).await?;
            tx.after(&revoked);
            Ok(())
        })
        .await?;
        super::say(&Text::new(
            format!("已撤销 {} 的角色 {}。", self.login, self.role),
            format!("{} has lost the role {}.", self.login, self.role),
        ));
        desk.close().await
    }
}

const fn live(grant: &GrantView) -> bool {
    grant.revoked_at.is_none()
}

impl Place {
    async fn list(self) -> anyhow::Result<ExitCode> {
        let desk = self.open().await?;
        let users = desk.users().await?;
        let caller = desk.caller("list");
        let may = caller.permit::<ReadUsers>()?;
        let within: Vec<OrganisationId> = users.iter().flat_map(|known| &known.grants).filter_map(|grant| grant.organisation_id).collect();
        let (names, used) = desk
            .db
            .read(&caller, async |tx| {
                let names = crate::organisations::names(tx, &within).await?.into_iter().collect();
                Ok((names, access::token_uses(tx, &may).await?.into_iter().collect()))
            })
            .await
            .map_err(refused)?;
        super::print(Text::new("用户名\t姓名\t角色\t状态\t令牌最近使用", "login\tname\troles\tstate\ttokens last used").get(super::lang()));
        for known in &users {
            super::print(&line(known, &names, &used, desk.db.clock().now()));
        }
        desk.close().await
    }
}

/// A user in one line, its parts separated by tabs.
fn line(
    known: &UserWithGrants,
    names: &HashMap<OrganisationId, String>,
    used: &HashMap<UserId, DateTime<Utc>>,
    now: DateTime<Utc>,
) -> String {
    let place = |id: OrganisationId| format!("@{} ({id})", names.get(&id).map_or("", String::as_str));
    let roles: Vec<String> = known
        .grants
        .iter()
        .filter(|grant| live(grant))
        .map(|grant| format!("{}{}", grant.role, grant.organisation_id.map(place).unwrap_or_default()))
        .collect();
    let used = used.get(&known.user.id).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
    [known.user.login.as_str(), &known.user.name, &roles.join(", "), state(&known.user, now), &used].join("\t")
}

fn state(user: &UserView, now: DateTime<Utc>) -> &'static str {
    match (user.disabled_at, user.locked_until) {
        (Some(_), _) => "disabled",
        (None, Some(until)) if until > now => "locked",
        _ => "",
    }
}
