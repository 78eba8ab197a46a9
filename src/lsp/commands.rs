//! Commands that the client can have the server run.
//!
//! None of them starts a program, and none opens a connection unless the user had the server ask a language model.
//! Does not know what a menu looks like.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::{
    Command, ExecuteCommandParams, NumberOrString, Position, ProgressToken, Uri,
};

use crate::explain::{self, Explained, Stream};
use crate::hover;
use crate::session::Session;
use crate::tell::Loudness;
use crate::workspace;

const EXPLAIN: &str = "looplint.server.explain";
const CHECK_WORKSPACE: &str = "looplint.server.checkWorkspace";
const DEBUG_INFORMATION: &str = "looplint.server.debugInformation";
const CLEAR_CACHE: &str = "looplint.server.clearCache";

/// All commands.
pub(crate) const ALL: [&str; 4] = [EXPLAIN, CHECK_WORKSPACE, DEBUG_INFORMATION, CLEAR_CACHE];

/// The client's own command that shows an explanation.
const CLIENT_EXPLAIN: &str = "looplint.explainFinding";
/// The client's own command that lists findings.
const CLIENT_SHOW: &str = "looplint.showFindings";

/// How long to wait for the client to make room for a progress bar.
const PROGRESS_PATIENCE: Duration = Duration::from_secs(2);

/// The command behind an action that explains.
pub(crate) fn explain_action(session: &Session, title: String, mut argument: Value) -> Command {
    let own = session.features().does(CLIENT_EXPLAIN);
    if !own {
        // A client without a view of its own gets it as a message.
        argument["show"] = json!(true);
    }
    Command {
        title,
        command: if own { CLIENT_EXPLAIN } else { EXPLAIN }.to_owned(),
        arguments: Some(vec![argument]),
    }
}

/// The command behind a lens: the client's list of findings, or nothing but the title.
pub(crate) fn show(session: &Session, title: String, argument: Value) -> Command {
    let own = session.features().does(CLIENT_SHOW);
    Command {
        title,
        command: if own {
            CLIENT_SHOW.to_owned()
        } else {
            String::new()
        },
        arguments: own.then(|| vec![argument]),
    }
}

/// Runs a command.
pub(crate) async fn run(
    session: &Arc<Session>,
    params: ExecuteCommandParams,
) -> Result<Option<Value>> {
    let argument = params.arguments.into_iter().next().unwrap_or_default();
    match params.command.as_str() {
        EXPLAIN => {
            let token = params.work_done_progress_params.work_done_token;
            let token = token.map(|token| json!(token));
            explanation(session, &argument, token).await.map(Some)
        }
        CHECK_WORKSPACE => {
            let token = match params.work_done_progress_params.work_done_token {
                Some(token) => Some(json!(token)),
                None => own_token(session, "looplint-workspace".into()).await,
            };
            let (n_files, n_findings) = workspace::show_all(session, token).await;
            Ok(Some(json!({"files": n_files, "findings": n_findings})))
        }
        DEBUG_INFORMATION => Ok(Some(Value::String(debug_information(session)))),
        CLEAR_CACHE => {
            session.profiles.clear();
            session.scans.clear();
            session.recheck();
            Ok(None)
        }
        other => Err(Error::invalid_params(format!(
            "no command is called `{other}`"
        ))),
    }
}

/// A finding's explanation, or a rule's where no place is named; shown as a message where that is asked for.
/// A model's words stand before it, where the user has one explain.
async fn explanation(
    session: &Arc<Session>,
    argument: &Value,
    token: Option<Value>,
) -> Result<Value> {
    let Some(rule) = argument.get("rule").and_then(Value::as_str) else {
        return Err(Error::invalid_params("`rule` is missing"));
    };
    let Some(page) = session.host.page(rule) else {
        return Err(Error::invalid_params(format!("no rule is called `{rule}`")));
    };
    let place = finding_place(argument);
    let of_finding = match &place {
        Some((uri, position)) => hover::explanation(session, uri, *position, rule).await,
        None => None,
    };
    let mut markdown = of_finding.unwrap_or_else(|| hover::page_text(page));
    let words = match place {
        Some((uri, position)) => words(session, argument, token, (&uri, position), rule).await,
        None => None,
    };
    match &words {
        Some(Ok(explained)) => markdown.insert_str(0, &explain::markdown(explained)),
        Some(Err(why)) => session.log(Loudness::Warning, why),
        None => {}
    }
    if argument.get("show").is_some_and(|show| *show == true) {
        let message = argument.get("message").and_then(Value::as_str);
        let message = message.unwrap_or(&page.summary);
        let text = match &words {
            Some(Ok(explained)) => format!("{rule}: {} ({})", explained.text, explained.note),
            Some(Err(why)) => format!("{rule}: {message}. {} ({why})", page.href()),
            None => format!("{rule}: {message}. {}", page.href()),
        };
        session.show(Loudness::Info, &text);
    }
    let mut answer = json!({"rule": rule, "markdown": markdown, "href": page.href()});
    match words {
        Some(Ok(explained)) => {
            answer["explanation"] =
                json!({"text": explained.text, "note": explained.note, "generated": true});
        }
        Some(Err(why)) => answer["problem"] = json!(why),
        None => {}
    }
    Ok(answer)
}

/// A model's words on a finding, which go to the client as they come: under the name that it gave, and where it
/// shows progress.
async fn words(
    session: &Arc<Session>,
    argument: &Value,
    token: Option<Value>,
    (uri, position): (&Uri, Position),
    rule: &str,
) -> Option<std::result::Result<Explained, String>> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    session.host.explainer()?;
    let name = argument.get("stream").filter(|name| name.is_string());
    let token = match (token, name) {
        (Some(token), _) => Some(token),
        (None, Some(_)) => None,
        (None, None) => {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            own_token(session, format!("looplint-explanation-{number}")).await
        }
    };
    let stream = Stream {
        name: name.cloned(),
        token,
    };
    explain::words(session, uri, position, rule, stream).await
}

fn finding_place(argument: &Value) -> Option<(Uri, Position)> {
    let uri = serde_json::from_value(argument.get("uri")?.clone()).ok()?;
    let start = argument.get("range")?.get("start")?.clone();
    Some((uri, serde_json::from_value(start).ok()?))
}

/// A place for progress that the client made, where it can.
async fn own_token(session: &Arc<Session>, name: String) -> Option<Value> {
    if !session.features().progress {
        return None;
    }
    let token: ProgressToken = NumberOrString::String(name);
    let (sender, made) = tokio::sync::oneshot::channel();
    let asked = token.clone();
    session.ask(|client| async move {
        let made = client.create_work_done_progress(asked).await.is_ok();
        let _ = sender.send(made);
    });
    let made = tokio::time::timeout(PROGRESS_PATIENCE, made).await;
    matches!(made, Ok(Ok(true))).then(|| json!(token))
}

fn debug_information(session: &Session) -> String {
    let mut state = session.lock();
    let folders: Vec<String> = state
        .folders
        .iter()
        .map(|folder| format!("  {} {:?}", folder.path.display(), folder.chosen.choices))
        .collect();
    let mut open: Vec<String> = state
        .documents
        .all()
        .map(|open| {
            let found = open
                .latest
                .as_ref()
                .map_or(0, |report| report.findings.len());
            format!("  {} version {}, {found} findings", open.name, open.version)
        })
        .collect();
    open.sort();
    format!(
        "looplint {}\nclient: {:?}\nchoices: {:?}\nfolders:\n{}\nopen:\n{}\n",
        session.host.version(),
        session.features(),
        state.fallback.choices,
        folders.join("\n"),
        open.join("\n"),
    )
}
