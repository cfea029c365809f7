//! A caller of the API, as a product's back end would be.

use std::future::Future;
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use uuid::Uuid;

/// How long a story waits for what happens by itself.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A caller with an admin key.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// What the API answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as it was sent.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
    /// Was it the first answer, given again?
    pub replayed: bool,
    /// When to try again, in seconds, if it said so.
    pub retry_after: Option<u64>,
}

impl Answer {
    /// The answer, if it has this status.
    ///
    /// # Panics
    /// If it has another one.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A text or a number of the body, by its JSON pointer; empty if there is none.
    #[must_use]
    pub fn at(&self, pointer: &str) -> String {
        text_at(&self.body, pointer)
    }

    /// The objects of a list in the body; none if there is no such list.
    pub fn each(&self, list: &str) -> impl DoubleEndedIterator<Item = &Value> {
        self.body[list].as_array().into_iter().flatten()
    }
}

impl Client {
    /// A caller of the API at this address.
    #[must_use]
    pub fn new(base: &str, key: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), key: key.to_owned() }
    }

    /// The key it calls with.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Sends a command under a fresh key.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        let key = Uuid::now_v7().to_string();
        self.post_as(&key, path, body).await.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Sends a command under a key. Fails if the API went away.
    pub async fn post_as(&self, key: &str, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        self.send(self.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    }

    /// Sets something under a fresh key.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let request = self.request(Method::PUT, path).header("Idempotency-Key", Uuid::now_v7().to_string()).json(&body);
        self.send(request).await.unwrap_or_else(|error| panic!("PUT {path}: {error}"))
    }

    /// Takes something away under a fresh key.
    pub async fn delete(&self, path: &str) -> Answer {
        let request = self.request(Method::DELETE, path).header("Idempotency-Key", Uuid::now_v7().to_string());
        self.send(request).await.unwrap_or_else(|error| panic!("DELETE {path}: {error}"))
    }

    /// Sends a text as a command under a fresh key.
    pub async fn post_text(&self, path: &str, content_type: &str, text: String) -> Answer {
        let request = self.request(Method::POST, path).header("Content-Type", content_type).body(text);
        let request = request.header("Idempotency-Key", Uuid::now_v7().to_string());
        self.send(request).await.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Reads again and again until the answer is what was hoped for.
    ///
    /// # Panics
    /// If it is not so within [`PATIENCE`].
    pub async fn until(&self, path: &str, hoped: impl Fn(&Answer) -> bool) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = match self.send(self.request(Method::GET, path)).await {
                Ok(answer) if hoped(&answer) => return answer,
                Ok(answer) => answer.text,
                Err(error) => error.to_string(),
            };
            assert!(Instant::now() < deadline, "GET {path} is not as hoped after {PATIENCE:?}: {last}");
            shortly().await;
        }
    }

    /// Sends a command under a key again and again until it is answered with anything but "try again".
    ///
    /// # Panics
    /// If that is not so within [`PATIENCE`].
    pub async fn insist(&self, key: &str, path: &str, body: &Value) -> Answer {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let last = match self.post_as(key, path, body.clone()).await {
                Ok(answer) if answer.status != 503 => return answer,
                Ok(answer) => answer.text,
                Err(error) => error.to_string(),
            };
            assert!(Instant::now() < deadline, "POST {path} is not answered after {PATIENCE:?}: {last}");
            shortly().await;
        }
    }

    /// The address it calls, without a path.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    fn send(&self, request: RequestBuilder) -> impl Future<Output = Result<Answer, reqwest::Error>> + use<> {
        async move {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let replayed = response.headers().contains_key("Idempotent-Replayed");
            let retry_after = response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
            let text = response.text().await?;
            let body = serde_json::from_str(&text).unwrap_or_default();
            Ok(Answer { status, text, body, replayed, retry_after })
        }
    }
}

/// The pause between two looks at what happens by itself.
pub async fn shortly() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// A text or a number, by its JSON pointer; empty if there is none.
#[must_use]
pub fn text_at(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}
