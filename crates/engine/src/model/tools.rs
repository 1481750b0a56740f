//! Tools of servers that the request names: a model says which to call with what, and their answers are pages to read.
//!
//! What a server says, in its descriptions or in its answers, bears on nothing but what the same server is asked next: each has
//! a conversation of its own, in which nothing stands but the question and that server's words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::event::Stage;
use domain::model::Role;
use domain::tools::{ToolCall, ToolServer};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use llm::tokens;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sources::Tool;

use super::asking::{Ask, cut, list_of};
use super::{Mind, material};
use crate::purse::{Phase, Purse};
use crate::world::{Called, Unanswered};
use crate::{Failed, ReadPage, injected};

/// Calls that are asked for at once, and how often further ones are.
const AT_ONCE: usize = 4;
const TURNS: usize = 6;
const MAX_OUTPUT: u32 = 900;
/// Bytes of an earlier answer that are shown again.
const SHOWN: usize = 4_000;

/// What the tools are to help with.
pub(super) struct Wanted<'a> {
    pub(super) question: &'a str,
    /// Parts of the question, or fields of the row.
    pub(super) parts: String,
}

#[derive(Deserialize)]
struct Answer {
    calls: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    tool: String,
    arguments: String,
}

/// A call that fits its tool.
struct Fit<'a> {
    tool: &'a str,
    arguments: Map<String, Value>,
}

fn schema() -> Value {
    let members = json!({
        "tool": {"type": "string"},
        "arguments": {"type": "string", "description": "a JSON object as text"},
    });
    list_of("calls", AT_ONCE, &members, &["tool", "arguments"])
}

/// Asks all servers of the run, one after the other, and gives their answers as pages.
pub(super) async fn consult(
    mind: &Mind<'_>,
    purse: &Purse,
    wanted: &Wanted<'_>,
) -> Result<Vec<ReadPage>, Failed> {
    let world = mind.world;
    let servers = &world.spec().tools;
    let mut left = world.spec().processor.caps.tool_calls as usize;
    let mut pages = Vec::new();
    for (index, server) in servers.iter().enumerate() {
        let share = left.div_ceil(servers.len() - index);
        if share == 0 {
            let name = &server.name;
            world.note(format!(
                "`{name}` was not asked: this processor makes no further call of a tool."
            ));
            continue;
        }
        let tools = match world.tools_of(server).await? {
            Ok(tools) if tools.is_empty() => {
                world.note(format!("`{}` offers no tool that this run may call.", server.name));
                continue;
            }
            Ok(tools) => tools,
            Err(why) => {
                world.note(format!("The tools of `{}` could not be listed: {why}.", server.name));
                continue;
            }
        };
        let mut talk = Talk {
            mind,
            server,
            tools: &tools,
            made: BTreeSet::new(),
            said: String::new(),
            answers: 0,
        };
        left -= talk.hold(purse, wanted, share, &mut pages).await?;
    }
    Ok(pages)
}

/// What passes between the run and one server.
struct Talk<'a> {
    mind: &'a Mind<'a>,
    server: &'a ToolServer,
    tools: &'a [Tool],
    /// Calls by tool and arguments, to make none twice.
    made: BTreeSet<(String, String)>,
    /// Calls and answers so far, fenced, and how many.
    said: String,
    answers: usize,
}

