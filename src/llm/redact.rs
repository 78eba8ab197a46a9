//! Takes secrets and personal data out of text before it leaves the machine.
//!
//! Knows shapes: key and token formats, assignments to telling names, e-mail addresses, card numbers that
//! pass Luhn's check, home folders. Does not know what a text means: a secret without a telling shape or
//! name stays. When in doubt it takes out: a reader loses little by `[redacted:token]`.
//! Applied twice it changes nothing more, so text may pass through it at every door.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// How much of each kind was taken out.
pub type Counts = BTreeMap<&'static str, usize>;

/// Takes secrets out of text.
#[derive(Clone, Default)]
pub struct Redactor {
    literals: Vec<(String, &'static str)>,
}

impl std::fmt::Debug for Redactor {
    /// Says how many literals are known, never which.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} literals)", self.literals.len())
    }
}

impl Redactor {
    /// A redactor that knows shapes alone.
    pub fn new() -> Redactor {
        Redactor::default()
    }

    /// Also takes out this very text wherever it stands: a key in use, the user's home folder.
    /// Texts of fewer than six bytes are ignored, since they would tear up innocent words.
    #[must_use]
    pub fn with_literal(mut self, text: &str, kind: &'static str) -> Redactor {
        if text.len() >= 6 {
            self.literals.push((text.to_owned(), kind));
            // The longest first: a home folder must not leave the tail of a longer one behind.
            self.literals
                .sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
        self
    }

    /// The text without its secrets.
    pub fn redact(&self, text: &str) -> String {
        self.redact_counted(text, &mut Counts::new())
    }

    /// The texts that are taken out wherever they stand.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.literals.iter().map(|(text, _)| text.as_str())
    }

    /// The text without its secrets; what was taken out is added to `counts`.
    pub fn redact_counted(&self, text: &str, counts: &mut Counts) -> String {
        let mut text = Cow::Borrowed(text);
        for (literal, kind) in &self.literals {
            let hits = text.matches(literal.as_str()).count();
            if hits > 0 {
                *counts.entry(kind).or_default() += hits;
                text = Cow::Owned(text.replace(literal.as_str(), &mark(kind)));
            }
        }
        for shape in SHAPES.iter() {
            text = shape.apply(text, counts);
        }
        text.into_owned()
    }
}

fn mark(kind: &str) -> String {
    format!("[redacted:{kind}]")
}

/// Whether a match is what it looks like: the part that goes, the whole text, where the part starts.
type Check = fn(&str, &str, usize) -> bool;

/// One shape: what it looks like, and which part of it goes.
struct Shape {
    kind: &'static str,
    pattern: Regex,
    really: Check,
}

impl Shape {
    /// Replaces the group `x` of every real match, or the whole match where there is no such group.
    fn apply<'t>(&self, text: Cow<'t, str>, counts: &mut Counts) -> Cow<'t, str> {
        let mut hits = 0;
        let changed = self.pattern.replace_all(&text, |found: &Captures<'_>| {
            let Some(all) = found.get(0) else {
                return String::new();
            };
            let part = found.name("x").unwrap_or(all);
            if part.as_str().starts_with("[redacted:")
                || !(self.really)(part.as_str(), &text, part.start())
            {
                return all.as_str().to_owned();
            }
            hits += 1;
            let whole = all.as_str();
            let (before, after) = (part.start() - all.start(), part.end() - all.start());
            format!("{}{}{}", &whole[..before], mark(self.kind), &whole[after..])
        });
        if hits == 0 {
            drop(changed);
            return text;
        }
        *counts.entry(self.kind).or_default() += hits;
        Cow::Owned(changed.into_owned())
    }
}

