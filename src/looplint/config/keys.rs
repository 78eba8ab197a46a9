//! The keys of the configuration: the one description that reading, help and schema share.

/// What `fail-on` takes, from the strictest.
pub(crate) const LEVELS: [&str; 4] = ["info", "warning", "error", "never"];

/// A key of the configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What may be written there.
    pub(crate) kind: Kind,
    /// What holds when nobody wrote it, in TOML or in words.
    pub(crate) default: &'static str,
    /// What it does; one line a sentence.
    pub(crate) doc: &'static str,
    /// A line of TOML.
    pub(crate) example: &'static str,
}

/// What may be written for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number from 1.
    Integer,
    /// A number from 0.
    Number,
    /// The path of a file, relative to the configuration file.
    Path,
    /// A text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A Python version, `"3.11"`.
    Version,
    /// Texts.
    Texts,
    /// Globs, relative to the configuration file's folder.
    Globs,
    /// Rule ids, domains or ALL.
    Rules,
    /// Output formats, each with `=FILE` or without; one alone needs no list.
    Formats,
    /// Globs, each with the rules that it switches off.
    RulesByGlob,
    /// Rules that are switched off, and tables that silence single findings.
    Ignores,
    /// Tables of options, by rule.
    Options,
    /// A table with keys of its own.
    Table(&'static [Key]),
}

impl Kind {
    /// What to write, for errors and help.
    pub(crate) const fn wants(self) -> &'static str {
        match self {
            Kind::Switch => "true or false",
            Kind::Integer => "a whole number from 1",
            Kind::Number => "a number from 0",
            Kind::Path => "the path of a file",
            Kind::Text => "a text",
            Kind::OneOf(_) => "one of its words",
            Kind::Version => "a Python version such as \"3.11\"",
            Kind::Texts => "a list of texts",
            Kind::Globs => "a list of globs",
            Kind::Rules => "a list of rule ids, `python`, `trace` or ALL",
            Kind::Formats => "an output format, or a list of them",
            Kind::RulesByGlob => "a table of globs with lists of rules",
            Kind::Ignores => "a list of rules, or tables [[ignore]]",
            Kind::Options => "tables [rules.RULE]",
            Kind::Table(_) => "a table",
        }
    }
}

