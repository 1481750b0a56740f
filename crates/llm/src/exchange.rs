//! One request and its reply: sent, read as it comes, and judged.

use std::time::Duration;

use domain::clock::Clock;
use egress::{Egress, Stream};
use serde_json::Value;
use tokio::time::Instant;

use crate::failed::Failed;
use crate::fault::{self, redact};
use crate::hints::{self, Hints};
use crate::profile::Profile;
use crate::repeats;
use crate::reply::{Stopped, Usage};
use crate::request::Request;
use crate::schema::WRAPPER;
use crate::speed::Times;
use crate::tokens;
use crate::wire::events::{Cut, Event, Events};
use crate::wire::{self, Call, Draft, Fault, Stop};

/// Bytes of a whole reply: each token may come in an event of 300 bytes.
const MAX_REPLY_BYTES: usize = 32 << 20;
/// Bytes of a refusal that are read; they hold a sentence.
const MAX_REFUSAL_BYTES: usize = 64 << 10;
/// A hosted provider that has not begun to reply by now is not thinking but hanging.
const HOSTED_HEAD: Duration = Duration::from_mins(1);
/// How long the body of a refusal may take.
const REFUSAL_SILENCE: Duration = Duration::from_secs(10);
/// An answer is looked at for repeats each time that it has grown by so many bytes.
const LOOK_EVERY: usize = 256;
/// Bytes of an answer per token that was allowed. No tokenizer has longer tokens on average; more is a stream that
/// does not end.
const MAX_BYTES_PER_TOKEN: usize = 32;

/// What came back, before it is a [`crate::Reply`].
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) usage: Usage,
    pub(crate) stopped: Stopped,
    pub(crate) times: Times,
    pub(crate) hints: Hints,
}

/// A request that brought no answer that can be used.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) failed: Failed,
    /// What the head of the reply said.
    pub(crate) hints: Hints,
    /// What the provider says that it served all the same.
    pub(crate) usage: Option<Usage>,
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self { failed, hints: Hints::default(), usage: None }
    }
}

/// Sends a call and reads its answer.
pub(crate) async fn send(
    egress: &Egress,
    clock: &Clock,
    profile: &Profile,
    request: &Request,
    call: Call,
) -> Result<Answer, Failure> {
    let sent_at = Instant::now();
    let model = || profile.name.clone();
    let head =
        if profile.is_local { profile.first_token } else { HOSTED_HEAD.min(profile.first_token) };
    let (is_wrapped, max_output_tokens) = (call.is_wrapped, call.max_output_tokens);
    let mut outgoing = egress::Request::post(call.url, call.body, MAX_REPLY_BYTES, head);
    outgoing.purpose = egress::Purpose::Model;
    outgoing.headers = call.headers;
    outgoing.accept = "text/event-stream, application/x-ndjson, application/json";
    let opened = egress.open(outgoing).await;
    let mut stream = opened.map_err(|why| unanswered(model(), &why, true))?;
    let hints = hints::read(&stream.headers, clock.now());
    if stream.status != 200 {
        let body = refusal(&mut stream).await;
        let failed = fault::classify(profile, stream.status, &hints, &body);
        return Err(Failure { failed, hints, usage: None });
    }
    let mut reading = Reading {
        profile,
        draft: Draft::default(),
        sent_at,
        began_at: None,
        last_word_at: sent_at,
        max_bytes: usize::try_from(max_output_tokens)
            .unwrap_or(usize::MAX)
            .saturating_mul(MAX_BYTES_PER_TOKEN)
            .saturating_add(4096),
        looked_at: 0,
    };
    if let Err(failed) = reading.run(&mut stream, &hints).await {
        return Err(Failure { failed, hints, usage: None });
    }
    let times = reading.times();
    let usage = believe(profile, request, &reading.draft, max_output_tokens);
    match judge(profile, request, &reading.draft, usage, max_output_tokens, is_wrapped) {
        Ok((text, stopped)) => Ok(Answer { text, usage, stopped, times, hints }),
        Err(failed) => {
            let usage = Some(usage).filter(|usage| !usage.is_estimated);
            Err(Failure { failed, hints, usage })
        }
    }
}

/// No reply at all, or none to its end.
fn unanswered(model: String, failed: &egress::Failed, is_head: bool) -> Failed {
    match failed {
        egress::Failed::Timeout { waited, .. } => Failed::Silent { model, waited: *waited },
        egress::Failed::Refused { .. } | egress::Failed::NotRecorded { .. } => {
            Failed::Forbidden { model, why: failed.to_string() }
        }
        egress::Failed::Connect { .. } if is_head => {
            Failed::Offline { model, why: failed.to_string() }
        }
        egress::Failed::Connect { .. }
        | egress::Failed::TooLarge { .. }
        | egress::Failed::Bomb { .. }
        | egress::Failed::Redirects { .. }
        | egress::Failed::Broken { .. } => Failed::Broken { model, why: failed.to_string() },
    }
}

