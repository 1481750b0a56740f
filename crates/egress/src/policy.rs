//! What may be asked at all: by mode, by origin, by purpose, and by what the asking run has read.

use std::fmt;
use std::str::FromStr;

use domain::outgoing::{Documents, Mode, Outgoing};
use url::{Host, Url};

use crate::guard::{self, Refusal};
use crate::purpose::Purpose;
use crate::scope::Scope;

/// What is let out, and what the guard lets through beyond the public web.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    pub outgoing: Outgoing,
    /// Exact origins that may be asked although their addresses are private or their ports unusual.
    pub allow: Vec<Origin>,
    /// The same, each for one purpose only: a search service on this machine is nothing to read pages from.
    pub services: Vec<(Purpose, Origin)>,
    /// Hosts of the public web that may be asked where [`Mode::Listed`] asks for a list.
    pub listed: Vec<HostRule>,
    /// Origins that count as part of one's own house, which own documents may reach.
    pub local: Vec<Origin>,
}

/// Through which client a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Only addresses that the guard has vetted are dialled.
    Guarded,
    /// An exact origin of the operator, whatever it resolves to.
    Trusted,
}

impl Policy {
    /// The public web, and these exact origins.
    pub fn allowing(allow: Vec<Origin>) -> Self {
        Self { allow, ..Self::default() }
    }

    /// Whether the origin of this address is one that the operator named for any purpose.
    pub fn allows(&self, url: &Url) -> bool {
        Origin::of(url).is_some_and(|origin| self.allow.contains(&origin))
    }

    /// Whether an address may be asked for this purpose now. Asked anew for each redirect, with the address that it led
    /// from: a page of the public web opens nothing that the operator has opened for others.
    pub(crate) fn way(
        &self,
        url: &Url,
        led_by: Option<&Url>,
        purpose: Purpose,
        scope: Option<&Scope>,
    ) -> Result<Way, Refusal> {
        let is_own = led_by.is_none_or(|from| self.names(from, purpose));
        let outgoing = scope.map_or(self.outgoing, |scope| self.outgoing.and(scope.outgoing()));
        let way = self.judge(url, is_own && self.names(url, purpose), outgoing.mode)?;
        if outgoing.documents == Documents::Stay && purpose.may_carry_documents() {
            let is_local = Origin::of(url).is_some_and(|origin| self.local.contains(&origin));
            match scope {
                _ if is_local => {}
                Some(scope) if scope.reads_documents() => return Err(Refusal::DocumentsStay),
                Some(_) => {}
                None => return Err(Refusal::OnNobodysBehalf),
            }
        }
        Ok(way)
    }

    /// The part of it that depends on the settings alone.
    pub(crate) fn vet(&self, url: &Url, purpose: Purpose) -> Result<Way, Refusal> {
        self.judge(url, self.names(url, purpose), self.outgoing.mode)
    }

    /// Whether the settings name its origin for this purpose.
    fn names(&self, url: &Url, purpose: Purpose) -> bool {
        Origin::of(url).is_some_and(|origin| {
            self.allow.contains(&origin) || self.services.contains(&(purpose, origin))
        })
    }

    fn judge(&self, url: &Url, is_named: bool, mode: Mode) -> Result<Way, Refusal> {
        if is_named {
            guard::vet_form(url)?;
        } else {
            guard::vet_url(url)?;
        }
        match mode {
            Mode::Public => {}
            Mode::Listed if is_named || self.lists(url) => {}
            Mode::Listed => return Err(Refusal::NotListed),
            Mode::Offline if is_named && guard::is_loopback(url) => {}
            Mode::Offline => return Err(Refusal::Offline),
        }
        Ok(if is_named { Way::Trusted } else { Way::Guarded })
    }

    fn lists(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| self.listed.iter().any(|rule| rule.fits(host)))
    }
}

/// A host by name, `docs.example.org`, or with all below it, `*.example.org`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostRule {
    name: String,
    with_subdomains: bool,
}

