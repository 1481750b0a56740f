//! Cuts what arrives into events: server-sent events, lines of JSON, or one whole JSON.

use serde_json::Value;

/// How a body is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// `data: …` and an empty line.
    Sse,
    /// One JSON per line.
    Lines,
    /// The whole body is one.
    Whole,
}

/// One event.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Json(Value),
    /// OpenAI's `[DONE]`.
    Done,
    /// What should have been JSON.
    Unreadable,
}

#[derive(Debug)]
pub(crate) struct Events {
    cut: Cut,
    /// What has no end yet.
    rest: Vec<u8>,
    /// The `data` lines of the event that is being read.
    data: Vec<u8>,
}

impl Cut {
    /// Which one a reply of this type has.
    pub(crate) fn of(content_type: &str) -> Self {
        if content_type.contains("event-stream") {
            Self::Sse
        } else if content_type.contains("ndjson") || content_type.contains("jsonl") {
            Self::Lines
        } else {
            Self::Whole
        }
    }
}

impl Events {
    pub(crate) const fn new(cut: Cut) -> Self {
        Self { cut, rest: Vec::new(), data: Vec::new() }
    }

    /// Takes a piece and gives the events that it ends.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Vec<Event> {
        self.rest.extend_from_slice(piece);
        let mut events = Vec::new();
        if self.cut == Cut::Whole {
            return events;
        }
        let mut from = 0;
        while let Some(at) = self.rest[from..].iter().position(|byte| *byte == b'\n') {
            let line = self.rest[from..from + at]
                .strip_suffix(b"\r")
                .unwrap_or(&self.rest[from..from + at]);
            match self.cut {
                Cut::Sse => events.extend(sse_line(&mut self.data, line)),
                Cut::Lines | Cut::Whole => events.extend(json(line)),
            }
            from += at + 1;
        }
        self.rest.drain(..from);
        events
    }

    /// What is left at the end of the body.
    pub(crate) fn finish(mut self) -> Vec<Event> {
        let rest = std::mem::take(&mut self.rest);
        match self.cut {
            Cut::Sse => {
                let mut events: Vec<Event> = sse_line(&mut self.data, &rest).into_iter().collect();
                events.extend(sse_line(&mut self.data, b""));
                events
            }
            Cut::Lines => json(&rest).into_iter().collect(),
            Cut::Whole => match json(&rest) {
                // Gemini without `alt=sse` sends a list of chunks.
                Some(Event::Json(Value::Array(chunks))) => {
                    chunks.into_iter().map(Event::Json).collect()
                }
                other => other.into_iter().collect(),
            },
        }
    }
}

fn sse_line(data: &mut Vec<u8>, line: &[u8]) -> Option<Event> {
    if line.is_empty() {
        return json(&std::mem::take(data));
    }
    // `event:` repeats what the data says; comments keep the connection alive.
    let value = line.strip_prefix(b"data:")?;
    if !data.is_empty() {
        data.push(b'\n');
    }
    data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
    None
}

fn json(bytes: &[u8]) -> Option<Event> {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return None;
    }
    if bytes == b"[DONE]" {
        return Some(Event::Done);
    }
    Some(parse(bytes).map_or(Event::Unreadable, Event::Json))
}

/// Reads JSON as models' servers write it: bytes that are no text, and halves of characters, become `U+FFFD`.
fn parse(bytes: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Some(value);
    }
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&mend_surrogates(&text)).ok()
}

/// Replaces `\uD83D` without its other half.
pub(crate) fn mend_surrogates(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let half = |text: &str| {
            let digits = text.strip_prefix("\\u").and_then(|rest| rest.get(..4))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let take = match half(rest) {
            Some(0xd800..=0xdbff) => match rest.get(6..).and_then(half) {
                Some(0xdc00..=0xdfff) => 12,
                _ => 0,
            },
            Some(0xdc00..=0xdfff) => 0,
            Some(_) => 6,
            None => rest.chars().take(2).map(char::len_utf8).sum(),
        };
        if take == 0 {
            out.push('\u{fffd}');
            rest = &rest[6..];
        } else {
            out.push_str(&rest[..take]);
            rest = &rest[take..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cut(cut: Cut, pieces: &[&[u8]]) -> Vec<Event> {
        let mut events = Events::new(cut);
        let mut all: Vec<Event> = pieces.iter().flat_map(|piece| events.push(piece)).collect();
        all.extend(events.finish());
        all
    }

    #[test]
    fn events_are_found_wherever_the_pieces_are_cut() {
        let body = b": hello\r\nevent: x\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:{\"b\":2}\n\ndata: [DONE]\n\n";
        let wanted = [Event::Json(json!({"a": 1})), Event::Json(json!({"b": 2})), Event::Done];
        assert_eq!(cut(Cut::Sse, &[body]), wanted);
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(cut(Cut::Sse, &bytes), wanted);
    }

    #[test]
    fn the_last_event_needs_no_empty_line_and_nonsense_is_told() {
        assert_eq!(cut(Cut::Sse, &[b"data: {\"a\":1}"]), [Event::Json(json!({"a": 1}))]);
        assert_eq!(cut(Cut::Lines, &[b"{\"a\":1}\n\n{\"a\":", b"2}"]).len(), 2);
        assert_eq!(cut(Cut::Whole, &[b"<html>"]), [Event::Unreadable]);
        assert_eq!(cut(Cut::Whole, &[b"[{\"a\":1},", b"{\"a\":2}]"]).len(), 2);
    }

    #[test]
    fn halves_of_characters_and_bytes_that_are_no_text_are_replaced() {
        let lone = br#"{"a":"x\ud83d y \\ud83d \uDE00 \ud83d\ude00"}"#;
        let wanted = json!({"a": "x\u{fffd} y \\ud83d \u{fffd} \u{1f600}"});
        assert_eq!(cut(Cut::Whole, &[lone]), [Event::Json(wanted)]);
        assert_eq!(
            cut(Cut::Lines, &[b"{\"a\":\"\xff\"}\n"]),
            [Event::Json(json!({"a": "\u{fffd}"}))]
        );
    }
}
