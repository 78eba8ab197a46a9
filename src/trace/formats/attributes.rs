//! Attributes of traced spans under the conventions in use: OpenTelemetry GenAI old and new, OpenLLMetry,
//! OpenInference, Vercel AI, Google ADK, Pydantic AI, MLflow.
//!
//! Knows attribute names. Does not know how an exporter lays spans out in a file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use looplint_model::Span;

use crate::builder::{Message, NewCall, NewResult, owned};
use crate::formats::steps::{Step, StepKind};
use crate::formats::{messages, parts};
use crate::json::{Embedded, Shape, Value};
use crate::run::{Role, Tokens, Tool};
use crate::text::Text;

/// A span's attributes, flat: `llm.input_messages.0.message.role`.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'d> {
    entries: Vec<(Cow<'d, str>, Value<'d>)>,
}

/// Nested attributes beyond this depth are left as they are.
const DEPTH_MAX: usize = 12;

impl<'d> Attributes<'d> {
    /// Of an object, flat or nested.
    pub(crate) fn of_object(value: Value<'d>) -> Attributes<'d> {
        let mut attributes = Attributes::default();
        for (key, value) in value.entries() {
            attributes.flatten(key, value, 0);
        }
        attributes
    }

    fn flatten(&mut self, key: Cow<'d, str>, value: Value<'d>, depth: usize) {
        let listed = ["messages", "tools", "documents", "contents", "tool_calls"]
            .iter()
            .any(|list| key.ends_with(list));
        match value.shape() {
            Shape::Object if depth < DEPTH_MAX => {
                for (inner, value) in value.entries() {
                    self.flatten(format!("{key}.{inner}").into(), value, depth + 1);
                }
            }
            Shape::Array
                if listed
                    && depth < DEPTH_MAX
                    && value.items().all(|item| item.shape() == Shape::Object) =>
            {
                for (at, item) in value.items().enumerate() {
                    self.flatten(format!("{key}.{at}").into(), item, depth + 1);
                }
            }
            _ => self.entries.push((key, value)),
        }
    }

    /// Of a list of `{key, value}`, the value bare or typed as OTLP types it.
    pub(crate) fn of_list(list: Value<'d>) -> Attributes<'d> {
        let mut attributes = Attributes::default();
        attributes.add_list(Some(list));
        attributes
    }

    /// Adds a list of `{key, value}`.
    pub(crate) fn add_list(&mut self, list: Option<Value<'d>>) {
        for item in list.into_iter().flat_map(Value::items) {
            if let (Some(key), Some(value)) = (item.text_at("key"), item.get("value")) {
                self.entries.push((key, bare(value)));
            }
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first of `keys` that is there and says something.
    pub(crate) fn any(&self, keys: &[&str]) -> Option<Value<'d>> {
        keys.iter().find_map(|key| {
            let found = self
                .entries
                .iter()
                .find(|(name, value)| name == key && !value.is_null())?;
            (!found.1.is_blank() || found.1.shape() == Shape::Object).then_some(found.1)
        })
    }

    /// The text of the first of `keys` that is there.
    pub(crate) fn text(&self, keys: &[&str]) -> Option<Cow<'d, str>> {
        self.any(keys).and_then(Value::text)
    }

    /// Whether some attribute's name begins so.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.entries.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// Attributes `prefix.N.rest` by N.
    fn indexed(&self, prefix: &str) -> BTreeMap<u32, Vec<(&str, Value<'d>)>> {
        let mut found: BTreeMap<u32, Vec<(&str, Value<'d>)>> = BTreeMap::new();
        for (key, value) in &self.entries {
            let Some(rest) = key
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_prefix('.'))
            else {
                continue;
            };
            let (number, rest) = rest.split_once('.').unwrap_or((rest, ""));
            if let Ok(number) = number.parse() {
                found.entry(number).or_default().push((rest, *value));
            }
        }
        found
    }
}

/// The value inside OTLP's typed one: `{"stringValue": "x"}`.
fn bare(value: Value<'_>) -> Value<'_> {
    let keys = [
        "stringValue",
        "intValue",
        "doubleValue",
        "boolValue",
        "arrayValue",
        "kvlistValue",
        "bytesValue",
    ];
    value.any(&keys).unwrap_or(value)
}

/// OTLP's typed lists and maps as plain JSON text.
fn plain(value: Value<'_>, out: &mut String, depth: usize) {
    let value = bare(value);
    let values = value.get("values").filter(|_| depth < DEPTH_MAX);
    let Some(values) = values else {
        out.push_str(value.raw());
        return;
    };
    let map = values.items().next().is_some_and(|item| item.has("key"));
    out.push(if map { '{' } else { '[' });
    for (at, item) in values.items().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if let Some(key) = item.get("key").filter(|_| map) {
            out.push_str(key.raw());
            out.push(':');
        }
        match item.get("value").filter(|_| map) {
            Some(inner) => plain(inner, out, depth + 1),
            None => plain(item, out, depth + 1),
        }
    }
    out.push(if map { '}' } else { ']' });
}

/// The messages in an attribute: JSON in a string, JSON, or OTLP's typed lists.
pub(crate) fn messages_in(value: Value<'_>) -> Vec<Message<'_>> {
    if value.get("values").is_none() {
        return messages::read(value);
    }
    with_plain(value, |root| {
        messages::read(root)
            .into_iter()
            .map(Message::into_owned)
            .collect()
    })
    .unwrap_or_default()
}

fn with_plain<R>(value: Value<'_>, read: impl FnOnce(Value<'_>) -> R) -> Option<R> {
    let mut text = String::new();
    plain(value, &mut text, 0);
    let made = Embedded::made(text, value.span());
    let tape = made.tape()?;
    tape.root().map(read)
}

/// Reads JSON in a string, or the value itself.
pub(crate) fn with_json<R>(value: Value<'_>, read: impl Fn(Value<'_>) -> R) -> Option<R> {
    if value.get("values").is_some() {
        return with_plain(value, read);
    }
    match value.unpack() {
        Some(inner) => {
            let tape = inner.tape()?;
            let root = tape.root()?;
            match root.shape() {
                Shape::Text => with_json(root, read),
                _ => Some(read(root)),
            }
        }
        None => Some(read(value)),
    }
}

/// A text that may be written as a JSON string inside the string: `"\"sunny\""`.
pub(crate) fn plain_text(value: Value<'_>) -> Text<'_> {
    if value.get("values").is_some() {
        let mut text = String::new();
        plain(value, &mut text, 0);
        return Text::apart(text, value.span());
    }
    let quoted = value
        .text()
        .is_some_and(|text| text.starts_with('"') && text.ends_with('"') && text.len() > 1);
    if quoted
        && let Some(inner) = value.unpack()
        && let Some(tape) = inner.tape()
        && let Some(root) = tape.root().filter(|root| root.shape() == Shape::Text)
    {
        return Text::of(root).into_owned();
    }
    Text::of(value)
}

/// What a span's attributes and name say that it is.
fn kind(attributes: &Attributes<'_>, name: &str) -> StepKind {
    let keys = [
        "openinference.span.kind",
        "gen_ai.operation.name",
        "traceloop.span.kind",
        "mlflow.spanType",
        "ai.operationId",
        "llm.request.type",
        "span_kind",
        "langfuse.observation.type",
    ];
    let said = keys.iter().filter_map(|key| attributes.text(&[key]));
    for word in said {
        match word.trim_matches('"').to_ascii_lowercase().as_str() {
            "llm" | "chat" | "text_completion" | "generate_content" | "completion"
            | "chat_model" | "generation" | "rerank" => {
                return StepKind::Model;
            }
            "tool" | "execute_tool" | "retriever" | "ai.toolcall" => return StepKind::Tool,
            "agent" | "invoke_agent" | "create_agent" => return StepKind::Agent,
            word if word.starts_with("ai.")
                && (word.contains("generate") || word.contains("stream")) =>
            {
                return StepKind::Model;
            }
            _ => {}
        }
    }
    let prompts = [
        "gcp.vertex.agent.llm_request",
        "gen_ai.input.messages",
        "gen_ai.prompt",
        "ai.prompt.messages",
        "llm.prompts",
    ];
    let prompted = attributes.any(&prompts).is_some()
        || attributes.has_prefix("gen_ai.prompt.")
        || attributes.has_prefix("llm.input_messages");
    match name {
        _ if attributes
            .any(&["gen_ai.tool.name", "tool.name", "ai.toolCall.name"])
            .is_some() =>
        {
            StepKind::Tool
        }
        name if name.starts_with("execute_tool ") => StepKind::Tool,
        name if name.starts_with("invoke_agent ") => StepKind::Agent,
        _ if prompted => StepKind::Model,
        _ if attributes.any(&["gen_ai.agent.name"]).is_some() => StepKind::Agent,
        _ => StepKind::Other,
    }
}

/// The step that a span with these attributes is.
pub(crate) fn step<'d>(
    attributes: &Attributes<'d>,
    name: Option<Cow<'d, str>>,
    at: Span,
) -> Step<'d> {
    let kind = kind(attributes, name.as_deref().unwrap_or_default());
    let mut step = Step::new(kind, at);
    let agent = attributes.text(&[
        "gen_ai.agent.name",
        "traceloop.entity.name",
        "agent.name",
        "graph.node.id",
    ]);
    step.name = if kind == StepKind::Agent {
        agent.or(name.clone())
    } else {
        name.clone()
    };
    read_texts(attributes, &mut step);
    read_usage(attributes, &mut step);
    step.error = attributes
        .any(&["error.message", "exception.message"])
        .map(Text::of);
    if step.error.is_some() || attributes.any(&["error.type"]).is_some() {
        step.failed = Some(true);
    }
    if kind == StepKind::Tool {
        let id = attributes.text(&[
            "gen_ai.tool.call.id",
            "tool_call.id",
            "tool.id",
            "ai.toolCall.id",
            "tool.call_id",
        ]);
        let named = attributes.any(&[
            "gen_ai.tool.name",
            "tool.name",
            "ai.toolCall.name",
            "traceloop.entity.name",
        ]);
        let bare_name = |name: Cow<'d, str>| {
            let bare = name
                .strip_prefix("execute_tool ")
                .or(name.strip_prefix("running tool: "))
                .unwrap_or(&name);
            Text::apart(bare.to_string(), at)
        };
        let named = named
            .map(Text::of)
            .or_else(|| name.map(bare_name))
            .unwrap_or_else(|| Text::apart("tool", at));
        step.make_call(id, named);
        return step;
    }
    read_conversation(attributes, &mut step);
    step
}

