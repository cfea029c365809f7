//! Around every request: its id, one log line, its metrics, and a problem where a handler panics.
//!
//! The log line, at level debug for a read that went well, has the method, the route as it is written in the OpenAPI
//! document, the status and the time. Never a header, a query, a body or a path as it was sent: they may hold a key or a
//! personal datum.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::{Instrument, Span};

use crate::problem::{Fault, Problem};
use crate::request::{RequestId, X_REQUEST_ID};

/// What a route is called that is none.
const UNMATCHED: &str = "(unmatched)";

/// Names the request, lets it through and tells the log.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let method = known(request.method());
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_else(|| UNMATCHED.to_owned());
    request.extensions_mut().insert(id.clone());
    // A product asks what it may do thousands of times a second: a read has a span only if there is something to tell.
    let span = if method == "GET" { Span::none() } else { named(&id, method, &route) };
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (started.elapsed(), response.status().as_u16());
    tell(&id, method, &route, &span, took, status);
    metrics::histogram!("tollgate_http_request_seconds", "method" => method, "route" => route, "status" => status.to_string())
        .record(took.as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

fn named(RequestId(id): &RequestId, method: &str, route: &str) -> Span {
    tracing::info_span!("request", request_id = id, method, route)
}

/// The log line of a request.
fn tell(id: &RequestId, method: &'static str, route: &str, span: &Span, took: Duration, status: u16) {
    let latency_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if !span.is_none() {
        return span.in_scope(|| tracing::info!(status, latency_us, "served"));
    }
    if status >= 400 {
        named(id, method, route).in_scope(|| tracing::info!(status, latency_us, "served"));
    } else if tracing::enabled!(tracing::Level::DEBUG) {
        named(id, method, route).in_scope(|| tracing::debug!(status, latency_us, "served"));
    }
}

/// A method by its name; a caller may make up others, and each would be a new time series.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}

/// A panic is a fault of Tollgate; the panic hook has told the log where.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::from(Fault::Internal).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn breaks() -> &'static str {
        panic!("a fault of ours")
    }

    #[tokio::test]
    async fn a_handler_that_panics_answers_with_a_problem_and_its_request_id() {
        let routes = Router::new().route("/", get(breaks));
        let router: Router = routes.layer(CatchPanicLayer::custom(panicked)).layer(from_fn(observe));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert!(response.headers().contains_key(X_REQUEST_ID));
    }
}
