//! Search results and pages as JSON, in the shape of the hosted service.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Search)]
pub struct SearchView {
    #[schema(example = "search_0123456789abcdef0123456789abcdef")]
    pub search_id: String,
    pub results: Vec<SearchResult>,
    /// Providers that did not answer, and pages that could not be read.
    #[schema(value_type = Option<Vec<Object>>)]
    pub warnings: Option<Vec<Value>>,
    pub usage: Vec<Used>,
    pub session_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SearchResult {
    pub url: String,
    pub title: String,
    /// `YYYY-MM-DD`, where it is known.
    pub publish_date: Option<String>,
    /// Passages of the page, verbatim; with the mode `basic`, what the provider says of it.
    pub excerpts: Vec<String>,
}

/// What was read, and what could not be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Extract)]
pub struct ExtractView {
    #[schema(example = "extract_0123456789abcdef0123456789abcdef")]
    pub extract_id: String,
    pub results: Vec<ExtractResult>,
    pub errors: Vec<ExtractError>,
    #[schema(value_type = Option<Vec<Object>>)]
    pub warnings: Option<Vec<Value>>,
    pub usage: Vec<Used>,
    pub session_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExtractResult {
    pub url: String,
    pub title: String,
    pub publish_date: Option<String>,
    /// Passages that speak of the objective and the queries, verbatim.
    pub excerpts: Vec<String>,
    /// The page as Markdown, where it is asked for.
    pub full_content: Option<String>,
}

/// An address that gave nothing to read.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExtractError {
    pub url: String,
    pub error_type: &'static str,
    pub http_status_code: Option<u16>,
    /// Why, in a sentence.
    pub content: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Used {
    pub name: &'static str,
    pub count: usize,
}