/// Input and output as text.
fn read_texts<'d>(attributes: &Attributes<'d>, step: &mut Step<'d>) {
    let given = match step.kind {
        StepKind::Tool => attributes.any(&[
            "gen_ai.tool.call.arguments",
            "gcp.vertex.agent.tool_call_args",
            "ai.toolCall.args",
            "ai.toolCall.input",
            "tool_arguments",
            "tool.parameters",
            "input.value",
            "mlflow.spanInputs",
            "traceloop.entity.input",
            "langfuse.observation.input",
        ]),
        _ => attributes.any(&[
            "input.value",
            "mlflow.spanInputs",
            "traceloop.entity.input",
            "langfuse.observation.input",
            "ai.prompt",
        ]),
    };
    let gave = match step.kind {
        StepKind::Tool => attributes.any(&[
            "gen_ai.tool.call.result",
            "gcp.vertex.agent.tool_response",
            "ai.toolCall.result",
            "ai.toolCall.output",
            "tool_response",
            "output.value",
            "mlflow.spanOutputs",
            "traceloop.entity.output",
            "langfuse.observation.output",
        ]),
        _ => attributes.any(&[
            "output.value",
            "mlflow.spanOutputs",
            "traceloop.entity.output",
            "langfuse.observation.output",
            "ai.response.text",
            "final_result",
        ]),
    };
    step.input_text = given.map(plain_text);
    step.output_text = gave.map(if step.kind == StepKind::Tool {
        messages::output_text
    } else {
        plain_text
    });
}

