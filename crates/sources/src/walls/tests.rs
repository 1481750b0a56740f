//! Walls are recognised, and pages that are about them are read.

mod ordinary;
mod programs;
mod walled;

use super::*;

fn source(html: &str) -> Option<&'static str> {
    let text = crate::extract::read_bytes(html.as_bytes(), "https://a.test/", None).unwrap();
    recognise(&text, Kind::Html, html.as_bytes())
}

#[test]
fn ordinary_pages_are_read() {
    let refused: Vec<_> =
        ordinary::PAGES.iter().filter_map(|html| Some((source(html)?, html))).collect();
    assert!(refused.is_empty(), "{} of {}: {refused:#?}", refused.len(), ordinary::PAGES.len());
}

#[test]
fn walls_are_told_by_what_they_are() {
    let pages = [walled::PAGES, programs::PAGES].concat();
    let wrong: Vec<_> = pages
        .iter()
        .map(|(why, html)| (*why, source(&walled::filled(html)), html))
        .filter(|(why, told, _)| *told != Some(*why))
        .collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), pages.len());
}

#[test]
fn files_that_are_no_pages_are_never_walls() {
    for (name, words) in [
        ("auth.md", "# Login\n\nYou must be logged in to view this page."),
        ("robot.csv", "name,kind\nI am not a robot,song"),
        ("404.txt", "404 page not found"),
    ] {
        let read = crate::extract::Extractor::default().read(words.as_bytes(), name, None);
        let (kind, text) = read.unwrap();
        assert_eq!(recognise(&text, kind, words.as_bytes()), None, "{name}");
    }
}

