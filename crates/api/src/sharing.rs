//! Links that open one run or group without a key, and sessions of browsers: both signed, both can be ended.
//!
//! A link's token names the work and is made from it, so giving one out writes nothing. Revoking counts up a number that
//! is signed with it: all links to that work that were given out before end at once.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use domain::ids::WorkId;
use domain::run::Run;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use store::Owner;

use crate::App;
use crate::gate;
use crate::problem::Problem;
use crate::wire::Links;

/// The parameter of an address that carries the token of a link.
pub(crate) const PARAMETER: &str = "link";
/// The cookie that carries a session. Pages take it, the API and MCP do not.
pub(crate) const COOKIE: &str = "task_mcp_session";
/// How long a browser stays signed in.
pub(crate) const SESSION_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Bytes of a signature: 128 bits cannot be guessed, and addresses stay short.
const SIGNATURE: usize = 16;

/// Signs links one after the other, as they were revoked when it was made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signer(Option<Arc<Signing>>);

#[derive(Debug)]
struct Signing {
    secret: String,
    revoked: HashMap<String, i64>,
}

impl Signer {
    /// Signs nothing where no key is needed.
    pub(crate) async fn of(app: &App) -> Result<Self, Problem> {
        if !gate::needs_keys(app).await? {
            return Ok(Self::default());
        }
        let revoked = app.store.all_revoked_links().await?;
        Ok(Self(Some(Arc::new(Signing { secret: secret(app).await?, revoked }))))
    }

    pub(crate) fn token(&self, work: WorkId) -> Option<String> {
        let Signing { secret, revoked } = self.0.as_deref()?;
        let times = revoked.get(&work.to_string()).copied().unwrap_or_default();
        Some(format!("{work}.{}", sign(secret, &link_words(work, times))))
    }
}

/// What a link opens that shows a run: its table where it is a row.
pub(crate) fn work_of(run: &Run) -> WorkId {
    run.group.map_or(WorkId::Run(run.id), WorkId::Group)
}

/// How the pages that a run cites are shown to whoever is given its result.
pub(crate) async fn links(app: &App, work: WorkId) -> Result<Links, Problem> {
    Ok(Links::public(&app.public_url, token(app, work).await?))
}

/// An address that carries a token, where there is one.
pub(crate) fn with_token(address: String, token: Option<&str>) -> String {
    match token {
        Some(token) => format!("{address}?{PARAMETER}={token}"),
        None => address,
    }
}

/// The token of the link to a run or group; `None` where no key is needed, so that the bare address opens it.
pub(crate) async fn token(app: &App, work: WorkId) -> Result<Option<String>, Problem> {
    if !gate::needs_keys(app).await? {
        return Ok(None);
    }
    let times = app.store.links_revoked(work).await?;
    Ok(Some(format!("{work}.{}", sign(&secret(app).await?, &link_words(work, times)))))
}

/// The link that is given out for a run or group.
pub(crate) async fn url(app: &App, work: WorkId) -> Result<String, Problem> {
    let base = &app.public_url;
    let path = match work {
        WorkId::Run(id) => format!("{base}/runs/{id}"),
        WorkId::Group(id) => format!("{base}/groups/{id}"),
    };
    Ok(with_token(path, token(app, work).await?.as_deref()))
}

/// What a token opens, and whose it is; `None` for one that was forged or revoked.
pub(crate) async fn opened(app: &App, token: &str) -> Result<Option<(WorkId, Owner)>, Problem> {
    let Some((work, signature)) = token.split_once('.') else { return Ok(None) };
    let Ok(work) = work.parse::<WorkId>() else { return Ok(None) };
    let times = app.store.links_revoked(work).await?;
    if !is_signed(&secret(app).await?, &link_words(work, times), signature) {
        return Ok(None);
    }
    Ok(app.store.owner_of_work(work).await?.map(|owner| (work, owner)))
}

/// The value of a cookie for whoever has shown this key; `None` for a key that is not good.
pub(crate) async fn session(app: &App, key: &str) -> Result<Option<String>, Problem> {
    let Some(number) = app.store.number_of_key(key).await? else { return Ok(None) };
    let until = app.store.clock().now().0 + SESSION_MS;
    let signature = sign(&secret(app).await?, &session_words(number, until));
    Ok(Some(format!("{number}.{until}.{signature}")))
}

/// Whose a session is; `None` for one that was forged, has run out, or whose key was revoked.
pub(crate) async fn signed_in(app: &App, cookie: &str) -> Result<Option<Owner>, Problem> {
    let mut parts = cookie.splitn(3, '.');
    let number = parts.next().and_then(|text| text.parse::<i64>().ok());
    let until = parts.next().and_then(|text| text.parse::<i64>().ok());
    let (Some(number), Some(until), Some(signature)) = (number, until, parts.next()) else {
        return Ok(None);
    };
    let is_good = is_signed(&secret(app).await?, &session_words(number, until), signature);
    if !is_good || until < app.store.clock().now().0 {
        return Ok(None);
    }
    Ok(app.store.owner_of_key_number(number).await?)
}

async fn secret(app: &App) -> Result<String, Problem> {
    let secret = app.link_secret.get_or_try_init(|| app.store.link_secret()).await?;
    Ok(secret.clone())
}

fn link_words(work: WorkId, times: i64) -> String {
    format!("link\n{work}\n{times}")
}

fn session_words(number: i64, until: i64) -> String {
    format!("session\n{number}\n{until}")
}

fn mac(secret: &str, words: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(words.as_bytes());
    Some(mac)
}

fn sign(secret: &str, words: &str) -> String {
    let bytes = mac(secret, words).map(|mac| mac.finalize().into_bytes()).unwrap_or_default();
    bytes.iter().take(SIGNATURE).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Compares without telling by its time how much was right.
fn is_signed(secret: &str, words: &str, signature: &str) -> bool {
    let bytes: Option<Vec<u8>> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok())
        .collect();
    let Some(bytes) = bytes.filter(|bytes| bytes.len() == SIGNATURE) else { return false };
    mac(secret, words).is_some_and(|mac| mac.verify_truncated_left(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_words_and_secret_only() {
        let signature = sign("secret", "link\ntrun_1\n0");
        assert_eq!(signature.len(), 2 * SIGNATURE);
        assert!(is_signed("secret", "link\ntrun_1\n0", &signature));
        assert!(!is_signed("secret", "link\ntrun_1\n1", &signature), "it was revoked since");
        assert!(!is_signed("secret", "link\ntrun_2\n0", &signature));
        assert!(!is_signed("other", "link\ntrun_1\n0", &signature));
        for forged in ["", "00", "é", &signature[2..], &format!("{signature}00")] {
            assert!(!is_signed("secret", "link\ntrun_1\n0", forged), "{forged}");
        }
    }
}
