//! `mcp_servers` of the Task API: servers of tools that a run may call.

use std::collections::BTreeSet;

use domain::processor::{Engine, Processor};
use domain::run::Warning;
use domain::spec::Refused;
use domain::tools::{MAX_SERVERS, ToolServer};
use egress::{Egress, HeaderName, HeaderValue, Purpose};
use serde_json::{Map, Value};
use url::Url;

use crate::problem::Problem;

/// Characters of a name, of an address, and of all headers of one server.
const NAME: usize = 64;
const ADDRESS: usize = 2_000;
const HEADERS: usize = 8_000;
/// Names of tools that may be listed.
const TOOLS: usize = 100;
/// Headers that belong to the protocol.
const RESERVED: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "transfer-encoding",
    "user-agent",
];

/// Checks the list. `way_out` judges the addresses; where there is none, no server may be named.
pub(super) fn read(
    value: Option<&Value>,
    way_out: Option<&Egress>,
) -> Result<Vec<ToolServer>, Problem> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(_) => {
            return Err(refused(
                "mcp_servers",
                "must be a list of servers such as {\"name\": \"crm\", \"url\": \"https://…\"}",
            ));
        }
    };
    if list.len() > MAX_SERVERS {
        let rule = format!("names {} servers; at most {MAX_SERVERS} are allowed", list.len());
        return Err(refused("mcp_servers", rule));
    }
    let mut names = BTreeSet::new();
    let mut servers = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let at = format!("mcp_servers[{index}]");
        let Value::Object(members) = value else {
            return Err(refused(at, "must be an object with `name` and `url`"));
        };
        let server = server(&at, members, way_out)?;
        if !names.insert(server.name.clone()) {
            return Err(refused(format!("{at}.name"), "stands twice: give each server its own"));
        }
        servers.push(server);
    }
    Ok(servers)
}

/// Warns where no tool will be called.
pub(super) fn without_effect(servers: &[ToolServer], processor: &Processor) -> Option<Warning> {
    if servers.is_empty() {
        return None;
    }
    let why = match processor.engine {
        Engine::Extractive => "which tool to call is a model's to say, and none is configured",
        Engine::Noop => "this processor researches nothing",
        Engine::Model if processor.caps.tool_calls == 0 => "this processor calls no tools",
        Engine::Model => return None,
    };
    Some(Warning::other(format!("`mcp_servers` are not asked: {why}")))
}

fn server(
    at: &str,
    members: &Map<String, Value>,
    way_out: Option<&Egress>,
) -> Result<ToolServer, Problem> {
    let text = |member: &str, rule: &str| match members.get(member) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(refused(format!("{at}.{member}"), rule)),
    };
    if members.get("type").is_some_and(|kind| !kind.is_null() && kind != "url") {
        return Err(refused(format!("{at}.type"), "must be \"url\", the only type there is"));
    }
    let name = text("name", "must be a short name such as \"crm\"")?;
    let is_name = name.len() <= NAME
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b' '));
    if !is_name {
        let rule = format!("must be at most {NAME} of a-z, 0-9, `-`, `_`, `.` and blank");
        return Err(refused(format!("{at}.name"), rule));
    }
    let url = text(
        "url",
        "must be the address of the server, such as \"https://tools.example.org/mcp\"",
    )?;
    check_address(&format!("{at}.url"), &url, way_out)?;
    let headers = headers(&format!("{at}.headers"), members.get("headers"))?;
    let allowed = allowed(&format!("{at}.allowed_tools"), members.get("allowed_tools"))?;
    Ok(ToolServer { name, url, headers, allowed })
}

fn check_address(at: &str, url: &str, way_out: Option<&Egress>) -> Result<(), Problem> {
    let parsed = Url::parse(url).ok().filter(|_| url.len() <= ADDRESS);
    let parsed = parsed
        .ok_or_else(|| refused(at, "is not an address such as https://tools.example.org/mcp"))?;
    match way_out.map(|egress| egress.vet(&parsed, Purpose::Mcp)) {
        Some(Ok(())) => Ok(()),
        Some(Err(why)) => Err(Problem::invalid(format!("`{at}`: {why}"))),
        None => {
            Err(Problem::invalid(format!("`{at}`: nothing is called from here; use the server")))
        }
    }
}

fn headers(at: &str, value: Option<&Value>) -> Result<Vec<(String, String)>, Problem> {
    let such = "must be an object of texts such as {\"Authorization\": \"Bearer …\"}";
    let members = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(refused(at, such)),
    };
    let mut headers = Vec::new();
    let mut length = 0;
    for (name, value) in members {
        let Value::String(value) = value else { return Err(refused(at, such)) };
        length += name.len() + value.len();
        let lower = name.to_ascii_lowercase();
        if RESERVED.contains(&lower.as_str()) || lower.starts_with("mcp-") {
            let shown: String = name.chars().take(60).collect();
            return Err(refused(at, format!("holds `{shown}`, which belongs to the protocol")));
        }
        // A value is not shown: it is a secret, as a rule.
        let is_fine = HeaderName::from_bytes(lower.as_bytes()).is_ok()
            && HeaderValue::from_str(value).is_ok();
        if !is_fine {
            let shown: String = name.chars().take(60).collect();
            return Err(refused(at, format!("holds `{shown}`, which cannot be sent as a header")));
        }
        headers.push((lower, value.clone()));
    }
    if length > HEADERS {
        return Err(refused(at, format!("has more than {HEADERS} characters")));
    }
    Ok(headers)
}

fn allowed(at: &str, value: Option<&Value>) -> Result<Option<Vec<String>>, Problem> {
    let such = "must be a list of names of tools such as [\"lookup\"]";
    let list = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) if list.len() <= TOOLS => list,
        Some(_) => return Err(refused(at, such)),
    };
    let names: Option<Vec<String>> =
        list.iter().map(|name| name.as_str().map(str::to_owned)).collect();
    names.map(Some).ok_or_else(|| refused(at, such))
}

fn refused(field: impl Into<String>, rule: impl Into<String>) -> Problem {
    Refused::field(field, rule).into()
}
