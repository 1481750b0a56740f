//! Pages that stand in front of the page: challenges, refusals, "not found" with status 200.

use domain::text::Text;

/// Pages with more text than this, in bytes, are never taken for a wall; they may be about walls.
const MAX_WALL_BYTES: usize = 2_000;

/// What such a page says of itself, in lower case, and what it means.
const SIGNS: &[(&str, &str)] = &[
    ("just a moment...", "the host asks for a browser check"),
    ("checking your browser", "the host asks for a browser check"),
    ("checking if the site connection is secure", "the host asks for a browser check"),
    ("verify you are human", "the host asks for a proof of being human"),
    ("verifying you are human", "the host asks for a proof of being human"),
    ("are you a robot", "the host asks for a proof of being human"),
    ("not a robot", "the host asks for a proof of being human"),
    ("complete the captcha", "the host asks for a proof of being human"),
    ("unusual traffic from your", "the host takes us for too many requests"),
    ("attention required! | cloudflare", "the host refuses machines"),
    (
        "enable javascript and cookies to continue",
        "its text is put there by scripts, which are not run",
    ),
    ("you need to enable javascript", "its text is put there by scripts, which are not run"),
    ("please enable javascript", "its text is put there by scripts, which are not run"),
    (
        "javascript is disabled in your browser",
        "its text is put there by scripts, which are not run",
    ),
    (
        "doesn't work properly without javascript",
        "its text is put there by scripts, which are not run",
    ),
    ("subscribe to continue reading", "it is for subscribers"),
    ("subscribe to read the full", "it is for subscribers"),
    ("this content is for subscribers", "it is for subscribers"),
];

/// Titles of pages that say "not here" with status 200.
const NOT_HERE: &[&str] = &[
    "404",
    "404 not found",
    "page not found",
    "not found",
    "seite nicht gefunden",
    "page introuvable",
    "error 404",
    "404 error",
    "access denied",
    "403 forbidden",
    "forbidden",
    "access to this page has been denied",
    "sorry, we can't find that page",
];

/// Why a page is not what was asked for; `None` if it seems to be.
pub(crate) fn recognise(text: &Text) -> Option<&'static str> {
    if text.body.len() > MAX_WALL_BYTES {
        return None;
    }
    let title = text.title.to_lowercase();
    let whole = format!("{title}\n{}", text.body.to_lowercase()).replace('’', "'");
    if let Some((_, why)) = SIGNS.iter().find(|(sign, _)| whole.contains(sign)) {
        return Some(why);
    }
    // Without the name of the site.
    let own = title.split(['|', '–', '—']).next().unwrap_or_default();
    let own = own.split(" - ").next().unwrap_or_default().trim();
    NOT_HERE.contains(&own).then_some("it says that there is no such page, with status 200")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str, body: &str) -> Text {
        Text { title: title.into(), body: body.into(), ..Text::default() }
    }

    #[test]
    fn walls_are_recognised_by_what_they_say() {
        assert!(recognise(&page("Just a moment...", "example.org")).is_some());
        assert!(
            recognise(&page("Shop", "You need to enable JavaScript to run this app.")).is_some()
        );
        assert!(recognise(&page("Page not found | Example", "Sorry.")).is_some());
        assert!(recognise(&page("Access Denied", "Reference #18.2")).is_some());
    }

    #[test]
    fn a_long_page_about_walls_is_no_wall() {
        assert_eq!(recognise(&page("CAPTCHA", &"verify you are human ".repeat(200))), None);
        assert_eq!(recognise(&page("HTTP 404 explained", "A server answers 404 when …")), None);
    }
}
