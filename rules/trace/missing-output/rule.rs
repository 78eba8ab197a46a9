//! A form of answer that the goal demands and the final result lacks.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Role, Text, Trace, Traces, has_key, json_in};

pub const ON: &[Kind] = &[Kind::Run];

/// Ways to demand JSON and nothing else.
const JSON: [&str; 9] = ["as json", "in json", "json object with", "json array", "valid json", "json format", "only json", "a json with", "json list"];
/// Verbs that make the JSON of a sentence the answer's form, not the input's.
const ANSWERS: [&str; 10] = ["answer", "return", "respond", "reply", "output", "give", "provide", "produce", "format your", "print"];
/// Ways to demand a yes or a no.
const YES_NO: [&str; 5] = ["answer yes or no", "answer with yes or no", "reply yes or no", "\"yes\" or \"no\"", "respond with yes or no"];
/// Endings of files that a goal may ask for.
const ENDINGS: [&str; 10] = [".csv", ".json", ".md", ".txt", ".html", ".pdf", ".xlsx", ".png", ".yaml", ".py"];
/// Verbs that ask for a file.
const WRITES: [&str; 6] = ["save ", "write ", "store ", "export ", "create ", "put "];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let (Some(goal), Some(last)) = (&run.goal, run.turns.iter().rposition(|turn| turn.is_said() && !turn.content.is_blank())) else { return };
    let answer = run.final_result.as_ref().filter(|result| !result.is_blank()).unwrap_or(&run.turns[last].content);
    // A run that was stopped has no answer, and one that goes on in a conversation has several.
    if run.stops().iter().any(|stop| stop.turn >= last) {
        return;
    }
    if run.cut || run.turns.iter().filter(|turn| turn.role == Role::User && !turn.content.is_blank()).count() > 1 {
        return;
    }
    let Some(lacks) = lacking(run, &goal.text, answer) else { return };
    let mut finding = run.finding(cx, last, run.turns[last].span, format!("the goal asks for {lacks}, and the final answer has none"));
    finding.suggestion = "check the form of the answer in front of the user, or use structured output".into();
    finding.label = "not what was asked for".into();
    cx.report(finding);
}

/// What the goal demands and the answer lacks.
fn lacking(run: &Trace<'_>, goal: &str, answer: &Text<'_>) -> Option<String> {
    let wanted = goal.to_lowercase();
    let said = answer.text.to_lowercase();
    if YES_NO.iter().any(|words| wanted.contains(words)) {
        let has = said.split(|one: char| !one.is_alphanumeric()).any(|word| matches!(word, "yes" | "no"));
        return (!has).then(|| "a yes or a no".to_owned());
    }
    let names = file_names(goal);
    if demands_json(&wanted) && names.is_empty() {
        let Some(value) = json_in(&answer.text) else { return Some("JSON".to_owned()) };
        return quoted_keys(goal).into_iter().find(|key| !has_key(&value, key)).map(|key| format!("the key `{key}`"));
    }
    // A run without calls cannot show whether it wrote.
    let mentions = |name: &str| {
        let in_calls = run.calls.iter().any(|call| call.arguments.as_ref().is_some_and(|arguments| arguments.raw.text.contains(name)));
        in_calls || run.turns.iter().any(|turn| turn.role != Role::User && turn.content.text.contains(name))
    };
    names.into_iter().find(|name| !run.calls.is_empty() && !mentions(name)).map(|name| format!("the file `{name}`"))
}

/// Whether a sentence asks for an answer in JSON.
fn demands_json(goal: &str) -> bool {
    goal.split(['.', '\n', '!', '?', ';']).any(|sentence| {
        let json = JSON.iter().filter_map(|words| sentence.find(words)).min();
        let verb = ANSWERS.iter().filter_map(|verb| sentence.find(verb)).min();
        json.zip(verb).is_some_and(|(json, verb)| verb < json)
    })
}

/// Words in back quotes after `key`, `keys`, `field` or `fields`.
fn quoted_keys(goal: &str) -> Vec<&str> {
    let Some(from) = ["keys ", "key ", "fields ", "field "].iter().find_map(|word| goal.find(word)) else { return Vec::new() };
    let sentence = goal[from..].split(['.', '\n', ';']).next().unwrap_or("");
    sentence.split('`').skip(1).step_by(2).filter(|key| !key.is_empty() && key.chars().all(|one| one.is_alphanumeric() || one == '_')).collect()
}

/// File names after a verb that asks for a file, in the same sentence.
fn file_names(goal: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for sentence in goal.split_inclusive([';', '\n', '!', '?']).flat_map(|part| part.split(". ")) {
        let lower = sentence.to_lowercase();
        let Some(verb) = WRITES.iter().filter_map(|verb| lower.find(verb)).min() else { continue };
        let Some(rest) = sentence.get(verb..).and_then(|rest| ["to ", "as ", "into ", "in ", "called ", "named ", "file "].iter().find_map(|word| Some(&rest[rest.find(word)?..]))) else {
            continue;
        };
        let words = rest.split_whitespace().map(|word| word.trim_matches(|one: char| matches!(one, '`' | '"' | '\'' | '(' | ')' | ',' | '.' | ':')));
        let is_name = |word: &&str| ENDINGS.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending)) && !word.contains("://");
        found.extend(words.filter(is_name).map(|word| word.rsplit('/').next().unwrap_or(word)));
    }
    found
}
