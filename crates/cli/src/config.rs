//! `config print`: every value in force and where it came from. `config reference`: what each is for.

use std::fmt::Write as _;

use crate::settings::Settings;
use crate::settings::keys::{self, PROCESSOR_KEYS, show_processor};
use crate::settings::models::{MODEL_KEYS, show_model};

/// Behind this column values are too long to be aligned.
const WIDEST: usize = 48;

/// A TOML file with the values in force; behind each, where it came from.
pub(crate) fn print(all: &Settings) -> String {
    let mut lines = Vec::new();
    let mut section = String::new();
    for key in keys::all() {
        let (its_section, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if section != its_section {
            its_section.clone_into(&mut section);
            lines.push((format!("\n[{section}]"), String::new()));
        }
        let line = match (key.show)(all) {
            Some(value) => format!("{name} = {value}"),
            None => format!("# {name} is not set"),
        };
        lines.push((line, origin(all, key.name)));
    }
    for model in &all.models.named {
        lines.push((format!("\n[models.{}]", model.name), String::new()));
        for (name, value) in show_model(model, &model.profile(&all.models.keys)) {
            let key = format!("models.{}.{name}", model.name);
            lines.push((format!("{name} = {value}"), origin(all, &key)));
        }
    }
    for processor in &all.processors.0 {
        lines.push((format!("\n[processors.{}]", processor.name), String::new()));
        for (name, value) in show_processor(processor) {
            let key = format!("processors.{}.{name}", processor.name);
            lines.push((format!("{name} = {value}"), origin(all, &key)));
        }
    }
    let lengths = lines.iter().map(|(line, _)| line.trim_start().chars().count());
    let width = lengths.filter(|length| *length <= WIDEST).max().unwrap_or_default();
    let mut text = String::new();
    for (line, origin) in lines {
        let _ = match origin.as_str() {
            "" => writeln!(text, "{line}"),
            origin => writeln!(text, "{line:width$}  # {origin}"),
        };
    }
    text.trim_start().to_owned()
}

fn origin(all: &Settings, key: &str) -> String {
    all.origins.get(key).cloned().unwrap_or_else(|| "default".into())
}

/// The settings reference, `docs/settings.md`.
pub(crate) fn reference() -> String {
    let defaults = Settings::default();
    let mut text = String::from(
        "# Settings\n\n\
         Made by `task-mcp config reference`; do not edit.\n\n\
         One TOML file: `--config FILE`, else `task-mcp.toml` in the working directory, else\n\
         `task-mcp/task-mcp.toml` in the user's folder for settings. Over it go environment variables\n\
         (`TASK_MCP_SECTION__KEY`; also `TASK_MCP_DATA`, `TASK_MCP_DATABASE`, and `TASK_MCP_CONFIG` for the\n\
         file), then `--set section.key=value`, then `--data`, `--database` and `--listen`.\n\
         `task-mcp config print` shows what is in force and where it came from.\n\n\
         | setting | default | what it is |\n| --- | --- | --- |\n",
    );
    for key in keys::all() {
        let default = match key.name {
            "store.data" => "`$XDG_DATA_HOME/task-mcp`, or `~/.local/share/task-mcp`".to_owned(),
            "worker.concurrency" => "four times the number of cores, at least 16".to_owned(),
            "worker.per_group" => "three quarters of `worker.concurrency`".to_owned(),
            _ => {
                (key.show)(&defaults).map_or_else(|| "not set".into(), |value| format!("`{value}`"))
            }
        };
        let _ = writeln!(text, "| `{}` | {default} | {} |", key.name, key.doc);
    }
    text.push_str(
        "\n## Models\n\n\
         Each setting below may stand in `[models.NAME]`; `[roles]` says which model does what. Without any, the keys\n\
         `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` and `GEMINI_API_KEY` in the environment make the models `openai`,\n\
         `anthropic` and `gemini`, and without those the newest model of an Ollama on this machine is `ollama`\n\
         ([models.md](models.md)).\n\n| setting | what it is |\n| --- | --- |\n",
    );
    for (name, doc) in MODEL_KEYS {
        let _ = writeln!(text, "| `models.NAME.{name}` | {doc} |");
    }
    text.push_str(
        "\n## Processors\n\n\
         A processor is a budget with a name. Each setting below may stand in `[processors.NAME]`; a name that is\n\
         not in the table makes a new processor with the budget of `core`.\n\n| setting | what it is |\n| --- | --- |\n",
    );
    for (name, doc) in PROCESSOR_KEYS {
        let _ = writeln!(text, "| `processors.NAME.{name}` | {doc} |");
    }
    text.push_str("\n| processor |");
    for (name, _) in PROCESSOR_KEYS {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|");
    text.push_str(&" --- |".repeat(PROCESSOR_KEYS.len() + 1));
    text.push('\n');
    for processor in &defaults.processors.0 {
        let _ = write!(text, "| `{}` |", processor.name);
        for (_, value) in show_processor(processor) {
            let _ = write!(text, " {} |", value.trim_matches('"'));
        }
        text.push('\n');
    }
    text
}
