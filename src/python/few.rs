//! What a name says about a size: there are a handful of arguments, axes or plugins, and any number of rows.
//!
//! Knows nouns for what somebody writes out by hand, and what is put around them to name a collection. A name is the last
//! thing that is asked: what is counted or made of data goes first. Does not know any document.

/// Nouns for what is written out by hand in a program, a signature, a schema or a configuration. In their plural they name
/// a handful; in their singular where a word of [`WRAPPERS`] follows: `arg_list`, `column_names`.
const WRITTEN: [&str; 69] = [
    "alias",
    "arch",
    "arg",
    "argument",
    "backend",
    "camera",
    "ch",
    "chan",
    "channel",
    "charset",
    "codec",
    "column",
    "decorator",
    "dialect",
    "dim",
    "dimension",
    "driver",
    "dtype",
    "encoding",
    "engine",
    "exception",
    "ext",
    "extension",
    "field",
    "finder",
    "flag",
    "format",
    "gpu",
    "guard",
    "hook",
    "interface",
    "keyword",
    "kind",
    "kwarg",
    "lang",
    "language",
    "level",
    "listener",
    "loader",
    "locale",
    "lock",
    "manager",
    "metric",
    "middleware",
    "mode",
    "observer",
    "operand",
    "operator",
    "option",
    "param",
    "parameter",
    "placeholder",
    "platform",
    "plugin",
    "prefix",
    "protocol",
    "ratio",
    "remote",
    "role",
    "scheme",
    "shorthand",
    "slot",
    "speaker",
    "stage",
    "suffix",
    "surface",
    "unsub",
    "validator",
    "version",
];

/// Names of a handful as they stand.
const WHOLE: [&str; 23] = [
    "aliases", "arches", "argv", "axes", "axis", "axs", "cfg", "cnf", "cols", "conf", "config",
    "exts", "fmts", "kw", "kwds", "langs", "mro", "opts", "prefixes", "settings", "spines",
    "suffixes", "types",
];

/// What there are few different ones of, whatever has them: what is asked for by it is looked for among a few.
const KINDS: [&str; 18] = [
    "action",
    "category",
    "ext",
    "extension",
    "format",
    "kind",
    "lang",
    "language",
    "level",
    "mode",
    "prefix",
    "role",
    "scheme",
    "state",
    "status",
    "suffix",
    "type",
    "unit",
];

/// What a program declares: as many as somebody wrote.
const DECLARED: [&str; 6] = [
    "bases",
    "interfaces",
    "mixins",
    "subclasses",
    "superclasses",
    "types",
];

/// Names of a handful where nothing is put before them: the folders that `os.walk` finds in one folder.
const ALONE: [&str; 4] = ["bads", "dirnames", "dirs", "subdirs"];

/// What is put behind a noun to name a collection of what it names.
const WRAPPERS: [&str; 20] = [
    "class", "classes", "idx", "idxs", "index", "indexes", "indices", "info", "infos", "key",
    "keys", "list", "lists", "name", "names", "order", "set", "spec", "specs", "tuple",
];

/// Numbers of a handful. A matrix has many columns, so columns are none.
const NUMBERS: [&str; 16] = [
    "attempts", "axes", "depth", "dim", "dims", "heads", "layers", "levels", "ndim", "ndims",
    "nlayers", "nlevels", "rank", "retries", "stages", "tries",
];

/// Words that begin the name of an option that picks some by hand.
const PICKS: [&str; 7] = [
    "exclude", "excluded", "ignore", "ignored", "omit", "only", "skip",
];

/// Words in front of a noun that say that somebody listed what is meant: `supported_modes`, `known_actions`.
const LISTED: [&str; 13] = [
    "allowed",
    "default",
    "forbidden",
    "hidden",
    "illegal",
    "known",
    "legal",
    "mandatory",
    "required",
    "reserved",
    "supported",
    "unsupported",
    "valid",
];

/// Nouns of data, of which somebody may list any number.
const DATA: [&str; 39] = [
    "account",
    "address",
    "article",
    "code",
    "customer",
    "device",
    "domain",
    "edge",
    "email",
    "entry",
    "event",
    "file",
    "hash",
    "host",
    "id",
    "ip",
    "item",
    "job",
    "line",
    "message",
    "node",
    "number",
    "order",
    "path",
    "post",
    "product",
    "recipient",
    "record",
    "revision",
    "row",
    "sku",
    "student",
    "tag",
    "ticket",
    "token",
    "url",
    "user",
    "value",
    "word",
];