/// Names whose value is a secret.
const TELLING: &str = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?key|signing[_-]?key|encryption[_-]?key|credentials?)";

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let always: Check = |_, _, _| true;
    let table: Vec<(&'static str, String, Check)> = vec![
        (
            "private-key",
            r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?-----END [A-Z0-9 ]*PRIVATE KEY-----".into(),
            |part, _, _| part.len() < 20_000,
        ),
        // Cut off before its end; a text that only names the header has no such body.
        (
            "private-key",
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[A-Za-z0-9+/=\s\\|]{24,}".into(),
            always,
        ),
        ("password", r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@\x22']*:(?P<x>[^\s/@\x22']+)@".into(), always),
        ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?".into(), always),
        (
            "key",
            r"\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9]{16,}[A-Za-z0-9_-]*".into(),
            |part, _, _| part.bytes().any(|byte| byte.is_ascii_digit()),
        ),
        (
            "token",
            r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl(?:pat|dt|rt|cbt)-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|dop_v1_[a-f0-9]{40,}|shpat_[a-f0-9]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|ya29\.[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{30,}|tvly-[A-Za-z0-9-]{16,}|lsv2_[A-Za-z0-9_]{20,}|dapi[a-f0-9]{32})".into(),
            always,
        ),
        ("key", r"\b(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35})".into(), always),
        (
            "token",
            r"(?i)\b(?:bearer|basic)\s+(?P<x>[A-Za-z0-9._~+/-]{12,}=*)".into(),
            |part, _, _| part.bytes().any(|byte| byte.is_ascii_digit() || byte == b'='),
        ),
        (
            "token",
            r"(?i)\b(?:x-api-key|api-key|x-auth-token|authorization|set-cookie|cookie)\\?[\x22']?\s*:\s*\\?[\x22']?(?P<x>[^\s\x22'\\,\]})]{8,})".into(),
            |part, _, _| !matches!(part.to_ascii_lowercase().as_str(), "bearer" | "basic") && looks_secret(part),
        ),
        (
            "secret",
            format!(r"(?i)[a-z0-9_.-]*{TELLING}[a-z0-9_-]*\\*[\x22']?\]?\s*(?::=|=>|[:=])\s*[bru]{{0,2}}\\*[\x22'](?P<x>[^\s\x22'\\]{{6,}})"),
            |part, text, start| !part.starts_with('{') && !names_a_place(text, start),
        ),
        (
            "secret",
            format!(r"(?m)(?:^|[\s;&|`])(?:export\s+|set\s+)?[A-Z0-9_]*(?i:{TELLING})[A-Z0-9_]*=(?P<x>[^\s\x22'()\[\]{{}}$;&|,]{{6,}})"),
            |part, text, start| looks_secret(part) && !is_called(part, text, start),
        ),
        (
            "secret",
            format!(r"(?i)(?:\s|^)--?[a-z-]*{TELLING}[a-z-]*(?:=|\s+)(?P<x>[^\s\x22'`,)\]}}]{{6,}})"),
            |part, _, _| looks_secret(part),
        ),
        (
            "secret",
            r"(?i)[?&](?:[a-z0-9_-]*(?:token|secret|signature|password|api[_-]?key)|sig|key)=(?P<x>[^\s&#\x22'<>)]{6,})".into(),
            always,
        ),
        (
            "email",
            r"[A-Za-z0-9._%+-]*[A-Za-z0-9_%+-]@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}\b".into(),
            is_email,
        ),
        ("card", r"\b[2-6](?:[ -]?[0-9]){12,18}\b".into(), is_card),
        ("user", r"(?:/home/|/Users/|/export/home/|/var/home/)(?P<x>[A-Za-z0-9._][^/\s\x22':;,<>()\[\]{}|*?\\]*)".into(), always),
        ("user", r"(?i)\b[a-z]:(?:\\{1,4}|/)Users(?:\\{1,4}|/)(?P<x>[^\\/\s\x22':;,<>|*?]+)".into(), always),
    ];
    table
        .into_iter()
        // A pattern that does not compile would be left out here; the test of every shape would then fail.
        .filter_map(|(kind, pattern, really)| {
            Some(Shape {
                kind,
                pattern: Regex::new(&pattern).ok()?,
                really,
            })
        })
        .collect()
});

/// Whether an unquoted value is more likely a secret than a name or a word: it has a digit or mixes cases.
fn looks_secret(part: &str) -> bool {
    let has = |test: fn(&u8) -> bool| part.bytes().any(|byte| test(&byte));
    has(u8::is_ascii_digit)
        || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
        || has(|byte| b"!@#%^+=/".contains(byte))
}