fn read_usage<'d>(attributes: &Attributes<'d>, step: &mut Step<'d>) {
    let count = |keys: &[&str]| attributes.any(keys).and_then(Value::count);
    step.tokens = Tokens {
        input: count(&[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "llm.usage.prompt_tokens",
            "ai.usage.inputTokens",
            "ai.usage.promptTokens",
        ]),
        output: count(&[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "llm.usage.completion_tokens",
            "ai.usage.outputTokens",
            "ai.usage.completionTokens",
        ]),
    };
    let keys = [
        "gen_ai.response.finish_reasons",
        "gen_ai.completion.0.finish_reason",
        "ai.response.finishReason",
        "llm.finish_reason",
    ];
    step.finish_reason = attributes.any(&keys).and_then(first_text);
    let listed = attributes.any(&[
        "gen_ai.tool.definitions",
        "ai.prompt.tools",
        "mlflow.chat.tools",
        "gen_ai.request.tools",
        "model_request_parameters",
    ]);
    if let Some(listed) = listed {
        let read = |list: Value<'_>| {
            let list = list.get("function_tools").unwrap_or(list);
            list.items()
                .filter_map(tool_of)
                .map(Tool::into_owned)
                .collect::<Vec<_>>()
        };
        step.tools
            .extend(with_json(listed, read).unwrap_or_default());
    }
    let requests = [
        "gcp.vertex.agent.llm_request",
        "mlflow.spanInputs",
        "input.value",
        "llm.invocation_parameters",
    ];
    if step.kind == StepKind::Model {
        for request in requests.iter().filter_map(|key| attributes.any(&[key])) {
            let read = |request: Value<'_>| {
                messages::declared(request)
                    .into_iter()
                    .map(Tool::into_owned)
                    .collect::<Vec<_>>()
            };
            step.tools
                .extend(with_json(request, read).unwrap_or_default());
        }
    }
    for (_, fields) in attributes.indexed("llm.tools") {
        let schema = fields
            .iter()
            .find(|(rest, _)| rest.ends_with("json_schema"));
        let read = |schema: Value<'_>| parts::tool(schema).map(Tool::into_owned);
        step.tools.extend(
            schema
                .and_then(|(_, schema)| with_json(*schema, read))
                .flatten(),
        );
    }
    for (_, fields) in attributes.indexed("llm.request.functions") {
        step.tools.extend(indexed_tool(&fields));
    }
}