async fn refusal(stream: &mut Stream) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MAX_REFUSAL_BYTES {
        match stream.next(REFUSAL_SILENCE).await {
            Ok(Some(piece)) => body.extend(piece),
            // The status says enough where the rest is lost.
            Ok(None) | Err(_) => break,
        }
    }
    body.truncate(MAX_REFUSAL_BYTES);
    body
}

struct Reading<'a> {
    profile: &'a Profile,
    draft: Draft,
    sent_at: Instant,
    began_at: Option<Instant>,
    /// When the answer last grew; signs of life between its words do not count for ever.
    last_word_at: Instant,
    max_bytes: usize,
    /// Bytes of the answer when it was last looked at for repeats.
    looked_at: usize,
}

impl Reading<'_> {
    async fn run(&mut self, stream: &mut Stream, hints: &Hints) -> Result<(), Failed> {
        let content_type =
            stream.headers.get("content-type").map(|value| value.as_bytes().to_vec());
        let content_type =
            String::from_utf8_lossy(&content_type.unwrap_or_default()).to_lowercase();
        let mut events = Events::new(Cut::of(&content_type));
        loop {
            let patience = self.patience()?;
            let piece = stream.next(patience).await;
            let piece = piece.map_err(|why| unanswered(self.profile.name.clone(), &why, false))?;
            let Some(piece) = piece else { break };
            for event in events.push(&piece) {
                if self.take(&event, hints)? {
                    return Ok(());
                }
            }
        }
        for event in events.finish() {
            if self.take(&event, hints)? {
                return Ok(());
            }
        }
        if self.draft.is_whole {
            return Ok(());
        }
        Err(self.broken("the stream ended before the answer did"))
    }

    /// How long the next piece may take.
    fn patience(&self) -> Result<Duration, Failed> {
        let limit =
            if self.began_at.is_some() { self.profile.silence } else { self.profile.first_token };
        let silent_for = self.last_word_at.elapsed();
        limit
            .checked_sub(silent_for)
            .filter(|left| !left.is_zero())
            .ok_or_else(|| Failed::Silent { model: self.profile.name.clone(), waited: limit })
    }

    /// Takes an event; true when nothing more is to come.
    fn take(&mut self, event: &Event, hints: &Hints) -> Result<bool, Failed> {
        let value = match event {
            Event::Json(value) => value,
            Event::Done => {
                // Whoever says that it is done without a reason to stop has lost a part.
                return if self.draft.is_whole {
                    Ok(true)
                } else {
                    Err(self.broken("the stream was ended without a reason to stop"))
                };
            }
            Event::Unreadable => return Err(self.broken("it sends what is not JSON")),
        };
        let before = self.draft.bytes();
        if let Err(Fault(error)) = wire::read(self.profile.wire, &mut self.draft, value) {
            let body = error.to_string();
            return Err(fault::classify(self.profile, 200, hints, body.as_bytes()));
        }
        if self.draft.bytes() > before {
            self.last_word_at = Instant::now();
            self.began_at.get_or_insert(self.last_word_at);
        }
        if self.draft.bytes() > self.max_bytes {
            return Err(self.broken("it sends far more than was asked for"));
        }
        Ok(self.has_lost_its_way())
    }

    /// Whether the model says the same over and over. It would do so until its limit, which takes a slow one minutes.
    fn has_lost_its_way(&mut self) -> bool {
        if self.draft.is_whole || self.draft.bytes() < self.looked_at + LOOK_EVERY {
            return false;
        }
        self.looked_at = self.draft.bytes();
        let loops = [&self.draft.text, &self.draft.arguments].into_iter().any(repeats::at_end);
        if loops {
            self.draft.stop = Some(Stop::Loop);
        }
        loops
    }

    fn broken(&self, why: &str) -> Failed {
        Failed::Broken { model: self.profile.name.clone(), why: why.into() }
    }

    fn times(&self) -> Times {
        let began_at = self.began_at.unwrap_or(self.last_word_at);
        Times {
            first_token: began_at - self.sent_at,
            writing: self.draft.writing.unwrap_or(self.last_word_at - began_at),
            load: self.draft.load,
        }
    }
}

