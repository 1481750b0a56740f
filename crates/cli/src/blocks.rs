//! The blocks of a page as JSON, each with its place in the text.

use domain::text::{Block, BlockKind, Span, Text};
use serde_json::{Value, json};

/// In reading order. Places are counted in characters (Unicode scalar values, as Python and jq count them) from the start of
/// the text; `[start, end]`, the end not included.
pub(crate) fn in_json(text: &Text) -> Vec<Value> {
    let (mut at, mut chars) = (0, 0);
    let mut views = Vec::with_capacity(text.blocks.len());
    for block in &text.blocks {
        chars += count(text, &(at..block.span.start));
        at = block.span.start;
        views.push(view(text, block, chars));
    }
    views
}

/// `start`: characters before the block.
fn view(text: &Text, block: &Block, start: usize) -> Value {
    let place = |span: &Span| {
        let start = start + count(text, &(block.span.start..span.start));
        json!([start, start + count(text, span)])
    };
    let mut view = match &block.kind {
        BlockKind::Heading { level } => json!({"kind": "heading", "level": level}),
        BlockKind::Paragraph => json!({"kind": "paragraph"}),
        BlockKind::ListItem { depth } => json!({"kind": "list_item", "depth": depth}),
        BlockKind::Quote => json!({"kind": "quote"}),
        BlockKind::Code => json!({"kind": "code"}),
        BlockKind::Row { cells, header, is_header } => {
            let cells: Vec<Value> = cells.iter().map(place).collect();
            json!({"kind": "row", "cells": cells, "header": header, "is_header": is_header})
        }
        BlockKind::Definition { term, meaning } => {
            json!({"kind": "definition", "term": place(term), "meaning": place(meaning)})
        }
        BlockKind::Pair { key, value, is_data } => {
            json!({"kind": "pair", "key": place(key), "value": place(value), "is_data": is_data})
        }
    };
    view["span"] = place(&block.span);
    view["under"] = json!(block.under);
    view
}

fn count(text: &Text, span: &Span) -> usize {
    text.quote(span).chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_stands_where_it_says() {
        let page = "<title>Zoë</title><main><h1>Gezeiten</h1><p>Flut: Zoë sagt zweimal.</p><table><tr><th>Näme<th>Wert<tr><td>Ebbe<td>zweimal</table><dl><dt>Flüt<dd>hoch</dl>";
        let text = sources::extract::read_bytes(page.as_bytes(), "https://a.test/", None).unwrap();
        let chars: Vec<char> = text.body.chars().collect();
        let said = |place: &Value| -> String {
            let at = |n: usize| usize::try_from(place[n].as_u64().unwrap()).unwrap();
            chars[at(0)..at(1)].iter().collect()
        };
        let blocks = in_json(&text);
        assert_eq!(blocks.len(), text.blocks.len());
        for (view, block) in blocks.iter().zip(&text.blocks) {
            assert_eq!(said(&view["span"]), text.block_text(block), "{view}");
        }
        let of = |kind: &str| blocks.iter().filter(|view| view["kind"] == kind).collect::<Vec<_>>();
        assert_eq!(said(&of("heading")[0]["span"]), "Gezeiten");
        let rows = of("row");
        let cells: Vec<String> = rows[1]["cells"].as_array().unwrap().iter().map(said).collect();
        assert_eq!(cells, ["Ebbe", "zweimal"]);
        assert_eq!(
            said(
                &blocks[usize::try_from(rows[1]["header"].as_u64().unwrap()).unwrap()]["cells"][1]
            ),
            "Wert"
        );
        assert_eq!(said(&of("definition")[0]["meaning"]), "hoch");
    }
}
