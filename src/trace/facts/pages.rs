//! What web and group-chat agents write into their turns: pages, ledgers, hand-offs, walls and limits.
//!
//! Knows the wording of a few harnesses. Does not judge.

use std::ops::Range;

use crate::facts::effect;
use crate::facts::pattern::Pattern;
use crate::run::{Role, Trace, Turn, TurnKind};

/// A page that an agent looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<'t> {
    /// Its title.
    pub title: &'t str,
    /// Its address.
    pub url: &'t str,
    /// How much of it is in view, in percent.
    pub viewport: Option<u8>,
    /// Where the view stands: `at the top`, `56% down`.
    pub position: &'t str,
    /// What is said of it, after this heading.
    pub body: &'t str,
}

/// An orchestrator's record of how the run goes; `None` where it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// It holds that the request is satisfied.
    pub satisfied: Option<bool>,
    /// It holds that the agents repeat themselves.
    pub in_loop: Option<bool>,
    /// It holds that there is progress.
    pub progress: Option<bool>,
    /// Who is to speak next.
    pub next_speaker: Option<String>,
    /// What is to be done next.
    pub instruction: Option<String>,
}

/// Work given from one agent to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handoff {
    /// The turn that gives it.
    pub turn: usize,
    /// Who gives it, where named.
    pub from: Option<String>,
    /// Who gets it.
    pub to: String,
    /// The call by which it is given, where it is one.
    pub call: Option<usize>,
}

/// Something that stopped an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What.
    pub kind: StopKind,
    /// The turn that shows it.
    pub turn: usize,
    /// The call whose result shows it; else the turn's own words do.
    pub call: Option<usize>,
    /// Where in those words; empty where only the finish reason or the run's stop reason says it.
    pub range: Range<usize>,
}

/// Kinds of stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopKind {
    /// The provider's content filter.
    ContentFilter,
    /// A page that wants to see a person.
    BotWall,
    /// A limit of time, turns, tokens or money.
    Budget,
    /// The model's answer was cut at its length limit.
    Length,
}

static SCREENSHOT: Pattern = Pattern::new(concat!(
    r"screenshot of \[(?P<title>[^\]]*)\]\((?P<url>\S+?)\)\. The viewport shows (?P<view>\d{1,3})% of the webpage",
    r"(?:, and is positioned (?P<position>[^.\n]{0,60}))?",
));

static ADDRESS: Pattern = Pattern::new(
    "\\A\\s*Address: (?P<url>[^\\n]*)\\n(?:Title: (?P<title>[^\\n]*)\\n)?(?:Viewport position: (?P<position>[^\\n]*)\\n?)?",
);

static LEDGER: Pattern = Pattern::new(
    "(?is)\"(?P<key>is_request_satisfied|is_in_loop|is_progress_being_made|next_speaker|instruction_or_question)\"\\s*:\\s*(?:\\{.{0,4000}?\"answer\"\\s*:\\s*)?(?P<value>true|false|\"(?:[^\"\\\\]|\\\\.)*\")",
);

static FILTER: Pattern = Pattern::new(concat!(
    r"(?i)ResponsibleAIPolicyViolation|\bcontent_filter\b|content management policy|response was filtered|content_policy_violation|",
    r"blocked by (?:our |the )?(?:safety|content) (?:system|filter|policy|settings)|finish_?reason['\x22: =]+(?:SAFETY|content_filter)",
));

static WALL: Pattern = Pattern::new(concat!(
    r"(?i)verify(?:ing)? (?:that )?you are (?:a |not a )?(?:human|robot|bot)|are you a robot\b|I['’]m not a robot|(?:solve|complete|enter|pass|type|fill in) (?:the|this|a) captcha|captcha (?:required|challenge|verification|check)|access to this page has been denied|",
    r"pardon our interruption|unusual traffic from|\bjust a moment\.\.\.|checking your browser|security check to access|enable javascript and cookies to continue|",
    r"press (?:&|and) hold to confirm",
));