/// Whether a whole reply is an answer.
fn judge(
    profile: &Profile,
    request: &Request,
    draft: &Draft,
    usage: Usage,
    max_output_tokens: u32,
    is_wrapped: bool,
) -> Result<(String, Stopped), Failed> {
    let model = || profile.name.clone();
    let least = tokens::prompt_at_least(request);
    // Only a server of one's own cuts silently; a hosted one refuses, and counts as it bills.
    if profile.is_local && !usage.is_estimated && usage.input_tokens < least {
        return Err(Failed::Cut {
            model: model(),
            read_tokens: usage.input_tokens,
            sent_tokens: least,
        });
    }
    if let Some(Stop::Blocked(why)) = &draft.stop {
        return Err(Failed::Blocked { model: model(), why: why.clone() });
    }
    if !draft.refusal.is_empty() {
        let why = redact(&draft.refusal, profile.key.as_ref());
        return Err(Failed::Blocked { model: model(), why });
    }
    // Not every server says that it stopped at the limit.
    let is_cut =
        draft.is_at_limit() || (!usage.is_estimated && usage.output_tokens >= max_output_tokens);
    let stopped = match draft.stop {
        Some(Stop::Loop) => Stopped::Loop,
        _ if is_cut => Stopped::Length,
        _ => Stopped::End,
    };
    let said = if draft.arguments.is_empty() { &draft.text } else { &draft.arguments };
    let text = without_thoughts(said).replace('\0', "\u{fffd}");
    let mut text = fault::without_key(text, profile.key.as_ref());
    if is_wrapped {
        text = unwrapped(text);
    }
    if text.trim().is_empty() && stopped == Stopped::End {
        return Err(Failed::Empty { model: model() });
    }
    Ok((text, stopped))
}

/// The provider's numbers where they can be true, else our own counts.
fn believe(profile: &Profile, request: &Request, draft: &Draft, max_output: u32) -> Usage {
    let ours = tokens::prompt(request);
    let max_input = i64::from(ours).saturating_mul(4).saturating_add(4000);
    let max_output = i64::from(max_output).saturating_mul(2).saturating_add(1000);
    let seen = &draft.seen;
    let fits = |number: Option<i64>, least: i64, most: i64| {
        number.filter(|number| (least..=most).contains(number))
    };
    // Only an answer without a word may have taken no tokens.
    let least_output = i64::from(draft.bytes() > 0);
    let (input, output) =
        (fits(seen.input, 1, max_input), fits(seen.output, least_output, max_output));
    if let (Some(input), Some(output)) = (input, output)
        && let (Ok(input), Ok(output)) = (u32::try_from(input), u32::try_from(output))
    {
        let cached = seen.cached.and_then(|cached| u32::try_from(cached).ok()).unwrap_or(0);
        return Usage {
            input_tokens: input,
            cached_tokens: cached.min(input),
            output_tokens: output,
            is_estimated: false,
        };
    }
    if seen.input.is_some() || seen.output.is_some() {
        tracing::warn!(
            model = profile.name,
            "the usage reported by {} cannot be true",
            profile.name
        );
    }
    let said = tokens::count(&draft.text).saturating_add(tokens::count(&draft.arguments));
    let thought = u32::try_from(draft.thought_bytes / 3).unwrap_or(u32::MAX);
    Usage {
        input_tokens: ours,
        cached_tokens: 0,
        output_tokens: said.saturating_add(thought),
        is_estimated: true,
    }
}

/// Leaves out what a model thought aloud at the beginning of its answer.
pub(crate) fn without_thoughts(text: &str) -> &str {
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>")] {
        let trimmed = text.trim_start();
        if let Some(thoughts) = trimmed.strip_prefix(open) {
            return thoughts.find(close).map_or("", |at| thoughts[at + close.len()..].trim_start());
        }
        // Some templates have the opening mark in the prompt.
        if let Some(at) = text.find(close)
            && !text[..at].contains(open)
        {
            return text[at + close.len()..].trim_start();
        }
    }
    text
}

fn unwrapped(text: String) -> String {
    match serde_json::from_str::<Value>(text.trim()) {
        Ok(Value::Object(mut members)) if members.len() == 1 => match members.remove(WRAPPER) {
            Some(value) => value.to_string(),
            None => text,
        },
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_left_out_whether_or_not_they_were_opened() {
        assert_eq!(without_thoughts("<think>hm</think>\n\n42"), "42");
        assert_eq!(without_thoughts("hm\n</think>42"), "42");
        assert_eq!(without_thoughts("<think>no end"), "");
        assert_eq!(without_thoughts("a <think> b"), "a <think> b");
    }

    #[test]
    fn a_wrapped_answer_is_unwrapped_and_anything_else_left() {
        assert_eq!(unwrapped("{\"value\": [1, 2]}".into()), "[1,2]");
        assert_eq!(unwrapped("{\"value\": 1, \"x\": 2}".into()), "{\"value\": 1, \"x\": 2}");
        assert_eq!(unwrapped("no JSON".into()), "no JSON");
    }
}
