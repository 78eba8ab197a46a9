//! What a tool's result says went wrong: by the format's own flag, else by its text.
//!
//! The text of a result counts as an error only where it is one as a whole: it begins as errors begin, ends as
//! failed programs end, or is a JSON object that says so. An article about errors is not an error.

use crate::facts::pattern::Pattern;
use crate::run::CallResult;
use std::ops::Range;

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub class: ErrorClass,
    /// How it is known.
    pub known: Known,
    /// The part of the result's content that says so; all of it where only a flag does.
    pub range: Range<usize>,
}

/// How a failure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The format flags it.
    Flag,
    /// The result's text is an error.
    Text,
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorClass {
    /// It took too long.
    Timeout,
    /// Too many requests, or the quota is used up.
    RateLimit,
    /// Not allowed: 401, 403, missing or bad key.
    Auth,
    /// The thing asked for is not there: 404, no such file, unknown id.
    NotFound,
    /// The arguments were refused: missing, unknown or malformed.
    Validation,
    /// The tool itself is not there.
    UnknownTool,
    /// A page that wants to see a person, or a paywall.
    BotWall,
    /// A provider's content filter.
    ContentFilter,
    /// No connection, 5xx.
    Unavailable,
    /// Code that raised or a program that ended badly.
    Exception,
    /// An error of no kind that we know.
    Other,
}

impl ErrorClass {
    /// For people: `rate limit`.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorClass::Timeout => "timeout",
            ErrorClass::RateLimit => "rate limit",
            ErrorClass::Auth => "not authorised",
            ErrorClass::NotFound => "not found",
            ErrorClass::Validation => "arguments refused",
            ErrorClass::UnknownTool => "no such tool",
            ErrorClass::BotWall => "bot wall",
            ErrorClass::ContentFilter => "content filter",
            ErrorClass::Unavailable => "unavailable",
            ErrorClass::Exception => "exception",
            ErrorClass::Other => "error",
        }
    }
}

/// Bytes at a result's beginning and end in which errors are looked for.
const HEAD: usize = 1200;
const TAIL: usize = 700;

/// How an error begins: nothing but quotes, tags or a prompt before it.
static BEGINS: Pattern = Pattern::new(concat!(
    r#"(?i)^[\s"'\[({<*#>\x60]{0,6}(?:tool_use_error>\s*|system>\s*|tool (?:call |execution )?|observation:\s*|result:\s*|output:\s*|oops,?\s*)?"#,
    r"(?:error\b(?:\s*[:\[(!.-]|\s+(?:while|when|in|executing|calling|running|fetching|code|occurred|reading|parsing|from|during|\d{3})|$)",
    r"|[\w.]{0,60}(?:error|exception)\s*[:(]",
    r"|an? (?:unexpected |internal |unknown )?(?:error|exception) (?:occurred|happened|was)",
    r"|exception\b|traceback \(most recent call last\)|fatal(?: error)?:|panic:|panicked at",
    r"|fail(?:ed|ure)\b(?:\s*[:!]| to | \()|unable to |could ?n[o']t |cannot |can't ",
    r"|exit ?code:? (?:[1-9]\d*)\b|exitcode: [1-9]|command failed|execution failed|request failed|process (?:exited|failed)",
    r"|(?:bash|sh|zsh)(?:: line \d+)?: |\S{1,80}: (?:\S{1,200}: )?(?:command not found|no such file or directory|permission denied)",
    r"|(?:http(?:/\d\.\d)?\s*(?:error|status)?:?\s*)?(?:4\d\d|5\d\d)\s+(?:client|server|bad|unauthorized|forbidden|not found|method|request|conflict|gone|too many|internal|not implemented|service|gateway|unprocessable)",
    r"|invalid (?:syntax|argument|json|parameter|input|request|api key|token|arguments|tool|function)|unknown (?:tool|function|command|action)|no such (?:tool|function|file)",
    r"|(?:access|permission) denied|unauthorized|forbidden|not found\b|timed? ?out|rate limit|too many requests|quota exceeded",
    r"|(?:the )?(?:operation|request|command|tool|connection|call|execution)(?: has)? (?:timed out|was (?:aborted|cancelled|denied|rejected))",
    r"|your proposed edit has introduced|input validation error|validation error|\d+ validation errors? for|missing required)",
));

