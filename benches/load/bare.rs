//! Clients with a connection each that cost little: on two cores what they take is missing to the service, as it would not be if
//! they were elsewhere. They speak HTTP over one connection and do nothing else: requests are made before the clock starts, as
//! pgbench prepares its statements, and answers are looked at only for their status.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{cell::RefCell, thread};

use http_body_util::BodyExt;
use hyper::header::HOST;
use hyper::http::{HeaderValue, Request};
use hyper::{Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use reqwest::Body;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

/// Sends requests by so many clients, each its next one as soon as it was answered; how long that took.
pub async fn send(clients: usize, address: &str, requests: Vec<reqwest::Request>) -> Duration {
    let (address, requests) = (Arc::<str>::from(address), requests.into_iter().map(bare).collect());
    // On one thread of their own: nothing is handed over between threads.
    let running = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, all(clients, address, requests))
    });
    tokio::task::spawn_blocking(move || running.join().unwrap()).await.unwrap()
}

/// A request as it goes over a connection to its host.
fn bare(request: reqwest::Request) -> Request<Body> {
    let mut request = Request::<Body>::try_from(request).unwrap();
    let host = HeaderValue::from_str(request.uri().authority().unwrap().as_str()).unwrap();
    request.headers_mut().insert(HOST, host);
    *request.uri_mut() = Uri::try_from(request.uri().path_and_query().unwrap().as_str()).unwrap();
    request
}

async fn all(clients: usize, address: Arc<str>, requests: VecDeque<Request<Body>>) -> Duration {
    let waiting = Rc::new(RefCell::new(requests));
    let began = Instant::now();
    let running: Vec<_> = (0..clients).map(|_| tokio::task::spawn_local(one(address.clone(), waiting.clone()))).collect();
    for client in running {
        client.await.unwrap();
    }
    began.elapsed()
}

async fn one(address: Arc<str>, waiting: Rc<RefCell<VecDeque<Request<Body>>>>) {
    let stream = TcpStream::connect(&*address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut connection, driver) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::task::spawn_local(driver);
    loop {
        let Some(request) = waiting.borrow_mut().pop_front() else { return };
        connection.ready().await.unwrap();
        let answer = connection.send_request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{status} {}", String::from_utf8_lossy(&body));
    }
}
