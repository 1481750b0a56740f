//! Records: runs of keys and values in which one value says what the others are about, as in extracts of
//! registers and in data sheets.

use domain::text::{Block, BlockKind, Span, Text};

use super::naming::lowered;

/// Keys whose value is the thing that the record is about.
const IDENTITIES: [&str; 14] = [
    "name",
    "company",
    "company name",
    "organisation",
    "organization",
    "firm",
    "maker",
    "manufacturer",
    "product",
    "product name",
    "model",
    "type",
    "title",
    "legal name",
];
/// Words of keys whose value is somebody else, however it is named.
const RELATIONS: [&str; 20] = [
    "parent",
    "owner",
    "owned",
    "holding",
    "customer",
    "client",
    "competitor",
    "competitors",
    "supplier",
    "partner",
    "partners",
    "publisher",
    "predecessor",
    "successor",
    "subsidiary",
    "replaces",
    "replaced",
    "related",
    "see",
    "previous",
];

/// Longest value that may be a name.
const NAME: usize = 80;

/// The blocks that stand behind a key whose value is a name, in the same run, and how surely they are about
/// it. `names` says how surely a text is the name.
pub(super) fn behind(text: &Text, names: &dyn Fn(&str) -> f32) -> Vec<(usize, f32)> {
    let mut found = Vec::new();
    // The key that opened the record, and how surely what follows is about the subject.
    let mut record: Option<(String, f32)> = None;
    let mut under: Option<&[usize]> = None;
    // The key that opened the run. A key that is not known to name things opens a record only there: the
    // value of any other may be somebody else, whatever the key is called.
    let mut leader = String::new();
    for (index, block) in text.blocks.iter().enumerate() {
        let Some((key, value)) = pair(block).filter(|_| under == Some(&block.under[..])) else {
            under = Some(&block.under);
            record = pair(block).and_then(|(key, value)| opens(text, key, value, names));
            leader = pair(block).map(|(key, _)| folded(text.quote(key))).unwrap_or_default();
            continue;
        };
        let opened = opens(text, key, value, names)
            .filter(|(key, _)| *key == leader || IDENTITIES.contains(&key.as_str()));
        if let Some(opened) = opened {
            record = Some(opened);
        } else if let Some((first, near)) = &record {
            let key = folded(text.quote(key));
            if key == *first || key == "name" {
                record = None;
            } else {
                found.push((index, *near));
            }
        }
    }
    found
}

/// Whether a pair says what the pairs behind it are about.
fn opens(
    text: &Text,
    key: &Span,
    value: &Span,
    names: &dyn Fn(&str) -> f32,
) -> Option<(String, f32)> {
    let (key, value) = (folded(text.quote(key)), text.quote(value));
    let is_relation = key.split(' ').any(|word| RELATIONS.contains(&word));
    let is_name = value.len() <= NAME && !is_relation && names(value) > 0.9;
    let near = if IDENTITIES.contains(&key.as_str()) { 0.95 } else { 0.85 };
    is_name.then_some((key, near))
}

fn folded(key: &str) -> String {
    lowered(key.trim().trim_end_matches(':').trim_end())
}

/// The key and the value of a block on a page for readers.
fn pair(block: &Block) -> Option<(&Span, &Span)> {
    match &block.kind {
        BlockKind::Pair { key, value, is_data: false } => Some((key, value)),
        BlockKind::Definition { term, meaning } => Some((term, meaning)),
        BlockKind::Row { cells, header: None, is_header: false } => match &cells[..] {
            [key, value] => Some((key, value)),
            _ => None,
        },
        BlockKind::Pair { .. }
        | BlockKind::Row { .. }
        | BlockKind::Heading { .. }
        | BlockKind::Code
        | BlockKind::Paragraph
        | BlockKind::ListItem { .. }
        | BlockKind::Quote => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::build;
    use super::super::naming::term_names;
    use super::*;

    fn keys(name: &str, lines: &str) -> Vec<String> {
        let text = build::text("Register", lines);
        let found = behind(&text, &|value| term_names(value, name));
        found.iter().map(|(index, _)| text.block_text(&text.blocks[*index]).to_owned()).collect()
    }

    const REGISTER: &str = "# Extract 1\nName:: Acme\nFounded:: 1990\n# Extract 2\nName:: Bolt\n\
        Parent company:: Acme\nFounded:: 2001";

    #[test]
    fn what_stands_behind_a_name_in_its_record_is_about_it() {
        assert_eq!(keys("Acme", REGISTER), ["Founded: 1990"]);
        assert_eq!(keys("Bolt", REGISTER), ["Parent company: Acme", "Founded: 2001"]);
    }

    #[test]
    fn a_key_inside_a_record_may_relate_it_to_others() {
        let lines = "Plant:: North\nRun by:: Acme\nOutput:: 40 MW\nPlant:: South\nOutput:: 9 MW";
        assert_eq!(keys("Acme", lines), Vec::<String>::new());
        assert_eq!(keys("South", lines), ["Output: 9 MW"]);
    }

    #[test]
    fn a_record_ends_where_its_first_key_comes_again() {
        let lines = "Product:: Anvil 5\nPrice:: EUR 90\nProduct:: Anvil 6\nPrice:: EUR 99";
        assert_eq!(keys("Anvil 5", lines), ["Price: EUR 90"]);
    }
}
