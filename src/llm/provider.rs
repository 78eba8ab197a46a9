//! Who can be asked: base URLs, dialects, keys.
//!
//! Knows which environment variable holds the key of which host, and gives a key to no other host and to
//! nobody without encryption. Does not read the environment by itself: it is handed a function that does.

use std::collections::BTreeMap;

use url::{Host, Url};

use crate::wire::{Dialect, Flavour};

/// A secret. It has no way to be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    value: String,
    from: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key(from {})", self.from)
    }
}

impl Key {
    /// A key and the name of what it was read from.
    pub fn new(value: &str, from: &str) -> Key {
        Key {
            value: value.to_owned(),
            from: from.to_owned(),
        }
    }

    /// Where it was read.
    pub fn from(&self) -> &str {
        &self.from
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }
}

/// A server and how to speak to it.
#[derive(Clone, Debug)]
pub struct Provider {
    /// `openrouter`, `openai`, `anthropic`, or `custom` for a base URL of the user's.
    pub name: String,
    /// Scheme, host and path before `/chat/completions` or `/v1/messages`; no trailing slash.
    pub base: String,
    /// How it speaks.
    pub dialect: Dialect,
    /// Its key, where it has one.
    pub key: Option<Key>,
    /// Whether it is on this machine: nothing to pay, and no proxy in between.
    pub local: bool,
}

/// Name, host, base URL, dialect and the variable of the key.
const KNOWN: [(&str, &str, &str, Dialect, &str); 3] = [
    (
        "openrouter",
        "openrouter.ai",
        "https://openrouter.ai/api/v1",
        Dialect::OpenAi,
        "OPENROUTER_API_KEY",
    ),
    (
        "openai",
        "api.openai.com",
        "https://api.openai.com/v1",
        Dialect::OpenAi,
        "OPENAI_API_KEY",
    ),
    (
        "anthropic",
        "api.anthropic.com",
        "https://api.anthropic.com",
        Dialect::Anthropic,
        "ANTHROPIC_API_KEY",
    ),
];

/// The variable of the key for any other host.
pub const CUSTOM_KEY: &str = "LOOPLINT_LLM_API_KEY";

/// Reads a variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Provider {
    /// The address of a question.
    pub fn url(&self) -> String {
        match self.dialect {
            Dialect::OpenAi => format!("{}/chat/completions", self.base),
            Dialect::Anthropic => format!("{}/v1/messages", self.base),
        }
    }

    /// The address of something beside the dialect, on a server that has more: `/props`, `/slots/0`.
    pub(crate) fn beside(&self, path: &str) -> String {
        format!(
            "{}{path}",
            self.base.strip_suffix("/v1").unwrap_or(&self.base)
        )
    }

    /// The headers of a request, the key among them as its second part, so that a printer can leave it out.
    pub(crate) fn headers(&self) -> Vec<(&'static str, &'static str, Option<&Key>)> {
        let mut headers = vec![("content-type", "application/json", None)];
        match self.dialect {
            Dialect::OpenAi => headers.extend(
                self.key
                    .as_ref()
                    .map(|key| ("authorization", "Bearer ", Some(key))),
            ),
            Dialect::Anthropic => {
                headers.push(("anthropic-version", "2023-06-01", None));
                headers.extend(self.key.as_ref().map(|key| ("x-api-key", "", Some(key))));
            }
        }
        headers
    }

    /// Whether it can be a llama.cpp server.
    pub(crate) fn may_have_slots(&self) -> bool {
        self.dialect == Dialect::OpenAi && self.flavour() == Flavour::Plain
    }

    pub(crate) fn flavour(&self) -> Flavour {
        match self.name.as_str() {
            "openrouter" => Flavour::OpenRouter,
            "openai" => Flavour::OpenAi,
            _ => Flavour::Plain,
        }
    }
}

/// Everybody there is a key for.
///
/// # Errors
/// A key cannot be sent in a header; its variable is named.
pub fn from_keys(lookup: Lookup<'_>) -> Result<Vec<Provider>, String> {
    let mut providers = Vec::new();
    for (name, _, base, dialect, variable) in KNOWN {
        if let Some(key) = read_key(lookup, variable)? {
            providers.push(Provider {
                name: name.into(),
                base: base.into(),
                dialect,
                key: Some(key),
                local: false,
            });
        }
    }
    Ok(providers)
}

