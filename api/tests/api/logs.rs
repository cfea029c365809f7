//! What the log says of a request, and what it never says.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::house::House;

#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Pages {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Pages {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_key_query_or_body() {
    let house = House::with_agencia().await;
    let pages = Pages::default();
    let subscriber = tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(pages.clone());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let body = json!({ "id": "secretly", "product": "agencia", "time_zone": "UTC" });
    let request = house.request("POST /v1/organizations").header("idempotency-key", "hush-key");
    let request = request.header("x-request-id", "tour-1").header("cookie", "hush-cookie");
    house.send(request.body(body.to_string().into()).unwrap()).await.accepted();
    house.read("/v1/organizations/secretly/usage?min_position=hush").await;
    house.read("/hush-path?hush=hush").await;
    drop(guard);

    let text = pages.text();
    let served: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["fields"]["message"] == "served")
        .collect();
    let told: Vec<_> = served
        .iter()
        .map(|line| (line["span"]["method"].clone(), line["span"]["route"].clone(), line["fields"]["status"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            (json!("POST"), json!("/v1/organizations"), json!(201)),
            (json!("GET"), json!("/v1/organizations/{organization}/usage"), json!(422)),
            (json!("GET"), json!("(unmatched)"), json!(404)),
        ]
    );
    assert_eq!(served[0]["span"]["request_id"], "tour-1");
    assert!(served[0]["fields"]["latency_us"].is_u64());
    let secret = house.key.rsplit('_').next().unwrap();
    for never in [secret, "hush", "secretly", "time_zone"] {
        assert!(!text.contains(never), "{never} in {text}");
    }
}
