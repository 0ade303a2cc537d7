//! `docs/ACCESS.md`: every endpoint with who may call it, every permission with its roles, every code. Made from the program.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::openapi::{Operation, operations};
use super::problem::all_codes;
use crate::access::permissions;
use crate::kernel::Role;

/// The page.
#[must_use]
pub fn access_page(openapi: &utoipa::openapi::OpenApi) -> String {
    let mut page = String::from(
        "# Who may call what\n\nMade from the program by `make openapi`; a test holds it, and another calls every endpoint as every role.\n\
         A role holds within the organisation it was granted in and those under it. Codes are documented by the service itself at\n\
         `/problems/{code}`.\n\n",
    );
    // Writing into a string cannot fail.
    let _ = write_permissions(&mut page);
    let _ = write_operations(&mut page, &operations(openapi));
    let _ = write_codes(&mut page);
    page
}

fn roles(of: &[Role]) -> String {
    if of.len() == Role::ALL.len() { "everybody".to_owned() } else { of.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ") }
}

fn write_permissions(page: &mut String) -> std::fmt::Result {
    page.push_str("## Permissions\n\n| permission | what for | roles | refusals audited |\n|---|---|---|---|\n");
    for permission in permissions::ALL {
        let audited = if permission.money { "yes" } else { "" };
        writeln!(page, "| `{}` | {} | {} | {audited} |", permission.name, permission.purpose.trim(), roles(permission.roles))?;
    }
    page.push('\n');
    Ok(())
}

fn write_operations(page: &mut String, all: &[Operation]) -> std::fmt::Result {
    page.push_str("## Endpoints\n");
    let mut by_tag: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in all {
        by_tag.entry(&operation.tag).or_default().push(operation);
    }
    for (tag, operations) in by_tag {
        write!(page, "\n### {tag}\n\n| method | path | what | who |\n|---|---|---|---|\n")?;
        for operation in operations {
            let who = operation.permission.map_or_else(|| "anybody, without a login".to_owned(), |permission| roles(permission.roles));
            writeln!(page, "| {} | `{}` | {} | {who} |", operation.method, operation.path, operation.summary)?;
        }
    }
    page.push('\n');
    Ok(())
}

fn write_codes(page: &mut String) -> std::fmt::Result {
    page.push_str("## Problem codes\n\n| code | status | 中文 | English |\n|---|---|---|---|\n");
    let mut codes: Vec<_> = all_codes().collect();
    codes.sort_by_key(|code| code.name);
    for code in codes {
        writeln!(page, "| `{}` | {} | {} | {} |", code.name, code.status.http(), code.zh, code.en)?;
    }
    Ok(())
}
