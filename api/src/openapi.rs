//! The OpenAPI 3.1 document: what the routes say of themselves, and what holds for all of them.
//!
//! The way in, the `Idempotency-Key` and the problems are the same everywhere, so they are put in here once. Every
//! refusal of the domain and every fault of the API is an example under its status: none can be forgotten.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{Refusal, Rejection};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder};

use crate::answer::Receipt;
use crate::auth::BEARER;
use crate::problem::{Fault, PROBLEM_JSON, Problem};
use crate::{rate, routes};

/// Problems every route with a guard may answer with.
const EVERY_ROUTE: &[&str] = &["401", "403", "404", "422", "429", "500", "503"];

/// Problems every command may answer with besides.
const EVERY_COMMAND: &[&str] = &["400", "408", "409", "413", "415"];

/// Questions that need a body. They change nothing, so they have no name and no replay.
const QUESTIONS: &[&str] = &["check_entitlements", "preview_change"];

/// Problems of every body.
const EVERY_BODY: &[&str] = &["400", "408", "413", "415"];

/// Commands that need no name: the items of a batch have ids of their own, and of a consumption there is one reversal.
const NAMED_BY_CONTENT: &[&str] = &["consume_batch", "reverse_usage"];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tollgate",
        description = "Decides what an organization may use, what it has used, what it owes, and whom that pays.\n\n\
            Amounts are strings. Every command carries an `Idempotency-Key`: the same key gives the same answer, \
            however often it is sent; in a batch, every item carries an `id` instead. Every answer to a command has a receipt; its position is a `min_position` for \
            the reads that follow.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "catalogs", description = "What is sold"),
        (name = "discounts", description = "Codes by which organizations pay less"),
        (name = "organizations", description = "Who buys"),
        (name = "subscriptions", description = "Plans and their payments"),
        (name = "invoices", description = "What is billed, what was paid of it, and what went back"),
        (name = "entitlements", description = "What may be used, asked without using it"),
        (name = "usage", description = "What was used, and how close to its limit"),
        (name = "credits", description = "What can still be spent"),
        (name = "referrals", description = "Who referred whom, and what it earned"),
        (name = "revenue", description = "What a product earns, and how that moves"),
        (name = "operations", description = "How Tollgate is; open without a key"),
    ),
    components(schemas(ProblemBody))
)]
struct Document;

/// A problem (RFC 9457). Its other members are the values behind it, by name.
#[derive(utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes what `Problem` renders by hand")]
pub(crate) struct ProblemBody {
    /// Where the code is explained.
    #[schema(example = "docs/reference/rejections.md#insufficient_credits")]
    r#type: String,
    /// The code in words.
    #[schema(example = "Insufficient credits")]
    title: String,
    /// The HTTP status.
    #[schema(example = 402)]
    status: u16,
    /// The fact, with its values.
    #[schema(example = "a balance of 0.00 credits does not pay for 0.05")]
    detail: String,
    /// Stable and machine-readable.
    #[schema(example = "INSUFFICIENT_CREDITS")]
    code: String,
    /// The same as `code`.
    #[schema(example = "INSUFFICIENT_CREDITS")]
    error: String,
    /// What to do about it.
    #[schema(example = "top up credits")]
    hint: String,
    /// The field that was refused, if it is about one.
    #[schema(example = "quantity")]
    field: Option<String>,
    /// The position of the log a refused command was decided on. Read that far, it is refused again.
    decided_on: Option<Receipt>,
    /// The catalog version that bound the decision.
    #[schema(example = 1)]
    catalog_version: Option<u32>,
}

/// The whole document, as it is served and checked in.
#[must_use]
pub fn openapi() -> OpenApi {
    complete(routes::all().into_openapi())
}

/// Adds to the routes what holds for all of them.
pub(crate) fn complete(routes: OpenApi) -> OpenApi {
    let mut document = <Document as utoipa::OpenApi>::openapi();
    document.merge(routes);
    let problems = problems();
    for item in document.paths.paths.values_mut() {
        let commands = [item.post.as_mut(), item.put.as_mut(), item.delete.as_mut()];
        commands.into_iter().flatten().for_each(describe_command);
        operations(item).filter(|operation| operation.security.is_some()).for_each(|operation| {
            describe_rates(operation);
            describe_problems(operation, &problems);
        });
    }
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An admin key")).build();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(bearer).into());
    let headers = rate::HEADERS.into_iter().map(|(name, description)| (name.to_owned(), whole(description).into()));
    components.headers.extend(headers);
    components.parameters.insert("IdempotencyKey".to_owned(), idempotency_key().build().into());
    components.responses.extend(problems.into_iter().map(|(status, problem)| (name(&status), problem.into())));
    document
}

