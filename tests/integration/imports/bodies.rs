//! Bodies that do not say how long they are.

use std::time::Duration;

use bangfu::kernel::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::unique;
use crate::support::world::FILE_LIMIT;
use crate::support::{run, world};

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