/// How a program's output ends when the program failed.
static ENDS: Pattern = Pattern::new(concat!(
    r"(?m)^(?:[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning: error)(?:: .*)?",
    r"|(?:npm ERR!|error Command failed|make: \*\*\*|error: could not compile|error\[E\d+\]).*",
    r"|(?i:\[?(?:process |command |program )?(?:exited|finished|terminated|failed) with (?:exit )?(?:code|status):? [1-9]\d*\]?\.?)",
    r"|(?i:(?:\(?exit ?(?:code|status)|return ?code|<returncode>):? ?[1-9]\d*\)?(?:</returncode>)?)",
    r"|Segmentation fault.*|Killed|FAILED \(.*\))\s*\z",
));

/// Kinds, the surest first: each is looked for only inside what already counts as an error.
static CLASSES: [(ErrorClass, Pattern); 10] = [
    (
        ErrorClass::ContentFilter,
        Pattern::new(
            r"(?i)content[_ ]filter|ResponsibleAIPolicy|content management policy|content policy|safety (?:system|filter|settings)|blocked by (?:safety|policy)|flagged as (?:unsafe|inappropriate)",
        ),
    ),
    (
        ErrorClass::RateLimit,
        Pattern::new(
            r"(?i)rate.?limit|\b429\b|too many requests|quota (?:exceeded|exhausted)|exceeded your (?:current )?quota|RESOURCE_EXHAUSTED|throttl(?:ed|ing)|overloaded",
        ),
    ),
    (
        ErrorClass::Timeout,
        Pattern::new(
            r"(?i)\btime(?:d)?[ -]?out\b|timeouterror|exitcode: 124|deadline exceeded|ETIMEDOUT|took too long|\b(?:408|504)\b|TimeoutExpired",
        ),
    ),
    (
        ErrorClass::BotWall,
        Pattern::new(
            r"(?i)captcha|are you a (?:human|robot)|verify (?:that )?you are (?:a )?human|unusual traffic|bot detection|cloudflare",
        ),
    ),
    (
        ErrorClass::Auth,
        Pattern::new(
            r"(?i)\b40[13]\b|unauthori[sz]ed|forbidden|invalid (?:api.?key|token|credentials?)|api.?key (?:not|is missing|was not|required|must)|authentication (?:failed|required|error)|permission denied|access denied|must be (?:signed|logged) in|not logged in|EACCES|PermissionError|invalid_grant|not (?:allowed|permitted) to",
        ),
    ),
    (
        ErrorClass::UnknownTool,
        Pattern::new(
            r"(?i)(?:unknown|no such|invalid|unrecognized) (?:tool|function)\b|(?:tool|function) ['\x22\x60]?[\w.-]+['\x22\x60]? (?:not found|does ?n[o']t exist|is not (?:available|a valid|defined|registered))|is not a valid (?:tool|function)",
        ),
    ),
    (
        ErrorClass::Validation,
        Pattern::new(
            r"(?i)validation error|invalid (?:argument|json|parameter|input|type|value|schema|arguments|request)|missing (?:\d+ )?(?:required|positional)|unexpected keyword|required (?:field|parameter|argument|property)|is (?:a )?required\b|must be (?:a|an|one of|of type|set|provided|between|less|greater|at )|does not match|unexpected (?:property|argument|field|token)|\b4(?:00|22)\b|unprocessable|JSONDecodeError|could not parse|failed to parse|not valid json|unrecognized arguments|TypeError: \S+\(\)|expected (?:string|integer|number|object|array|type)|String to replace not found|has not been read yet",
        ),
    ),
    (
        ErrorClass::NotFound,
        Pattern::new(
            r"(?i)\b404\b|\bnot (?:be )?found\b|does(?: not|n't) exist|no such file|could ?n[o']t find|could not find|ENOENT|ModuleNotFoundError|No module named|FileNotFoundError|cannot find|unknown (?:id|user|order|key|column|table)|no (?:matches|results)",
        ),
    ),
    (
        ErrorClass::Unavailable,
        Pattern::new(
            r"(?i)\b50[0-3]\b|ECONN\w+|connection (?:refused|reset|error|aborted)|service unavailable|bad gateway|internal server error|could not resolve|name resolution|network (?:error|is unreachable)|SSLError|ConnectionError|net::ERR|failed to (?:connect|fetch|load)|unable to connect",
        ),
    ),
    (
        ErrorClass::Exception,
        Pattern::new(
            r"Traceback \(most recent call last\)|\b[A-Za-z_][\w.]*(?:Error|Exception)\b|(?i:exitcode: [1-9]|exit ?code:? ?[1-9]|execution failed|return ?code:? ?[1-9]|panicked|segmentation fault|command not found|command failed|exited with|make: \*\*\*|npm ERR!|could not compile)",
        ),
    ),
];

