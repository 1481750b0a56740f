//! The clients: where each keeps its servers, and in which form.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use serde_json::{Map, Value, json};

use crate::ground::shell_word;
use crate::install::entry::{Door, Entry};
use crate::machine;

/// A chat client that speaks MCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Client {
    ClaudeDesktop,
    ClaudeCode,
    Cursor,
    Vscode,
    Codex,
    Goose,
    Zed,
}

/// The form of a client's settings.
pub(super) enum Form {
    /// JSON, with the servers below this member.
    Json(&'static str),
    Toml,
    Yaml,
}

/// Seconds that a call may take: our longest wait is 50.
const CALL_TIMEOUT_S: u32 = 120;

impl Client {
    pub(super) const fn form(self) -> Form {
        match self {
            Self::ClaudeDesktop | Self::ClaudeCode | Self::Cursor => Form::Json("mcpServers"),
            Self::Vscode => Form::Json("servers"),
            Self::Zed => Form::Json("context_servers"),
            Self::Codex => Form::Toml,
            Self::Goose => Form::Yaml,
        }
    }

    /// The file in which the client looks, whether or not it is there.
    pub(super) fn file(self) -> Result<PathBuf> {
        let home = machine::home()
            .ok_or_else(|| anyhow!("there is no home folder; print it without --write"))?;
        let settings = if cfg!(target_os = "macos") {
            home.join("Library/Application Support")
        } else {
            machine::settings_dir()
        };
        Ok(match self {
            Self::ClaudeDesktop => settings.join("Claude/claude_desktop_config.json"),
            Self::ClaudeCode => std::env::current_dir()?.join(".mcp.json"),
            Self::Cursor => home.join(".cursor/mcp.json"),
            Self::Vscode => settings.join("Code/User/mcp.json"),
            Self::Codex => home.join(".codex/config.toml"),
            Self::Goose => machine::settings_dir().join("goose/config.yaml"),
            Self::Zed => machine::settings_dir().join("zed/settings.json"),
        })
    }

    /// Where the printed text belongs.
    pub(super) fn where_to(self, entry: &Entry) -> Result<String> {
        let file = format!(
            "put this into {}, or repeat the command with --write:",
            self.file()?.display()
        );
        Ok(match self {
            Self::ClaudeCode => {
                format!("run this:\n\n  {}\n\nor {file}", claude_command(entry))
            }
            Self::ClaudeDesktop
            | Self::Cursor
            | Self::Vscode
            | Self::Codex
            | Self::Goose
            | Self::Zed => file,
        })
    }

    /// What to do when it is written.
    pub(super) const fn then(self) -> &'static str {
        match self {
            Self::ClaudeDesktop => "quit Claude and start it again",
            Self::ClaudeCode => "start claude in this folder and allow the server",
            Self::Cursor => "it appears under Settings, Tools and MCP",
            Self::Vscode => "start it from the list of MCP servers",
            Self::Codex | Self::Goose => "start it again",
            Self::Zed => "it appears in the settings of the agent panel",
        }
    }

    /// The text for the client's settings.
    pub(super) fn snippet(self, entry: &Entry) -> String {
        match self.form() {
            Form::Json(section) => {
                let servers = Map::from_iter([(entry.name.clone(), self.json(entry))]);
                let file = json!({section: servers});
                serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
            }
            Form::Toml => codex(entry),
            Form::Yaml => goose(entry),
        }
    }

    /// The entry of a client whose settings are JSON.
    pub(super) fn json(self, entry: &Entry) -> Value {
        let has_type = matches!(self, Self::ClaudeCode | Self::Vscode);
        let mut members = Map::new();
        match &entry.door {
            Door::Pipe { command, args } => {
                if has_type {
                    members.insert("type".into(), json!("stdio"));
                }
                members.insert("command".into(), json!(command));
                members.insert("args".into(), json!(args));
            }
            Door::Http { url, key } => {
                if has_type {
                    members.insert("type".into(), json!("http"));
                }
                members.insert("url".into(), json!(url));
                if let Some(key) = key {
                    members.insert(
                        "headers".into(),
                        json!({"Authorization": format!("Bearer {key}")}),
                    );
                }
            }
        }
        Value::Object(members)
    }
}

fn claude_command(entry: &Entry) -> String {
    let name = &entry.name;
    match &entry.door {
        Door::Pipe { command, args } => {
            let words: Vec<String> =
                std::iter::once(command).chain(args).map(|word| shell_word(word)).collect();
            format!("claude mcp add {name} -- {}", words.join(" "))
        }
        Door::Http { url, key } => {
            let header =
                key.as_ref().map(|key| format!(" --header \"Authorization: Bearer {key}\""));
            format!("claude mcp add --transport http {name} {url}{}", header.unwrap_or_default())
        }
    }
}

fn codex(entry: &Entry) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = format!("[mcp_servers.{}]\n", entry.name);
    match &entry.door {
        Door::Pipe { command, args } => {
            let args: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
            let _ = writeln!(text, "command = {}\nargs = [{}]", quoted(command), args.join(", "));
        }
        Door::Http { url, key } => {
            let _ = writeln!(text, "url = {}", quoted(url));
            if let Some(key) = key {
                let bearer = quoted(&format!("Bearer {key}"));
                let _ = writeln!(text, "http_headers = {{ Authorization = {bearer} }}");
            }
        }
    }
    let _ = writeln!(text, "tool_timeout_sec = {CALL_TIMEOUT_S}");
    text
}

/// JSON strings and lists are YAML, too.
fn goose(entry: &Entry) -> String {
    let quoted = |text: &str| json!(text).to_string();
    let name = &entry.name;
    let door = match &entry.door {
        Door::Pipe { command, args } => {
            format!("    type: stdio\n    cmd: {}\n    args: {}\n", quoted(command), json!(args))
        }
        Door::Http { url, key } => {
            let headers = key.as_ref().map(|key| {
                format!("    headers:\n      Authorization: {}\n", quoted(&format!("Bearer {key}")))
            });
            format!(
                "    type: streamable_http\n    uri: {}\n{}",
                quoted(url),
                headers.unwrap_or_default()
            )
        }
    };
    format!(
        "extensions:\n  {name}:\n    enabled: true\n    name: {name}\n    description: Research and enrichment with \
         quotes\n{door}    timeout: {CALL_TIMEOUT_S}\n"
    )
}
