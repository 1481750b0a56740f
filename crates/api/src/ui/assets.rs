//! Styles, the script and the icon, compiled in. Each is named by its content and can be kept by a browser for good.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    body: &'static str,
    version: String,
}

pub(super) const STYLE: &str =
    concat!(include_str!("../../assets/tokens.css"), include_str!("../../assets/app.css"));

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    let css = "text/css; charset=utf-8";
    [
        ("app.css", css, STYLE),
        ("print.css", css, include_str!("../../assets/print.css")),
        ("app.js", "text/javascript; charset=utf-8", include_str!("../../assets/app.js")),
        ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    ]
    .map(|(name, media_type, body)| Asset {
        name,
        media_type,
        body,
        version: version_of(body),
    })
});

fn version_of(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    hash.iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What an asset's address ends with; changes with its content.
pub(super) fn version(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("", |asset| asset.version.as_str())
}

pub(super) async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Problem::not_found("there is no such file here"))?;
    let tag = format!("\"{}\"", asset.version);
    let is_named = query.is_some_and(|query| query == format!("v={}", asset.version));
    let keep = if is_named { "public, max-age=31536000, immutable" } else { "public, no-cache" };
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, asset.media_type)], asset.body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).map_err(Problem::internal)?);
    Ok(response)
}
