//! Keys that are known by their names: what is called a token, a password or a key, and addresses that are one.

use super::key::{
    has_letters_and_digits, is_about_hash, is_formula, is_hexadecimal, is_scrambled, takes_turns,
};

/// What keys are called, without marks between the words; also as the last word of a longer name: `X-Api-Key`.
const NAMES: [&str; 28] = [
    "key",
    "apikey",
    "secretkey",
    "privatekey",
    "accesskey",
    "token",
    "apitoken",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "sessiontoken",
    "bearer",
    "jwt",
    "secret",
    "apisecret",
    "clientsecret",
    "credential",
    "credentials",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "kennwort",
    "passwort",
    // Mot de passe.
    "passe",
    "contraseña",
    "wachtwoord",
];
/// Those of them that name other things too.
const AMBIGUOUS: [&str; 7] =
    ["key", "token", "bearer", "jwt", "secret", "credential", "credentials"];
/// Whose the secret is, which tells that it is one.
const OWNERS: [&str; 22] = [
    "my", "our", "your", "his", "her", "their", "mein", "meine", "unser", "unsere", "ihr", "ihre",
    "mon", "ma", "notre", "votre", "mi", "nuestra", "tu", "su", "mijn", "minha",
];
/// What stands between a name and its secret in a sentence.
const IS: [&str; 21] = [
    "is", "was", "are", "be", "equals", "ist", "war", "sei", "lautet", "lautete", "heißt",
    "heisst", "est", "était", "es", "era", "è", "é", "är", "er", "jest",
];
/// What may stand beside it.
const STILL: [&str; 14] = [
    "now",
    "still",
    "just",
    "currently",
    "jetzt",
    "nun",
    "noch",
    "aktuell",
    "maintenant",
    "encore",
    "ahora",
    "todavía",
    "ora",
    "agora",
];
/// What stands between a name and what the secret is for: `password for the portal is …`.
const FOR: [&str; 14] = [
    "for", "to", "of", "on", "at", "für", "zu", "zum", "zur", "von", "pour", "para", "per", "voor",
];
/// Words of what it is for.
const MAX_FOR: usize = 3;
/// Fewer characters behind a name and an equals sign are a setting, not a secret.
const MIN_ASSIGNED: usize = 6;
/// Fewer characters behind a name alone are a word.
const MIN_BESIDE: usize = 16;
/// Words before a key among which its name stands: `token for Acme …` names none.
const NEAR: usize = 2;
/// How addresses begin that let whoever knows them write.
const WEBHOOKS: [&str; 6] = [
    "hooks.slack.com/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/",
    "hooks.zapier.com/hooks/",
    "api.telegram.org/bot",
];

/// Whether the word is an address that is a key by itself.
pub(super) fn is_secret_address(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    WEBHOOKS.iter().any(|begin| {
        let behind = lower.find(begin).map(|at| lower.len() - at - begin.len());
        behind.is_some_and(|length| length >= MIN_BESIDE)
    })
}

/// Whether a key stands in the word behind its name: `?token=…`, `"password":"…"`.
pub(super) fn holds_assigned(word: &str) -> bool {
    let signs = word.char_indices().filter(|(_, c)| matches!(c, '=' | ':'));
    signs.into_iter().any(|(at, _)| {
        let is_value = |c: char| !matches!(c, '&' | '"' | '\'' | '`');
        let value = word[at + 1..].trim_start_matches(|c| !is_value(c) || matches!(c, '=' | ':'));
        let value = &value[..value.find(|c| !is_value(c)).unwrap_or(value.len())];
        is_name(&word[..at]) && is_assigned(value)
    })
}

