//! Nothing private is reached: a canary on this machine is approached by every way that leads from a page.

use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::routing::get;
use task_mcp_sources::{Config, Failed};
use testkit::Canary;

use crate::site::{Site, anything, with};

#[tokio::test]
async fn neither_an_address_nor_a_redirect_nor_robots_nor_a_sitemap_leads_to_a_private_machine() {
    let canary = Canary::new().await;
    let addresses = canary.spellings();
    let targets = addresses.clone();
    let lead = move |Path(number): Path<usize>| {
        let status = [301, 302, 303, 307, 308][number % 5];
        let to = targets[number / 5].clone();
        async move { (StatusCode::from_u16(status).unwrap(), [(LOCATION, to)]) }
    };
    let listed = addresses.join("</loc></sitemap><sitemap><loc>");
    let sitemap = format!("<sitemapindex><sitemap><loc>{listed}</loc></sitemap></sitemapindex>");
    let routes = Router::new()
        .route("/lead/{number}", get(lead))
        .route("/sitemap.xml", get(move || async move { sitemap }));
    let site = Site::serve(routes).await;
    let (sources, _dir) =
        with(&[&site], |config| Config { page_timeout: Duration::from_secs(5), ..config });

    for address in &addresses {
        let refused = sources.read_web(address, &anything).await.unwrap_err();
        assert!(matches!(refused, Failed::Refused { .. }), "{address}: {refused}");
    }
    for number in 0..addresses.len() * 5 {
        let refused = sources.read_web(&site.url(&format!("/lead/{number}")), &anything).await;
        assert!(matches!(refused, Err(Failed::Refused { .. })), "{number}: {refused:?}");
    }
    let site_url = site.origin.parse().unwrap();
    let listed = sources.sitemap(&site_url, &anything).await;
    assert!(listed.as_ref().is_ok_and(Vec::is_empty) || listed.is_err(), "{listed:?}");

    for to in addresses {
        let robots = get(move || async move { (StatusCode::FOUND, [(LOCATION, to)]) });
        let site = Site::serve(Router::new().route("/robots.txt", robots)).await;
        let (sources, _dir) = with(&[&site], |config| config);
        let refused = sources.read_web(&site.url("/"), &anything).await.unwrap_err();
        assert!(matches!(refused, Failed::Refused { .. }), "{refused}");
    }
    assert_eq!(canary.visits(), [""; 0]);
}
