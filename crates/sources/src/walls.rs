//! Pages that stand in front of the page: challenges, logins, refusals, "not found" with status 200.

use domain::text::Text;

use crate::extract::kind::Kind;

/// Pages with more text than this, in bytes, are never taken for a wall; they may be about walls.
const MAX_WALL_BYTES: usize = 2_000;
/// A page with a field for a password and less text than this, in bytes, is a login and nothing else.
const MAX_LOGIN_BYTES: usize = 600;
/// A page that scripts are to fill shows less text than this, in bytes, before they run.
const MAX_SHELL_BYTES: usize = 150;

const CHECK: &str = "the host asks for a browser check";
const HUMAN: &str = "the host asks for a proof of being human";
const REFUSED: &str = "the host refuses machines";
pub(crate) const SCRIPTS: &str = "its text is put there by scripts, which are not run";
pub(crate) const NO_WORDS: &str = "there are no words in it";
pub(crate) const PICTURES: &str = "it shows pictures only";
/// The same of a page that a browser was given.
pub(crate) const SCRIPTS_IN_VAIN: &str =
    "its text is put there by scripts, and a browser that ran them shows none";
const SUBSCRIBERS: &str = "it is for subscribers";
const LOGIN: &str = "it asks for a login";
const ABSENT: &str = "it says that there is no such page, with status 200";

/// What such a page says of itself, in lower case, and what it means.
const SIGNS: &[(&str, &str)] = &[
    ("just a moment...", CHECK),
    ("checking your browser", CHECK),
    ("checking if the site connection is secure", CHECK),
    ("verify you are human", HUMAN),
    ("verifying you are human", HUMAN),
    ("are you a robot", HUMAN),
    ("not a robot", HUMAN),
    ("complete the captcha", HUMAN),
    ("press & hold to confirm", HUMAN),
    ("pardon our interruption", REFUSED),
    ("unusual traffic from your", "the host takes us for too many requests"),
    ("attention required! | cloudflare", REFUSED),
    ("request unsuccessful. incapsula incident", REFUSED),
    ("enable javascript and cookies to continue", SCRIPTS),
    ("you need to enable javascript", SCRIPTS),
    ("please enable javascript", SCRIPTS),
    ("please turn on javascript", SCRIPTS),
    ("javascript is required to", SCRIPTS),
    ("this app requires javascript", SCRIPTS),
    ("javascript is disabled in your browser", SCRIPTS),
    ("doesn't work properly without javascript", SCRIPTS),
    ("subscribe to continue reading", SUBSCRIBERS),
    ("subscribe to read the full", SUBSCRIBERS),
    ("this content is for subscribers", SUBSCRIBERS),
    ("log in to continue", LOGIN),
    ("sign in to continue", LOGIN),
    ("you must be logged in", LOGIN),
    ("you must log in to", LOGIN),
    ("please log in to", LOGIN),
    ("please sign in to", LOGIN),
];

/// Titles of pages that say "not here" with status 200.
const NOT_HERE: &[&str] = &[
    "404",
    "404 not found",
    "404 page not found",
    "404: not found",
    "404: page not found",
    "404: this page could not be found",
    "page not found",
    "not found",
    "page does not exist",
    "seite nicht gefunden",
    "page introuvable",
    "page non trouvée",
    "página no encontrada",
    "página não encontrada",
    "pagina non trovata",
    "pagina niet gevonden",
    "sidan hittades inte",
    "страница не найдена",
    "页面不存在",
    "ページが見つかりません",
    "error 404",
    "404 error",
    "access denied",
    "403 forbidden",
    "forbidden",
    "access to this page has been denied",
    "sorry, we can't find that page",
];

/// Titles of pages whose only purpose is to let somebody in.
const LOGINS: &[&str] =
    &["log in", "login", "sign in", "anmelden", "anmeldung", "connexion", "iniciar sesión"];

/// Where frameworks put the page that scripts make.
const SHELLS: &[&str] = &[
    "id=\"root\"",
    "id=root",
    "id=\"app\"",
    "id=app",
    "id=\"__next\"",
    "id=\"__nuxt\"",
    "<app-root",
    "id=\"svelte\"",
    "id=\"q-app\"",
];

