//! What bad input gets: a problem with a stable code that names the field and the value, and nothing is written.

use axum::body::Body;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::{House, Reply};

/// One wrong request: the route, the body, and what is told about it.
struct Wrong {
    route: &'static str,
    body: Value,
    status: u16,
    code: &'static str,
    field: &'static str,
    detail: &'static str,
}

fn wrong(route: &'static str, body: Value, told: (u16, &'static str, &'static str, &'static str)) -> Wrong {
    let (status, code, field, detail) = told;
    Wrong { route, body, status, code, field, detail }
}

const REGISTER: &str = "POST /v1/organizations";
const START: &str = "POST /v1/organizations/maria/subscription";
const PAY: &str = "POST /v1/organizations/maria/payments";
const USE: &str = "POST /v1/organizations/maria/usage";
const TOP_UP: &str = "POST /v1/organizations/maria/credits";
const SPONSOR: &str = "PUT /v1/organizations/maria/sponsor";

/// A house with juan, who referred maria, on a free plan, and pedro, whom nobody referred.
async fn inhabited() -> (House, [String; 3]) {
    let house = House::with_agencia().await;
    let juan = house.register("juan", None).await;
    let maria = house.register("maria", Some(&juan)).await;
    let pedro = house.register("pedro", None).await;
    house.command(START, json!({ "plan": "gratis" })).await.accepted();
    (house, [juan, maria, pedro])
}

