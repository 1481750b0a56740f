//! What stands in a prompt: parts of a question, passages, quotes, sentences.

/// A quote as writers are shown it: `E3 (source, 2024-05-01): …`.
pub(super) struct Quote<'a> {
    pub(super) id: &'a str,
    pub(super) source: &'a str,
    pub(super) text: &'a str,
}

/// A numbered sentence, with the lines below it that are further in.
pub(super) struct Numbered<'a> {
    pub(super) number: usize,
    pub(super) text: &'a str,
    pub(super) below: Vec<&'a str>,
}

/// What stands between two marks; nothing where the first is not there.
pub(super) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(from) else { return "" };
    rest.split_once(to).map_or(rest, |(inner, _)| inner).trim()
}

/// Lines such as `2. What did it cost?` before the first passage.
pub(super) fn parts_of(user: &str) -> Vec<(usize, &str)> {
    let head = user.split("\n<<< ").next().unwrap_or(user);
    head.lines().filter_map(numbered).collect()
}

pub(super) fn numbered(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.split_once(". ")?;
    Some((number.parse().ok()?, text))
}

/// Names and texts of the passages in their fences.
pub(super) fn passages(user: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut is_inside = false;
    for line in user.lines() {
        if let Some(head) = line.strip_prefix("<<< ") {
            found.push((head.split(' ').next().unwrap_or(head), Vec::new()));
            is_inside = true;
        } else if line.starts_with(">>> ") {
            is_inside = false;
        } else if let (true, Some((_, lines))) = (is_inside, found.last_mut()) {
            lines.push(line);
        }
    }
    found
}

/// Lines with an id, a source in brackets and a text.
pub(super) fn quotes(text: &str) -> Vec<Quote<'_>> {
    let lines = text.lines().map(|line| line.trim_start_matches("- "));
    lines
        .filter_map(|line| {
            let (id, rest) = line.split_once(" (")?;
            let is_id = id.strip_prefix('E')?.bytes().all(|b| b.is_ascii_digit());
            let (source, text) = rest.split_once("): ")?;
            is_id.then_some(Quote { id, source, text })
        })
        .collect()
}

/// Sentences to be judged or mended.
pub(super) fn sentences(user: &str) -> Vec<Numbered<'_>> {
    let mut found: Vec<Numbered<'_>> = Vec::new();
    for line in user.lines() {
        match (numbered(line), found.last_mut()) {
            (Some((number, text)), _) => found.push(Numbered { number, text, below: Vec::new() }),
            (None, Some(last)) if line.starts_with("   ") => last.below.push(line.trim()),
            (None, _) => {}
        }
    }
    found
}