/// A tool in a list, which may be JSON in a string of its own.
fn tool_of(item: Value<'_>) -> Option<Tool<'static>> {
    if item.shape() == Shape::Text {
        return with_json(item, |inner| parts::tool(inner).map(Tool::into_owned)).flatten();
    }
    parts::tool(item).map(Tool::into_owned)
}

fn indexed_tool<'d>(fields: &[(&str, Value<'d>)]) -> Option<Tool<'d>> {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(rest, _)| *rest == name)
            .map(|(_, value)| *value)
    };
    let name = field("name")?;
    Some(Tool {
        name: name.text()?,
        description: field("description").and_then(Value::text),
        schema: field("parameters").map(|schema| crate::run::Json::new(Text::of(schema))),
        span: name.span(),
    })
}

/// The first text of a list, of a list in a string, or the text itself.
fn first_text(value: Value<'_>) -> Option<Cow<'_, str>> {
    let first = value
        .items()
        .next()
        .or_else(|| value.get("values")?.items().next().map(bare));
    if let Some(first) = first {
        return first.text();
    }
    let inner = with_json(value, |inner| {
        inner.items().next().and_then(Value::text).map(owned)
    })
    .flatten();
    inner.or_else(|| value.text())
}

/// Messages under every convention; the first that says something counts.
fn read_conversation<'d>(attributes: &Attributes<'d>, step: &mut Step<'d>) {
    let read = |keys: &[&str]| attributes.any(keys).map(messages_in).unwrap_or_default();
    let first_of = |readings: [Vec<Message<'d>>; 4]| {
        readings
            .into_iter()
            .find(|messages| !messages.is_empty())
            .unwrap_or_default()
    };
    let mut input = first_of([
        read(&[
            "gen_ai.input.messages",
            "gcp.vertex.agent.llm_request",
            "ai.prompt.messages",
            "mlflow.chat.messages",
        ]),
        indexed_messages(attributes, &["llm.input_messages", "gen_ai.prompt"]),
        read(&[
            "gen_ai.prompt",
            "llm.prompts",
            "ai.prompt",
            "gen_ai.request.messages",
        ]),
        read(&[
            "input.value",
            "mlflow.spanInputs",
            "traceloop.entity.input",
            "langfuse.observation.input",
        ]),
    ]);
    let output = first_of([
        read(&["gen_ai.output.messages", "gcp.vertex.agent.llm_response"]),
        indexed_messages(attributes, &["llm.output_messages", "gen_ai.completion"]),
        read(&["gen_ai.completion", "gen_ai.response.messages"]),
        vercel_answer(attributes),
    ]);
    step.output = if output.is_empty() {
        read(&[
            "output.value",
            "mlflow.spanOutputs",
            "traceloop.entity.output",
            "langfuse.observation.output",
        ])
    } else {
        output
    };
    if let Some(system) = attributes.any(&["gen_ai.system_instructions"]) {
        let mut words = with_json(system, |list| {
            parts::content(Some(list)).map(Text::into_owned)
        })
        .flatten();
        if let Some(text) = words.take().filter(|text| !text.is_blank()) {
            let mut message = Message::new(Role::System, system.span());
            message.content = text;
            input.insert(0, message);
        }
    }
    step.input = input;
    let events = read(&[
        "all_messages_events",
        "pydantic_ai.all_messages",
        "all_messages",
        "events",
    ]);
    if step.input.is_empty() && step.output.is_empty() && !events.is_empty() {
        step.input = events;
    }
    step.speak_plainly();
}

