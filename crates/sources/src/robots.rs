//! What sites allow machines to read (RFC 9309), remembered per origin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egress::{Egress, Purpose, Request, Response};
use percent_encoding::percent_encode_byte;
use texting_robots::Robot;
use url::Url;

use crate::fetch::pause;
use crate::hosts::{self, Hosts};
use crate::{Failed, MayAsk};

/// The name we obey, in robots.txt.
const AGENT: &str = "task-mcp";
/// Bytes of robots.txt that are read: 500 KiB, as the standard asks for at least. What stands behind them is passed over.
const MAX_BYTES: usize = 500 << 10;
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer holds. The standard allows a day.
const KEPT: Duration = Duration::from_hours(1);
/// How long a site that cannot say is left alone.
const KEPT_UNKNOWN: Duration = Duration::from_mins(1);
/// Origins remembered.
const MAX_ORIGINS: usize = 5_000;
/// Redirects of one robots.txt. The standard asks for five at least.
const MAX_REDIRECTS: usize = 5;
/// Requests for one robots.txt whose host is busy for a moment.
const TRIES: usize = 2;
/// Longest pause between two pages that is obeyed; a site that asks for more is read at this pace.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Robots(Mutex<HashMap<String, Arc<Slot>>>);

/// One origin. Behind a lock of its own, so that it is asked once, however many wait.
type Slot = tokio::sync::Mutex<Option<Known>>;

struct Known {
    rules: Result<Arc<Rules>, Failed>,
    until: Instant,
}

/// The rules of one origin.
pub(crate) struct Rules(Option<Robot>);

impl Rules {
    /// The rules of a robots.txt; `None` if it cannot be read.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let rules = plain(&named(whole_lines(body)));
        Robot::new(AGENT, rules.as_bytes()).ok().map(|robot| Self(Some(robot)))
    }

    /// Whether the site allows it, however the path is spelled here or there.
    pub(crate) fn allow(&self, url: &Url) -> bool {
        let address = plain(url.as_str().as_bytes());
        self.0.as_ref().is_none_or(|robot| robot.allowed(&address))
    }

    /// The sitemaps that it names.
    pub(crate) fn sitemaps(&self) -> &[String] {
        self.0.as_ref().map_or(&[], |robot| &robot.sitemaps)
    }

    /// The pause between two pages that the site asks for.
    pub(crate) fn delay(&self) -> Option<Duration> {
        let seconds = self.0.as_ref()?.delay?;
        let delay = Duration::try_from_secs_f32(seconds).unwrap_or(MAX_DELAY);
        Some(delay.min(MAX_DELAY))
    }
}

/// Paths in one spelling, in which they can be compared (RFC 9309, 2.2.2): letters, digits and `-._~` stand for themselves,
/// what is no ASCII is escaped, and escapes have capitals: `/%66oo` is `/foo`, and `/é` is `/%C3%A9`.
fn plain(text: &[u8]) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let octet = after.get(..2).filter(|_| byte == b'%').and_then(octet);
        match octet {
            Some(octet) => {
                rest = &after[2..];
                if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
                    plain.push(char::from(octet));
                } else {
                    plain.push_str(percent_encode_byte(octet));
                }
            }
            None if byte.is_ascii() => plain.push(char::from(byte)),
            None => plain.push_str(percent_encode_byte(byte)),
        }
    }
    plain
}

fn octet(hex: &[u8]) -> Option<u8> {
    let hex = std::str::from_utf8(hex).ok().filter(|hex| !hex.starts_with('+'))?;
    u8::from_str_radix(hex, 16).ok()
}

/// A robots.txt that names programs without their versions: `User-agent: task-mcp/2.0` speaks to us.
fn named(body: &[u8]) -> Vec<u8> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut named = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
        let names_us = line
            .trim_ascii_start()
            .get(..11)
            .is_some_and(|key| key.eq_ignore_ascii_case(b"user-agent:"));
        match line.iter().position(|byte| *byte == b'/').filter(|_| names_us) {
            Some(version) => {
                named.extend(&line[..version]);
                named.push(b'\n');
            }
            None => named.extend(line),
        }
    }
    named
}

