//! The people of the case, made by the administrator, each logging in with its own password: one user a role, and two for the
//! meetings, because nobody acts at two steps of a chain.

use std::collections::HashMap;

use serde_json::json;

use super::client::{Api, text};
use super::progress::Stage;
use crate::kernel::Role;

/// How many people have a role.
const fn people(role: Role) -> usize {
    if matches!(role, Role::Committee) { 2 } else { 1 }
}

/// Makes the users of a federation, lets each log in, and lets them act from then on.
pub async fn employ(api: &Api, code: &str) -> anyhow::Result<()> {
    let stage = Stage::begin("用户", "Users", Role::ALL.into_iter().map(people).sum());
    let mut tokens: HashMap<Role, Vec<String>> = HashMap::new();
    for (role, place) in Role::ALL.into_iter().flat_map(|role| (1..=people(role)).map(move |place| (role, place))) {
        let number = if place > 1 { place.to_string() } else { String::new() };
        let (login, password) = (format!("demo.{}{number}", role.name().replace('_', "-")), hex::encode(rand::random::<[u8; 16]>()));
        let user = api
            .post("users", &format!("user/{login}"), "/users", &json!({ "login": login, "name": role.name(), "password": password }))
            .await?;
        let grant = json!({ "role": role, "reason": "demo" });
        api.post("users", &format!("grant/{login}"), &format!("/users/{}/grants", text(&user, "/id")?), &grant).await?;
        tokens.entry(role).or_default().push(api.log_in(code, &login, &password).await?);
        stage.step();
    }
    stage.end();
    api.act_as(tokens);
    Ok(())
}
