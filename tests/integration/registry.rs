//! Persons, households, dossiers, model workers and payee accounts.

use crate::support::run;

#[test]
fn the_builders_of_the_registry_build() {
    run(async |app| {
        let hardship = app.hardship("杨静珍", "deep").await;
        app.account_of_person(&hardship.person, "union_card").await;
        let hospital = app.organisation("vendor", "医院").await;
        app.account_of_organisation(&hospital).await;
        let honoured = app.model_worker("罗永强", "provincial").await;
        app.death(&honoured.person, "2022-02-14").await;
    });
}