static BUDGET: Pattern = Pattern::new(concat!(
    r"(?i)\bmax(?:imum)?[ _](?:time|rounds|turns|steps|iterations|messages|execution time)\b[^\n]{0,24}\b(?:reached|exceeded|hit)\b|",
    r"\b(?:reached|exceeded|hit) (?:the )?(?:max(?:imum)?|limit of) (?:number of )?(?:turns|steps|iterations|rounds|tokens)|recursion limit of \d+ reached|GraphRecursionError|",
    r"agent stopped due to (?:iteration|time|max)|\bstep limit (?:reached|exceeded)|\bbudget (?:exceeded|exhausted)|\bexit_(?:cost|context|format)\b|error_max_turns|MaxTurnsExceeded|",
    r"context (?:length|window) (?:exceeded|limit)|maximum context length",
));

static BUDGET_WORDS: Pattern = Pattern::new(
    r"(?i)\bmax|limit|budget|exit_(?:cost|context|format)|too_many|time(?:d)?_?out|length|exhausted|cost|token",
);

/// The page that `text` describes, where it does.
pub fn page(text: &str) -> Option<Page<'_>> {
    let head = &text[..super::errors::ceil(text, 4_000.min(text.len()))];
    let part = |found: &regex::Captures<'_>, name: &str| {
        found
            .name(name)
            .map_or(&text[..0], |part| &text[part.range()])
            .trim()
    };
    if head.contains("screenshot of [") {
        let found = SCREENSHOT.regex()?.captures(head)?;
        let body = &text[found.get(0)?.end()..];
        return Some(Page {
            title: part(&found, "title"),
            url: part(&found, "url"),
            viewport: part(&found, "view").parse().ok(),
            position: part(&found, "position"),
            body,
        });
    }
    if !head.trim_start().starts_with("Address: ") {
        return None;
    }
    let found = ADDRESS.regex()?.captures(head)?;
    let body = &text[found.get(0)?.end()..];
    Some(Page {
        title: part(&found, "title"),
        url: part(&found, "url"),
        viewport: None,
        position: part(&found, "position"),
        body,
    })
}

/// The ledger that `text` is, where it is one.
pub fn ledger(text: &str) -> Option<Ledger> {
    if !text.contains("\"is_in_loop\"") && !text.contains("\"is_progress_being_made\"") {
        return None;
    }
    let mut ledger = Ledger::default();
    for found in LEDGER.regex()?.captures_iter(text) {
        let value = &found["value"];
        let truth = || Some(value.eq_ignore_ascii_case("true"));
        let words = || serde_json::from_str::<String>(value).ok();
        match found["key"].to_ascii_lowercase().as_str() {
            "is_request_satisfied" => ledger.satisfied = truth(),
            "is_in_loop" => ledger.in_loop = truth(),
            "is_progress_being_made" => ledger.progress = truth(),
            "next_speaker" => ledger.next_speaker = words(),
            _ => ledger.instruction = words(),
        }
    }
    Some(ledger)
}

/// Whether a turn is an orchestrator's plan: text about the work, not work.
fn is_plan(turn: &Turn<'_>) -> bool {
    let head: String = turn
        .content
        .text
        .chars()
        .take(40)
        .collect::<String>()
        .to_lowercase();
    turn.kind == TurnKind::Thought && head.contains("plan")
}

