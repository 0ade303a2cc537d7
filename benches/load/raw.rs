//! The same rows by plain SQL: what the database itself takes for them, which no service can undercut.

use std::time::Instant;

use super::server::Service;
use super::table::Table;

/// Copies what the scenarios wrote into tables like those they were written to, indexes and all, without foreign keys, triggers,
/// rules or a service.
pub async fn copies(service: &Service, table: &mut Table) {
    for (what, names) in [
        (
            "the dossiers' rows by INSERT … SELECT",
            &["person", "payee_account", "household", "household_member", "dossier", "dossier_event", "dossier_category", "imported_row"][..],
        ),
        ("the roster's rows by INSERT … SELECT", &["roster_entry", "roster_funding"]),
        ("the instructions' rows by INSERT … SELECT", &["instruction", "payment_claim"]),
        ("the results' rows by INSERT … SELECT", &["evidence", "instruction_event", "posting"]),
    ] {
        let made: String = names
            .iter()
            .map(|name| format!("create table raw_{name} (like {name} including defaults including indexes including constraints); "))
            .collect();
        service.sql(&made).await;
        let copied: String = names.iter().map(|name| format!("insert into raw_{name} select * from {name}; ")).collect();
        let began = Instant::now();
        service.sql(&format!("begin; {copied} commit")).await;
        table.note(what, format!("{:.2} s", began.elapsed().as_secs_f64()));
        let dropped: String = names.iter().map(|name| format!("drop table raw_{name}; ")).collect();
        service.sql(&dropped).await;
    }
    let began = Instant::now();
    service.sql("copy (select * from instruction) to '/dev/null'").await;
    table.note("the payments' rows by COPY", format!("{:.2} s", began.elapsed().as_secs_f64()));
}
