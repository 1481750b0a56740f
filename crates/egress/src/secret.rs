//! A key of ours for a service. Shown nowhere; sent to the service and to nobody else.

use reqwest::header::HeaderValue;

/// Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// `None` for empty text and for what cannot stand in a header.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_fine = !text.is_empty() && HeaderValue::from_str(text).is_ok();
        is_fine.then(|| Self(text.to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// As the value of a header, with a word such as `Bearer` before it; it follows no redirect to another origin.
    pub fn header(&self, scheme: &str) -> Option<HeaderValue> {
        let space = if scheme.is_empty() { "" } else { " " };
        let mut value = HeaderValue::from_str(&format!("{scheme}{space}{}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
