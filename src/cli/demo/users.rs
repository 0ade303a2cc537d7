//! The people of the case: one user a role, made by the administrator, each logging in with its own password.

use std::collections::HashMap;

use serde_json::json;

use super::client::{Api, text};
use super::progress::Stage;
use crate::kernel::Role;

/// Makes the users of a federation, lets each log in, and lets them act from then on.
pub async fn employ(api: &Api, code: &str) -> anyhow::Result<()> {
    let stage = Stage::begin("用户", "Users", Role::ALL.len());
    let mut tokens = HashMap::new();
    for role in Role::ALL {
        let (login, password) = (format!("demo.{}", role.name().replace('_', "-")), hex::encode(rand::random::<[u8; 16]>()));
        let user = api
            .post("users", &format!("user/{login}"), "/users", &json!({ "login": login, "name": role.name(), "password": password }))
            .await?;
        let grant = json!({ "role": role, "reason": "demo" });
        api.post("users", &format!("grant/{login}"), &format!("/users/{}/grants", text(&user, "/id")?), &grant).await?;
        tokens.insert(role, api.log_in(code, &login, &password).await?);
        stage.step();
    }
    stage.end();
    api.act_as(tokens);
    Ok(())
}
