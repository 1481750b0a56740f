//! Feeds (RSS, Atom) and sitemaps: entries under their titles, with their days and links.

use super::html;
use super::outline::{Outline, Piece};
use super::xml::{self, Step, Tag};

/// Entries of one feed, or addresses of one sitemap. The protocol of sitemaps allows 50,000.
const MAX_ENTRIES: usize = 50_000;

#[derive(Default)]
struct Entry {
    title: String,
    day: Option<String>,
    link: Option<String>,
    author: String,
    /// Markup, the fullest there is.
    content: String,
}

/// Reads a feed.
pub(super) fn read(source: &str) -> Result<Outline, String> {
    let mut feed = Feed::default();
    xml::walk(source, |step| match step {
        Step::Open(tag) => feed.open(&tag),
        Step::Close(name) => feed.close(name),
        Step::Words(words) => {
            feed.words.push_str(&words);
            Ok(())
        }
    })?;
    Ok(feed.outline)
}

#[derive(Default)]
struct Feed {
    outline: Outline,
    entry: Option<Entry>,
    entries: usize,
    words: String,
    /// Elements of XHTML inside an entry, whose words are its content.
    xhtml: usize,
    /// Whether the words of the element at hand are markup.
    is_html: bool,
    /// Elements such as `image` and `author`, whose title and link are not the feed's.
    aside: usize,
}

impl Feed {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), String> {
        if self.xhtml > 0 {
            self.xhtml += 1;
            self.words.push_str(if matches!(tag.name(), "p" | "li" | "div") { "<p>" } else { " " });
            return Ok(());
        }
        self.words.clear();
        match tag.name() {
            "item" | "entry" => {
                self.entries += 1;
                if self.entries > MAX_ENTRIES {
                    return Err(format!("it has more than {MAX_ENTRIES} entries"));
                }
                self.entry = Some(Entry::default());
            }
            "image" | "textinput" | "textInput" | "source" => self.aside += 1,
            "content" | "summary" | "title" | "subtitle" => {
                let form = tag.attribute("type");
                self.xhtml = usize::from(form.as_deref() == Some("xhtml"));
                self.is_html = matches!(form.as_deref(), Some("html" | "xhtml" | "text/html"));
            }
            "link" => {
                let is_main = matches!(tag.attribute("rel").as_deref(), None | Some("alternate"));
                if let (true, Some(address), Some(entry)) =
                    (is_main, tag.attribute("href"), &mut self.entry)
                {
                    entry.link.get_or_insert(address);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), String> {
        if self.xhtml > 1 {
            self.xhtml -= 1;
            return Ok(());
        }
        self.xhtml = 0;
        let mut words = std::mem::take(&mut self.words);
        if std::mem::take(&mut self.is_html) && name == "title" {
            words = html::words(&words);
        }
        match name {
            "image" | "textinput" | "textInput" | "source" => {
                self.aside = self.aside.saturating_sub(1);
                return Ok(());
            }
            _ if self.aside > 0 => return Ok(()),
            _ => {}
        }
        let Some(entry) = &mut self.entry else {
            match name {
                "title" if self.outline.title.is_empty() => {
                    self.outline.title = words.trim().to_owned();
                    return self.outline.push(Piece::Heading(1, words));
                }
                "description" | "subtitle" => return self.outline.push(Piece::Html(words)),
                "language" => self.outline.language = Some(words),
                "lastBuildDate" | "updated" => self.outline.published = day(&words),
                _ => {}
            }
            return Ok(());
        };
        match name {
            "item" | "entry" => {
                let entry = self.entry.take().unwrap_or_default();
                return self.write(entry);
            }
            "title" if entry.title.is_empty() => entry.title = words,
            "link" if !words.trim().is_empty() => entry.link = Some(words.trim().to_owned()),
            "pubDate" | "published" | "date" => entry.day = day(&words).or(entry.day.take()),
            "updated" if entry.day.is_none() => entry.day = day(&words),
            "creator" | "name" | "author" if !words.trim().is_empty() => entry.author = words,
            "description" | "summary" | "content" | "encoded"
                if words.len() > entry.content.len() =>
            {
                entry.content = words;
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&mut self, entry: Entry) -> Result<(), String> {
        let Entry { title, day, link, author, content } = entry;
        if !title.trim().is_empty() {
            self.outline.push(Piece::Heading(2, title.clone()))?;
        }
        for (key, value) in [("published", day.unwrap_or_default()), ("author", author)] {
            if !value.trim().is_empty() {
                self.outline.push(Piece::Data(key.into(), value))?;
            }
        }
        if let Some(link) = link {
            self.outline.push(Piece::Link(link.clone()))?;
            self.outline.links.push((link, title));
        }
        if content.trim().is_empty() { Ok(()) } else { self.outline.push(Piece::Html(content)) }
    }
}

/// Reads a sitemap, or an index of several: each address is a link.
pub(super) fn read_sitemap(source: &str) -> Result<Outline, String> {
    let mut outline = Outline::default();
    let (mut words, mut address, mut changed) = (String::new(), String::new(), String::new());
    let mut entries = 0;
    xml::walk(source, |step| {
        match step {
            Step::Open(_) => words.clear(),
            Step::Words(more) => words.push_str(&more),
            Step::Close(name) => {
                let words = std::mem::take(&mut words);
                match name {
                    "loc" if address.is_empty() => words.trim().clone_into(&mut address),
                    "lastmod" => words.trim().clone_into(&mut changed),
                    "url" | "sitemap" => {
                        entries += 1;
                        if entries > MAX_ENTRIES {
                            return Err(format!("it has more than {MAX_ENTRIES} addresses"));
                        }
                        let (address, changed) =
                            (std::mem::take(&mut address), std::mem::take(&mut changed));
                        let line = format!("{address} {changed}");
                        outline.links.push((address, String::new()));
                        outline.push(Piece::Item(1, line))?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    })?;
    Ok(outline)
}

/// The day of a moment as feeds write it: `2024-05-06T…`, or `Mon, 06 May 2024 07:08:09 GMT`.
fn day(moment: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let moment = moment.trim();
    if let Some(day) = html::date(moment) {
        return Some(day);
    }
    let words = moment.rsplit_once(", ").map_or(moment, |(_, rest)| rest);
    let mut words = words.split_whitespace();
    let day: u8 = words.next()?.parse().ok()?;
    let month = words.next()?.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let year: u16 = words.next()?.parse().ok()?;
    html::date(&format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_of_feeds_are_read() {
        assert_eq!(day("Mon, 06 May 2024 07:08:09 GMT").as_deref(), Some("2024-05-06"));
        assert_eq!(day("6 May 2024 07:08 +0200").as_deref(), Some("2024-05-06"));
        assert_eq!(day(" 2024-05-06T07:08:09Z ").as_deref(), Some("2024-05-06"));
        assert_eq!(day("soon"), None);
    }
}