impl<'a> Talk<'a> {
    /// Turns of calls and answers until nothing further is asked; gives how many calls were made.
    async fn hold(
        &mut self,
        purse: &Purse,
        wanted: &Wanted<'_>,
        most: usize,
        pages: &mut Vec<ReadPage>,
    ) -> Result<usize, Failed> {
        let world = self.mind.world;
        let mut count = 0;
        for _ in 0..TURNS {
            let room = (most - count).min(AT_ONCE);
            if room == 0 {
                break;
            }
            let answer = self.mind.typed(purse, self.ask(wanted, room), &schema()).await?;
            let answer: Answer = match answer {
                Ok(answer) => answer,
                Err(Unanswered::Cap) => {
                    world.note(format!(
                        "`{}` was not asked any further: what is left of the caps of this processor does not pay for another call of a model.",
                        self.server.name
                    ));
                    break;
                }
                Err(Unanswered::Silent(why) | Unanswered::Unfit(why)) => {
                    world.note(format!("No model said what to ask `{}`: {why}.", self.server.name));
                    break;
                }
            };
            let fitting = self.fitting(answer, room);
            if fitting.is_empty() {
                break;
            }
            count += fitting.len();
            let calls: Vec<_> = fitting
                .iter()
                .map(|fit| world.call_tool(self.server, fit.tool, &fit.arguments))
                .collect();
            let called: Vec<Called> = stream::iter(calls).buffered(AT_ONCE).try_collect().await?;
            for Called { call, page } in called {
                self.take(&call);
                world.say(Stage::Search, in_words(&call)).await?;
                world.note_tool_call(call);
                pages.extend(page);
            }
        }
        Ok(count)
    }

    fn ask(&self, wanted: &Wanted<'_>, max_calls: usize) -> Ask {
        let room = self.mind.room(Role::Planner, MAX_OUTPUT);
        let mut used = tokens::count(&self.said);
        let mut tools = Vec::new();
        // Those that a model of this size cannot be shown are not there for it.
        for tool in self.tools {
            let arguments = tool.input_schema.to_string();
            used += tokens::count(&arguments) + tokens::count(&tool.description) + 20;
            if used > room && !tools.is_empty() {
                break;
            }
            let description = material::tame(&tool.description);
            tools.push(
                json!({"name": tool.name, "description": description, "arguments": arguments}),
            );
        }
        Ask {
            role: Role::Planner,
            phase: Phase::Look,
            prompt: "tools",
            given: json!({
                "question": wanted.question, "wanted": wanted.parts, "server": self.server.name, "tools": tools,
                "calls": self.said, "max_calls": max_calls,
                "today": self.mind.world.claimed.created_at.date(),
            }),
            max_output_tokens: MAX_OUTPUT,
        }
    }

    /// Calls of tools that are there, with arguments that fit, that were not made before.
    fn fitting(&mut self, answer: Answer, room: usize) -> Vec<Fit<'a>> {
        let mut fitting = Vec::new();
        let tools = self.tools;
        for asked in answer.calls {
            let Some(tool) = tools.iter().find(|tool| tool.name == asked.tool.trim()) else {
                continue;
            };
            let arguments = match llm::typed::read(&asked.arguments, &tool.input_schema) {
                Ok(Value::Object(arguments)) => arguments,
                Ok(_) => continue,
                Err(unfit) => {
                    self.mind.world.note(format!(
                        "A call of `{}.{}` was not made: {}",
                        self.server.name,
                        tool.name,
                        cut(&unfit.to_string(), 200)
                    ));
                    continue;
                }
            };
            let key = (tool.name.clone(), Value::Object(arguments.clone()).to_string());
            if fitting.len() < room && self.made.insert(key) {
                fitting.push(Fit { tool: &tool.name, arguments });
            }
        }
        fitting
    }

    /// Keeps a call and its answer for the next turn; an answer that is worded as an instruction is left out of it.
    fn take(&mut self, call: &ToolCall) {
        self.answers += 1;
        let name = self.answers;
        let answer = call.content.as_deref().or(call.error.as_deref()).unwrap_or_default();
        let answer = material::tame(cut(answer, SHOWN));
        let answer =
            if injected::is_suspicious(&answer) { "(kept back)".to_owned() } else { answer };
        let fence = material::fence(&answer);
        let failed = if call.error.is_some() { " failed" } else { "" };
        let _ = writeln!(
            self.said,
            "<<< C{name} {fence} | {} {}{failed}\n{answer}\n>>> C{name} {fence}\n",
            call.tool, call.arguments
        );
    }
}

fn in_words(call: &ToolCall) -> String {
    let ToolCall { server, tool, arguments, error, .. } = call;
    let arguments = cut(arguments, 200);
    match error {
        None => format!("Called {server}.{tool} with {arguments}"),
        Some(why) => {
            format!("Called {server}.{tool} with {arguments}, which failed: {}", cut(why, 200))
        }
    }
}
