//! A small web about one place that does not exist, in English and German: a register and a newspaper, which disagree
//! once, and pages that are beside the point.

use crate::{Site, site::Script};

/// One page.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// `/plant`
    pub path: &'static str,
    pub title: &'static str,
    /// `2021-04-02`
    pub published: Option<&'static str>,
    /// A paragraph for each; those that begin with `|` are rows of a table.
    pub lines: &'static [&'static str],
    /// Stands in the newspaper and not in the register.
    pub is_press: bool,
}

/// The corpus as it is served.
#[derive(Debug)]
pub struct Web {
    /// Has the search.
    pub register: Site,
    pub press: Site,
}

pub const QUESTION: &str = "When was the plant of Sorrel Reach opened, what did the building of it cost, how much electricity does it produce, and how many eels are killed by its turbines?";
pub const FRAGE: &str = "Wann wurde das Werk Sorrel Reach eröffnet, was kostete der Bau, wie viel Strom erzeugt es, und wie viele Aale sterben in den Turbinen?";
/// About what no page has, beside what one has.
pub const OPEN_QUESTION: &str =
    "When does the operating licence of Sorrel Reach end, and what are the wages of its divers?";

pub const PAGES: [Page; 16] = [
    page(
        "/plant",
        "Sorrel Reach tidal plant",
        None,
        false,
        &[
            "The Sorrel Reach tidal plant is owned by Nordwind Ltd. and stands at the mouth of the Arle.",
            "The plant of Sorrel Reach was opened on 12 May 1998 after four years of building.",
            "Its twelve Tern 25 turbines have a capacity of 4.2 megawatts together.",
        ],
    ),
    page(
        "/cost",
        "What the plant cost",
        Some("1999-02-01"),
        false,
        &[
            "The building of the Sorrel Reach tidal plant cost EUR 12.5 million. Half of the cost was paid by the county.",
        ],
    ),
    page(
        "/output",
        "Electricity of the plant by year",
        Some("2025-02-10"),
        false,
        &[
            "In 2024 the plant of Sorrel Reach produced 10,400 megawatt hours of electricity, more than in any year before.",
            "| Year | Electricity produced (MWh) |",
            "| 2022 | 9,800 |",
            "| 2023 | 10,150 |",
            "| 2024 | 10,400 |",
        ],
    ),
    page(
        "/licence",
        "Licences on the Arle",
        Some("2020-06-30"),
        false,
        &[
            "The operating licence of Sorrel Reach ends on 31 December 2031. Nordwind Ltd. may ask for ten more years.",
            "Licences of mills and ferries are renewed each spring by the harbour office.",
        ],
    ),
    page(
        "/tern-25",
        "The Tern 25 turbine",
        None,
        false,
        &[
            "Each Tern 25 turbine weighs 40 tonnes and turns 28 times a minute.",
            "Turbines of this kind are built by Nordwind Ltd. in Ayford.",
        ],
    ),
    page(
        "/press/opening",
        "Minister opens tidal plant",
        Some("1998-05-13"),
        true,
        &[
            "The minister opened the tidal plant at Sorrel Reach on Tuesday, 12 May 1998, in heavy rain.",
            "Some four hundred people came, and a brass band played.",
        ],
    ),
    page(
        "/press/audit",
        "Auditors: plant was dearer",
        Some("2001-09-20"),
        true,
        &[
            "The building of the tidal plant at Sorrel Reach cost EUR 14.1 million in the end, the auditors found.",
            "The cost of the sluice alone had doubled.",
        ],
    ),
    page(
        "/press/eels",
        "Eels and turbines",
        Some("2019-11-04"),
        true,
        &[
            "A study found that the turbines of Sorrel Reach killed two in every hundred eels that passed them.",
            "Fishermen had asked for the study for years.",
        ],
    ),
    page(
        "/press/fish-pass",
        "New way for eels",
        Some("2022-03-15"),
        true,
        &[
            "Since the fish pass was built in 2021, the turbines of Sorrel Reach have killed one in two hundred eels.",
        ],
    ),
    page(
        "/press/storm",
        "Plant stands still",
        Some("2004-11-23"),
        true,
        &[
            "A storm damaged the sluice, and the tidal plant produced no electricity from November 2004 to March 2005.",
        ],
    ),
    page(
        "/soup",
        "Leek soup",
        None,
        false,
        &["Boil the leeks for ten minutes and serve the soup with bread."],
    ),
    page(
        "/press/regatta",
        "Regatta at Sorrel Reach",
        Some("2023-08-01"),
        true,
        &["Ninety boats took part in the regatta at Sorrel Reach, and the Otter won."],
    ),
    page(
        "/de/werk",
        "Gezeitenkraftwerk Sorrel Reach",
        None,
        false,
        &[
            "Das Gezeitenkraftwerk Sorrel Reach gehört der Nordwind GmbH und steht an der Mündung der Arle.",
            "Das Gezeitenkraftwerk Sorrel Reach wurde am 12. Mai 1998 nach vier Jahren Bauzeit eröffnet.",
        ],
    ),
    page(
        "/de/kosten",
        "Kosten des Kraftwerks",
        Some("1999-02-01"),
        false,
        &[
            "Der Bau des Gezeitenkraftwerks Sorrel Reach kostete 12,5 Millionen Euro. Die Hälfte zahlte der Kreis.",
        ],
    ),
    page(
        "/press/de/strom",
        "Mehr Strom aus der Arle",
        Some("2025-02-12"),
        true,
        &[
            "Im Jahr 2024 erzeugte das Gezeitenkraftwerk Sorrel Reach 10.400 Megawattstunden Strom.",
            "Der Bau kostete nach Angaben der Prüfer am Ende 14,1 Millionen Euro.",
        ],
    ),
    page(
        "/press/de/aale",
        "Aale in den Turbinen",
        Some("2019-11-05"),
        true,
        &["In den Turbinen von Sorrel Reach sterben zwei von hundert Aalen, fand eine Studie."],
    ),
];

