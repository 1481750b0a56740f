//! Keys that are known by their names: what is called a token, a password or a key, and addresses that are one.

use super::key::{has_letters_and_digits, is_about_hash, is_hexadecimal, is_scrambled};

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
/// Fewer characters behind a name and an equals sign are a setting, not a secret.
const MIN_ASSIGNED: usize = 8;
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
    let near = &before[before.len().saturating_sub(NEAR)..];
    let told = near.iter().rev().find(|name| is_name(name) || is_about_hash(name));
    told.is_some_and(|name| is_name(name)) && is_key(word)
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
