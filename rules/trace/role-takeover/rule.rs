//! Sections headed by other agents' names.

use looplint_model::Cx;
use looplint_trace::{Kind, Node, Traces};

pub const ON: &[Kind] = &[Kind::Run];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Traces>) {
    let run = node.run();
    let names = run.agents();
    if names.len() < 2 {
        return;
    }
    for (at, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.is_said()) {
        let own = turn.agent.as_deref().unwrap_or("");
        let headed: Vec<(usize, &str)> = names
            .iter()
            .filter(|name| **name != own && !name.is_empty())
            .filter_map(|name| heading(&turn.content.text, name).map(|place| (place, *name)))
            .collect();
        let with_code = headed.iter().any(|(place, _)| {
            turn.content.text.get(*place..).is_some_and(|rest| rest.chars().take(1500).collect::<String>().contains("```"))
        });
        let Some((place, name)) = headed.iter().min() else { continue };
        if headed.len() < 2 && !with_code {
            continue;
        }
        let span = turn.content.place(&cx.source.text, *place..*place + name.len());
        let mut finding = run.finding(cx, at, span, format!("this turn plays the part of `{name}`, who never said it"));
        finding.suggestion = "stop the model at the other agents' names, and call one agent at a time".into();
        finding.label = "another agent's part".into();
        cx.report(finding);
        return;
    }
}

/// Where a line begins with `name` as a heading: nothing but marks before it, and a short line.
fn heading(text: &str, name: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches(|mark: char| !mark.is_alphanumeric());
        let marks = line.len() - bare.len();
        let rest = bare.strip_prefix(name);
        let is_heading = rest.is_some_and(|rest| {
            let rest = rest.trim_end();
            rest.chars().count() <= 80 && !rest.starts_with(|next: char| next.is_alphanumeric() || next == ',') && (rest.is_empty() || rest.contains([':', '*', '#', ')', ']']))
        });
        if marks <= 8 && is_heading {
            return Some(start + marks);
        }
        start += line.len();
    }
    None
}
