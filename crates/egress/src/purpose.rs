//! What a request is for. Rules and the log of a run go by it.

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A page that somebody wants to read.
    Page,
    /// A site's robots.txt or sitemap.
    Robots,
    /// A search provider.
    Search,
    /// A language model.
    Model,
    /// What is told to a receiver that a caller named.
    Webhook,
    /// A hosted Task API that fulfils runs.
    Upstream,
    /// An MCP server that a request named.
    Mcp,
    /// Our own server on this machine.
    Own,
}

impl Purpose {
    pub const ALL: [Self; 8] = [
        Self::Page,
        Self::Robots,
        Self::Search,
        Self::Model,
        Self::Webhook,
        Self::Upstream,
        Self::Mcp,
        Self::Own,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Robots => "robots",
            Self::Search => "search",
            Self::Model => "model",
            Self::Webhook => "webhook",
            Self::Upstream => "upstream",
            Self::Mcp => "mcp",
            Self::Own => "own",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// Whether what is sent may be made of what a run has read: a query, a prompt, an address. Webhooks tell how a
    /// run ended and nothing of what it read.
    pub(crate) const fn may_carry_documents(self) -> bool {
        match self {
            Self::Page | Self::Robots | Self::Search | Self::Model | Self::Upstream | Self::Mcp => {
                true
            }
            Self::Webhook | Self::Own => false,
        }
    }
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
