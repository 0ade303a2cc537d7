//! Holds the invariants of `docs/ARCHITECTURE.md` against the source itself.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use bangfu::http::problem::all_codes;

use crate::support::source::{LAYERS, Source, names, rust_files};

/// Modules with rules of the trade; `ledger`, `audit` and `approvals` know none of them.
const DOMAIN: [&str; 10] =
    ["organisations", "registry", "funds", "plans", "layouts", "payments", "personal", "reconciliation", "evaluation", "interchange"];
const DOMAINLESS: [&str; 3] = ["ledger", "audit", "approvals"];
/// Files longer than this are split by noun.
const LONGEST: usize = 500;

fn program() -> Vec<(Source, String)> {
    rust_files()
        .into_iter()
        .map(|file| {
            let code = file.code();
            (file, code)
        })
        .collect()
}

fn is_domain(file: &Source) -> bool {
    DOMAIN.contains(&file.module()) || DOMAINLESS.contains(&file.module()) || file.module() == "access"
}

/// The modules of the crate a file names, as `crate::x` or inside `use crate::{x, …}`.
fn modules_used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (_, rest) in code.match_indices("crate::").map(|(at, path)| (at, &code[at + path.len()..])) {
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split(';').next().unwrap();
            used.extend(group.split([',', '{', '}', ' ', '\n']).map(|path| path.split("::").next().unwrap().to_owned()));
        } else {
            used.insert(rest.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap().to_owned());
        }
    }
    used
}

/// The layers of its own module a file names, as `super::store`, `super::{store, …}` or `crate::x::store`.
fn layers_used(file: &Source, code: &str) -> BTreeSet<&'static str> {
    let own = format!("crate::{}::", file.module());
    let mut used = BTreeSet::new();
    for prefix in ["super::", own.as_str()] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            let path = if rest.starts_with('{') { rest.split(';').next() } else { rest.split([';', ' ', '(', ')', ',', '<', '>']).next() };
            used.extend(LAYERS.iter().filter(|layer| names(path.unwrap(), layer)).copied());
        }
    }
    used
}

fn report(what: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{what}:\n  {}", offenders.join("\n  "));
}

#[test]
fn each_layer_knows_only_those_below_it() {
    let mut offenders = Vec::new();
    for (file, code) in program().iter().filter(|(file, _)| is_domain(file) && !file.path.ends_with("/mod.rs")) {
        let allowed: &[&str] = match file.layer() {
            "api" => &["api", "service", "rules", "store", "model"],
            "service" => &["service", "rules", "store", "model"],
            "rules" => &["rules", "model"],
            "store" => &["store", "model"],
            "model" => &["model"],
            // A file named after its noun is a part of the service.
            _ => &["service", "rules", "store", "model"],
        };
        let above = layers_used(file, code).into_iter().filter(|layer| !allowed.contains(layer));
        let above = above.map(|layer| format!("{} uses {layer}", file.path));
        offenders.extend(above);
    }
    report("api → service → {rules, store} → model", &offenders);
}

#[test]
fn only_handlers_know_http() {
    let mut offenders = Vec::new();
    for (file, code) in program() {
        let free = ["http", "console"].contains(&file.module()) || file.path == "src/app.rs";
        if !free && file.layer() != "api" {
            for line in code.lines().filter(|line| names(line, "actix_web") && !line.contains("utoipa_actix_web")) {
                offenders.push(format!("{}: {}", file.path, line.trim()));
            }
            if is_domain(&file) && modules_used(&code).contains("http") {
                offenders.push(format!("{} uses crate::http", file.path));
            }
        }
    }
    report("actix_web and crate::http are for http/, console/, app.rs and api.rs", &offenders);
}

#[test]
fn only_stores_speak_to_the_database() {
    let mut offenders = Vec::new();
    for (file, code) in program() {
        let free =
            file.module() == "db" || file.layer() == "store" || ["src/kernel/money.rs", "src/kernel/id.rs"].contains(&file.path.as_str());
        if free {
            continue;
        }
        let speaks: &[&str] = if file.layer() == "model" {
            // Derives, and column implementations of enums.
            &["diesel_async", "RunQueryDsl", "insert_into", "sql_query", "diesel::update", "diesel::delete", "diesel::select"]
        } else {
            &["diesel", "diesel_async", "diesel_migrations", "tokio_postgres"]
        };
        offenders.extend(speaks.iter().filter(|name| names(&code, name)).map(|name| format!("{} names {name}", file.path)));
    }
    report("diesel is for db/, store.rs, the derives of model.rs and two files of kernel/", &offenders);
}

