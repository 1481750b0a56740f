//! Pages that show nothing until somebody agrees to cookies.

use domain::text::{BlockKind, Text};

use super::look::Look;

/// Such a page has less text than this, in bytes.
const MAX_BYTES: usize = 1_000;
/// Bytes that may be said beside it: a language, a cross to close it.
const MAX_REST: usize = 16;
/// Bytes that a line with cookies in it may say beside, before it speaks of those that are baked.
const MAX_BESIDE: usize = 4;
/// The same of one that says that cookies are used, or speaks of what belongs to the question.
const MAX_BESIDE_MEANT: usize = 8;
/// Characters of what is written on a button.
const MAX_CHOICE: usize = 40;

/// What sites say about cookies on their own behalf. Who writes about cookies does not.
const STATEMENTS: &[&str] = &[
    "we use cookies",
    "uses cookies",
    "use of cookies",
    "we and our",
    "our partners",
    "your consent",
    "we value your privacy",
    "we respect your privacy",
    "your privacy matters",
    "before you continue",
    "verwenden cookies",
    "nutzen cookies",
    "setzen cookies",
    "verwendet cookies",
    "nutzt cookies",
    "unsere partner",
    "unseren partnern",
    "ihre einwilligung",
    "ihre zustimmung",
    "ihrer einwilligung",
    "ihrer zustimmung",
    "utilisons des cookies",
    "utilisent des cookies",
    "utilise des cookies",
    "nos partenaires",
    "votre consentement",
    "respect de votre vie privée",
    "utilizamos cookies",
    "usamos cookies",
    "utiliza cookies",
    "utilizziamo cookie",
    "utilizziamo i cookie",
    "utilizza cookie",
    "gebruiken cookies",
    "gebruik van cookies",
    "gebruikt cookies",
    "używamy plików cookie",
    "använder cookies",
    "bruger cookies",
];

/// What is written on buttons that agree or refuse; more may follow.
const CHOICES: &[&str] = &[
    "accept",
    "i accept",
    "yes, i accept",
    "agree",
    "i agree",
    "yes, i agree",
    "allow all",
    "allow cookies",
    "reject",
    "refuse",
    "decline",
    "consent",
    "akzeptieren",
    "alle akzeptieren",
    "alles akzeptieren",
    "alle cookies",
    "cookies akzeptieren",
    "zustimmen",
    "allem zustimmen",
    "allen zustimmen",
    "ich stimme zu",
    "einwilligen",
    "einverstanden",
    "annehmen",
    "alle annehmen",
    "ablehnen",
    "alle ablehnen",
    "accepter",
    "tout accepter",
    "j'accepte",
    "refuser",
    "tout refuser",
    "continuer sans accepter",
    "aceptar",
    "rechazar",
    "accetta",
    "rifiuta",
    "accepteren",
    "alles accepteren",
    "akkoord",
    "akceptuj",
    "aceitar",
    "godkänn",
    "acceptera",
    "tillad",
];

/// What pages are called that explain the cookies of a site: they are read, also where they ask.
const EXPLANATIONS: &[&str] = &[
    "policy",
    "policies",
    "richtlinie",
    "erklärung",
    "politique",
    "política",
    "informativa",
    "beleid",
    "statement",
];

/// Beginnings of words of which each part of such a page has one, if it does not speak of cookies in short.
const SUBJECTS: &[&str] = &[
    "consent",
    "privacy",
    "partner",
    "accept",
    "agree",
    "reject",
    "personal data",
    "your choice",
    "your preferences",
    "imprint",
    "einwillig",
    "zustimm",
    "datenschutz",
    "akzeptier",
    "ablehnen",
    "impressum",
    "ihre auswahl",
    "einstellungen",
    "consentement",
    "traceurs",
    "vie privée",
    "confidentialité",
    "accepter",
    "refuser",
    "vos choix",
    "mentions légales",
    "privacidad",
    "prywatno",
    "integritet",
];

/// Whether a page is nothing but the question whether one agrees.
pub(super) fn is_wall(text: &Text, look: &Look, source: &str) -> bool {
    let explains = |name: &str| EXPLANATIONS.iter().any(|known| name.contains(known));
    if text.body.len() > MAX_BYTES || look.names().any(explains) {
        return false;
    }
    let said = said(source);
    let is_asked = said.iter().any(|words| is_choice(words));
    let says = |words: &str| STATEMENTS.iter().any(|statement| words.contains(statement));
    if !is_asked || !said.iter().any(|words| says(words)) {
        return false;
    }
    // Where the question was left out as what it is, all that is left is a page, if it is more than a name.
    let is_in_text = says(&text.body.to_lowercase());
    let is_about_it = |words: &str| {
        let words = words.to_lowercase();
        let is_meant = says(&words) || SUBJECTS.iter().any(|subject| words.contains(subject));
        let room = if is_meant { MAX_BESIDE_MEANT } else { MAX_BESIDE };
        is_choice(&words) || ((is_meant || words.contains("cookie")) && look.beside(&words) <= room)
    };
    let rest = text.blocks.iter().filter(|block| {
        let is_name =
            matches!(block.kind, BlockKind::Heading { .. } | BlockKind::Pair { is_data: true, .. });
        let words = text.block_text(block);
        !is_name && words != text.title && !(is_in_text && is_about_it(words))
    });
    rest.map(|block| text.block_text(block).len()).sum::<usize>() <= MAX_REST
}

fn is_choice(words: &str) -> bool {
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    words.chars().count() <= MAX_CHOICE
        && CHOICES.iter().any(|choice| {
            words.strip_prefix(choice).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        })
}

/// What stands between the tags of a page and in its buttons, in lower case.
fn said(source: &str) -> Vec<String> {
    let mut said = Vec::new();
    for piece in source.split('<') {
        let (tag, words) = piece.split_once('>').unwrap_or(("", piece));
        if tag.starts_with("script") || tag.starts_with("style") {
            continue;
        }
        let value = tag.starts_with("input").then(|| tag.split("value=").nth(1)).flatten();
        let value = value.map(|value| value.trim_start_matches(['"', '\'']));
        let value = value.and_then(|value| value.split(['"', '\'']).next());
        let words = [words, value.unwrap_or_default()];
        said.extend(words.iter().map(|words| words.trim()).filter(|w| !w.is_empty()).map(
            |words| {
                words
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .replace("&#39;", "'")
                    .replace('’', "'")
            },
        ));
    }
    said
}