/// Whether the word is a key, by the words before it.
pub(super) fn is_named(before: &[String], word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let is_sign = |text: &String| matches!(text.as_str(), "=" | ":" | ":=" | "=>" | "->");
    match before {
        [.., name, sign] if is_sign(sign) && is_name(name) => return is_assigned(word),
        [.., name] if name.ends_with([':', '=']) && is_name(name.trim_end_matches([':', '='])) => {
            return is_assigned(word);
        }
        _ => {}
    }
    if is_told(before, word) {
        return true;
    }
    let near = &before[before.len().saturating_sub(NEAR)..];
    let told = near.iter().rev().find(|name| is_name(name) || is_about_hash(name));
    told.is_some_and(|name| is_name(name)) && is_key(word)
}

/// Whether the words before say that this is a secret: `my password is …`, `le mot de passe est …`.
fn is_told(before: &[String], word: &str) -> bool {
    let Some(named) = before_verb(before) else { return false };
    let Some((name, first)) = named.split_last() else { return false };
    let owner = first.last().map(|owner| owner.to_lowercase());
    let is_owned = owner.as_deref().is_some_and(|owner| OWNERS.contains(&owner));
    let is_secret = is_assigned(word) && !is_described(word);
    let is_plain = word.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_code = word.len() >= MIN_ASSIGNED && is_plain && takes_turns(word) && !is_formula(word);
    (names_secret(named) && is_secret)
        || (is_name(name) && ((is_owned && is_secret) || is_code))
        || (what_for(named).is_some_and(names_secret) && is_secret)
}

/// The words before the verb that the words end with: `my password` of `My password is now`, `password's`.
fn before_verb(before: &[String]) -> Option<&[String]> {
    let bare = |word: &str| word.trim_matches(|c: char| c.is_ascii_punctuation()).to_lowercase();
    let is_among = |word: &String, list: &[&str]| list.contains(&bare(word).as_str());
    let end = before.iter().rposition(|word| !is_among(word, &STILL))?;
    if is_among(&before[end], &IS) {
        return Some(&before[..end]);
    }
    before[end].ends_with("'s").then(|| &before[..=end])
}

/// The words before what the secret is for: `my password` of `my password for the portal`.
fn what_for(named: &[String]) -> Option<&[String]> {
    let from = named.len().saturating_sub(MAX_FOR + 1);
    let is_for = |word: &String| FOR.contains(&word.to_lowercase().as_str());
    named[from..].iter().position(is_for).map(|at| &named[..from + at])
}

/// Whether words end with a name that only secrets have, maybe in two words: `password`, `api key`.
fn names_secret(words: &[String]) -> bool {
    let Some((name, before)) = words.split_last() else { return false };
    let plain = |word: &str| {
        let word = word.trim_end_matches("'s").to_lowercase();
        word.replace(|c: char| !c.is_alphanumeric(), "")
    };
    let name = plain(name);
    let both = before.last().map(|first| plain(first) + &name);
    let is_one = |name: &str| NAMES.contains(&name) && !AMBIGUOUS.contains(&name);
    is_one(&name) || both.is_some_and(|both| is_one(&both))
}

/// Whether a word says how long or of which kind a secret is: `12-character`, `sha256-hashed`.
fn is_described(word: &str) -> bool {
    let Some((first, rest)) = word.split_once('-') else { return false };
    let is_number = first.bytes().all(|b| b.is_ascii_digit());
    let is_word = rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    is_word && (is_number || is_about_hash(first))
}

/// Whether the text ends with what keys are called.
fn is_name(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let name = text.rsplit(|c| !is_inside(c)).next().unwrap_or_default().to_lowercase();
    let last = name.rsplit(['-', '_']).next().unwrap_or_default();
    NAMES.contains(&last) || NAMES.contains(&name.replace(['-', '_'], "").as_str())
}

fn is_assigned(value: &str) -> bool {
    value.len() >= MIN_ASSIGNED && has_letters_and_digits(value)
}

/// Whether this is no word, nor the number of a thing.
fn is_key(word: &str) -> bool {
    let bare = word.replace('-', "");
    let is_plain = bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_plain
        && bare.len() >= MIN_BESIDE
        && has_letters_and_digits(&bare)
        && (is_hexadecimal(&bare) || is_scrambled(&bare))
}
