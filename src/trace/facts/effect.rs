//! Whether a call changes the world: only then may the same call give something new.
//!
//! Goes by the tool's name and, for shells, by the command. Does not know what a tool of an unknown name does,
//! and says so.

use crate::facts::pattern::Pattern;
use crate::run::Call;

/// What a call does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Nothing: it reads, searches, computes, thinks.
    None,
    /// Unknown: code or a command that may change something.
    Maybe,
    /// It writes, edits, books, sends, clicks.
    Change,
}

/// Words in a tool's name that say it changes something.
const CHANGES: &str = " edit write create delete remove update insert replace apply patch move rename mkdir rmdir set add \
    append commit push install uninstall book cancel modify send post put submit upload save return exchange refund buy \
    purchase pay order reserve schedule assign close open merge checkout reset restart start stop kill deploy publish \
    upsert drop truncate click type fill press scroll hover drag select navigate goto visit back forward tap swipe key \
    enable disable register approve reject transfer grant revoke sync toggle undo redo todowrite multiedit ";

/// Words in a tool's name that say it only looks.
const READS: &str = " get list read search find query fetch lookup look view show describe count check inspect grep glob ls \
    cat calculate calculator compute think plan retrieve browse summarize summarise translate wikipedia wiki weather \
    google bing arxiv stat head status validate verify analyze analyse extract detect classify compare print info help ";

/// Tools that run code or commands.
const RUNS: &str = " bash shell sh zsh terminal command cmd powershell exec execute run python code interpreter repl jupyter \
    ipython notebook script node javascript computerterminal ";

static SHELL_CHANGES: Pattern = Pattern::new(concat!(
    r"(?m)(?:^|[^0-9&>-])>{1,2}\s*(?:[^&\s/]|/[^d]|/d[^e]|/dev/[^n])",
    r"|(?:^|[;&|(]\s*|\bsudo\s+|\bxargs\s+(?:-\S+\s+)*)\s*(?:rm|mv|cp|mkdir|rmdir|touch|tee|dd|ln|chmod|chown|kill|pkill|truncate|rsync|unzip|tar|patch|install)\b",
    r"|\bsed\s+(?:-[a-zA-Z]+\s+)*-i|\bperl\s+-p?i",
    r"|\bgit\s+(?:-\S+\s+)*(?:commit|checkout|switch|reset|apply|am|merge|rebase|pull|push|clone|stash|add|rm|mv|restore|clean|cherry-pick|revert|init)\b",
    r"|\b(?:pip3?|npm|pnpm|yarn|apt|apt-get|brew|conda|uv|poetry|gem|cargo|go)\s+(?:-\S+\s+)*(?:install|uninstall|add|remove|update|upgrade|ci|get|sync)\b",
    r"|\bcurl\b[^|;\n]*\s(?:-X\s*(?:POST|PUT|DELETE|PATCH)|-d\b|--data|-F\b|-o\b|-O\b)|\bwget\b",
    r"|^\s*(?:edit|create|insert|append|submit|str_replace)\b",
    r"|\b(?:systemctl|service)\s+\S*\s*(?:start|stop|restart)|\bdocker\s+(?:run|start|stop|rm|exec|build|compose)",
));

static SHELL_READS: Pattern = Pattern::new(concat!(
    r"^\s*(?:cd\s+\S+\s*(?:&&|;)\s*)?(?:open|goto|scroll_up|scroll_down|search_dir|search_file|find_file|view|ls|cat|head|tail|less|grep|egrep|rg|ag|find|fd|wc|pwd|which|whoami|env|printenv|echo|date|stat|file|du|df|ps|tree|sort|uniq|cut|diff|cmp|awk|sed|jq|nl|id|uname|type|hexdump|xxd|strings|test|sleep|man",
    r"|git\s+(?:-\S+\s+)*(?:status|log|diff|show|branch|blame|ls-files|rev-parse|remote|grep))\b",
));