/// Whether `result` is a failure, and of what kind.
pub(crate) fn of(result: &CallResult<'_>) -> Option<Failure> {
    let text: &str = &result.content.text;
    let whole = 0..text.len();
    if let Some(error) = &result.error {
        return Some(Failure {
            class: classify(&error.text),
            known: Known::Flag,
            range: whole,
        });
    }
    match result.failed {
        Some(true) => {
            let range = text_error(text).unwrap_or(whole);
            Some(Failure {
                class: classify_at(text, &range),
                known: Known::Flag,
                range,
            })
        }
        // A format that flags errors is believed when it says that there was none, except about programs that ended badly.
        Some(false) => None,
        None => {
            let range = text_error(text)?;
            Some(Failure {
                class: classify_at(text, &range),
                known: Known::Text,
                range,
            })
        }
    }
}

/// What harnesses write before the output of code that ran well.
static PREAMBLE: Pattern = Pattern::new(
    r"(?i)\A\s*(?:exitcode: 0 \(execution succeeded\)\s*)?(?:code output:|stdout:|output:)?\s*",
);

/// A short answer that says in one line that the thing is not there.
static MISSING: Pattern = Pattern::new(
    r"(?i)\A[^\n]{0,120}\b(?:(?:was|were|is|are|could|can) ?not (?:be )?found|not found (?:on|in|at)|does not exist|no longer (?:exists|available))\b[^\n]{0,60}\s*\z",
);

/// The line that names the exception, at a traceback's end.
static RAISED: Pattern = Pattern::new(
    r"(?m)^(?:[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Warning|Exit|Timeout|Expired|NotFound|Refused))(?::.*)?$",
);

/// The kind of the error at `range`: by its own line first, then by what stands around it.
fn classify_at(text: &str, range: &Range<usize>) -> ErrorClass {
    let own = classify(&text[range.clone()]);
    if own != ErrorClass::Other && own != ErrorClass::Exception {
        return own;
    }
    let around =
        floor(text, range.start.saturating_sub(80))..ceil(text, (range.end + 600).min(text.len()));
    match classify(&text[around]) {
        ErrorClass::Other => own,
        wider
            if own == ErrorClass::Exception
                && !matches!(wider, ErrorClass::Timeout | ErrorClass::RateLimit) =>
        {
            own
        }
        wider => wider,
    }
}

/// The part of a text that makes it an error as a whole: for a traceback the line that names the exception.
pub(crate) fn text_error(text: &str) -> Option<Range<usize>> {
    if let Some(range) = json_error(text) {
        return range;
    }
    let from = PREAMBLE.find(text).map_or(0, |found| found.end);
    let head = &text[from..ceil(text, (from + HEAD).min(text.len()))];
    if let Some(found) = BEGINS.find(head) {
        let line = from + found.start..line_end(text, from + found.end);
        return Some(raised(text, line.start).unwrap_or(line));
    }
    if MISSING.is_match(&text[from..]) {
        return Some(from..text.trim_end().len().max(from));
    }
    let from = floor(text, text.len().saturating_sub(TAIL));
    let tail = text[from..].trim_end();
    if let Some(found) = ENDS.find(tail)
        && is_program_end(text, &tail[found.clone()])
    {
        return Some(from + found.start..from + found.end);
    }
    None
}

/// The last line after `from` that names an exception, where there is a traceback.
fn raised(text: &str, from: usize) -> Option<Range<usize>> {
    let traceback = from
        + text
            .get(from..)?
            .find("Traceback (most recent call last)")?;
    // Tracebacks are short beside what programs print: only what follows this one is looked at.
    let window = traceback..ceil(text, (traceback + 20_000).min(text.len()));
    let last = RAISED.regex()?.find_iter(&text[window]).last()?;
    Some(traceback + last.start()..traceback + last.end())
}

