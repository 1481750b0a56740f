//! Prompts: the workflows, step by step, for people who choose them and for models that cannot plan.

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt, PromptArgument,
    PromptMessage, Role,
};

use crate::mcp::ToolSet;

struct Workflow {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Name, description, and whether it is needed.
    arguments: &'static [(&'static str, &'static str, bool)],
    /// With `{name}` for each argument, `{status}` and `{result}` for the tools, and `{start}` and `{table}`.
    text: &'static str,
}

const WORKFLOWS: [Workflow; 4] = [
    Workflow {
        name: "research_question",
        title: "Research a question",
        description: "A comprehensive report on one question, every statement with a quote",
        arguments: &[
            ("question", "What to find out, with all context", true),
            ("processor", "How thorough: lite, base, core, pro or ultra", false),
        ],
        text: "Research this question for me: {question}\n\n1. Call {start} with the question as it stands (processor: \
               {processor}).\n2. Give me the url as a link.\n3. Call {status} with the id{wait} until it is \
               finished.\n4. Call {result} and show me the report. Keep its references; then name the three statements \
               that matter most, what the sources disagree on, and what was not found.",
    },
    Workflow {
        name: "enrich_table",
        title: "Enrich a table",
        description: "The same columns for every row, each value with its source and a confidence",
        arguments: &[
            ("table", "The rows, as CSV or JSON", true),
            ("columns", "What to find for each row, in plain words", true),
        ],
        text: "Enrich this table with these columns: {columns}\n\n{table}\n\n1. Call {table_tool} with the first three \
               to five rows and the columns, and give me the url as a link.\n2. Call {status}{wait} until \
               it is finished, then {result}: check that the columns have the shape that I want. If they have not, say \
               what you would change and start again.\n3. Call {table_tool} with the other rows and the group_id of the \
               first call.\n4. Wait with {status}, then show me the table of {result} as it is, and list the cells that \
               are empty, of low confidence, or on which sources disagree.",
    },
    Workflow {
        name: "compare_processors",
        title: "Compare two processors",
        description: "The same work on two levels, side by side, before paying for the larger",
        arguments: &[
            ("task", "A question, or rows with the columns that are wanted", true),
            ("first", "The first processor, such as base", false),
            ("second", "The second processor, such as pro", false),
        ],
        text: "Compare two processors on this task: {task}\n\n1. Start it twice, at the same time: once with processor \
               {first}, once with processor {second}. A question goes to {start}; rows go to {table_tool}, five of them \
               at most.\n2. Wait for both with {status}{wait}.\n3. Read both with {result}.\n4. Show me side \
               by side what differs: values, confidence, number of sources and quotes, what only one of them found, and \
               how long each took. Then say which of them is enough for this task.",
    },
    Workflow {
        name: "check_facts",
        title: "Check facts",
        description: "Each statement of a text against sources: supported, contradicted, or not found",
        arguments: &[("text", "The text whose statements are to be checked", true)],
        text: "Check the facts in this text:\n\n{text}\n\n1. Take it apart into single statements that a source could \
               confirm or contradict, at most 50.\n2. Call {table_tool} with one row per statement ({\"statement\": \"…\"}) \
               and the columns `evidence: what sources say about the statement; figure: the number or date that sources \
               give for it`.\n3. Wait with {status}{wait}, then read {result} with basis all.\n4. For each \
               statement say: supported, contradicted, or not found, each with the quote that shows it. Where there is \
               no quote, say not found; do not decide from memory.",
    },
];

pub(super) fn all() -> Vec<Prompt> {
    let argument = |(name, description, is_needed): &(&str, &str, bool)| {
        PromptArgument::new(*name).with_description(*description).with_required(*is_needed)
    };
    let prompt = |workflow: &Workflow| {
        let arguments = workflow.arguments.iter().map(argument).collect();
        Prompt::new(workflow.name, Some(workflow.description), Some(arguments))
            .with_title(workflow.title)
    };
    WORKFLOWS.iter().map(prompt).collect()
}

pub(super) fn get(
    request: &GetPromptRequestParams,
    tools: ToolSet,
) -> Result<GetPromptResponse, ErrorData> {
    let Some(workflow) = WORKFLOWS.iter().find(|workflow| workflow.name == request.name) else {
        let known: Vec<&str> = WORKFLOWS.iter().map(|workflow| workflow.name).collect();
        let shown: String = request.name.chars().take(60).collect();
        let message = format!("there is no prompt `{shown}`; there are {}", known.join(", "));
        return Err(ErrorData::invalid_params(message, None));
    };
    let mut values = Vec::new();
    for (name, description, is_needed) in workflow.arguments {
        let given = request
            .arguments
            .as_ref()
            .and_then(|given| given.get(*name))
            .and_then(|value| value.as_str());
        let given = given.map(str::trim).filter(|text| !text.is_empty());
        if given.is_none() && *is_needed {
            let message = format!("the argument `{name}` is missing: {description}");
            return Err(ErrorData::invalid_params(message, None));
        }
        values.push((*name, given.unwrap_or_else(|| usual(name)).to_owned()));
    }
    let (start, table) = match tools {
        ToolSet::Full => ("createDeepResearch", "createTaskGroup"),
        ToolSet::Simple => ("startTask", "startTask"),
    };
    for (name, value) in [
        ("start", start),
        ("table_tool", table),
        ("status", tools.status_tool()),
        ("wait", tools.wait_argument()),
        ("result", tools.result_tool()),
    ] {
        values.push((name, value.to_owned()));
    }
    let text = filled(workflow.text, &values);
    let messages = vec![PromptMessage::new_text(Role::User, text)];
    Ok(GetPromptResult::new(messages).with_description(workflow.description).into())
}

fn usual(argument: &str) -> &'static str {
    match argument {
        "first" => "base",
        "second" => "pro",
        _ => "the default",
    }
}

/// Fills places in one pass, so that what a value holds is never taken for a place.
fn filled(template: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let place = values.iter().find(|(name, _)| from[1..].starts_with(&format!("{name}}}")));
        rest = if let Some((name, value)) = place {
            out.push_str(value);
            &from[name.len() + 2..]
        } else {
            out.push('{');
            &from[1..]
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_holds_is_not_filled_in_again() {
        let values = [("a", "{b}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(filled("{a} {b} {\"c\": 1}", &values), "{b} x {\"c\": 1}");
    }

    #[test]
    fn every_place_of_every_workflow_is_filled() {
        for workflow in &WORKFLOWS {
            let given =
                workflow.arguments.iter().map(|(name, ..)| ((*name).to_owned(), "VALUE".into()));
            let mut request = GetPromptRequestParams::new(workflow.name);
            request.arguments = Some(given.collect());
            let GetPromptResponse::Complete(result) = get(&request, ToolSet::Full).unwrap() else {
                panic!()
            };
            let text = serde_json::to_string(&result.messages).unwrap();
            for (name, ..) in workflow.arguments {
                assert!(!text.contains(&format!("{{{name}}}")), "{text}");
            }
            assert!(text.contains("VALUE") && text.contains("getResultMarkdown"), "{text}");
        }
    }
}