/// The server at a base URL of the user's, with the key that belongs to its host.
///
/// # Errors
/// It is no http(s) URL, carries a user, a password or a query, or a key would go to it without encryption.
pub fn at(
    base_url: &str,
    dialect: Option<Dialect>,
    lookup: Lookup<'_>,
) -> Result<Provider, String> {
    let url =
        Url::parse(base_url.trim()).map_err(|error| format!("the base URL is none: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("the base URL must begin with http:// or https:// and name a host".into());
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(format!(
            "the base URL must have no user, password, query or fragment; put a key into {CUSTOM_KEY}"
        ));
    }
    let host = url.host_str().unwrap_or("");
    let known = KNOWN.iter().find(|row| row.1 == host);
    let local = is_loopback(&url);
    let variable = known.map_or(CUSTOM_KEY, |row| row.4);
    let key = read_key(lookup, variable)?;
    if key.is_some() && url.scheme() == "http" && !local {
        return Err(format!(
            "the key in {variable} would go to {host} unencrypted; use https"
        ));
    }
    let dialect = dialect.or(known.map(|row| row.3)).unwrap_or_default();
    let mut path = url.path().trim_end_matches('/');
    let endings: &[&str] = match dialect {
        Dialect::OpenAi => &["/chat/completions"],
        Dialect::Anthropic => &["/messages", "/v1"],
    };
    for ending in endings {
        path = path.strip_suffix(ending).unwrap_or(path);
    }
    let path = match (dialect, path, known) {
        (Dialect::OpenAi, "", Some(row)) => Url::parse(row.2)
            .map(|url| url.path().to_owned())
            .unwrap_or_default(),
        (Dialect::OpenAi, "", None) => "/v1".to_owned(),
        _ => path.to_owned(),
    };
    let name = known.map_or("custom", |row| row.0).to_owned();
    Ok(Provider {
        name,
        base: format!("{}{path}", url.origin().ascii_serialization()),
        dialect,
        key,
        local,
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn read_key(lookup: Lookup<'_>, variable: &str) -> Result<Option<Key>, String> {
    let Some(value) = lookup(variable) else {
        return Ok(None);
    };
    let value = value.trim();
    if value.is_empty() {
        return Ok(None);
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("{variable} holds characters that no key has"));
    }
    Ok(Some(Key::new(value, variable)))
}

/// Reads the `NAME=value` lines of a `.env` file; quotes around a value go, other lines are passed over.
pub fn env_file(text: &str) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for line in text.lines() {
        let line = line.trim_start();
        let Some((name, value)) = line.strip_prefix("export ").unwrap_or(line).split_once('=')
        else {
            continue;
        };
        let name = name.trim();
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            continue;
        }
        let value = value.trim();
        let quoted = ['"', '\'']
            .iter()
            .find_map(|&quote| value.strip_prefix(quote)?.split_once(quote));
        let value = quoted.map_or_else(
            || value.split(" #").next().unwrap_or("").trim(),
            |(inside, _)| inside,
        );
        variables.insert(name.to_owned(), value.to_owned());
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(name: &str) -> Option<String> {
        name.ends_with("_API_KEY")
            .then(|| format!("value-of-{name}"))
    }

    #[test]
    fn a_key_goes_to_its_own_host_only() {
        let key = |url: &str| at(url, None, &keys).map(|provider| provider.key.map(|key| key.from));
        assert_eq!(
            key("https://openrouter.ai/api/v1"),
            Ok(Some("OPENROUTER_API_KEY".into()))
        );
        assert_eq!(
            key("https://api.openai.com"),
            Ok(Some("OPENAI_API_KEY".into()))
        );
        for other in [
            "https://api.openai.com.evil.org/v1",
            "https://evil.org/api.openai.com",
            "http://127.0.0.1:8080",
        ] {
            assert_eq!(key(other), Ok(Some(CUSTOM_KEY.into())), "{other}");
        }
        assert!(
            key("http://example.org/v1")
                .unwrap_err()
                .contains("unencrypted")
        );
        assert!(key("http://127.0.0.1.example.org/v1").is_err());
        assert!(at("http://example.org/v1", None, &|_| None).is_ok());
    }

    #[test]
    fn addresses() {
        let url = |base: &str, dialect| at(base, dialect, &|_| None).map(|provider| provider.url());
        for base in [
            "http://localhost:8080",
            "http://localhost:8080/",
            "http://localhost:8080/v1",
            "http://localhost:8080/v1/chat/completions",
        ] {
            assert_eq!(
                url(base, None),
                Ok("http://localhost:8080/v1/chat/completions".into())
            );
        }
        assert_eq!(
            url("https://openrouter.ai", None),
            Ok("https://openrouter.ai/api/v1/chat/completions".into())
        );
        assert_eq!(
            url("http://gate/llm/v2/", None),
            Ok("http://gate/llm/v2/chat/completions".into())
        );
        for base in [
            "https://api.anthropic.com",
            "https://api.anthropic.com/v1/",
            "https://api.anthropic.com/v1/messages",
        ] {
            assert_eq!(
                url(base, None),
                Ok("https://api.anthropic.com/v1/messages".into())
            );
        }
        assert_eq!(
            url("http://[::1]:9/x", Some(Dialect::Anthropic)),
            Ok("http://[::1]:9/x/v1/messages".into())
        );
        let provider = at("http://localhost:8080/v1", None, &|_| None).unwrap();
        assert_eq!(
            (provider.beside("/props"), provider.local),
            ("http://localhost:8080/props".into(), true)
        );
    }

    #[test]
    fn bad_addresses_are_refused_without_repeating_them() {
        for bad in [
            "",
            "localhost:8080",
            "ftp://x",
            "https://user:pa55word@api.openai.com/v1",
            "https://x/v1?key=pa55word",
            "file:///etc/passwd",
        ] {
            let why = at(bad, None, &keys).unwrap_err();
            assert!(!why.contains("pa55word"), "{why}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let providers = from_keys(&keys).unwrap();
        assert_eq!(providers.len(), 3);
        let text = format!("{providers:?}");
        assert!(!text.contains("value-of") && text.contains("Key(from OPENAI_API_KEY)"));
        assert!(
            from_keys(&|_| Some("a\nb".into()))
                .unwrap_err()
                .starts_with("OPENROUTER_API_KEY holds")
        );
        assert!(from_keys(&|_| Some("  ".into())).unwrap().is_empty());
    }

    #[test]
    fn env_files() {
        let text =
            "# c\nA=1\nexport B = \"two words\" # x\nC='x#y'\nD=a b # c\nno line\n=x\nE=\nA B=1\n";
        let read = env_file(text);
        let pairs: Vec<(&str, &str)> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("A", "1"),
                ("B", "two words"),
                ("C", "x#y"),
                ("D", "a b"),
                ("E", "")
            ]
        );
    }
}
