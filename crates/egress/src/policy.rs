//! Which private origins may be asked: none, unless the operator names them exactly.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// What the guard lets through beyond the public web.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Exact origins that may be asked although their addresses are private or their ports unusual.
    pub allow: Vec<Origin>,
}

impl Policy {
    /// Whether the origin of this address is one that the operator named.
    pub fn allows(&self, url: &Url) -> bool {
        Origin::of(url).is_some_and(|origin| self.allow.contains(&origin))
    }
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

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = Origin::parse("http://LOCALHOST:8080/").unwrap();
        assert_eq!(origin.to_string(), "http://localhost:8080");
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
        let policy = Policy { allow: vec![Origin::parse("http://127.0.0.1:8080").unwrap()] };
        let allows = |address: &str| policy.allows(&Url::parse(address).unwrap());
        assert!(allows("http://127.0.0.1:8080/search?q=a"));
        assert!(!allows("http://127.0.0.1:8081/"));
        assert!(!allows("https://127.0.0.1:8080/"));
        assert!(!allows("http://localhost:8080/"));
    }
}
