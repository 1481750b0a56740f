//! Shows what the extractive reasoner finds for the fields of one subject, with every offer and its score.
//!
//! `cargo run -p task-mcp-engine --example fields -- 'subject or row as JSON' 'field[:type][:description]' … -- FILE…`
//!
//! A type is one of text, integer, number, boolean, date, url, list or `a|b|c`.

use std::time::{Duration, Instant};

use domain::evidence::TextRef;
use domain::ids::PageId;
use domain::processor::Caps;
use domain::schema::{Field, Schema};
use serde_json::{Map, Value, json};
use task_mcp_engine::ReadPage;
use task_mcp_engine::extractive::candidates::Want;
use task_mcp_engine::extractive::fields::{Prepared, Scope};
use task_mcp_engine::extractive::labels::Label;
use task_mcp_engine::extractive::subject::Subject;

const USAGE: &str = "usage: fields SUBJECT FIELD… -- FILE…";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((subject, rest)) = arguments.split_first() else { return eprintln!("{USAGE}") };
    let Some(middle) = rest.iter().position(|word| word == "--") else {
        return eprintln!("{USAGE}");
    };
    let subject = match serde_json::from_str::<Map<String, Value>>(subject) {
        Ok(row) => Subject::of(&row),
        Err(_) => Subject::of_text(subject),
    };
    let fields = fields(&rest[..middle]);
    let pages: Vec<Prepared> = rest[middle + 1..]
        .iter()
        .enumerate()
        .filter_map(|(index, file)| read(index, file))
        .map(|page| Prepared::of(&page))
        .collect();
    let caps = Caps {
        rounds: 2,
        searches: 12,
        pages: 20,
        wall: Duration::from_mins(5),
        sources_for_high: 2,
        findings: 14,
    };
    let began = Instant::now();
    let scope = Scope::of(&subject, &pages);
    println!("{subject:?}\nscope in {:?}", began.elapsed());
    for (index, zones) in scope.zones.iter().enumerate() {
        println!(
            "page {index}: {} zones of {} blocks",
            zones.len(),
            pages[index].page.text.blocks.len()
        );
        let mut closest: Vec<_> = zones.iter().collect();
        closest.sort_by(|a, b| b.nearness.total_cmp(&a.nearness));
        for zone in closest.into_iter().take(4) {
            let text = &pages[index].page.text;
            let words: String =
                text.block_text(&text.blocks[zone.block]).chars().take(90).collect();
            println!("  {:.2} {:?} {words:?}", zone.nearness, zone.standing);
        }
    }
    for field in &fields {
        let began = Instant::now();
        let found = scope.field(field, &caps);
        let took = began.elapsed();
        println!("\n{} = {:?} ({:?}, {took:?})", field.name, found.value, found.confidence);
        println!("  {}", found.reasoning);
        for evidence in &found.evidence {
            println!("  “{}”", evidence.quote.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        let label = Label::of(field);
        println!("  asked as {:?}", label.kind);
        let mut offers = scope.offers(&Want { label, shape: &field.shape });
        offers.sort_by(|a, b| b.score.total_cmp(&a.score));
        for offer in offers.iter().take(6) {
            let quote = pages[offer.page].page.text.quote(&offer.quotes[0]);
            let quote: String =
                quote.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(110).collect();
            println!("  {:.2} {:?} {} ← {quote:?}", offer.score, offer.how, offer.value);
        }
    }
}

fn fields(words: &[String]) -> Vec<Field> {
    let properties: Map<String, Value> = words
        .iter()
        .map(|word| {
            let mut parts = word.splitn(3, ':');
            let name = parts.next().unwrap_or_default().to_owned();
            let mut shape = match parts.next().unwrap_or("text") {
                "date" => json!({"type": "string", "format": "date"}),
                "url" => json!({"type": "string", "format": "uri"}),
                "list" => json!({"type": "array", "items": {"type": "string"}}),
                members if members.contains('|') => {
                    json!({"enum": members.split('|').collect::<Vec<_>>()})
                }
                "text" | "" => json!({"type": "string"}),
                other => json!({"type": other}),
            };
            shape["description"] = parts.next().unwrap_or_default().into();
            (name, shape)
        })
        .collect();
    match Schema::parse(json!({"type": "object", "properties": properties})) {
        Ok((schema, _)) => schema.fields,
        Err(refused) => {
            eprintln!("{refused}");
            Vec::new()
        }
    }
}

fn read(index: usize, file: &str) -> Option<ReadPage> {
    let bytes = std::fs::read(file).map_err(|error| eprintln!("{file}: {error}")).ok()?;
    let text = sources::extract::read_bytes(&bytes, file, None)
        .map_err(|failed| eprintln!("{file}: {failed}"))
        .ok()?;
    let page: PageId = format!("page_{index:032x}").parse().ok()?;
    let number = i64::try_from(index).ok()?;
    Some(ReadPage {
        text_ref: TextRef(number),
        page,
        address: format!("doc://docs{file}"),
        text: text.into(),
    })
}
