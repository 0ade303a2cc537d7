//! Bodies that do not say how long they are, that are no files, or that hold no rows.

use std::time::Duration;

use bangfu::kernel::Role;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::file;
use crate::support::app::unique;
use crate::support::world::FILE_LIMIT;
use crate::support::{Aid, run, world};

const CHUNK: usize = 1 << 16;
/// Long enough for a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The body never ends: whoever waited for its end would never answer, and whoever held more of it than the limit would have to
/// have got more than is ever sent.
#[test]
fn a_body_in_chunks_is_refused_as_soon_as_it_is_longer_than_the_limit() {
    run(async |app| {
        let mut stream = TcpStream::connect(world().address).await.unwrap();
        let head = format!(
            "POST /v1/households/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nBangfu-Federation: {}\r\nIdempotency-Key: {}\r\n\
             Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            app.token(Role::Maker),
            app.federation,
            unique("key")
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = [format!("{CHUNK:x}\r\n").as_bytes(), &vec![b'a'; CHUNK], b"\r\n"].concat();
        for _ in 0..=FILE_LIMIT / CHUNK {
            stream.write_all(&chunk).await.unwrap();
        }
        let (mut told, mut piece) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&told).contains("limit_bytes") {
            let read = tokio::time::timeout(PATIENCE, stream.read(&mut piece)).await.expect("an answer before the body ends").unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&told));
            told.extend_from_slice(&piece[..read]);
        }
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(told.starts_with("HTTP/1.1 413") && told.contains("body_too_large"), "{told}");
        drop(stream);
        assert_eq!(app.get_as(Role::Maker, "/v1/jobs").await.expect(200).body["totals"]["count"], 0);
        app.finish().await;
    });
}

#[test]
fn a_form_around_a_file_is_refused_and_so_are_heads_without_rows() {
    run(async |app| {
        Aid::new(app).await;
        let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n姓名\r\n--b--\r\n";
        let request = app.request(Method::POST, "/v1/households/import").header("Idempotency-Key", unique("key"));
        app.send(request.header("Content-Type", "multipart/form-data; boundary=b").body(form)).await.refused(415, "body_is_form");
        let job = app.import("/v1/households/import", "a.csv", file(&[]).as_slice()).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("table_empty")), "{job}");
    });
}
