//! The socket.
//!
//! Knows HTTP: a request out, status, headers and pieces of a body in, each within a time. Does not know what
//! the bytes mean or what to do when they do not come. Follows no redirect, since a prompt was meant for the
//! host that the user named, and uses no proxy for a server on this machine.

use std::time::Duration;

use crate::failure::Failure;
use crate::provider::Provider;

/// The most bytes that a body may have.
const BODY_MAX: usize = 16 << 20;

#[cfg(not(feature = "network"))]
pub(crate) use absent::Transport;
#[cfg(feature = "network")]
pub(crate) use real::Transport;

/// The head of an answer; its body follows in pieces.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the body is a stream of events.
    pub(crate) is_stream: bool,
    body: Body,
    n_read: usize,
}

impl Reply {
    /// The next piece of the body; `None` at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let piece = self.body.piece().await?;
        self.n_read += piece.as_ref().map_or(0, Vec::len);
        if self.n_read > BODY_MAX {
            return Err(Failure::Malformed("an answer of more than 16 MiB".into()));
        }
        Ok(piece)
    }

    /// All of the body.
    pub(crate) async fn text(&mut self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(feature = "network")]
struct Body(reqwest::Response);

#[cfg(feature = "network")]
impl Body {
    async fn piece(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.0.chunk().await {
            Ok(piece) => Ok(piece.map(|bytes| bytes.to_vec())),
            // The connection was closed before the body's stated end.
            Err(_) => Err(Failure::Truncated),
        }
    }
}

#[cfg(not(feature = "network"))]
struct Body;

#[cfg(not(feature = "network"))]
impl Body {
    async fn piece(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Err(Failure::NoNetwork)
    }
}

#[cfg(feature = "network")]
mod real {
    use std::sync::OnceLock;
    use std::time::{Duration, SystemTime};

    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

    use super::{Body, Failure, Provider, Reply};
    use crate::answer::one_line;
    use crate::failure::retry_after;

    /// Two clients, made when first needed: reading the system's certificates takes time that a local server
    /// does not need.
    #[derive(Default)]
    pub(crate) struct Transport {
        near: OnceLock<Result<reqwest::Client, String>>,
        far: OnceLock<Result<reqwest::Client, String>>,
    }

    impl Transport {
        fn client(&self, local: bool) -> Result<&reqwest::Client, Failure> {
            let place = if local { &self.near } else { &self.far };
            place
                .get_or_init(|| build(local))
                .as_ref()
                .map_err(|why| Failure::Connect(why.clone()))
        }

        /// Posts `body`, or gets where there is none.
        pub(crate) async fn send(
            &self,
            provider: &Provider,
            url: &str,
            body: Option<String>,
        ) -> Result<Reply, Failure> {
            let client = self.client(provider.local)?;
            let request = match body {
                Some(body) => client.post(url).body(body),
                None => client.get(url),
            };
            let response = request
                .headers(headers(provider)?)
                .send()
                .await
                .map_err(|error| failed(&error))?;
            let header = |name| {
                response
                    .headers()
                    .get(name)
                    .and_then(|value: &HeaderValue| value.to_str().ok())
            };
            Ok(Reply {
                status: response.status().as_u16(),
                retry_after: header(RETRY_AFTER)
                    .and_then(|value| retry_after(value, SystemTime::now())),
                is_stream: header(CONTENT_TYPE)
                    .is_some_and(|kind| kind.starts_with("text/event-stream")),
                body: Body(response),
                n_read: 0,
            })
        }
    }

    fn build(local: bool) -> Result<reqwest::Client, String> {
        // Somebody else in the process may have chosen a provider already; then theirs serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("looplint/", env!("CARGO_PKG_VERSION")));
        let builder = if local { builder.no_proxy() } else { builder };
        builder.build().map_err(|error| causes(&error))
    }

    fn headers(provider: &Provider) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value, key) in provider.headers() {
            let whole = [value, key.map_or("", |key| key.value())].concat();
            // The error of a bad value would print it.
            let Ok(mut value) = HeaderValue::from_str(&whole) else {
                return Err(Failure::Connect(format!(
                    "the header `{name}` cannot be sent"
                )));
            };
            value.set_sensitive(key.is_some());
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }

    fn failed(error: &reqwest::Error) -> Failure {
        if error.is_timeout() {
            return Failure::Connect("the server did not take the connection in time".into());
        }
        Failure::Connect(causes(error))
    }

    /// The last cause says most: "connection refused" is three levels down.
    fn causes(error: &reqwest::Error) -> String {
        let mut cause: &dyn std::error::Error = error;
        let mut text = String::new();
        while let Some(next) = cause.source() {
            cause = next;
            text = cause.to_string();
        }
        one_line(if text.is_empty() {
            "the request could not be made"
        } else {
            &text
        })
    }

    impl std::fmt::Debug for Transport {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Transport")
        }
    }
}

#[cfg(not(feature = "network"))]
mod absent {
    use super::{Failure, Provider, Reply};

    /// Nothing is sent.
    #[derive(Debug, Default)]
    pub(crate) struct Transport {}

    impl Transport {
        pub(crate) async fn send(
            &self,
            _: &Provider,
            _: &str,
            _: Option<String>,
        ) -> Result<Reply, Failure> {
            Err(Failure::NoNetwork)
        }
    }
}
