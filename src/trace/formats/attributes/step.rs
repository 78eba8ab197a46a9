//! What a span's attributes say that it is: a model's answer, a tool's execution, an agent's work.
//!
//! Does not know how an exporter lays spans out in a file.

use std::borrow::Cow;

use looplint_model::Span;

use super::said::read_conversation;
use super::{Attributes, bare, plain_text, with_json};
use crate::builder::owned;
use crate::formats::steps::{Step, StepKind};
use crate::formats::{messages, parts};
use crate::json::{Shape, Value};
use crate::run::{Tokens, Tool};
use crate::text::Text;

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
            // OpenInference repeats the history on every link of a chain.
            "chain" | "workflow" | "task" | "prompt" | "guardrail" | "evaluator" | "embedding" => {
                return StepKind::Other;
            }
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
    // What says that it is plain text is no JSON, quotes or not.
    let is_plain = |key: &str| {
        attributes
            .text(&[key])
            .is_some_and(|kind| kind == "text/plain")
    };
    step.input_text = given.map(if is_plain("input.mime_type") {
        Text::of
    } else {
        plain_text
    });
    let plain_output = is_plain("output.mime_type");
    let tool = step.kind == StepKind::Tool;
    step.output_text = gave.map(|output| match (plain_output, tool) {
        (true, _) => Text::of(output),
        (false, true) => messages::logged_text(output),
        (false, false) => plain_text(output),
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