/// English sentences of the corpus, and what they are in German.
pub const TRANSLATIONS: [(&str, &str); 5] = [
    (
        "The plant of Sorrel Reach was opened on 12 May 1998 after four years of building.",
        "Das Werk von Sorrel Reach wurde am 12. Mai 1998 nach vier Jahren Bauzeit eröffnet.",
    ),
    (
        "The building of the Sorrel Reach tidal plant cost EUR 12.5 million.",
        "Der Bau des Gezeitenkraftwerks Sorrel Reach kostete EUR 12.5 Millionen.",
    ),
    (
        "In 2024 the plant of Sorrel Reach produced 10,400 megawatt hours of electricity, more than in any year before.",
        "Im Jahr 2024 erzeugte das Werk von Sorrel Reach 10,400 Megawattstunden Strom, mehr als in jedem Jahr zuvor.",
    ),
    (
        "A study found that the turbines of Sorrel Reach killed two in every hundred eels that passed them.",
        "Eine Studie fand, dass die Turbinen von Sorrel Reach zwei von hundert Aalen töteten.",
    ),
    (
        "The building of the tidal plant at Sorrel Reach cost EUR 14.1 million in the end, the auditors found.",
        "Der Bau des Gezeitenkraftwerks in Sorrel Reach kostete am Ende EUR 14.1 Millionen, fanden die Prüfer.",
    ),
];

const fn page(
    path: &'static str,
    title: &'static str,
    published: Option<&'static str>,
    is_press: bool,
    lines: &'static [&'static str],
) -> Page {
    Page { path, title, published, lines, is_press }
}

impl Page {
    /// As a page of HTML. `more` goes behind the last line as it is.
    pub fn html(&self, more: &str) -> String {
        let date = self.published.map(|date| {
            format!("<meta property=\"article:published_time\" content=\"{date}T08:00:00Z\">")
        });
        let (rows, paragraphs): (Vec<&str>, Vec<&str>) =
            self.lines.iter().partition(|line| line.starts_with('|'));
        let paragraphs: Vec<String> =
            paragraphs.iter().map(|line| format!("<p>{line}</p>")).collect();
        let cells = |row: &str, tag: &str| {
            let cells = row.trim_matches(['|', ' ']).split('|');
            let cells = cells.map(|cell| format!("<{tag}>{}</{tag}>", cell.trim()));
            format!("<tr>{}</tr>", cells.collect::<String>())
        };
        let mut table = String::new();
        for (index, row) in rows.iter().enumerate() {
            table.push_str(&cells(row, if index == 0 { "th" } else { "td" }));
        }
        let table = if table.is_empty() { table } else { format!("<table>{table}</table>") };
        format!(
            "<!doctype html><html><head><title>{title}</title>{date}</head><body><main><h1>{title}</h1>{paragraphs}{table}{more}</main></body></html>",
            title = self.title,
            date = date.unwrap_or_default(),
            paragraphs = paragraphs.concat(),
        )
    }

    /// As a document of a folder.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n", self.title);
        for (index, line) in self.lines.iter().enumerate() {
            let is_head = line.starts_with('|') && !self.lines[index - 1].starts_with('|');
            out.push_str(line);
            out.push_str(match (line.starts_with('|'), is_head) {
                (true, true) => "\n|---|---|\n",
                (true, false) => "\n",
                (false, _) => "\n\n",
            });
        }
        out
    }
}

/// Serves the corpus.
pub async fn web() -> Web {
    web_with("", "").await
}

/// Serves it with some HTML more on one page.
pub async fn web_with(path: &str, more: &str) -> Web {
    let of = |is_press: bool| PAGES.iter().filter(move |page| page.is_press == is_press);
    let html = |page: &Page| page.html(if page.path == path { more } else { "" });
    let shelve = |script: Script, page: &Page| script.html(page.path, &html(page));
    let press = of(true).fold(Site::script(), shelve).serve().await;
    let register = of(false).fold(Site::script(), shelve);
    // The search knows what stood there at first: what is added to a page does not move it.
    let register = PAGES.iter().fold(register, |script, page| {
        let address = if page.is_press { press.url(page.path) } else { page.path.to_owned() };
        script.findable(&address, &format!("{} {}", page.title, page.lines.join(" ")))
    });
    Web { register: register.serve().await, press }
}

/// The corpus as files: names and texts.
pub fn files() -> Vec<(String, String)> {
    let name = |page: &Page| format!("{}.md", page.path.trim_start_matches('/').replace('/', "-"));
    PAGES.iter().map(|page| (name(page), page.markdown())).collect()
}

impl Web {
    /// Every path that was asked for, on either site, in order of name, each as often as it was asked.
    pub fn asked(&self) -> Vec<String> {
        let mut all = self.register.asked();
        all.extend(self.press.asked());
        all.sort_unstable();
        all
    }

    /// Every search that was made, in order of its letters.
    pub fn searches(&self) -> Vec<String> {
        let mut all = self.register.queries();
        all.sort_unstable();
        all
    }
}
