//! Addresses on pages: each honours the path prefix of `public_url`, and carries the token of whoever came by a link.

use crate::App;
use crate::gate::{Pass, Viewer};
use crate::sharing;
use crate::ui::assets;

/// Where a page stands, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    prefix: String,
    /// The token that all addresses carry.
    token: Option<String>,
    /// Whoever came by a link changes nothing and sees nothing else.
    pub(crate) is_guest: bool,
    /// Somebody who is not known here sees nothing but what says so.
    pub(crate) is_stranger: bool,
    /// Whether there is a session to end.
    pub(crate) is_signed_in: bool,
}

impl Site {
    pub(crate) fn of(app: &App, viewer: &Viewer) -> Self {
        let token = match &viewer.pass {
            Pass::Link { token, .. } => Some(token.clone()),
            Pass::Open | Pass::Key | Pass::Session => None,
        };
        Self {
            prefix: app.prefix(),
            is_guest: token.is_some(),
            is_stranger: false,
            token,
            is_signed_in: viewer.pass == Pass::Session,
        }
    }

    /// For a page that anybody may see.
    pub(crate) fn of_anybody(app: &App, viewer: Option<&Viewer>) -> Self {
        viewer.map_or_else(|| Self::of_stranger(app), |viewer| Self::of(app, viewer))
    }

    pub(crate) fn of_stranger(app: &App) -> Self {
        let prefix = app.prefix();
        Self { prefix, token: None, is_guest: false, is_stranger: true, is_signed_in: false }
    }

    /// At the root, for whoever sees all.
    #[cfg(test)]
    pub(crate) fn bare() -> Self {
        Self {
            prefix: String::new(),
            token: None,
            is_guest: false,
            is_stranger: false,
            is_signed_in: false,
        }
    }

    /// The address of one of our pages, such as `/runs/trun_…?rows=2#c1`.
    pub(crate) fn to(&self, path: &str) -> String {
        let Some(token) = &self.token else { return format!("{}{path}", self.prefix) };
        let (path, anchor) = path.split_once('#').map_or((path, None), |(p, a)| (p, Some(a)));
        let sign = if path.contains('?') { '&' } else { '?' };
        let mut address = format!("{}{path}{sign}{}={token}", self.prefix, sharing::PARAMETER);
        if let Some(anchor) = anchor {
            address.push('#');
            address.push_str(anchor);
        }
        address
    }

    /// The address of a run, or of what is below it.
    pub(crate) fn run(&self, id: &str, rest: &str) -> String {
        self.to(&format!("/runs/{id}{rest}"))
    }

    /// The address of a group, or of what is below it.
    pub(crate) fn group(&self, id: &str, rest: &str) -> String {
        self.to(&format!("/groups/{id}{rest}"))
    }

    pub(crate) fn sheet(&self, id: &str) -> String {
        self.to(&format!("/sheets/{id}"))
    }

    /// The token, for forms that ask by `GET`: they leave out what stands behind `?` in their address.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The address of a style, script or picture. It names the content, so that it can be kept for good.
    pub(crate) fn asset(&self, name: &str) -> String {
        format!("{}/assets/{name}?v={}", self.prefix, assets::version(name))
    }

    /// What the addresses of archived pages begin with.
    pub(crate) fn pages(&self) -> String {
        format!("{}/pages/", self.prefix)
    }

    /// The path of a cookie.
    pub(crate) fn root(&self) -> &str {
        if self.prefix.is_empty() { "/" } else { &self.prefix }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_prefix_and_token_before_its_anchor() {
        let plain = Site { prefix: "/r".into(), ..Site::bare() };
        assert_eq!(plain.to("/runs/a#c1"), "/r/runs/a#c1");
        let guest = Site { token: Some("t.1".into()), is_guest: true, ..plain };
        assert_eq!(guest.to("/runs/a#c1"), "/r/runs/a?link=t.1#c1");
        assert_eq!(guest.to("/groups/a?from=2"), "/r/groups/a?from=2&link=t.1");
    }
}
