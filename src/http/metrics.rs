//! Counters for Prometheus: requests and their latencies, the pool, postings.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

use crate::app::AppState;

/// The service's metrics.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Series>);

#[derive(Debug)]
struct Series {
    registry: Registry,
    requests: IntCounterVec,
    latencies: HistogramVec,
    pool_open: IntGauge,
    pool_idle: IntGauge,
    pool_most: IntGauge,
}

impl Metrics {
    /// Registers the series.
    ///
    /// # Errors
    /// When two series have one name: a defect.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(Opts::new("bangfu_http_requests_total", "Requests answered"), &["method", "route", "status"])?;
        let latencies = HistogramVec::new(HistogramOpts::new("bangfu_http_request_seconds", "Time to answer"), &["method", "route"])?;
        let pool_open = IntGauge::new("bangfu_pool_connections_open", "Database connections open")?;
        let pool_idle = IntGauge::new("bangfu_pool_connections_idle", "Database connections idle")?;
        let pool_most = IntGauge::new("bangfu_pool_connections_most", "Database connections at most")?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(latencies.clone()))?;
        registry.register(Box::new(pool_open.clone()))?;
        registry.register(Box::new(pool_idle.clone()))?;
        registry.register(Box::new(pool_most.clone()))?;
        registry.register(Box::new(crate::ledger::POSTINGS.clone()))?;
        Ok(Self(Arc::new(Series { registry, requests, latencies, pool_open, pool_idle, pool_most })))
    }

    /// The text Prometheus reads.
    #[must_use]
    pub fn render(&self, open: usize, idle: usize, most: usize) -> String {
        self.0.pool_open.set(i64::try_from(open).unwrap_or(i64::MAX));
        self.0.pool_idle.set(i64::try_from(idle).unwrap_or(i64::MAX));
        self.0.pool_most.set(i64::try_from(most).unwrap_or(i64::MAX));
        TextEncoder::new().encode_to_string(&self.0.registry.gather()).unwrap_or_default()
    }
}

/// Middleware: counts and times every request by its route's pattern, never by its path, which holds ids.
///
/// # Errors
/// None of its own.
pub async fn measure(request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let started = Instant::now();
    let metrics = request.app_data::<web::Data<AppState>>().map(|state| state.metrics.clone());
    // Anybody can make up methods; each would be a series of its own.
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let method = if known.contains(request.method()) { request.method().to_string() } else { "other".to_owned() };
    let response = next.call(request).await?;
    if let Some(metrics) = metrics {
        let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        metrics.0.requests.with_label_values(&[method.as_str(), &route, response.status().as_str()]).inc();
        metrics.0.latencies.with_label_values(&[method.as_str(), &route]).observe(started.elapsed().as_secs_f64());
    }
    Ok(response)
}
