//! What this module refuses.

use crate::db::Constraint;
use crate::kernel::access::PERMISSION_DENIED;
use crate::kernel::{Code, Status, refusal};

/// Neither a token nor a session.
pub static TOKEN_MISSING: Code = Code::new(
    "token_missing",
    Status::Unauthenticated,
    "需要 Authorization: Bearer 令牌，或登录会话",
    "Authorization: Bearer or a session is needed",
);
/// A token nobody was given, or one that has ended.
pub static TOKEN_UNKNOWN: Code =
    Code::new("token_unknown", Status::Unauthenticated, "令牌或会话无效或已失效", "The token or session is not known, or has ended");
/// Wrong federation, login or password; which of them is not said.
pub static LOGIN_FAILED: Code =
    Code::new("login_failed", Status::Unauthenticated, "工会、用户名或密码错误", "Federation, login or password are wrong");
/// Too many attempts.
pub static TOO_MANY_LOGINS: Code =
    Code::new("too_many_logins", Status::TooMany, "登录尝试过多，请稍后再试", "Too many attempts to log in; try again later");
/// A browser's request without the token that only the page knows.
pub static CSRF_MISSING: Code =
    Code::new("csrf_missing", Status::Forbidden, "会话请求缺少 Bangfu-CSRF", "A session's request needs Bangfu-CSRF as given at login");
/// The login name is taken.
pub static USER_EXISTS: Code = Code::new("user_exists", Status::Conflict, "用户名已存在", "A user of this login exists");
/// No such user here.
pub static USER_UNKNOWN: Code = Code::new("user_unknown", Status::NotFound, "没有此用户", "No such user here");
/// The present password is another.
pub static PASSWORD_WRONG: Code = Code::new("password_wrong", Status::Unprocessable, "原密码不正确", "The present password is another");
/// An auditor or administrator with another role, or the other way round.
pub static ROLE_EXCLUSIVE: Code =
    Code::new("role_exclusive", Status::Conflict, "审计和管理员不能兼任其他角色", "Auditors and administrators have no other role");
/// Granting to oneself.
pub static GRANT_TO_ONESELF: Code = Code::new("grant_to_oneself", Status::Forbidden, "不能给自己授权", "Nobody grants to themselves");
/// The user has the role there.
pub static GRANT_EXISTS: Code = Code::new("grant_exists", Status::Conflict, "已有此授权", "The user has this role there already");
/// No such live grant.
pub static GRANT_UNKNOWN: Code = Code::new("grant_unknown", Status::NotFound, "没有此有效授权", "No such live grant");
/// Only an administrator role for the service itself.
pub static SERVICE_ADMINISTERS: Code = Code::new(
    "service_administers",
    Status::Unprocessable,
    "服务本身只有管理员角色",
    "The service itself has administrators and no other role",
);
/// No such live token.
pub static ACCESS_TOKEN_UNKNOWN: Code = Code::new("access_token_unknown", Status::NotFound, "没有此有效令牌", "No such live token");
/// A token for somebody else.
pub static TOKEN_FOR_ANOTHER: Code =
    Code::new("token_for_another", Status::Forbidden, "令牌只能由本人创建", "A token is made by whom it is for");
/// The database did not authenticate who acts.
pub static ACT_NOT_AUTHENTICATED: Code =
    Code::new("act_not_authenticated", Status::Unauthenticated, "数据库未能确认操作人身份", "The database did not authenticate who acts");
/// Something named belongs to an organisation in which the caller's role does not hold, or to the federation as a whole.
pub static OUT_OF_REACH: Code = Code::new(
    "out_of_reach",
    Status::Forbidden,
    "超出您的授权范围",
    "It names what belongs to another organisation, or to the federation as a whole",
);
/// Users are managed by administrators.
pub static ADMINISTRATOR_NEEDED: Code =
    Code::new("administrator_needed", Status::Forbidden, "只有管理员可以管理用户", "Only an administrator manages users");

/// The codes of this module.
pub static CODES: &[&Code] = &[
    &TOKEN_MISSING,
    &TOKEN_UNKNOWN,
    &LOGIN_FAILED,
    &TOO_MANY_LOGINS,
    &CSRF_MISSING,
    &USER_EXISTS,
    &USER_UNKNOWN,
    &PASSWORD_WRONG,
    &ROLE_EXCLUSIVE,
    &GRANT_TO_ONESELF,
    &GRANT_EXISTS,
    &GRANT_UNKNOWN,
    &SERVICE_ADMINISTERS,
    &ACCESS_TOKEN_UNKNOWN,
    &TOKEN_FOR_ANOTHER,
    &ACT_NOT_AUTHENTICATED,
    &ADMINISTRATOR_NEEDED,
    &OUT_OF_REACH,
];

/// What this module's constraints mean.
pub static CONSTRAINTS: &[Constraint] = &[
    Constraint::new("act_not_authenticated", &ACT_NOT_AUTHENTICATED, ""),
    Constraint::new("act_without_role", &PERMISSION_DENIED, ""),
    Constraint::new("administrator_needed", &ADMINISTRATOR_NEEDED, ""),
    Constraint::new("app_user_login_unique", &USER_EXISTS, "/login"),
    Constraint::new("user_unknown", &USER_UNKNOWN, ""),
    Constraint::new("password_wrong", &PASSWORD_WRONG, "/present_password"),
    Constraint::new("role_exclusive", &ROLE_EXCLUSIVE, "/role"),
    Constraint::new("grant_to_oneself", &GRANT_TO_ONESELF, ""),
    Constraint::new("role_grant_once", &GRANT_EXISTS, ""),
    Constraint::new("role_grant_organisation_known", &refusal::REFERENCE_UNKNOWN, "/organisation_id"),
    Constraint::new("role_grant_service_administers", &SERVICE_ADMINISTERS, "/role"),
    Constraint::new("grant_unknown", &GRANT_UNKNOWN, ""),
    Constraint::new("token_unknown", &ACCESS_TOKEN_UNKNOWN, ""),
    Constraint::new("token_for_another", &TOKEN_FOR_ANOTHER, ""),
];