/// All operations under some paths.
pub(crate) fn operations_mut(paths: &mut Paths) -> impl Iterator<Item = &mut Operation> {
    paths.paths.values_mut().flat_map(operations)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [item.get.as_mut(), item.post.as_mut(), item.put.as_mut(), item.delete.as_mut()].into_iter().flatten()
}

fn describe_command(command: &mut Operation) {
    let describe = |command: &mut Operation, statuses: &[&str]| {
        for status in statuses {
            command.responses.responses.entry((*status).to_owned()).or_insert_with(|| Response::default().into());
        }
    };
    if command.operation_id.as_deref().is_some_and(|id| QUESTIONS.contains(&id)) {
        return describe(command, EVERY_BODY);
    }
    if !command.operation_id.as_deref().is_some_and(|id| NAMED_BY_CONTENT.contains(&id)) {
        let key = RefOr::Ref(Ref::new("#/components/parameters/IdempotencyKey"));
        command.parameters.get_or_insert_default().push(key);
    }
    let replayed = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]))))
        .description(Some("There if the answer was given before, under the same key"))
        .build();
    for (status, response) in &mut command.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            response.headers.insert("Idempotent-Replayed".to_owned(), replayed.clone().into());
        }
    }
    describe(command, EVERY_COMMAND);
}

/// Names the headers that tell a guarded route's callers how often they may still ask.
fn describe_rates(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            response.headers.extend(rate_headers());
        }
    }
}

/// Names them where they are sent; described they are once.
fn rate_headers() -> impl Iterator<Item = (String, RefOr<Header>)> {
    let pointed = |name: &str| RefOr::Ref(Ref::new(format!("#/components/headers/{name}")));
    rate::HEADERS.into_iter().map(move |(name, _)| (name.to_owned(), pointed(name)))
}

fn whole(description: &str) -> Header {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    HeaderBuilder::new().schema(Some(number)).description(Some(description)).build()
}

/// Points every problem of a guarded route to the one place where it is described.
fn describe_problems(operation: &mut Operation, problems: &BTreeMap<String, Response>) {
    let responses = &mut operation.responses.responses;
    for status in EVERY_ROUTE {
        responses.entry((*status).to_owned()).or_insert_with(|| Response::default().into());
    }
    for (status, response) in responses {
        if problems.contains_key(status) {
            *response = RefOr::Ref(Ref::new(format!("#/components/responses/{}", name(status))));
        }
    }
}

fn name(status: &str) -> String {
    format!("Problem{status}")
}

/// Every problem there is, by status, each code with an example.
fn problems() -> BTreeMap<String, Response> {
    let refused = Rejection::samples().into_iter().map(|sample| (sample.code(), Problem::from(sample)));
    let faults = Fault::samples().into_iter().map(|sample| (sample.code(), Problem::from(sample)));
    let mut by_status: BTreeMap<String, (String, BTreeMap<String, Problem>)> = BTreeMap::new();
    for (code, problem) in faults.chain(refused) {
        let reason = problem.status().canonical_reason().unwrap_or("Problem").to_owned();
        let (_, codes) = by_status.entry(problem.status().as_str().to_owned()).or_insert((reason, BTreeMap::new()));
        // A rate and a quota may share a code; their kinds tell them apart.
        let name = match problem.body()["kind"].as_str() {
            Some(kind) if codes.contains_key(code) => format!("{code}_{kind}"),
            _ => code.to_owned(),
        };
        codes.entry(name).or_insert(problem);
    }
    let mut problems: BTreeMap<String, Response> =
        by_status.into_iter().map(|(status, (reason, codes))| (status, response(&reason, &codes))).collect();
    if let Some(too_many) = problems.get_mut(StatusCode::TOO_MANY_REQUESTS.as_str()) {
        let retry_after = whole("Seconds until there is more: of a rate, or of an allowance that turns over");
        too_many.headers.extend(rate_headers());
        too_many.headers.insert("Retry-After".to_owned(), retry_after.into());
    }
    problems
}

fn response(reason: &str, codes: &BTreeMap<String, Problem>) -> Response {
    let example = |(name, problem): (&String, &Problem)| {
        (name.clone(), ExampleBuilder::new().value(Some(problem.body())).build())
    };
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(codes.iter().map(example))
        .build();
    ResponseBuilder::new().description(reason).content(PROBLEM_JSON, content).build()
}

fn idempotency_key() -> ParameterBuilder {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(
            "The command's name, 1 to 200 visible ASCII characters. A retry repeats it together with the body and \
             gets the first answer again, without expiry; another body under it is refused.",
        ))
        .schema(Some(<String as utoipa::PartialSchema>::schema()))
        .example(Some("5d0c2a52-8a51-4f0f-8f4e-0b8f2d6c9b11".into()))
}