async fn check(house: &House, cases: Vec<Wrong>) {
    let before = house.events().await;
    for Wrong { route, body, status, code, field, detail } in cases {
        let reply = house.command(route, body.clone()).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{route} {body}: {}", reply.json());
        let told = reply.json();
        assert_eq!((&told["field"], &told["detail"]), (&json!(field), &json!(detail)), "{route} {body}");
        assert_eq!((&told["error"], &told["status"]), (&json!(code), &json!(status)));
        assert!(told["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    }
    assert_eq!(house.events().await, before, "something was written");
}

#[tokio::test]
async fn a_field_that_cannot_be_is_named_with_its_value() {
    let (house, _) = inhabited().await;
    let amount = |amount: Value| json!({ "amount": amount });
    let quantity = |quantity: Value| json!({ "feature": "whatsapp_messages", "quantity": quantity });
    let payment = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    let new = |id: &str, zone: &str| json!({ "id": id, "product": "agencia", "time_zone": zone });
    let invalid = |field, detail| (422, "invalid_field", field, detail);
    check(
        &house,
        vec![
            wrong(TOP_UP, amount(json!("-1")), invalid("amount", "amount: -1 is not above zero")),
            wrong(TOP_UP, amount(json!(0)), invalid("amount", "amount: 0 is not above zero")),
            wrong(
                TOP_UP,
                amount(json!("0.0000001")),
                invalid("amount", "amount: 0.0000001 has more than the 6 decimals of credits"),
            ),
            wrong(
                TOP_UP,
                amount(json!(9.95)),
                invalid("amount", "amount: 9.95 is not exact as a JSON number; write it as a string such as \"9.95\""),
            ),
            wrong(
                TOP_UP,
                amount(json!("1000000000000.01")),
                invalid("amount", "amount: 1000000000000.01 is above the largest amount, 1000000000000"),
            ),
            wrong(TOP_UP, amount(json!("ten")), invalid("amount", "amount: \"ten\" is not an amount such as \"9.95\"")),
            wrong(TOP_UP, json!({}), invalid("amount", "amount: missing field `amount`")),
            wrong(
                TOP_UP,
                json!({ "amount": "1", "bonus": true }),
                invalid("bonus", "bonus: unknown field `bonus`, expected `amount` or `reference`"),
            ),
            wrong(
                TOP_UP,
                json!({ "amount": "1", "reference": "invoice 7" }),
                invalid("reference", "reference: reference \"invoice 7\" is not 1 to 64 letters, digits, - and _"),
            ),
            wrong(USE, quantity(json!("-2")), invalid("quantity", "quantity: -2 is not above zero")),
            wrong(PAY, payment("0.001", "USD"), invalid("amount", "amount: 0.001 has more than the 2 decimals of USD")),
            wrong(
                PAY,
                payment("1", "usd"),
                invalid("currency", "currency: currency \"usd\" is not an ISO 4217 code such as USD"),
            ),
            wrong(
                REGISTER,
                new("rosa", "Mars/Base"),
                invalid("time_zone", "time_zone: time zone \"Mars/Base\" is not an IANA name such as America/Santiago"),
            ),
            wrong(
                REGISTER,
                new("ro sa", "UTC"),
                invalid("id", "id: organization \"ro sa\" is not 1 to 64 letters, digits, - and _"),
            ),
            wrong(
                START,
                json!({ "plan": "starter", "interval": "week" }),
                invalid("interval", "interval: unknown variant `week`, expected `month` or `year`"),
            ),
            wrong(
                "POST /v1/organizations/ma.ria/credits",
                amount(json!("1")),
                invalid(
                    "organization",
                    "organization: organization \"ma.ria\" is not 1 to 64 letters, digits, - and _",
                ),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let (house, _) = inhabited().await;
    let new = |product: &str, code: Value| json!({ "product": product, "time_zone": "UTC", "referral_code": code });
    let use_of = |feature: &str| json!({ "feature": feature, "quantity": 1 });
    let nobody = (404, "organization.unknown", "organization", "the organization is not registered");
    check(
        &house,
        vec![
            wrong("POST /v1/organizations/nobody/usage", use_of("ai_runs"), nobody),
            wrong("POST /v1/organizations/nobody/credits", json!({ "amount": 1 }), nobody),
            wrong("POST /v1/organizations/nobody/subscription", json!({ "plan": "starter" }), nobody),
            wrong("PUT /v1/organizations/nobody/sponsor", json!({ "referral_code": "7KQ2M9XWRA" }), nobody),
            wrong(
                USE,
                use_of("faxes"),
                (404, "ledger.unknown_feature", "feature", "product agencia has no feature faxes"),
            ),
            wrong(
                "POST /v1/organizations/juan/subscription",
                json!({ "plan": "gold" }),
                (404, "subscription.unknown_plan", "plan", "product agencia has no plan gold"),
            ),
            wrong(
                REGISTER,
                new("nothing", json!(null)),
                (404, "organization.unknown_product", "product", "product nothing has no published catalog"),
            ),
            wrong(
                REGISTER,
                new("nothing", json!("7KQ2M9XWRA")),
                (404, "organization.unknown_product", "product", "product nothing has no published catalog"),
            ),
            wrong(
                REGISTER,
                new("agencia", json!("7KQ2M9XWRA")),
                (404, "referral.unknown_code", "referral_code", "referral code 7KQ2M9XWRA belongs to nobody"),
            ),
        ],
    )
    .await;
    let told = house.command("POST /v1/organizations/nobody/usage", use_of("ai_runs")).await.json();
    assert_eq!(told["organization"], "nobody");
}

#[tokio::test]
async fn what_the_world_stands_against_is_named() {
    let (house, [juan, maria, pedro]) = inhabited().await;
    house.command("PUT /v1/organizations/pedro/sponsor", json!({ "referral_code": maria })).await.accepted();
    let code = |code: &str| json!({ "referral_code": code });
    let use_of = |feature: &str, quantity: u32| json!({ "feature": feature, "quantity": quantity });
    check(
        &house,
        vec![
            wrong(
                SPONSOR,
                code(&pedro),
                (409, "referral.already_sponsored", "referral_code", "organization maria was referred by juan already"),
            ),
            wrong(
                SPONSOR,
                code(&maria),
                (422, "referral.self_referral", "referral_code", "organization maria cannot refer itself"),
            ),
            wrong(
                "PUT /v1/organizations/juan/sponsor",
                code(&pedro),
                (409, "referral.cycle", "referral_code", "organization pedro stands below juan in the referral tree"),
            ),
            wrong(
                REGISTER,
                json!({ "id": "maria", "product": "agencia", "time_zone": "UTC", "referral_code": juan }),
                (
                    409,
                    "organization.already_registered",
                    "id",
                    "organization maria is registered already, with product agencia",
                ),
            ),
            wrong(
                START,
                json!({ "plan": "starter" }),
                (409, "subscription.already_started", "plan", "plan gratis was started already"),
            ),
            wrong(
                USE,
                use_of("white_label", 1),
                (422, "ledger.not_a_quota", "feature", "feature white_label is a flag, only a quota can be consumed"),
            ),
            wrong(
                USE,
                use_of("whatsapp_messages", 51),
                (402, "INSUFFICIENT_CREDITS", "quantity", "a balance of 0.00 credits does not pay for 0.05"),
            ),
        ],
    )
    .await;
    let no_plan = house.command("POST /v1/organizations/juan/usage", use_of("ai_runs", 1)).await;
    assert_eq!(no_plan.problem(), (403, "subscription.no_plan_in_force".to_owned()));
}

#[tokio::test]
async fn a_used_up_allowance_says_when_it_turns_over() {
    let (house, _) = inhabited().await;
    let run = json!({ "feature": "ai_runs", "quantity": 1 });
    house.command(USE, run.clone()).await.accepted();
    let reply = house.command(USE, run).await;
    assert_eq!(reply.problem(), (429, "QUOTA_EXCEEDED".to_owned()));
    let told = reply.json();
    assert_eq!((&told["limit"], &told["used"], &told["current_plan"]), (&json!("1"), &json!("1"), &json!("gratis")));
    assert_eq!((&told["plan_needed"], &told["upgrade_url"]), (&json!("starter"), &json!("/checkout?plan=starter")));
    assert_eq!((&told["window"], &told["kind"]), (&json!("billing_period"), &json!("quota")));
    let seconds: i64 = reply.header("retry-after").unwrap().parse().unwrap();
    let resets_at: jiff::Timestamp = told["resets_at"].as_str().unwrap().parse().unwrap();
    let left = resets_at.duration_since(jiff::Timestamp::now()).as_secs();
    assert!((left..=left + 10).contains(&seconds), "{seconds} {left}");
}

#[tokio::test]
async fn what_is_no_request_is_told_as_such() {
    let (house, _) = inhabited().await;
    let before = house.events().await;
    let post = |path: &str, kind: &str, body: Vec<u8>| {
        let mut request = house.request(path).header("idempotency-key", unique("key")).body(Body::from(body)).unwrap();
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        house.send(request)
    };
    let json = "application/json";
    let mebibyte = 1024 * 1024;
    let padded = |bytes: usize| [vec![b' '; bytes - 2], b"{}".to_vec()].concat();
    for (reply, expected) in [
        (post(TOP_UP, json, b"{\"amount\":".to_vec()).await, (400, "malformed_json")),
        (post(TOP_UP, json, b"{\"amount\":\"1\"} x".to_vec()).await, (400, "malformed_json")),
        (post(TOP_UP, json, Vec::new()).await, (400, "malformed_json")),
        (post(TOP_UP, "text/html", b"{}".to_vec()).await, (415, "unsupported_media_type")),
        (post("POST /v1/catalogs", json, b"{}".to_vec()).await, (415, "unsupported_media_type")),
        (post("POST /v1/catalogs", "text/plain", vec![0xff]).await, (422, "invalid_field")),
        (post(TOP_UP, json, padded(mebibyte)).await, (422, "invalid_field")),
        (post(TOP_UP, json, padded(mebibyte + 1)).await, (413, "body_too_large")),
        (post("POST /v1/nothing", json, b"{}".to_vec()).await, (404, "unknown_route")),
        (post("DELETE /v1/organizations", json, Vec::new()).await, (405, "method_not_allowed")),
        (post("GET /v1/organizations?product=agencia&limit=0", json, Vec::new()).await, (422, "invalid_field")),
        (post("GET /v1/organizations?product=agencia&limt=5", json, Vec::new()).await, (422, "invalid_field")),
        (post("GET /v1/organizations?product=agencia&after=%00", json, Vec::new()).await, (422, "invalid_field")),
        (post("GET /v1/organizations", json, Vec::new()).await, (422, "invalid_field")),
        (post("GET /v1/organizations/%FF", json, Vec::new()).await, (422, "invalid_field")),
        (post("GET /docs/nothing.js", json, Vec::new()).await, (404, "unknown_route")),
        (post("GET /v1/products/nothing/plans", json, Vec::new()).await, (404, "organization.unknown_product")),
    ] {
        assert_eq!(reply.problem(), (expected.0, expected.1.to_owned()), "{}", reply.json());
    }
    assert_eq!(house.events().await, before, "something was written");
}

#[tokio::test]
async fn a_command_without_a_usable_name_is_refused() {
    let (house, _) = inhabited().await;
    let named = |names: &[&[u8]]| {
        let request =
            names.iter().fold(house.request(TOP_UP), |request, name| request.header("idempotency-key", *name));
        house.send(request.body("{\"amount\":\"1\"}".into()).unwrap())
    };
    let long = [b'x'; 201];
    let cases: [(&[&[u8]], &str); 6] = [
        (&[], "idempotency_key_missing"),
        (&[b""], "idempotency_key_missing"),
        (&[b"a b"], "idempotency_key_invalid"),
        (&[&long], "idempotency_key_invalid"),
        (&[b"\xc3\xb1"], "idempotency_key_invalid"),
        (&[b"a", b"b"], "idempotency_key_invalid"),
    ];
    for (names, code) in cases {
        let reply: Reply = named(names).await;
        assert_eq!(reply.problem(), (400, code.to_owned()), "{names:?}");
    }
    assert_eq!(named(&[&long[..200]]).await.status, 201);
}

#[tokio::test]
async fn an_invalid_catalog_names_every_fault_at_once() {
    let house = House::build().await;
    let text = "product = \"a b\"\ncurrency = \"usd\"\ncolour = 1\n";
    let mut request = house.request("POST /v1/catalogs").header("idempotency-key", "v1").body(text.into()).unwrap();
    request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    let reply = house.send(request).await;
    assert_eq!(reply.problem(), (422, "catalog.invalid".to_owned()));
    let faults = reply.json()["faults"].as_array().unwrap().clone();
    let named: Vec<_> = faults.iter().map(|fault| (fault["line"].as_u64().unwrap(), fault["field"].clone())).collect();
    for expected in [(1, json!("product")), (2, json!("currency")), (3, json!("colour"))] {
        assert!(named.contains(&expected), "{expected:?} in {faults:?}");
    }
    assert_eq!(house.events().await, 0);
}