/// All keys, by name.
pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "assume-size",
        kind: Kind::Integer,
        default: "1000",
        doc: "The n to assume for a loop whose size the program does not tell.\nThe estimated slowdown is that at this n.",
        example: "assume-size = 10000",
    },
    Key {
        name: "baseline",
        kind: Kind::Path,
        default: "\".looplint-baseline.jsonl\", where it is there",
        doc: "The file of old findings that are not reported again; `looplint baseline` writes it.",
        example: "baseline = \"ci/looplint-baseline.jsonl\"",
    },
    Key {
        name: "exclude",
        kind: Kind::Globs,
        default: "folders of tools and of other people's code: .git, .venv, node_modules and the like",
        doc: "Files and folders that a walk leaves out, instead of the default ones.\nA glob without `/` is matched against names, another against the path from the configuration's folder; what matches a folder holds for all in it.",
        example: "exclude = [\".venv\", \"third_party\", \"*_pb2.py\"]",
    },
    Key {
        name: "extend",
        kind: Kind::Path,
        default: "none",
        doc: "A configuration file that this one builds on; what is written here wins.\nKeys that begin with `extend-`, `ignore`, `per-file-ignores` and `rules` add to those of the other file.",
        example: "extend = \"../looplint.toml\"",
    },
    Key {
        name: "extend-exclude",
        kind: Kind::Globs,
        default: "[]",
        doc: "Files and folders that a walk leaves out beside those of `exclude`.",
        example: "extend-exclude = [\"generated\", \"src/vendor/**\"]",
    },
    Key {
        name: "extend-safe-fixes",
        kind: Kind::Rules,
        default: "[]",
        doc: "Rules whose unsafe fixes `--fix` applies as if they were safe.",
        example: "extend-safe-fixes = [\"list-membership-in-loop\"]",
    },
    Key {
        name: "extend-select",
        kind: Kind::Rules,
        default: "[]",
        doc: "Rules that run beside those that are on by default or selected.",
        example: "extend-select = [\"ignore-without-reason\"]",
    },
    Key {
        name: "extend-unsafe-fixes",
        kind: Kind::Rules,
        default: "[]",
        doc: "Rules whose safe fixes are applied only with `--unsafe-fixes`.",
        example: "extend-unsafe-fixes = [\"list-membership-in-loop\"]",
    },
    Key {
        name: "fail-on",
        kind: Kind::OneOf(&LEVELS),
        default: "\"info\"",
        doc: "The least severity of a finding that makes looplint exit with 1.",
        example: "fail-on = \"warning\"",
    },
    Key {
        name: "force-exclude",
        kind: Kind::Switch,
        default: "false",
        doc: "Leave excluded files out also where they are named on the command line, as a commit hook does.",
        example: "force-exclude = true",
    },
    Key {
        name: "ignore",
        kind: Kind::Ignores,
        default: "[]",
        doc: "Rules that do not run, as a list of ids.\nOr single findings that are silenced, as tables [[ignore]]: `rule`, with any of `path` (a glob), `run` and `turn` or `pointer` (a JSON pointer) in a trace, `fingerprint` (from the JSON report), and `reason` and `expires` (a date, after which it no longer holds).",
        example: "[[ignore]]\nrule = \"repeated-call\"\npath = \"runs/*.json\"\npointer = \"/messages/4\"\nreason = \"the tool is a clock\"\nexpires = 2027-01-31",
    },
    Key {
        name: "llm",
        kind: Kind::Table(LLM),
        default: "those of its keys",
        doc: "Whom `--explain` and `--judge` ask; nothing is asked without these flags.\nKeys of services are read from the environment, never from here. The language server does not read this table: a folder that is opened must not decide where code is sent.",
        example: "[llm]\nbase-url = \"http://localhost:8080/v1\"\nmodel = \"local\"",
    },
    Key {
        name: "min-slowdown",
        kind: Kind::Number,
        default: "10 where there is an estimate",
        doc: "Report findings in code only where the estimated slowdown is at least this many percent; 0 reports all.\nWhat has no estimate is reported unless a number above 0 is given.",
        example: "min-slowdown = 900",
    },
    Key {
        name: "output-format",
        kind: Kind::Formats,
        default: "\"full\"",
        doc: "How to report; with `=FILE` into a file.",
        example: "output-format = [\"full\", \"sarif=looplint.sarif\"]",
    },
    Key {
        name: "per-file-ignores",
        kind: Kind::RulesByGlob,
        default: "{}",
        doc: "Rules that do not run on the files that a glob matches.",
        example: "[per-file-ignores]\n\"tests/**\" = [\"python\"]",
    },
    Key {
        name: "polling-tools",
        kind: Kind::Texts,
        default: "[]",
        doc: "Tools of agents whose repeated calls are polling and no loop; `*` stands for any text.",
        example: "polling-tools = [\"wait_for_*\", \"get_status\"]",
    },
    Key {
        name: "respect-gitignore",
        kind: Kind::Switch,
        default: "true",
        doc: "Leave out what .gitignore and its kin leave out.",
        example: "respect-gitignore = false",
    },
    Key {
        name: "rules",
        kind: Kind::Options,
        default: "those of the rules' pages",
        doc: "Options of rules, in a table for each: `looplint rule RULE` names them.",
        example: "[rules.list-membership-in-loop]\nmin-literal = 8",
    },
    Key {
        name: "select",
        kind: Kind::Rules,
        default: "the rules that are on by default",
        doc: "The rules that run: ids, `python`, `trace` or ALL. The most exact word wins.",
        example: "select = [\"python\"]",
    },
    Key {
        name: "slow-call-ms",
        kind: Kind::Integer,
        default: "5000",
        doc: "A tool call of an agent that takes this many milliseconds is slow.",
        example: "slow-call-ms = 10000",
    },
    Key {
        name: "target-version",
        kind: Kind::Version,
        default: "the lowest that `requires-python` allows, else \"3.11\"",
        doc: "The Python version that the code is written for.",
        example: "target-version = \"3.12\"",
    },
    Key {
        name: "traces",
        kind: Kind::Globs,
        default: "every file that looks like one",
        doc: "The files that are agent traces, for a walk and for editors.\nOthers are not looked at as traces unless they are named; one of these that is no trace is reported.",
        example: "traces = [\"runs/**/*.json\"]",
    },
];

