//! A file of statements is kept whole: the same bytes, for good.

use bangfu::kernel::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::source::root;
use crate::support::statements::{Row, STATEMENTS, csv};
use crate::support::{Aid, TestApp, run, sql};

/// The bytes that are kept of the file with a digest, opened with the service's keys.
async fn kept(app: &TestApp, digest: &str) -> Vec<u8> {
    let mut owner = sql::owner().await;
    let query = format!(
        "select p.id, encode(p.content_sealed, 'hex') as sealed from bank_file_piece p join bank_file f on f.id = p.file_id
         where f.federation_id = '{}' and f.digest = '{digest}' order by p.position",
        app.federation
    );
    let rows = sql::rows(&mut owner, &query).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pieces: Vec<(Uuid, Vec<u8>)> =
        rows.iter().map(|row| (text(&row["id"]).parse().unwrap(), hex::decode(text(&row["sealed"])).unwrap())).collect();
    let open = async |tx: &mut bangfu::db::Tx| {
        let mut bytes = Vec::new();
        for (id, sealed) in &pieces {
            assert!(!sealed.windows(6).any(|window| window == b"510599"), "nothing in clear");
            bytes.extend(bangfu::db::pieces::open(tx, "bank_file_piece.content", *id, sealed)?);
        }
        Ok(bytes)
    };
    app.db.read(&app.caller(), open).await.unwrap()
}

#[test]
fn a_file_of_each_format_is_kept_byte_for_byte() {
    run(async |app| {
        let _ = Aid::new(app).await;
        let sample = |name: &str| std::fs::read(root().join("tests/samples/bank").join(name)).unwrap();
        // Longer than a piece.
        let rows: Vec<Row> = (0..9000)
            .map(|number| Row {
                remittance: "慰问金".repeat(20),
                ..Row::debit("2022-09-06", "1.00", &format!("A{number}")).coded("手续费")
            })
            .collect();
        let long = csv(&rows);
        assert!(long.len() > 1 << 20);
        for (path, bytes) in
            [("/v1/bank-statements", sample("camt053.xml")), ("/v1/bank-statements", sample("statement.mt940")), (STATEMENTS, long)]
        {
            let report = app.statements(path, &bytes).await;
            let digest = report["file_digest"].as_str().unwrap();
            assert_eq!(digest, hex::encode(Sha256::digest(&bytes)));
            assert!(kept(app, digest).await == bytes, "{path}");
            let id = report["statements"][0]["id"].as_str().unwrap();
            let path = format!("/v1/bank-statements/{id}/content");
            assert!(app.get_as(Role::Cashier, &path).await.expect(200).bytes == bytes, "{path}");
            for role in [Role::Checker, Role::Finance, Role::Auditor] {
                app.get_as(role, &path).await.refused(403, "permission_denied");
            }
            let events = app.get(&format!("/v1/audit/events?subject_kind=bank-statements&subject_id={id}")).await.expect(200).body;
            let action = json!("GET /v1/bank-statements/{id}/content");
            let of = |event: &&Value| event["action"] == action;
            let told: Vec<_> = events["items"].as_array().unwrap().iter().filter(of).map(|event| &event["actor"]).collect();
            assert_eq!((told.len(), told.iter().filter(|actor| **actor == "cashier").count()), (4, 1), "who saw it, and who may not");
        }
    });
}

#[test]
fn a_statement_is_printed_with_the_equation_and_whether_it_holds() {
    run(async |app| {
        let aid = Aid::new(app).await;
        let (_, _, rows) = super::sent(&aid, &["10"]).await;
        let lines = [Row::debit("2022-09-06", "10.00", "A1").of(&rows[0]), Row::debit("2022-09-06", "5.00", "A2").coded("手续费")];
        let statement = app.bank_statement(&lines).await;
        let path = format!("/v1/bank-statements/{}/forms/reconciliation", statement["id"].as_str().unwrap());
        let page = app.get(&path).await.expect(200).text;
        let plain: String =
            page.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim()).collect::<Vec<_>>().join(" ");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        for figure in ["账面合计 -10.00", "银行合计 -15.00", "例外合计 5.00", "账面减银行等于例外 是", "手续费 1 1 5.00"]
        {
            assert!(plain.contains(figure), "{figure}: {plain}");
        }
        assert!(app.get(&format!("{path}?format=xlsx")).await.expect(200).bytes.starts_with(b"PK"));
        app.get_as(Role::Administrator, &path).await.refused(403, "permission_denied");
    });
}