impl Robots {
    /// The rules for an address: from memory, or from its site.
    ///
    /// Without a robots.txt (4xx) all is allowed; where the site fails to say (5xx, silence), nothing is,
    /// for a minute or as long as the site asks for. `led_by` is the address whose redirect led to it. A robots.txt that redirects to what `may_ask` refuses is not read, and neither is the page; the
    /// next reader asks by a policy of its own.
    pub(crate) async fn rules(
        &self,
        egress: &Egress,
        hosts: &Hosts,
        url: &Url,
        led_by: Option<&Url>,
        may_ask: MayAsk<'_>,
    ) -> Result<Arc<Rules>, Failed> {
        let slot = self.slot(url.origin().ascii_serialization());
        let mut known = slot.lock().await;
        if let Some(known) = known.as_ref().filter(|known| Instant::now() < known.until) {
            return known.rules.clone();
        }
        let rules = ask(egress, hosts, url, led_by, may_ask).await;
        let kept = match &rules {
            Ok(_) => KEPT,
            // Refused to one run may be allowed to another; and whom to leave alone is in `hosts`.
            Err(
                Failed::LeftOut { .. }
                | Failed::Refused { .. }
                | Failed::Status { .. }
                | Failed::Crowded { .. },
            ) => return rules,
            Err(Failed::RobotsUnknown { retry_after: Some(pause), .. }) => *pause,
            Err(_) => KEPT_UNKNOWN,
        };
        *known = Some(Known { rules: rules.clone(), until: Instant::now() + kept });
        rules
    }

    fn slot(&self, origin: String) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_ORIGINS {
            // Those that somebody holds stay; the rest is asked for again.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry(origin).or_default())
    }
}

/// Asks a site, and whoever it refers to: each address on the way must be one that may be asked, and each host is asked at
/// its own pace.
async fn ask(
    egress: &Egress,
    hosts: &Hosts,
    url: &Url,
    led_by: Option<&Url>,
    may_ask: MayAsk<'_>,
) -> Result<Arc<Rules>, Failed> {
    let mut led_by = led_by.cloned();
    let host = url.host_str().unwrap_or_default().to_owned();
    let unknown =
        |why: String| Failed::RobotsUnknown { host: host.clone(), why, retry_after: None };
    let mut address = url.clone();
    address.set_path("/robots.txt");
    address.set_query(None);
    address.set_fragment(None);
    for _ in 0..=MAX_REDIRECTS {
        let reply = once(egress, hosts, &host, &address, led_by.as_ref()).await?;
        match reply.status {
            200..=299 => return parsed(reply.body).await.map_err(unknown),
            500..=599 => return Err(unknown(format!("with status {}", reply.status))),
            300..=399 => match reply.location {
                Some(next) if !may_ask(&next) => {
                    return Err(Failed::LeftOut { address: next.into() });
                }
                Some(next) => led_by = Some(std::mem::replace(&mut address, next)),
                None => return Ok(Arc::new(Rules(None))),
            },
            _ => return Ok(Arc::new(Rules(None))),
        }
    }
    // The standard calls what redirects for ever unavailable, which allows all.
    Ok(Arc::new(Rules(None)))
}

/// One address on the way to a robots.txt, asked again if its host is busy for a moment only. `site` is whose rules it
/// is to tell.
async fn once(
    egress: &Egress,
    hosts: &Hosts,
    site: &str,
    address: &Url,
    led_by: Option<&Url>,
) -> Result<Response, Failed> {
    let unknown = |why: String, retry_after: Option<Duration>| Failed::RobotsUnknown {
        host: site.to_owned(),
        why,
        retry_after,
    };
    let host = address.host_str().unwrap_or_default();
    for tries in 1.. {
        let place = hosts.enter(host, None).await?;
        let request = Request {
            purpose: Purpose::Robots,
            follow: false,
            led_by: led_by.cloned(),
            is_cut: true,
            ..Request::new(address.clone(), MAX_BYTES, TIMEOUT)
        };
        let reply = match egress.send(request).await {
            Ok(reply) => reply,
            Err(egress::Failed::Refused { host, why }) => {
                return Err(Failed::Refused { host, why: why.to_string() });
            }
            Err(egress::Failed::Connect { host, why }) => {
                return Err(Failed::Unreachable { host, why });
            }
            Err(egress::Failed::Timeout { host, waited }) => {
                return Err(Failed::Silent { host, waited });
            }
            Err(other) => return Err(unknown(format!("with a fault: {other}"), None)),
        };
        if !matches!(reply.status, 429 | 503) {
            return Ok(reply);
        }
        place.met_trouble();
        drop(place);
        let asked = reply.retry_after.as_deref();
        let asked = asked.and_then(|at| pause(at, reply.date.as_deref()));
        let wait = hosts.stay_away(host, reply.status, asked);
        if tries == TRIES || wait > hosts::MAX_WAIT {
            return Err(unknown(format!("with status {}", reply.status), Some(wait)));
        }
        tokio::time::sleep(wait).await;
    }
    unreachable!("the last try returns")
}