/// Whether the name before a value speaks of where or what a secret is, not of the secret: `token_type`.
fn names_a_place(text: &str, start: usize) -> bool {
    let not_name = |c: char| !c.is_ascii_alphanumeric();
    let before =
        text[..start].trim_end_matches(['b', 'r', 'u', '"', '\'', '\\', ' ', '=', ':', '>', ']']);
    let word = before
        .rsplit(not_name)
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    let places = [
        "type",
        "name",
        "field",
        "file",
        "path",
        "dir",
        "url",
        "uri",
        "header",
        "pattern",
        "regex",
        "format",
        "label",
        "prompt",
        "help",
        "message",
        "class",
        "hash",
        "hasher",
        "validator",
        "validators",
        "kind",
        "scope",
        "expiry",
    ];
    places.contains(&word.as_str())
        || places.iter().any(|place| {
            word.strip_suffix(place)
                .is_some_and(|rest| rest.ends_with("token"))
        })
}

/// In code `left@right.attribute(` is a product of matrices.
fn is_email(part: &str, text: &str, start: usize) -> bool {
    !is_called(part, text, start)
}

/// Whether the part is a function or a class that is called.
fn is_called(part: &str, text: &str, start: usize) -> bool {
    text[start + part.len()..].starts_with('(')
}

/// Whether the digits are a card number: a length and first digits that issuers use, and Luhn's check.
fn is_card(part: &str, text: &str, start: usize) -> bool {
    // The tail of a decimal fraction, or one part of a longer dotted or dashed number.
    let before = text[..start].bytes().next_back();
    let after = &text.as_bytes()[start + part.len()..];
    if matches!(before, Some(b'.' | b'-' | b'_'))
        || (after.first() == Some(&b'.') && after.get(1).is_some_and(u8::is_ascii_digit))
    {
        return false;
    }
    let digits: Vec<u32> = part
        .bytes()
        .filter(u8::is_ascii_digit)
        .map(|digit| u32::from(digit - b'0'))
        .collect();
    issuer_uses(&digits) && luhn(&digits)
}

/// Whether an issuer hands out numbers of this length that begin so.
fn issuer_uses(digits: &[u32]) -> bool {
    let first = |n: usize| digits.iter().take(n).fold(0, |sum, digit| sum * 10 + digit);
    let n = digits.len();
    match digits.first() {
        Some(4) => matches!(n, 13 | 16 | 19),
        Some(5) => n == 16 && (51..=55).contains(&first(2)),
        Some(2) => n == 16 && (2221..=2720).contains(&first(4)),
        Some(3) => match first(2) {
            34 | 37 => n == 15,
            36 | 38 | 39 => (14..=19).contains(&n),
            30 => n == 14,
            _ => (16..=19).contains(&n) && (3528..=3589).contains(&first(4)),
        },
        Some(6) => {
            (16..=19).contains(&n)
                && (matches!(first(2), 62 | 65)
                    || first(4) == 6011
                    || (644..=649).contains(&first(3)))
        }
        _ => false,
    }
}