/// The agent that a hand-off tool names: `transfer_to_billing`, `handoff` with `agent_name`.
fn handed_to(trace: &Trace<'_>, call: usize) -> Option<String> {
    let call = trace.calls.get(call)?;
    let words = effect::words(&call.name.text);
    let verb = words.first().map(String::as_str)?;
    let is_handoff = matches!(verb, "transfer" | "handoff" | "delegate" | "escalate")
        || (verb == "hand" && words.get(1).is_some_and(|word| word == "off"));
    if !is_handoff {
        return None;
    }
    let named = call
        .arguments
        .as_ref()
        .and_then(|arguments| arguments.ok())
        .and_then(|value| {
            [
                "agent_name",
                "agent",
                "to",
                "target",
                "recipient",
                "assistant",
                "coworker",
            ]
            .iter()
            .find_map(|key| value.get(key)?.as_str().map(str::to_owned))
        });
    let rest = |words: &[String]| -> Vec<String> {
        let skip = [
            "transfer",
            "handoff",
            "delegate",
            "escalate",
            "hand",
            "off",
            "to",
            "work",
            "task",
            "call",
            "conversation",
        ];
        words
            .iter()
            .filter(|word| !skip.contains(&word.as_str()))
            .cloned()
            .collect()
    };
    named.or_else(|| Some(rest(&words).join("_")).filter(|name| !name.is_empty()))
}

/// Every hand-off of a run that is stated: by a marked turn or by a call.
pub(crate) fn handoffs(trace: &Trace<'_>) -> Vec<Handoff> {
    let mut handoffs = Vec::new();
    for (at, turn) in trace.turns.iter().enumerate() {
        let from = turn.agent.as_deref().map(str::to_owned);
        if turn.kind == TurnKind::Handoff
            && let Some(to) = &turn.to
        {
            handoffs.push(Handoff {
                turn: at,
                from: from.clone(),
                to: to.to_string(),
                call: None,
            });
        }
        for call in turn.calls.clone() {
            if let Some(to) = handed_to(trace, call) {
                handoffs.push(Handoff {
                    turn: at,
                    from: from.clone(),
                    to,
                    call: Some(call),
                });
            }
        }
    }
    handoffs
}

/// Everything in a run that stopped an agent, in order.
pub(crate) fn stops(trace: &Trace<'_>) -> Vec<Stop> {
    let mut stops = Vec::new();
    for (at, turn) in trace.turns.iter().enumerate() {
        if let Some(kind) = turn.finish_reason.as_deref().and_then(of_finish_reason) {
            stops.push(Stop {
                kind,
                turn: at,
                call: None,
                range: 0..0,
            });
        }
        if matches!(turn.role, Role::System | Role::User)
            || turn.kind == TurnKind::Handoff
            || is_plan(turn)
        {
            continue;
        }
        let own = &turn.content.text;
        if ledger(own).is_none()
            && let Some((kind, range)) = look(own)
        {
            stops.push(Stop {
                kind,
                turn: at,
                call: None,
                range,
            });
            continue;
        }
        for &call in &turn.results {
            let Some(result) = trace.calls.get(call).and_then(|call| call.result.as_ref()) else {
                continue;
            };
            if let Some((kind, range)) = look(&result.content.text) {
                stops.push(Stop {
                    kind,
                    turn: at,
                    call: Some(call),
                    range,
                });
            }
        }
    }
    if let (Some(stop), Some(last)) = (&trace.stop, trace.turns.len().checked_sub(1))
        && BUDGET_WORDS.is_match(&stop.text)
        && !stops.iter().any(|stop| stop.kind == StopKind::Budget)
    {
        stops.push(Stop {
            kind: StopKind::Budget,
            turn: last,
            call: None,
            range: 0..0,
        });
    }
    stops
}

fn of_finish_reason(reason: &str) -> Option<StopKind> {
    match reason.to_ascii_lowercase().as_str() {
        "content_filter" | "safety" | "refusal" | "prohibited_content" | "recitation"
        | "content-filter" => Some(StopKind::ContentFilter),
        "length" | "max_tokens" | "max_output_tokens" | "model_length" => Some(StopKind::Length),
        _ => None,
    }
}

fn look(text: &str) -> Option<(StopKind, Range<usize>)> {
    let table = [
        (&FILTER, StopKind::ContentFilter),
        (&WALL, StopKind::BotWall),
        (&BUDGET, StopKind::Budget),
    ];
    table
        .into_iter()
        .find_map(|(pattern, kind)| Some((kind, pattern.find(text)?)))
}