#[test]
fn a_module_names_only_its_own_tables() {
    let files = program();
    let owners: BTreeMap<String, String> = files
        .iter()
        .filter(|(file, _)| file.path.ends_with("/mod.rs"))
        .flat_map(|(file, _)| file.tables().unwrap_or_default().into_iter().map(|table| (table, file.module().to_owned())))
        .collect();
    let mut offenders = Vec::new();
    for (file, code) in files.iter().filter(|(file, _)| file.path != "src/db/schema.rs") {
        for (at, _) in code.match_indices("schema::") {
            let rest = &code[at + "schema::".len()..];
            let path = if rest.starts_with('{') { rest.split(';').next() } else { rest.split([';', ':', ' ', ')', ']']).next() };
            let others = owners.iter().filter(|(table, owner)| *owner != file.module() && names(path.unwrap(), table));
            offenders.extend(others.map(|(table, owner)| format!("{} names {table} of {owner}", file.path)));
        }
    }
    report("a table belongs to one module", &offenders);
}

#[test]
fn rules_are_pure() {
    let mut offenders = Vec::new();
    for (file, code) in program().iter().filter(|(file, _)| file.layer() == "rules") {
        for name in
            ["async", "await", "Tx", "Db", "Clock", "Utc", "Local", "SystemTime", "Instant", "diesel", "rand", "now_v7", "fs", "env"]
        {
            if names(code, name) {
                offenders.push(format!("{} names {name}", file.path));
            }
        }
        let used = modules_used(code);
        offenders.extend(
            ["db", "http", "app", "access"].iter().filter(|used_too| used.contains(**used_too)).map(|m| format!("{} uses {m}", file.path)),
        );
    }
    report("rules: values in, decision or refusal out", &offenders);
}

#[test]
fn the_kernel_and_the_database_know_no_module_above_them() {
    let mut offenders = Vec::new();
    for (file, code) in program() {
        let allowed: &[&str] = match file.module() {
            "kernel" => &["kernel"],
            "db" => &["kernel", "db"],
            _ => continue,
        };
        let above = modules_used(&code).into_iter().filter(|module| !allowed.contains(&module.as_str()) && !module.is_empty());
        let modules: HashSet<String> = rust_files().iter().map(|file| file.module().to_owned()).collect();
        offenders.extend(above.filter(|module| modules.contains(module)).map(|module| format!("{} uses {module}", file.path)));
    }
    report("kernel ← db ← everything else", &offenders);
}

#[test]
fn ledger_audit_and_approvals_know_no_domain() {
    let mut offenders = Vec::new();
    for (file, code) in program().iter().filter(|(file, _)| DOMAINLESS.contains(&file.module())) {
        let used = modules_used(code);
        offenders.extend(DOMAIN.iter().filter(|domain| used.contains(**domain)).map(|domain| format!("{} uses {domain}", file.path)));
    }
    report("they know lines, sources and opaque subjects", &offenders);
}

#[test]
fn no_file_is_longer_than_one_reads() {
    let mut offenders = Vec::new();
    for file in rust_files().iter().filter(|file| file.path != "src/db/schema.rs") {
        // Unit tests at the end of a file do not count: they are read apart from it.
        let lines = file.text.split("#[cfg(test)]").next().unwrap().lines().count();
        if lines > LONGEST {
            offenders.push(format!("{}: {lines} lines", file.path));
        }
    }
    report("split them by noun", &offenders);
}

#[test]
fn every_code_is_unique_and_documented() {
    let listed: Vec<&str> = all_codes().map(|code| code.name).collect();
    let distinct: HashSet<&str> = listed.iter().copied().collect();
    assert_eq!(distinct.len(), listed.len(), "a code is listed twice: {listed:?}");
    let mut offenders = Vec::new();
    for (file, code) in program() {
        for part in code.split("Code::new(").skip(1) {
            match part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                Some(name) if !distinct.contains(name) => offenders.push(format!("{name} of {}", file.path)),
                _ => {}
            }
        }
    }
    report("codes that /problems does not list", &offenders);
    for code in all_codes() {
        let snake = code.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        assert!(snake && code.zh != code.en && !code.zh.is_empty() && !code.en.is_empty(), "{code:?}");
        assert!(!code.zh.is_ascii() && code.en.is_ascii() | code.en.contains('’'), "each in its own language: {code:?}");
    }
}

#[test]
fn what_the_scans_look_for_they_find() {
    let code = "use crate::{db, http::Answer};\nuse super::{model, store};\nlet x = crate::kernel::Money::ZERO;";
    let used = modules_used(code);
    assert!(["db", "http", "kernel"].iter().all(|module| used.contains(*module)) && !used.contains("model"), "{used:?}");
    let file = |path: &str| Source { path: path.to_owned(), text: code.to_owned() };
    assert_eq!(layers_used(&file("src/plans/model.rs"), code), BTreeSet::from(["model", "store"]));
    for (path, layer) in [
        ("src/plans/store.rs", "store"),
        ("src/plans/store/rosters.rs", "store"),
        ("src/registry/persons/api.rs", "api"),
        ("src/registry/person_service.rs", "service"),
        ("src/plans/error.rs", ""),
        ("src/app.rs", ""),
    ] {
        assert_eq!(file(path).layer(), layer, "{path}");
    }
    assert!(names("use diesel::prelude", "diesel") && !names("use diesel_async::X", "diesel"));
}