impl HostRule {
    /// Reads `host` or `*.host`; schemes, ports and paths are refused.
    pub fn parse(text: &str) -> Result<Self, NotAHost> {
        let refused = || NotAHost { given: text.chars().take(200).collect() };
        let text_trimmed = text.trim();
        let (bare, with_subdomains) = match text_trimmed.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text_trimmed, false),
        };
        let is_bare = !bare.is_empty() && !bare.contains(['/', '@', '?', '#', '*', '\\', ' ']);
        let url = Url::parse(&format!("https://{bare}/")).ok().filter(|_| is_bare);
        let url = url.filter(|url| url.port().is_none()).ok_or_else(refused)?;
        let name = url.host_str().ok_or_else(refused)?.trim_end_matches('.').to_owned();
        Ok(Self { name, with_subdomains })
    }

    /// `host` as the parser of addresses writes it.
    fn fits(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        host == self.name
            || (self.with_subdomains
                && host.strip_suffix(&self.name).is_some_and(|rest| rest.ends_with('.')))
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = if self.with_subdomains { "*." } else { "" };
        write!(f, "{below}{}", self.name)
    }
}

/// Text that is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a host; write it like docs.example.org, or *.example.org with all below it"
)]
pub struct NotAHost {
    given: String,
}

/// Scheme, host and port: `http://127.0.0.1:8080`. Two origins are equal only if all three are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: String,
    host: Host<String>,
    port: u16,
}

/// Text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not an origin: {why}; write it like http://localhost:8080")]
pub struct NotAnOrigin {
    given: String,
    why: &'static str,
}