/// The keys of the table [llm], by name.
pub(crate) const LLM: &[Key] = &[
    Key {
        name: "base-url",
        kind: Kind::Text,
        default: "that of the service whose key is in the environment",
        doc: "The server to ask. It gets the key in LOOPLINT_LLM_API_KEY only where it is on this machine: name others with --llm-base-url or LOOPLINT_LLM_BASE_URL for that, so that a folder from elsewhere cannot have your key.",
        example: "[llm]\nbase-url = \"http://localhost:8080/v1\"",
    },
    Key {
        name: "budget",
        kind: Kind::Text,
        default: "none",
        doc: "US dollars, seconds or both that all calls of a run may take together.",
        example: "[llm]\nbudget = \"0.50,90s\"",
    },
    Key {
        name: "catalogue",
        kind: Kind::Path,
        default: "none; the models that come with looplint",
        doc: "A file of models with price, context, quality and latency; its rows go over those that come with looplint.",
        example: "[llm]\ncatalogue = \"models.toml\"",
    },
    Key {
        name: "concurrency",
        kind: Kind::Integer,
        default: "4",
        doc: "The most calls at once.",
        example: "[llm]\nconcurrency = 2",
    },
    Key {
        name: "dialect",
        kind: Kind::OneOf(&DIALECTS),
        default: "that of the host, else \"openai\"",
        doc: "How the server at `base-url` is spoken to.",
        example: "[llm]\ndialect = \"anthropic\"",
    },
    Key {
        name: "max-latency-ms",
        kind: Kind::Number,
        default: "none",
        doc: "No model is asked whose answers take longer on average.",
        example: "[llm]\nmax-latency-ms = 1000",
    },
    Key {
        name: "max-price",
        kind: Kind::Number,
        default: "none",
        doc: "No model is asked that costs more US dollars for a thousand tokens of prompt and a thousand of answer.",
        example: "[llm]\nmax-price = 0.01",
    },
    Key {
        name: "model",
        kind: Kind::Text,
        default: "chosen by `priority`; the first that the server at `base-url` lists",
        doc: "The one model to ask.",
        example: "[llm]\nmodel = \"qwen3-coder\"",
    },
    Key {
        name: "priority",
        kind: Kind::OneOf(&PRIORITIES),
        default: "\"balanced\"",
        doc: "What matters most where a model is chosen.",
        example: "[llm]\npriority = \"cost\"",
    },
    Key {
        name: "slots",
        kind: Kind::Switch,
        default: "false",
        doc: "Have a llama.cpp server save what it computed of a file, so that it need not do so again after a restart; it must run with --slot-save-path.",
        example: "[llm]\nslots = true",
    },
    Key {
        name: "timeout",
        kind: Kind::Number,
        default: "120",
        doc: "The most seconds for one call.",
        example: "[llm]\ntimeout = 30",
    },
];

/// What `dialect` takes.
pub(crate) const DIALECTS: [&str; 2] = ["openai", "anthropic"];

/// What `priority` takes.
pub(crate) const PRIORITIES: [&str; 4] = ["speed", "cost", "quality", "balanced"];

/// The key `name`; `llm.model` is one inside a table.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    let (outer, inner) = match name.split_once('.') {
        Some((outer, inner)) => (outer, Some(inner)),
        None => (name, None),
    };
    let key = KEYS.iter().find(|key| key.name == outer)?;
    match (inner, key.kind) {
        (None, _) => Some(key),
        (Some(inner), Kind::Table(keys)) => keys.iter().find(|key| key.name == inner),
        (Some(_), _) => None,
    }
}

/// The names of all keys.
pub(crate) fn names() -> Vec<&'static str> {
    KEYS.iter().map(|key| key.name).collect()
}

/// The keys of a table [[ignore]].
pub(crate) const IGNORE_KEYS: [&str; 8] = [
    "rule",
    "path",
    "run",
    "turn",
    "pointer",
    "fingerprint",
    "reason",
    "expires",
];
