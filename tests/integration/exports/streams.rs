//! How an export travels: piece by piece, broken off rather than short, and stopped when nobody reads it.

use diesel_async::SimpleAsyncConnection;
use reqwest::Method;

use super::{Exported, records};
use crate::support::{TestApp, run, sql};

/// What makes so many organisations as plain rows; the last of them has this name.
pub fn making_organisations(app: &TestApp, count: u32, last: &str) -> String {
    let federation = app.federation;
    format!(
        "insert into organisation (federation_id, id, kind, name, aliases, created_at)
         select '{federation}', ('0190' || lpad(to_hex(n), 4, '0') || '-0000-7000-8000-000000000000')::uuid, 'vendor',
                case n when {count} then '{last}' else '供应商' || repeat('某', 40) || n end, '{{}}', now()
         from generate_series(1, {count}) n"
    )
}

/// So many organisations as plain rows; the last of them has this name.
pub async fn organisations(app: &TestApp, count: u32, last: &str) {
    sql::owner().await.batch_execute(&making_organisations(app, count, last)).await.unwrap();
}

#[test]
fn fifty_thousand_rows_arrive_once_each_and_in_order() {
    run(async |app| {
        organisations(app, 50_000, "最后").await;
        let file = Exported::of(records(&app.get("/v1/organisations/export").await.expect(200).text));
        let ids = file.column("编号");
        assert_eq!((ids.len(), file.totals[1].as_str()), (50_000, "50000"));
        assert!(ids.is_sorted_by(|one, other| one < other));
        assert_eq!(file.column("名称").last(), Some(&"最后"));
    });
}

#[test]
fn what_goes_wrong_midway_breaks_the_body_off() {
    run(async |app| {
        // A character that GB18030 has not.
        organisations(app, 30_000, "\u{e5e5}").await;
        let path = "/v1/organisations/export?format=csv_gb18030";
        let reply = app.request_as(bangfu::kernel::Role::Maker, Method::GET, path).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 200);
        assert!(reply.bytes().await.is_err(), "a file without its end must not look whole");
        // Where nothing was sent yet, there is an answer that says so.
        let workbook = app.get("/v1/organisations/export?format=xlsx").await.expect(200);
        assert_eq!(&workbook.bytes[..2], b"PK");
    });
}

#[test]
fn a_client_that_goes_away_stops_its_export() {
    run(async |app| {
        organisations(app, 60_000, "最后").await;
        // More of them than run at a time: each must have made room for the next.
        for _ in 0..6 {
            let request = app.request_as(bangfu::kernel::Role::Maker, Method::GET, "/v1/organisations/export");
            let mut reply = request.header("Accept-Encoding", "identity").send().await.unwrap();
            assert_eq!(reply.status().as_u16(), 200);
            assert!(reply.chunk().await.unwrap().is_some());
            drop(reply);
        }
        let file = app.get("/v1/organisations/export?kind=vendor").await.expect(200);
        assert_eq!(Exported::of(records(&file.text)).rows.len(), 60_000);
    });
}
