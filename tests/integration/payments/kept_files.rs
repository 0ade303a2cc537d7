//! The file of a batch is given again byte for byte, whatever is edited afterwards.

use diesel_async::SimpleAsyncConnection;
use serde_json::{Value, json};

use super::files::{content, paying_account, released};
use crate::support::{Aid, TestApp, run, sql};

/// Edits an account as its maker may.
async fn edit(app: &TestApp, account: &str, change: &Value) {
    let path = format!("/v1/payee-accounts/{account}");
    let tag = app.get(&path).await.expect(200).header("etag").unwrap().to_owned();
    app.put(&path, &tag, change).await.expect(200);
}

/// A batch with its file, the paying account and a payee's account.
async fn written(app: &TestApp, aid: &Aid, format: &str) -> (String, String, String) {
    let (_, batch, instructions) = released(app, aid).await;
    let from = paying_account(app).await;
    app.post(&format!("/v1/batches/{batch}/file"), &json!({"format": format, "from_account_id": from})).await.expect(200);
    (batch, from, instructions[0]["payee_account_id"].as_str().unwrap().to_owned())
}

#[test]
fn a_file_is_the_same_bytes_after_banks_and_holders_are_edited() {
    run(async |app| {
        let aid = Aid::new(app).await;
        for format in ["pain001", "layout"] {
            let (batch, from, payee) = written(app, &aid, format).await;
            let first = content(app, &batch).await;
            edit(app, &payee, &json!({"bank_name": "另一家银行"})).await;
            edit(app, &from, &json!({"bank_name": "另一家银行", "holder_name": "更名后的总工会", "agent_reason": "更名"})).await;
            assert_eq!(content(app, &batch).await, first);
            app.post(&format!("/v1/batches/{batch}/send"), &json!({"sent_on": "2022-09-06"})).await.expect(200);
            assert_eq!(content(app, &batch).await, first);
        }
    });
}

#[test]
fn the_file_that_is_kept_shows_nothing_to_who_reads_the_rows() {
    run(async |app| {
        let (batch, ..) = written(app, &Aid::new(app).await, "pain001").await;
        let mut owner = sql::owner().await;
        let query = format!(
            "select (position('<Document'::bytea in content_sealed) = 0 and octet_length(content_sealed) > 100)::text
             from batch_file_piece where batch_id = '{batch}'"
        );
        assert_eq!(sql::texts(&mut owner, &query).await, ["true"]);
    });
}

#[test]
fn a_file_from_before_files_were_kept_is_made_again_kept_then_and_never_made_up() {
    run(async |app| {
        let (batch, _, payee) = written(app, &Aid::new(app).await, "layout").await;
        let first = content(app, &batch).await;
        let mut owner = sql::owner().await;
        owner.batch_execute(&format!("delete from batch_file_piece where batch_id = '{batch}'")).await.unwrap();
        let before = app.get(&format!("/v1/payee-accounts/{payee}")).await.expect(200).body["bank_name"].clone();
        edit(app, &payee, &json!({"bank_name": "另一家银行"})).await;
        app.get(&format!("/v1/batches/{batch}/file/content")).await.refused(409, "batch_file_not_kept");
        edit(app, &payee, &json!({"bank_name": before})).await;
        assert_eq!(content(app, &batch).await, first);
        edit(app, &payee, &json!({"bank_name": "另一家银行"})).await;
        assert_eq!(content(app, &batch).await, first);
    });
}
