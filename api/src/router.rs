//! The routes put together, with what stands around all of them.

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::auth::Keys;
use crate::gate::Gate;
use crate::problem::{BODY_BYTES_MAX, Fault, Problem};
use crate::{access, openapi, routes};

/// What the Swagger page may load: itself. It works offline, and whoever opens it tells nobody.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/// Everything that is served: the API under `/v1`, `/metrics`, `/openapi.json` and the Swagger page at `/docs`.
pub fn router(gate: Gate) -> Router {
    let (routes, described) = routes::all().split_for_parts();
    let keys = Keys::new(gate.pool.clone());
    routes
        .merge(docs(openapi::complete(described)))
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(Extension(keys))
        .layer(Extension(gate.rates.clone()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CatchPanicLayer::custom(access::panicked))
        .layer(from_fn(access::observe))
        .with_state(gate)
}

fn docs(document: OpenApi) -> Router<Gate> {
    // Without this the page would ask validator.swagger.io what it thinks of the document.
    let config = Config::default().validator_url("none");
    let page = SwaggerUi::new("/docs").url("/openapi.json", document).config(config);
    Router::from(page).layer(from_fn(offline))
}

async fn offline(request: Request, next: Next) -> Response {
    let path = shown(&request);
    let mut response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return Problem::from(Fault::UnknownRoute { path }).into_response();
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY));
    response
}

async fn unknown_route(request: Request) -> Problem {
    Fault::UnknownRoute { path: shown(&request) }.into()
}

async fn method_not_allowed(request: Request) -> Problem {
    let method = request.method().as_str().chars().take(20).collect();
    Fault::MethodNotAllowed { method, path: shown(&request) }.into()
}

/// The path as it was sent, cut: whoever sent it knows the rest.
fn shown(request: &Request) -> String {
    request.uri().path().chars().take(200).collect()
}