/// Luhn's check: every second digit from the right doubled, digits summed, divisible by ten.
fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| match (at % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(text: &str, secret: &str) {
        let out = Redactor::new().redact(text);
        assert!(!out.contains(secret), "{out}");
        assert!(out.contains("[redacted:"), "{out}");
        assert_eq!(Redactor::new().redact(&out), out, "twice is once");
    }

    fn stays(text: &str) {
        assert_eq!(Redactor::new().redact(text), text);
    }

    /// Samples are put together here so that no scanner takes this file for a leak.
    fn glued(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn every_shape_compiles() {
        assert_eq!(SHAPES.len(), 17);
    }

    #[test]
    fn keys_and_tokens_by_their_shape() {
        for secret in [
            glued(&["sk-", "proj-abcdEFGH1234567890abcd"]),
            glued(&["sk-or-v1-", "0123456789abcdef0123456789abcdef"]),
            glued(&["sk-ant-api03-", "AbCdEfGhIjKlMnOp1234-_xyz"]),
            glued(&["sk_live_", "0123456789abcdefABCDEF00"]),
            glued(&["ghp_", "0123456789abcdefghijABCDEFGHIJ012345"]),
            glued(&["github_pat_", "11ABCDEFG0123456789_abcdef"]),
            glued(&["glpat-", "abcdefghij0123456789"]),
            glued(&["xoxb-", "123456789012-abcdefghijkl"]),
            glued(&["AKIA", "IOSFODNN7EXAMPLE"]),
            glued(&["AIza", "SyA0123456789abcdefghijklmnopqrstuv"]),
            glued(&["hf_", "abcdefghijklmnopqrstuvwxyz0123"]),
            glued(&[
                "eyJhbGciOiJIUzI1NiJ9",
                ".eyJzdWIiOiIxMjM0NTY3ODkwIn0",
                ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
            ]),
        ] {
            gone(&format!("before {secret} after"), &secret);
            gone(&format!("{{\"content\": \"{secret}\"}}"), &secret);
        }
    }

    #[test]
    fn a_private_key_goes_whole_even_without_its_end() {
        let key = glued(&[
            "-----BEGIN RSA PRIVATE",
            " KEY-----\nMIIEow0123456789ABCDEF\nIBAAK\n-----END RSA PRIVATE",
            " KEY-----",
        ]);
        assert_eq!(
            Redactor::new().redact(&format!("a {key} b")),
            "a [redacted:private-key] b"
        );
        gone(&key[..key.len() - 31], "MIIEow");
        stays(&glued(&[
            "if text.startswith('-----BEGIN PRIVATE",
            " KEY-----'):\n    return parse(text)",
        ]));
    }

    #[test]
    fn values_of_telling_names() {
        gone("password = 'hunter2hunter'", "hunter2hunter");
        gone("\"db_password\": \"correct-horse\"", "correct-horse");
        gone("{\\\"api_key\\\": \\\"q1w2e3r4\\\"}", "q1w2e3r4");
        gone("os.environ['SECRET_TOKEN'] = \"abcdef\"", "abcdef");
        gone("export STRIPE_SECRET=whsec0123", "whsec0123");
        gone("curl --token s3cr3tvalue https://x", "s3cr3tvalue");
        gone("mysql --password=S3cretValue", "S3cretValue");
        gone("Authorization: Bearer abcdef0123456789", "abcdef0123456789");
        gone("\"x-api-key\": \"abc123def456\"", "abc123def456");
        gone("postgres://ann:pa55word@db/x", "pa55word");
        gone("GET /a?x=1&access_token=abcdef12 HTTP", "abcdef12");
    }

    #[test]
    fn code_that_only_speaks_of_secrets_stays() {
        stays("password = get_password(user)");
        stays("for token in tokens: seen.append(token)");
        stays("password=Option2(type='str'), authorization = headers2[0].encode()");
        stays("tokens = tokenizer(text)\nn_tokens=len(tokens)");
        stays("token: str = None");
        stays("if api_key is None: raise KeyError('api_key')");
        stays("a basic understanding of sk-learn and sklearn.linear_model");
        stays("y = a@b.dot(c)");
        stays(
            "token_type = 'quoted-string', password_field_name=\"password2\", tokenType: 'operator'",
        );
        stays("@app.route('/users')");
        stays("completion_tokens: 512, \"total_tokens\": 1024");
        stays("/home/ and /Users");
    }

    #[test]
    fn mail_and_home() {
        gone("ask ann.lee+x@mail.example.org now", "ann.lee");
        assert_eq!(
            Redactor::new().redact("File \"/home/ann/x.py\""),
            "File \"/home/[redacted:user]/x.py\""
        );
        assert_eq!(
            Redactor::new().redact("C:\\\\Users\\\\Ann\\\\x"),
            "C:\\\\Users\\\\[redacted:user]\\\\x"
        );
        gone("/Users/ann.lee/src", "ann.lee");
    }

    #[test]
    fn cards_by_issuer_and_luhn() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "5500-0000-0000-0004",
            "378282246310005",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
        ] {
            gone(&format!("paid with {card}, thanks"), card);
        }
        stays("order 4111111111111112");
        stays("ratio 0.4111111111111111");
        stays("id 9111111111111111 and 1699999999999");
    }

    #[test]
    fn literals_go_first_and_are_counted() {
        let redactor = Redactor::new()
            .with_literal("/srv/people/ann", "home")
            .with_literal("ab", "short");
        let mut counts = Counts::new();
        let out = redactor.redact_counted("/srv/people/ann/x ab b@c.org b@c.org", &mut counts);
        assert_eq!(
            out,
            "[redacted:home]/x ab [redacted:email] [redacted:email]"
        );
        assert_eq!(counts, Counts::from([("home", 1), ("email", 2)]));
        assert_eq!(format!("{redactor:?}"), "Redactor(1 literals)");
    }

    #[test]
    fn long_hostile_text_is_read_once() {
        let digits = "4111 ".repeat(20_000);
        assert_eq!(Redactor::new().redact(&digits).len(), digits.len());
        stays(&"a".repeat(100_000));
        stays(&"@".repeat(100_000));
    }
}