/// An exception's name at the end of an output is a failure after a traceback; an exit code always is.
fn is_program_end(text: &str, found: &str) -> bool {
    let named = found
        .split(':')
        .next()
        .is_some_and(|name| name.ends_with("Error") || name.ends_with("Exception"));
    !named || text.contains("Traceback (most recent call last)") || text.contains("    at ")
}

/// `Some(Some(place))` for a JSON object that says it is an error, `Some(None)` for one that does not,
/// `None` for what is no JSON object.
fn json_error(text: &str) -> Option<Option<Range<usize>>> {
    let trimmed = text.trim();
    if !trimmed.starts_with('{') || trimmed.len() > 200_000 {
        return None;
    }
    let value: serde_json::Value = serde_json::from_str(trimmed).ok()?;
    let object = value.as_object()?;
    let key = object
        .iter()
        .find_map(|(key, value)| says_error(key, value).then_some(key));
    Some(key.map(|key| {
        let start = text.find(&format!("\"{key}\"")).unwrap_or(0);
        start..line_end(text, start)
    }))
}

fn says_error(key: &str, value: &serde_json::Value) -> bool {
    use serde_json::Value as V;
    match key.to_ascii_lowercase().as_str() {
        "error" | "errors" | "exception" | "error_message" | "errormessage" => match value {
            V::Null | V::Bool(false) => false,
            V::String(text) => {
                !text.trim().is_empty()
                    && !matches!(text.trim(), "None" | "none" | "null" | "no" | "0")
            }
            V::Array(items) => !items.is_empty(),
            V::Object(map) => !map.is_empty(),
            V::Number(number) => number.as_f64() != Some(0.0),
            V::Bool(true) => true,
        },
        "status" | "type" | "state" | "result" => value.as_str().is_some_and(|text| {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "error" | "failed" | "failure"
            )
        }),
        "success" | "ok" | "succeeded" => value.as_bool() == Some(false),
        "iserror" | "is_error" => value.as_bool() == Some(true),
        "status_code" | "statuscode" | "http_status" => value
            .as_f64()
            .is_some_and(|code| (400.0..600.0).contains(&code)),
        "exit_code" | "exitcode" | "returncode" | "return_code" => {
            value.as_f64().is_some_and(|code| code != 0.0)
        }
        _ => false,
    }
}

/// The kind of an error text.
pub(crate) fn classify(text: &str) -> ErrorClass {
    let end = ceil(text, 2_000.min(text.len()));
    let tail = floor(text, text.len().saturating_sub(600).max(end));
    CLASSES
        .iter()
        .find(|(_, pattern)| pattern.is_match(&text[..end]) || pattern.is_match(&text[tail..]))
        .map_or(ErrorClass::Other, |(class, _)| *class)
}

/// Results that say that there is nothing.
static EMPTY: Pattern = Pattern::new(concat!(
    r#"(?i)\A\s*(?:exitcode: 0 \(execution succeeded\)\s*)?(?:code output:|output:|result:|stdout:)?\s*"#,
    r#"(?:none|null|nil|undefined|nan|n/a|\[\s*\]|\{\s*\}|""|''|\(empty\)|\(no output\)|no output\.?|<empty>|\[\[\s*\]\]"#,
    r#"|\{\s*"?(?:results?|data|items|matches|documents|hits|rows|records|output|content|answer)"?\s*:\s*(?:\[\s*(?:\[\s*\])?\s*\]|null|""|\{\s*\})\s*\}"#,
    r#"|no (?:results?|matches|matching \w+|records|data|items|files|documents|rows|entries)(?: (?:were |was )?(?:found|available|returned|match(?:ed|ing)?))?[.!]?"#,
    r#"|0 (?:results?|matches|rows|records)(?: found)?\.?)?\s*\z"#,
));

/// Whether a result brings nothing: blank, `null`, `[]`, `no results found`.
pub(crate) fn is_empty(text: &str) -> bool {
    text.len() < 400 && EMPTY.is_match(text)
}

fn line_end(text: &str, from: usize) -> usize {
    text.get(from..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |at| from + at)
}

/// The character border at or before `at`.
pub(crate) fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The character border at or after `at`.
pub(crate) fn ceil(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
