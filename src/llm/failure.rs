//! Why a call did not give an answer, and what follows from it.
//!
//! Knows status codes, `Retry-After` and which failures another model can heal. Does not call anything.
//! The words of a server are shown in one short line, without control characters and without secrets.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::answer::one_line;
use crate::redact::Redactor;

/// Why one attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 401, 402 or 403: the key, its rights or its credit.
    Refused(u16, String),
    /// 429, and how long the server asks to wait.
    RateLimited(Option<Duration>, String),
    /// 5xx.
    Server(u16, String),
    /// Another status: the request, the model's name, a redirect.
    Status(u16, String),
    /// No answer in time.
    Timeout(Duration),
    /// No connection.
    Connect(String),
    /// The answer ended before its end.
    Truncated,
    /// The answer is not what was asked for, and why.
    Malformed(String),
    /// This build has no network.
    NoNetwork,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask the next ranked candidate.
    Candidate,
    /// Wait as the server asked, then ask the same one.
    Wait,
    /// Ask nobody at this provider again.
    LeaveProvider,
    /// Ask nobody.
    Stop,
}

impl Failure {
    /// A word of a fixed vocabulary, for metrics: nothing a server said can get into it.
    pub fn code(&self) -> String {
        match self {
            Failure::Refused(status, _)
            | Failure::Server(status, _)
            | Failure::Status(status, _) => status.to_string(),
            Failure::RateLimited(..) => "429".into(),
            Failure::Timeout(_) => "timeout".into(),
            Failure::Connect(_) => "connect".into(),
            Failure::Truncated => "truncated".into(),
            Failure::Malformed(_) => "malformed".into(),
            Failure::NoNetwork => "no-network".into(),
        }
    }

    /// What follows.
    pub const fn next(&self) -> Next {
        match self {
            Failure::Refused(..) => Next::LeaveProvider,
            Failure::RateLimited(..) => Next::Wait,
            Failure::NoNetwork => Next::Stop,
            _ => Next::Candidate,
        }
    }

    /// What a status other than 200 means. `body` is the server's answer, of which one line is kept.
    pub fn of_status(
        status: u16,
        retry_after: Option<Duration>,
        body: &str,
        redactor: &Redactor,
    ) -> Failure {
        let said = said(body, redactor);
        match status {
            401..=403 => Failure::Refused(status, said),
            429 => Failure::RateLimited(retry_after, said),
            500..=599 => Failure::Server(status, said),
            _ => Failure::Status(status, said),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let with = |f: &mut std::fmt::Formatter<'_>,
                    status: &dyn std::fmt::Display,
                    what: &str,
                    said: &str| {
            let colon = if said.is_empty() { "" } else { ": " };
            write!(f, "{status} {what}{colon}{said}")
        };
        match self {
            Failure::Refused(402, said) => with(f, &402, "no credit", said),
            Failure::Refused(status, said) => with(f, status, "the key was refused", said),
            Failure::RateLimited(_, said) => with(f, &429, "too many requests", said),
            Failure::Server(status, said) => with(f, status, "the server failed", said),
            Failure::Status(status, said) => with(f, status, "the request was refused", said),
            Failure::Timeout(after) => write!(f, "no answer within {:.1} s", after.as_secs_f64()),
            Failure::Connect(why) => write!(f, "no connection: {why}"),
            Failure::Truncated => f.write_str("the answer broke off"),
            Failure::Malformed(why) => write!(f, "malformed answer: {why}"),
            Failure::NoNetwork => f.write_str("this build of looplint has no network"),
        }
    }
}

impl std::error::Error for Failure {}

/// The message inside an error body, or the body itself, in one redacted line.
fn said(body: &str, redactor: &Redactor) -> String {
    let message = serde_json::from_str::<Value>(body).ok().map(|value| {
        let error = value.get("error").unwrap_or(&value);
        let message = error.get("message").unwrap_or(error);
        message.as_str().unwrap_or("").to_owned()
    });
    let text = message.as_deref().unwrap_or(body);
    if text.trim_start().starts_with('<') {
        return String::new();
    }
    // Redacted before it is cut: half a key is still half a key.
    one_line(&redactor.redact(crate::prompt::clip(text, 4000).0))
}

/// Reads `Retry-After`: seconds, or a date.
pub fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0)
            .then(|| Duration::from_secs_f64(seconds.min(86_400.0)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(
        date.duration_since(now)
            .unwrap_or(Duration::ZERO)
            .min(Duration::from_secs(86_400)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Failure {
        Failure::of_status(
            status,
            None,
            body,
            &Redactor::new().with_literal("literal-key-value", "key"),
        )
    }

    #[test]
    fn what_follows_from_a_status() {
        assert_eq!(of(401, "").next(), Next::LeaveProvider);
        assert_eq!(of(403, "").next(), Next::LeaveProvider);
        assert_eq!(of(402, "").next(), Next::LeaveProvider);
        assert_eq!(of(429, "").next(), Next::Wait);
        for status in [500, 502, 503, 529, 400, 404, 413, 302] {
            assert_eq!(of(status, "").next(), Next::Candidate, "{status}");
        }
        assert_eq!(Failure::Truncated.next(), Next::Candidate);
        assert_eq!(Failure::NoNetwork.next(), Next::Stop);
    }

    #[test]
    fn a_server_that_repeats_the_key_is_not_repeated() {
        let body = r#"{"error": {"message": "Incorrect API key provided: literal-key-value.\u001b[31m\nSee /home/ann/x"}}"#;
        let text = of(401, body).to_string();
        assert!(
            text.starts_with(
                "401 the key was refused: Incorrect API key provided: [redacted:key]."
            ),
            "{text}"
        );
        assert!(
            !text.contains("literal")
                && !text.contains('\u{1b}')
                && !text.contains('\n')
                && !text.contains("ann")
        );
        assert_eq!(
            of(502, "<html><body>Bad</body></html>").to_string(),
            "502 the server failed"
        );
        assert!(of(500, &"x ".repeat(9000)).to_string().len() < 400);
        assert_eq!(
            of(400, r#"{"error": "no such model"}"#).to_string(),
            "400 the request was refused: no such model"
        );
    }

    #[test]
    fn seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(" 0.5 ", now), Some(Duration::from_millis(500)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(
            retry_after("99999999", now),
            Some(Duration::from_secs(86_400))
        );
        for bad in ["", "soon", "-1", "nan", "inf"] {
            assert_eq!(retry_after(bad, now), None, "{bad}");
        }
    }
}
