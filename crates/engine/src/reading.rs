//! A page as the stages see it: its text, and what is needed to cite it.

use std::sync::Arc;

use domain::evidence::{Evidence, TextRef};
use domain::ids::PageId;
use domain::text::{BlockKind, Span, Text};

/// One page that was read and archived.
#[derive(Debug, Clone)]
pub struct ReadPage {
    pub text_ref: TextRef,
    pub page: PageId,
    /// `https://…` or `doc://NAME/path`.
    pub address: String,
    pub text: Arc<Text>,
}

impl ReadPage {
    /// Evidence for a span of this page. The quote is cut from the text, never typed.
    pub fn evidence(&self, span: Span) -> Evidence {
        let section = self.heading_above(&span).map(|heading| self.text.quote(&heading).to_owned());
        Evidence {
            text: self.text_ref,
            page: self.page,
            quote: self.text.quote(&span).to_owned(),
            span,
            address: self.address.clone(),
            title: self.text.title.clone(),
            section,
            published: self.text.published.clone(),
        }
    }

    /// Whom the page belongs to when independent sources are counted.
    pub fn publisher(&self) -> &str {
        publisher(&self.address)
    }

    fn heading_above(&self, span: &Span) -> Option<Span> {
        let block = self.text.blocks.iter().rfind(|block| block.span.start <= span.start)?;
        let heading = block.under.last().map(|&index| &self.text.blocks[index]);
        let own = matches!(block.kind, BlockKind::Heading { .. }).then_some(block);
        heading.or(own).map(|heading| heading.span.clone())
    }
}

/// Whom an address belongs to when independent sources are counted: the host on the web, the document itself in a folder.
pub(crate) fn publisher(address: &str) -> &str {
    match address.split_once("://") {
        Some(("http" | "https", rest)) => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            host.strip_prefix("www.").unwrap_or(host)
        }
        Some(_) | None => address,
    }
}