static CODE_CHANGES: Pattern = Pattern::new(concat!(
    r#"\bopen\([^)\n]*,\s*(?:mode\s*=\s*)?['"][rbt+]*[wax]"#,
    r"|\.(?:write|writelines|write_text|write_bytes|to_csv|to_json|to_excel|to_parquet|savefig|save|unlink|mkdir|rename|commit|executemany|insert_one|insert_many)\(",
    r"|\bos\.(?:remove|unlink|rename|replace|mkdir|makedirs|rmdir|system|chdir)\(|\bshutil\.|\bsubprocess\.|\brequests\.(?:post|put|delete|patch)\(",
    r"|^\s*[!%](?:pip|cd|mv|rm|cp|mkdir|wget|git)\b",
));

/// How web agents say what they did.
static BROWSED: Pattern = Pattern::new(
    r"\A\s*I (?:clicked|typed|scrolled|opened|visited|navigated|pressed|hovered|selected|went)\b",
);

/// What `call` does to the world, as far as its name and command tell.
pub(crate) fn of(call: &Call<'_>) -> Effect {
    if BROWSED.is_match(
        call.arguments
            .as_ref()
            .map_or("", |arguments| &arguments.raw.text),
    ) {
        return Effect::Change;
    }
    let words = words(&call.name.text);
    let command = || command(call);
    if words.iter().any(|word| listed(RUNS, word)) && !words.iter().any(|word| listed(READS, word))
    {
        return match command() {
            Some(command) => of_command(&command),
            None => Effect::Maybe,
        };
    }
    // An editor with commands of its own: `str_replace_editor` with `command: "view"`.
    if let Some(command) = command()
        && !command.contains(char::is_whitespace)
        && words
            .iter()
            .any(|word| listed(" editor edit file str memory text ", word))
    {
        return if listed(READS, &command) {
            Effect::None
        } else {
            Effect::Change
        };
    }
    match words
        .iter()
        .find(|word| listed(CHANGES, word) || listed(READS, word))
    {
        Some(word) if listed(READS, word) => Effect::None,
        Some(_) => Effect::Change,
        None => Effect::Maybe,
    }
}

/// Whether a call runs code or a command that stands in its arguments.
pub(crate) fn runs_code(call: &Call<'_>) -> bool {
    is_runner(&call.name.text) && command(call).is_some()
}

/// Whether a tool runs code or commands.
pub(crate) fn is_runner(name: &str) -> bool {
    words(name).iter().any(|word| listed(RUNS, word))
}

/// Whether a tool only writes down what the model thinks: its answer says nothing.
pub(crate) fn is_note(name: &str) -> bool {
    const NOTES: [&str; 8] = [
        "think",
        "thought",
        "plan",
        "note",
        "reflect",
        "scratchpad",
        "log",
        "todo",
    ];
    words(name)
        .first()
        .is_some_and(|word| NOTES.contains(&word.as_str()))
}

/// The words of a name: `get_user`, `getUser` and `Get-User` are `get user`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for character in name.chars() {
        let begins = character.is_uppercase() && before.is_lowercase();
        if !character.is_alphanumeric() {
            before = ' ';
            continue;
        }
        if before == ' ' || begins || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words
}

fn listed(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// The command or code that a call runs.
pub(crate) fn command(call: &Call<'_>) -> Option<String> {
    let arguments = call.arguments.as_ref()?;
    if arguments.free {
        return Some(arguments.raw.text.to_string());
    }
    let value = arguments.ok()?;
    if let Some(text) = value.as_str() {
        return Some(text.to_string());
    }
    let found = [
        "command",
        "cmd",
        "code",
        "script",
        "input",
        "action",
        "bash_command",
    ]
    .iter()
    .find_map(|key| value.get(key))?;
    match found {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_str()).collect();
            Some(parts.join(" "))
        }
        _ => None,
    }
}

fn of_command(command: &str) -> Effect {
    let command_only = command.lines().count() <= 1;
    if SHELL_CHANGES.is_match(command) || CODE_CHANGES.is_match(command) {
        Effect::Change
    } else if command_only && SHELL_READS.is_match(command) {
        Effect::None
    } else {
        Effect::Maybe
    }
}