fn vercel_answer<'d>(attributes: &Attributes<'d>) -> Vec<Message<'d>> {
    let text = attributes.any(&["ai.response.text"]);
    let calls = attributes.any(&["ai.response.toolCalls"]);
    let Some(first) = text.or(calls) else {
        return Vec::new();
    };
    let mut message = Message::new(Role::Agent, first.span());
    if let Some(text) = text {
        message.content = Text::of(text);
    }
    if let Some(calls) = calls {
        let read = |list: Value<'_>| {
            let mut holder = Message::new(Role::Agent, list.span());
            holder.calls = list.items().filter_map(messages::call).collect();
            holder.into_owned().calls
        };
        message.calls = with_json(calls, read).unwrap_or_default();
    }
    vec![message]
}

/// Messages written one attribute a field: `prefix.0.message.role`, `prefix.0.content`.
fn indexed_messages<'d>(attributes: &Attributes<'d>, prefixes: &[&str]) -> Vec<Message<'d>> {
    for prefix in prefixes {
        let found = attributes.indexed(prefix);
        if !found.is_empty() {
            return found
                .values()
                .filter_map(|fields| indexed_message(fields))
                .collect();
        }
    }
    Vec::new()
}

fn indexed_message<'d>(fields: &[(&str, Value<'d>)]) -> Option<Message<'d>> {
    let fields: Vec<(&str, Value<'d>)> = fields
        .iter()
        .map(|(rest, value)| (rest.strip_prefix("message.").unwrap_or(rest), *value))
        .collect();
    let field = |name: &str| {
        fields
            .iter()
            .find(|(rest, _)| *rest == name)
            .map(|(_, value)| *value)
    };
    let span = fields
        .iter()
        .map(|(_, value)| value.span())
        .reduce(Span::cover)?;
    let role = field("role")
        .and_then(Value::text)
        .and_then(|role| parts::role(&role))
        .unwrap_or(Role::Agent);
    let mut message = Message::new(role, span);
    let contents = fields
        .iter()
        .filter(|(rest, _)| rest.starts_with("contents.") && rest.ends_with(".text"));
    let mut texts: Vec<Text<'d>> = contents.map(|(_, value)| Text::of(*value)).collect();
    if let Some(content) = field("content") {
        texts.push(content_text(content));
    }
    message.content = parts::join(texts.into_iter(), span);
    message.finish_reason = field("finish_reason").and_then(Value::text);
    let mut calls: BTreeMap<u32, Vec<(&str, Value<'d>)>> = BTreeMap::new();
    for (rest, value) in &fields {
        let Some((number, rest)) = rest
            .strip_prefix("tool_calls.")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        if let Ok(number) = number.parse() {
            calls.entry(number).or_default().push((rest, *value));
        }
    }
    message.calls = calls
        .values()
        .filter_map(|fields| indexed_call(fields))
        .collect();
    if let Some(name) = field("function_call_name") {
        let mut call = NewCall::new(Text::of(name), span);
        call.arguments = field("function_call_arguments_json").map(Text::of);
        message.calls.push(call);
    }
    if role == Role::Tool {
        let mut result = NewResult::new(message.content.clone(), span);
        result.id = field("tool_call_id").and_then(Value::some_text);
        result.name = field("name").and_then(Value::some_text);
        message.results.push(result);
    }
    Some(message)
}

/// Content parts that were logged as JSON in a string.
fn content_text(content: Value<'_>) -> Text<'_> {
    let listed = content.text().is_some_and(|text| text.starts_with("[{"));
    if listed {
        let read = |list: Value<'_>| {
            parts::join(list.items().filter_map(parts::part_text), list.span()).into_owned()
        };
        if let Some(text) = with_json(content, read).filter(|text| !text.is_blank()) {
            return text;
        }
    }
    Text::of(content)
}

fn indexed_call<'d>(fields: &[(&str, Value<'d>)]) -> Option<NewCall<'d>> {
    let field = |names: [&str; 2]| {
        fields
            .iter()
            .find(|(rest, _)| names.contains(rest))
            .map(|(_, value)| *value)
    };
    let name = field(["tool_call.function.name", "name"])?;
    let span = fields
        .iter()
        .map(|(_, value)| value.span())
        .reduce(Span::cover)?;
    let mut call = NewCall::new(Text::of(name), span);
    call.id = field(["tool_call.id", "id"]).and_then(Value::some_text);
    call.arguments = field(["tool_call.function.arguments", "arguments"]).map(Text::of);
    Some(call)
}