#[test]
fn a_long_page_about_walls_is_no_wall() {
    let words = "Sites that say verify you are human keep programs out. ";
    assert_eq!(source(&format!("<title>CAPTCHA</title><p>{}</p>", words.repeat(80))), None);
    let status = "<title>HTTP 404 explained</title><p>A server answers 404 when …</p>";
    assert_eq!(source(status), None);
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

/// A page without a wall, of so many bytes at least.
fn prose(words: &str, bytes: usize) -> String {
    format!("<p>{}</p>", format!("{words} ").repeat(bytes / words.len() + 1))
}

#[test]
fn a_question_for_consent_that_is_the_whole_page_is_a_wall() {
    for html in [
        "<title>Acme</title><div class=cookie-banner><p>We use cookies to improve your visit.</p>\
         <button>Accept all</button><button>Reject all</button></div>",
        "<title>Acme News</title><h1>We value your privacy</h1><p>We and our 842 partners store information on a device \
         and process personal data.</p><button>Accept All</button><a href=/s>Manage your preferences</a>",
        "<title>Nachrichten</title><h1>Willkommen</h1><p>Wir verwenden Cookies und ähnliche Techniken. Mit „Alle \
         akzeptieren“ willigen Sie ein.</p><button>Alle akzeptieren</button><a href=/i>Impressum</a>",
        "<title>Journal</title><p>Nous utilisons des cookies et demandons votre consentement.</p>\
         <button>Tout accepter</button><button>Continuer sans accepter</button>",
        "<title>Acme</title><h1>Acme</h1><div id=cookie-consent><p>Wir nutzen Cookies.</p>\
         <input type=submit value='Zustimmen'></div>",
    ] {
        assert_eq!(source(html), Some(CONSENT), "{html}");
    }
}

#[test]
fn pages_with_a_question_for_consent_or_about_cookies_are_read() {
    let banner = "<div class=cookie-banner>We use cookies. <button>Accept all</button></div>";
    let about = "Cookies are small files; sites say that they use cookies and ask for consent.";
    for html in [
        format!("<title>Museum</title><p>Open from nine to five, closed on Mondays.</p>{banner}"),
        "<title>Museum</title><p>Open from nine to five.</p><p>We use cookies.</p><button>Accept</button>".to_owned(),
        format!("<title>Cookies</title>{}{banner}", prose(about, 3_000)),
        format!("<title>Cookies</title>{}{banner}", prose(about, 500)),
        format!("<title>Cookies</title><p>{about}</p>"),
        format!(
            "<title>Cookie policy</title>{}",
            prose("We use cookies to keep your basket.", 800)
        ),
        "<title>Biscuits</title><p>We use cookies of oats for the cake.</p>".to_owned(),
    ] {
        assert_eq!(source(&html), None, "{html}");
    }
}

#[test]
fn a_page_that_says_it_is_not_there_is_absent_whatever_its_title() {
    for heading in [
        "404",
        "Error 404",
        "404 – Page Not Found",
        "Oops! Page not found.",
        "The page you’re looking for doesn’t exist",
        "Sorry, this page could not be found",
        "Seite nicht gefunden",
        "Fehler 404: Diese Seite existiert nicht",
        "Page introuvable",
    ] {
        let html =
            format!("<title>Acme Widgets</title><h1>{heading}</h1><p>Go back to the start.</p>");
        assert_eq!(source(&html), Some(ABSENT), "{heading}");
        let named = format!("<title>Acme</title><h1>Acme</h1><h2>{heading}</h2><p>Go back.</p>");
        assert_eq!(source(&named), Some(ABSENT), "{heading}");
    }
}

#[test]
fn a_page_about_pages_that_are_not_there_is_read() {
    let words = "A server answers 404 where there is no such page, and says page not found.";
    for html in [
        format!("<title>Status codes</title><h1>404 Not Found</h1>{}", prose(words, 700)),
        format!("<title>Status codes</title><h1>What page not found means</h1><p>{words}</p>"),
        "<title>Peugeot</title><h1>Peugeot 404</h1><p>A car of the sixties.</p>".to_owned(),
        "<title>Routes</title><h1>Error 404 pages in Acme</h1><p>Put them into a folder.</p>"
            .to_owned(),
    ] {
        assert_eq!(source(&html), None, "{html}");
    }
}

#[test]
fn a_login_may_do_without_a_password() {
    for html in [
        "<title>Sign in</title><p>We will send you a link.</p><form><input type=\"email\"></form>",
        "<title>Acme</title><h1>Sign in to Acme</h1><p>Enter your address.</p><form><input name=\"email\"></form>",
        "<title>Acme</title><h1>Welcome</h1><p>We’ll send you a magic link.</p><form><input></form>",
        "<title>Anmelden | Acme</title><p>Ihre Adresse</p><form><input type=email></form>",
        "<title>Log in</title><p>Choose how.</p><a href=/g>Continue with Google</a>",
    ] {
        assert_eq!(source(html), Some(LOGIN), "{html}");
    }
    let words = "The command opens a browser, where one signs in with a magic link.";
    for html in [
        format!(
            "<title>login</title><h1>login</h1>{}<form><input type=email></form>",
            prose(words, 700)
        ),
        "<title>Sign in</title><p>The sign in front of the shop was painted blue.</p>".to_owned(),
        "<title>Sign in sheets</title><p>Print them.</p><form><input type=email></form>".to_owned(),
        "<title>News</title><p>High tide comes twice.</p><form><input type=email></form>"
            .to_owned(),
    ] {
        assert_eq!(source(&html), None, "{html}");
    }
}

#[test]
fn proofs_and_refusals_come_in_many_words() {
    for (words, why) in [
        ("Please confirm that you are human before you go on.", HUMAN),
        ("Let us make sure you’re not a bot.", HUMAN),
        ("Bitte bestätigen Sie, dass Sie ein Mensch sind.", HUMAN),
        ("Confirmez que vous n’êtes pas un robot.", HUMAN),
        ("One more step: complete the security check.", CHECK),
        ("DDoS protection by Acme Shield", CHECK),
        ("Sorry, you have been blocked.", REFUSED),
        ("We have detected automated requests from your network.", REFUSED),
        ("Ihre Anfrage wurde blockiert.", REFUSED),
        ("Dieser Artikel ist exklusiv für Abonnenten.", SUBSCRIBERS),
        ("Jetzt abonnieren und weiterlesen.", SUBSCRIBERS),
        ("Bereits Abonnent? Hier anmelden.", SUBSCRIBERS),
        ("Cet article est réservé aux abonnés.", SUBSCRIBERS),
        ("This domain is for sale. Make an offer.", SOLD),
        ("Diese Domain steht zum Verkauf.", SOLD),
        ("acme-widgets.com is for sale", SOLD),
    ] {
        assert_eq!(
            source(&format!("<title>acme.test</title><p>{words}</p>")),
            Some(why),
            "{words}"
        );
        let about = prose(&format!("Sites tell their visitors: {words}"), 2_100);
        assert_eq!(source(&format!("<title>On walls</title>{about}")), None, "{words}");
    }
    for words in [
        "Acme sells bot detection and protection from floods.",
        "The house in Berlin is for sale.",
        "Press and hold the button for five seconds to reset the pump.",
        "Acme said that its domains were sold in 2019.",
        "Robots are not human, and humans are no robots.",
    ] {
        assert_eq!(source(&format!("<title>Acme</title><p>{words}</p>")), None, "{words}");
    }
}

#[test]
fn a_page_that_only_asks_to_wait_is_filled_by_scripts() {
    for words in
        ["Loading...", "Loading…", "Please wait", "Wird geladen …", "Chargement en cours..."]
    {
        let html =
            format!("<title>Shop</title><div><p>{words}</p></div><script src=a.js></script>");
        assert_eq!(source(&html), Some(SCRIPTS), "{words}");
        let still = format!("<title>Shop</title><p>{words}</p>");
        assert_eq!(source(&still), None, "{words}");
    }
    let docks =
        "<title>Docks</title><h2>Loading</h2><p>Ships are loaded at night.</p><script></script>";
    assert_eq!(source(docks), None);
}