impl Origin {
    /// Reads `scheme://host[:port]`; the port may be left out where it is the scheme's own.
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let refused = |why| NotAnOrigin { given: text.chars().take(200).collect(), why };
        let url = Url::parse(text.trim()).map_err(|_| refused("it is not an absolute address"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it holds a user name or password"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it goes on after the port"));
        }
        Self::of(&url).ok_or_else(|| refused("its scheme must be http or https"))
    }

    /// The origin of an address; `None` for schemes other than http and https.
    pub fn of(url: &Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = url.host()?.to_owned();
        Some(Self { scheme: url.scheme().to_owned(), host, port: url.port_or_known_default()? })
    }

    /// As a browser writes it in the header `Origin`: without the port that its scheme has anyway.
    pub fn in_header(&self) -> String {
        match (self.scheme.as_str(), self.port) {
            ("http", 80) | ("https", 443) => format!("{}://{}", self.scheme, self.host),
            _ => self.to_string(),
        }
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        Self::parse(text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: &str) -> Url {
        Url::parse(address).unwrap()
    }

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for sent in [
            "https://sheet.example.org",
            "http://a.test",
            "http://localhost:3000",
            "https://a.test:80",
        ] {
            assert_eq!(origin(sent).in_header(), sent);
        }
    }

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("http://LOCALHOST:8080/").to_string(), "http://localhost:8080");
        assert_eq!(Origin::parse("https://a.test"), Origin::parse("https://a.test:443"));
    }

    #[test]
    fn what_is_no_origin_is_told_why() {
        let why = |text: &str| Origin::parse(text).unwrap_err().to_string();
        assert_eq!(
            why("localhost"),
            "`localhost` is not an origin: it is not an absolute address; write it like http://localhost:8080"
        );
        assert!(why("http://a.test/search").contains("it goes on after the port"));
        assert!(why("http://me:secret@a.test").contains("user name or password"));
        assert!(why("ftp://a.test").contains("http or https"));
    }

    #[test]
    fn only_the_exact_origin_is_allowed() {
        let policy = Policy::allowing(vec![origin("http://127.0.0.1:8080")]);
        let allows = |address: &str| policy.allows(&url(address));
        assert!(allows("http://127.0.0.1:8080/search?q=a"));
        assert!(!allows("http://127.0.0.1:8081/"));
        assert!(!allows("https://127.0.0.1:8080/"));
        assert!(!allows("http://localhost:8080/"));
    }

    #[test]
    fn a_service_is_asked_for_its_own_purpose_only() {
        let searxng = (Purpose::Search, origin("http://127.0.0.1:8888"));
        let policy = Policy { services: vec![searxng], ..Policy::default() };
        let vet = |purpose| policy.vet(&url("http://127.0.0.1:8888/search"), purpose);
        assert_eq!(vet(Purpose::Search), Ok(Way::Trusted));
        assert_eq!(vet(Purpose::Page), Err(Refusal::Port));
    }

    #[test]
    fn a_mode_says_how_far_requests_go() {
        let vet = |mode, address: &str| {
            let allow = vec![origin("http://127.0.0.1:8080"), origin("http://10.0.0.7:8080")];
            let listed = vec![HostRule::parse("*.Example.org").unwrap()];
            let outgoing = Outgoing { mode, ..Outgoing::default() };
            let policy = Policy { outgoing, allow, listed, ..Policy::default() };
            policy.vet(&url(address), Purpose::Page)
        };
        let (here, near) = ("http://127.0.0.1:8080/", "http://10.0.0.7:8080/");
        let (listed, far) = ("https://docs.example.org/", "https://example.com/");

        assert_eq!(vet(Mode::Offline, here), Ok(Way::Trusted));
        assert_eq!(vet(Mode::Offline, near), Err(Refusal::Offline));
        assert_eq!(vet(Mode::Offline, listed), Err(Refusal::Offline));
        assert_eq!(vet(Mode::Listed, near), Ok(Way::Trusted));
        assert_eq!(vet(Mode::Listed, listed), Ok(Way::Guarded));
        assert_eq!(vet(Mode::Listed, far), Err(Refusal::NotListed));
        assert_eq!(vet(Mode::Public, far), Ok(Way::Guarded));
        for mode in Mode::ALL {
            assert_eq!(vet(mode, "http://192.168.0.1/"), Err(Refusal::Private), "{mode:?}");
        }
    }

    #[test]
    fn own_documents_stay_whatever_is_asked_for_except_what_tells_nothing_of_them() {
        let local = origin("http://127.0.0.1:11434");
        let stay = Outgoing { documents: Documents::Stay, ..Outgoing::default() };
        let policy = Policy {
            outgoing: stay,
            services: vec![(Purpose::Model, local.clone())],
            local: vec![local],
            ..Policy::default()
        };
        let way = |scope: Option<&Scope>, purpose, address: &str| {
            policy.way(&url(address), None, purpose, scope).err()
        };
        let (documents, open) = (Scope::with_documents(), Scope::open());
        for purpose in Purpose::ALL {
            let tells = !matches!(purpose, Purpose::Webhook | Purpose::Own);
            let refused = |why| tells.then_some(why);
            let far = "https://example.com/";
            assert_eq!(way(Some(&documents), purpose, far), refused(Refusal::DocumentsStay));
            assert_eq!(way(None, purpose, far), refused(Refusal::OnNobodysBehalf));
            assert_eq!(way(Some(&open), purpose, far), None, "{purpose}");
        }
        assert_eq!(way(Some(&documents), Purpose::Model, "http://127.0.0.1:11434/api/chat"), None);
        // A run may be stricter than the process that works on it.
        let policy = Policy::default();
        let far = url("https://example.com/");
        let way = |scope: &Scope| policy.way(&far, None, Purpose::Search, Some(scope)).err();
        assert_eq!(way(&documents), None);
        assert_eq!(way(&documents.within(stay)), Some(Refusal::DocumentsStay));
        let offline = Outgoing { mode: Mode::Offline, ..Outgoing::default() };
        assert_eq!(way(&open.within(offline)), Some(Refusal::Offline));
    }

    #[test]
    fn a_host_rule_is_a_name_with_or_without_what_is_below() {
        let fits = |rule: &str, host: &str| HostRule::parse(rule).unwrap().fits(host);
        assert!(fits("example.org", "example.org") && fits("example.org", "example.org."));
        assert!(!fits("example.org", "docs.example.org"));
        assert!(
            fits("*.example.org", "a.docs.example.org") && fits("*.example.org", "example.org")
        );
        assert!(!fits("*.example.org", "badexample.org"));
        assert_eq!(HostRule::parse("BÜCHER.example").unwrap().to_string(), "xn--bcher-kva.example");
        for wrong in ["", "https://a.test", "a.test:80", "a.test/x", "*", "me@a.test", "a b"] {
            assert!(HostRule::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_of_the_public_web_leads_into_no_origin_that_only_the_settings_open() {
        let allow = ["http://127.0.0.1:9000", "https://wiki.example.org", "http://10.0.0.1"];
        let allow = allow.map(|origin| Origin::parse(origin).unwrap()).to_vec();
        let policy = Policy::allowing(allow);
        let way =
            |from: &str, to: &str| policy.way(&url(to), Some(&url(from)), Purpose::Page, None);
        let (inside, outside) = ("http://127.0.0.1:9000/a", "https://a.example.org/");
        assert_eq!(policy.way(&url(inside), None, Purpose::Page, None), Ok(Way::Trusted));
        assert_eq!(way("http://10.0.0.1/", inside), Ok(Way::Trusted));
        assert_eq!(way(outside, inside), Err(Refusal::Port));
        assert_eq!(way(outside, "http://10.0.0.1/"), Err(Refusal::Private));
        // Like any other of the public web: only if its name leads there too.
        assert_eq!(way(outside, "https://wiki.example.org/"), Ok(Way::Guarded));
    }
}
