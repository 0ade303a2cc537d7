//! A dump of the database shows no identity number, card number or phone.

use bangfu::kernel::canonical::Canonical;
use diesel_async::AsyncPgConnection;

use super::{Somebody, lives};
use crate::support::{TestApp, sql, world};

/// Every row of every table, as a superuser's dump writes it.
async fn dump(owner: &mut AsyncPgConnection) -> Vec<String> {
    let tables = sql::texts(
        owner,
        "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p', 'm') and c.relnamespace = 'public'::regnamespace",
    )
    .await;
    assert!(tables.len() > 40 && tables.iter().any(|table| table == "idempotency_key"), "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        rows.extend(sql::texts(owner, &format!("select '{table}: ' || t::text from {table} t")).await);
    }
    rows
}

#[test]
fn a_dump_shows_no_identity_number_card_number_or_phone() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let (somebody, reported) = (Somebody::new("欧阳静珍"), Somebody::new("罗永强"));
        lives(&app, &somebody, &reported).await;
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let rows = dump(&mut owner).await;
        assert!(rows.iter().any(|row| row.contains("欧阳静珍")), "the dump is of this database; names stand in it");
        let wanted = somebody.numbers().into_iter().chain(reported.numbers()).flat_map(|number| {
            // As text, as the bytes of a bytea, and as its plain digest.
            let mut digest = Canonical::new("bangfu.request.v1");
            digest.field(number);
            [number.to_owned(), hex::encode(number), hex::encode(number.chars().rev().collect::<String>()), digest.hex()]
        });
        for number in wanted {
            let found: Vec<&String> = rows.iter().filter(|row| row.contains(&number)).collect();
            assert!(found.is_empty(), "{number} in {found:#?}");
        }
        app.finish().await;
    });
}

#[test]
fn names_in_kept_answers_are_masked_and_the_digest_of_a_request_cannot_be_guessed() {
    world().block_on(async {
        let scratch = world().scratch().await;
        let (db, address) = scratch.serve().await;
        let app = TestApp::on(db, address).await;
        let somebody = Somebody::new("欧阳静珍");
        let body = somebody.body();
        app.post_with_key("/v1/persons", "the-key", &body).await.expect(201);
        let again = app.post_with_key("/v1/persons", "the-key", &body).await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let mut owner = bangfu::db::connect(&scratch.owner_url).await.unwrap();
        let kept =
            sql::texts(&mut owner, "select body || ' ' || request_digest from idempotency_key where key = 'the-key'").await.remove(0);
        assert!(kept.contains("欧阳**") && somebody.everything().iter().all(|personal| !kept.contains(personal)), "{kept}");
        // Whoever knows all of the request, and has the database only, cannot confirm it.
        let mut digest = Canonical::new("bangfu.request.v1");
        digest.field("POST").field("/v1/persons").field("").bytes(body.to_string().as_bytes());
        assert!(!kept.contains(&digest.hex()));
        app.finish().await;
    });
}