/// Whether the reason why a page has no text is that scripts are to put it there.
pub(crate) fn is_about_scripts(why: &str) -> bool {
    why == SCRIPTS
}

/// Whether it is that there are no words, which of a page that was rendered says as little.
pub(crate) fn is_about_nothing(why: &str) -> bool {
    is_about_scripts(why) || [NO_WORDS, PICTURES].contains(&why)
}

/// Why a page is not what was asked for; `None` if it seems to be.
pub(crate) fn recognise(text: &Text, kind: Kind, bytes: &[u8]) -> Option<&'static str> {
    if text.body.len() > MAX_WALL_BYTES {
        return None;
    }
    let title = text.title.to_lowercase();
    let whole = format!("{title}\n{}", text.body.to_lowercase()).replace('’', "'");
    if let Some((_, why)) = SIGNS.iter().find(|(sign, _)| whole.contains(sign)) {
        return Some(why);
    }
    // Without the name of the site.
    let own = title.split(['|', '–', '—', '·']).next().unwrap_or_default();
    let own = own.split(" - ").next().unwrap_or_default().trim();
    if NOT_HERE.contains(&own) {
        return Some(ABSENT);
    }
    if kind != Kind::Html {
        return None;
    }
    let source = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let asks_password = ["type=\"password\"", "type=password", "type='password'"]
        .iter()
        .any(|field| source.contains(field));
    if asks_password && (LOGINS.contains(&own) || text.body.len() < MAX_LOGIN_BYTES) {
        return Some(LOGIN);
    }
    let is_shell = source.contains("<script") && SHELLS.iter().any(|mark| source.contains(mark));
    (is_shell && text.body.len() < MAX_SHELL_BYTES).then_some(SCRIPTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str, body: &str) -> Option<&'static str> {
        let text = Text { title: title.into(), body: body.into(), ..Text::default() };
        recognise(&text, Kind::Html, b"<html>")
    }

    fn source(html: &str) -> Option<&'static str> {
        let text = crate::extract::read_bytes(html.as_bytes(), "https://a.test/", None).unwrap();
        recognise(&text, Kind::Html, html.as_bytes())
    }

    #[test]
    fn walls_are_recognised_by_what_they_say() {
        assert_eq!(page("Just a moment...", "example.org"), Some(CHECK));
        assert_eq!(page("Shop", "You need to enable JavaScript to run this app."), Some(SCRIPTS));
        assert_eq!(page("Page not found | Example", "Sorry."), Some(ABSENT));
        assert_eq!(page("Страница не найдена", "404"), Some(ABSENT));
        assert_eq!(page("Access Denied", "Reference #18.2"), Some(ABSENT));
        assert_eq!(page("Members", "Please log in to see this page."), Some(LOGIN));
    }

    #[test]
    fn a_long_page_about_walls_is_no_wall() {
        assert_eq!(page("CAPTCHA", &"verify you are human ".repeat(200)), None);
        assert_eq!(page("HTTP 404 explained", "A server answers 404 when …"), None);
    }

    #[test]
    fn a_login_has_a_field_for_a_password_and_little_else() {
        let field = "<form><label>Name</label><input type=\"password\"></form>";
        assert_eq!(source(&format!("<title>Intranet</title><p>Welcome.</p>{field}")), Some(LOGIN));
        let words = "The tide comes twice a day, as anybody on the coast can tell. ".repeat(15);
        assert_eq!(source(&format!("<title>Tides</title><p>{words}</p>{field}")), None);
    }

    #[test]
    fn a_shell_that_scripts_fill_is_no_page() {
        let shell =
            "<title>Shop</title><p>Loading…</p><div id=\"root\"></div><script src=a.js></script>";
        assert_eq!(source(shell), Some(SCRIPTS));
        let rendered = format!(
            "<div id=\"root\"><p>{}</p></div><script src=a.js></script>",
            "Words that the server sent. ".repeat(10)
        );
        assert_eq!(source(&rendered), None);
    }
}