/// Texts that are a line at most.
const SHORT: [&str; 11] = [
    "ext", "filename", "fname", "glob", "hostname", "pat", "path", "pattern", "uri", "url",
    "version",
];

/// Whether a collection of this name holds what a program declares: `allowed_types`, `bases`. Classes are also
/// those that a model tells apart.
pub(crate) fn is_of_declarations(name: &str) -> bool {
    words(name)
        .next()
        .is_some_and(|last| DECLARED.contains(&last))
}

/// Whether a text of this name is short, whatever the input: a path, a pattern.
pub(crate) fn is_short_text(name: &str) -> bool {
    words(name).next().is_some_and(|last| SHORT.contains(&last))
}

/// Whether a value of this name is one of a few different ones: `order.status`, `obj_type`.
pub(crate) fn is_kind(name: &str) -> bool {
    words(name).next().is_some_and(|last| KINDS.contains(&last))
}

/// Whether a word names data, in its plural too.
fn is_data(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    DATA.contains(&singular) || DATA.contains(&singular.strip_suffix('e').unwrap_or(singular))
}

/// Whether a collection of this name holds data, of which there may be any number: `user_ids`, `nodelist`.
pub(crate) fn is_of_data(name: &str) -> bool {
    let name = name.strip_suffix("list").unwrap_or(name);
    words(name)
        .find(|word| !WRAPPERS.contains(word))
        .is_some_and(is_data)
}

/// Whether the name says that somebody listed what is meant, and no kind of data.
pub(crate) fn is_listed(name: &str) -> bool {
    let n_words = words(name).count();
    n_words > 1
        && words(name)
            .last()
            .is_some_and(|first| LISTED.contains(&first))
        && words(name)
            .take(n_words - 1)
            .any(|word| !WRAPPERS.contains(&word) && !is_data(word) && !LISTED.contains(&word))
        && !words(name).any(is_data)
}

/// Whether a collection of this name is a handful.
pub(crate) fn is_few(name: &str) -> bool {
    if is_listed(name) || ALONE.contains(&name) {
        return true;
    }
    let mut is_wrapped = false;
    for word in words(name) {
        if WRAPPERS.contains(&word) {
            is_wrapped = true;
            continue;
        }
        let singular = word.strip_suffix('s').unwrap_or(word);
        let is_plural = singular.len() < word.len();
        return WHOLE.contains(&word)
            || word.ends_with("args")
            || (is_plural || is_wrapped) && WRITTEN.contains(&singular)
            || is_wrapped && WRITTEN.contains(&word);
    }
    false
}

/// Whether a number of this name is that of a handful: `num_layers`, `ndim`.
pub(crate) fn is_few_of(name: &str) -> bool {
    words(name)
        .next()
        .is_some_and(|last| NUMBERS.contains(&last))
}

/// Whether the name is that of an option that picks some by hand: `exclude`, `ignore_names`, `skip_keys`.
pub(crate) fn is_pick(name: &str) -> bool {
    let mut words = words(name).skip_while(|word| WRAPPERS.contains(word));
    words.next().is_some_and(|word| PICKS.contains(&word)) && words.next().is_none()
}

/// Whether it is written as constants are: `SUPPORTED_VERSIONS`.
pub(crate) fn is_constant(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// The words of a name, the last one first. Names of constants and of classes are left out: they are not in lower case.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.rsplit('_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_of_what_is_written_by_hand() {
        for name in [
            "args",
            "kwonlyargs",
            "arg_list",
            "column_names",
            "model_types",
            "axis",
            "supported_aspect_ratios",
            "_plugins",
        ] {
            assert!(is_few(name), "{name}");
        }
        for name in [
            "orders",
            "column",
            "field",
            "names",
            "keys",
            "column_values",
            "args_by_user",
            "list",
            "type",
            "",
        ] {
            assert!(!is_few(name), "{name}");
        }
    }

    #[test]
    fn numbers_and_picks() {
        assert!(is_few_of("num_hidden_layers") && is_few_of("ndim") && !is_few_of("columns"));
        assert!(
            is_pick("exclude")
                && is_pick("ignore_names")
                && !is_pick("ignored_users")
                && !is_pick("names")
        );
        assert!(
            is_constant("_ALL") && is_constant("ALL_2") && !is_constant("All") && !is_constant("X")
        );
    }
}