/// Off the threads that others wait on: the largest file takes a while.
async fn parsed(body: Vec<u8>) -> Result<Arc<Rules>, String> {
    let parse = move || Rules::read(&body).map(Arc::new);
    let rules = tokio::task::spawn_blocking(parse).await.ok().flatten();
    rules.ok_or_else(|| "with what cannot be read".to_owned())
}

/// Without the line that the limit cut: half of a rule may allow what the whole one forbids.
fn whole_lines(body: &[u8]) -> &[u8] {
    if body.len() < MAX_BYTES {
        return body;
    }
    let end = body.iter().rposition(|b| matches!(b, b'\n' | b'\r')).unwrap_or(0);
    &body[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines() -> impl Strategy<Value = String> {
        let pieces = vec![
            "User-agent: *",
            "User-agent: task-mcp",
            "Disallow: /",
            "Disallow: /*a*b*c*d*e$",
            "Allow: /a",
            "Crawl-delay: -1",
            "Crawl-delay: 1e99",
            "Crawl-delay: NaN",
            "Sitemap: http://[",
            "# ",
            "\u{feff}",
            "%ff%",
            ":",
            "\r",
            "\n",
            "\n",
        ];
        prop::collection::vec(
            prop_oneof![prop::sample::select(pieces).prop_map(str::to_owned), ".{0,12}"],
            0..40,
        )
        .prop_map(|pieces| pieces.concat())
    }

    fn allowed(rules: &str, path: &str) -> bool {
        let rules = Rules::read(format!("User-agent: *\n{rules}").as_bytes()).unwrap();
        rules.allow(&Url::parse("https://a.test").unwrap().join(path).unwrap())
    }

    #[test]
    fn a_forbidden_path_is_forbidden_in_every_spelling() {
        for (rule, paths) in [
            ("/forbidden", &["/forbidden/x", "/%66orbidden/x", "/%66%6Frbidden"][..]),
            ("/a%2fb", &["/a%2Fb", "/a%2fb/c"]),
            ("/caf%c3%a9", &["/café", "/caf%C3%A9", "/caf%c3%a9"]),
            ("/café", &["/café", "/caf%C3%A9", "/caf%c3%a9"]),
            ("/t/%7euser", &["/t/~user", "/t/%7Euser", "/t/%7euser"]),
            ("/*.pdf$", &["/a.pdf", "/a%2Epdf"]),
        ] {
            for path in paths {
                assert!(!allowed(&format!("Disallow: {rule}"), path), "{rule} {path}");
            }
        }
        for (rule, path) in [("/forbidden", "/for%62"), ("/a%2Fb", "/a/b"), ("/x", "/%e4%zz%+1")] {
            assert!(allowed(&format!("Disallow: {rule}"), path), "{rule} {path}");
        }
        assert_eq!(plain("/%66%C3%a4%2f%7E%+é".as_bytes()), "/f%C3%A4%2F~%+%C3%A9");
    }

    #[test]
    fn rules_for_a_version_of_this_program_are_for_it() {
        let rules =
            Rules::read(b"User-agent: *\nAllow: /\n\nUser-Agent: task-mcp/2.0\nDisallow: /a");
        assert!(!rules.unwrap().allow(&Url::parse("https://a.test/a").unwrap()));
    }

    #[test]
    fn the_line_that_the_limit_cuts_is_no_rule() {
        let mut body = vec![b'#'; MAX_BYTES - 12];
        body.extend(b"\nAllow: /pri");
        assert!(whole_lines(&body).ends_with(b"#"));
        assert_eq!(whole_lines(b"Allow: /pri"), b"Allow: /pri");
    }

    proptest! {
        #[test]
        fn any_robots_txt_is_rules_with_a_delay_within_limits(text in lines()) {
            if let Ok(robot) = Robot::new(AGENT, text.as_bytes()) {
                let rules = Rules(Some(robot));
                let _ = rules.allow(&Url::parse("https://a.test/a/b?c=d").unwrap());
                prop_assert!(rules.delay().is_none_or(|delay| delay <= MAX_DELAY));
            }
        }
    }
}
