//! The client: one request, its redirects, and its body, all within limits.

use std::error::Error as _;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{StatusCode, redirect};
use url::Url;

use crate::body::{self, Body, Stop};
use crate::cassette::{Cassette, End, shown};
use crate::failed::Failed;
use crate::guard::Refusal;
use crate::policy::{Origin, Policy, Way};
use crate::purpose::Purpose;
use crate::reply::Reply;
use crate::resolve::{Names, Trusted, Vetted};
use crate::scope::{Meter, Scope};

/// How we present ourselves to every host: what we are, and that we can be told to stay away.
pub const USER_AGENT: &str =
    concat!("task-mcp/", env!("CARGO_PKG_VERSION"), " (research server; obeys robots.txt)");

/// Redirects that one request follows. Browsers follow 20; honest pages need 3.
pub const MAX_REDIRECTS: usize = 10;
/// From the first packet to a connection, TLS included. A host that needs longer is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// Header lines of a reply; more is an attack, not a page.
const MAX_HEADERS: usize = 200;
/// Idle connections kept per host. Politeness allows two requests at a time.
const MAX_IDLE_PER_HOST: usize = 2;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The way out. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Egress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    policy: Policy,
    /// Records what comes from outside, or stands in for it.
    cassette: Option<Cassette>,
    /// For the public web: dials vetted addresses only.
    guarded: reqwest::Client,
    /// For the exact origins of the policy, whatever they resolve to.
    trusted: reqwest::Client,
}

/// One page to get.
#[derive(Debug, Clone)]
pub struct Request {
    pub url: Url,
    /// What it is for; unless said otherwise, a page.
    pub purpose: Purpose,
    /// The header `Accept`.
    pub accept: &'static str,
    /// Further headers. Those that are credentials go to the first origin only.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Bytes of the unpacked body.
    pub max_bytes: usize,
    /// Whether a longer body is cut there; else it is a failure.
    pub is_cut: bool,
    /// From now to the last byte, redirects included; with [`Egress::open`], to the head of the reply.
    pub timeout: Duration,
    /// Whether redirects are followed here; else the first one is the answer.
    pub follow: bool,
    /// The page whose redirect led here, where whoever asks follows by itself. What the operator allows beyond the public
    /// web is then asked only if that page is allowed so too.
    pub led_by: Option<Url>,
    /// A key, as it stands in the address. No cassette keeps it.
    pub hidden: Option<String>,
    /// What is sent with POST; without it the request is a GET.
    pub body: Option<Vec<u8>>,
}

impl Request {
    pub fn new(url: Url, max_bytes: usize, timeout: Duration) -> Self {
        Self {
            url,
            purpose: Purpose::Page,
            accept: "*/*",
            headers: Vec::new(),
            max_bytes,
            is_cut: false,
            timeout,
            follow: true,
            led_by: None,
            hidden: None,
            body: None,
        }
    }

    /// A POST, whose redirects are not followed: they would turn it into something else.
    pub fn post(url: Url, body: Vec<u8>, max_bytes: usize, timeout: Duration) -> Self {
        Self { follow: false, body: Some(body), ..Self::new(url, max_bytes, timeout) }
    }
}

/// One address that a request comes to.
pub(crate) struct Hop<'r> {
    pub(crate) url: &'r Url,
    /// The address whose redirect led to it.
    pub(crate) led_by: Option<&'r Url>,
    /// Whether it is on the origin that was asked first.
    pub(crate) is_home: bool,
}

/// A reply, of whatever status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Where the last redirect led.
    pub final_url: Url,
    pub status: u16,
    /// Where a redirect that was not followed leads.
    pub location: Option<Url>,
    pub content_type: Option<String>,
    pub last_modified: Option<String>,
    pub etag: Option<String>,
    pub retry_after: Option<String>,
    /// The host's own time, against which `retry_after` may be a date.
    pub date: Option<String>,
    pub headers: HeaderMap,
    /// Unpacked.
    pub body: Vec<u8>,
}

impl Egress {
    /// The way out of this machine.
    pub fn new(policy: Policy) -> Self {
        Self::with(policy, Names::of_machine(), None)
    }

    /// The same, recorded to a cassette or played from one.
    pub fn taped(policy: Policy, cassette: Option<Cassette>) -> Self {
        Self::with(policy, Names::of_machine(), cassette)
    }

    /// With whoever knows the addresses of names.
    ///
    /// # Panics
    ///
    /// When the machine offers no TLS at all, which no setting of ours can change.
    pub fn with(policy: Policy, names: Names, cassette: Option<Cassette>) -> Self {
        install_tls();
        let guarded = builder().dns_resolver(Vetted::new(names.clone())).build();
        let trusted = builder().dns_resolver(Trusted(names)).build();
        let clients = guarded.and_then(|guarded| Ok((guarded, trusted?)));
        #[expect(clippy::expect_used, reason = "fixed settings; fails only without any TLS")]
        let (guarded, trusted) = clients.expect("an HTTP client with fixed settings");
        Self(Arc::new(Inner { policy, cassette, guarded, trusted }))
    }

    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// Judges an address as it is written, without asking anybody: for refusing it early.
    pub fn vet(&self, url: &Url, purpose: Purpose) -> Result<(), Refusal> {
        self.0.policy.vet(url, purpose).map(|_| ())
    }

    /// The same for a request that would be made now, on behalf of the scope that it would be made in.
    pub fn permits(&self, url: &Url, purpose: Purpose) -> Result<(), Refusal> {
        self.0.policy.way(url, None, purpose, Scope::current().as_ref()).map(|_| ())
    }

    /// Sends a request and follows its redirects, each judged anew.
    ///
    /// A reply of any status is `Ok`, with at most `max_bytes` of body.
    pub async fn send(&self, request: Request) -> Result<Response, Failed> {
        let asked_at = Instant::now();
        let host = host_of(&request.url);
        let timeout = request.timeout;
        let answer = tokio::time::timeout(timeout, self.follow(request)).await;
        let answer = answer.unwrap_or(Err(Failed::Timeout { host: host.clone(), waited: timeout }));
        let elapsed_ms = asked_at.elapsed().as_millis();
        match &answer {
            Ok(reply) => tracing::debug!(
                host,
                status = reply.status,
                bytes = reply.body.len(),
                elapsed_ms,
                "got a reply from {host}"
            ),
            Err(failed) => tracing::debug!(host, elapsed_ms, "no reply: {failed}"),
        }
        answer
    }

    async fn follow(&self, request: Request) -> Result<Response, Failed> {
        let first_origin = Origin::of(&request.url);
        let mut url = request.url.clone();
        let mut led_by = request.led_by.clone();
        for _ in 0..=MAX_REDIRECTS {
            let is_home = Origin::of(&url) == first_origin;
            let hop = Hop { url: &url, led_by: led_by.as_ref(), is_home };
            let reply = self.ask(&request, hop, body::ACCEPT_ENCODING).await?;
            match redirect_target(&url, &reply) {
                Some(next) if request.follow && may_lead(request.purpose, &request.url, &next) => {
                    led_by = Some(std::mem::replace(&mut url, next));
                }
                location => return receive(url, location, reply, &request).await,
            }
        }
        Err(Failed::Redirects { host: host_of(&url), limit: MAX_REDIRECTS })
    }

    /// One exchange up to the head of the reply. `packings` is the header `Accept-Encoding`.
    pub(crate) async fn ask(
        &self,
        request: &Request,
        hop: Hop<'_>,
        packings: &'static str,
    ) -> Result<Reply, Failed> {
        let Hop { url, led_by, is_home } = hop;
        let host = host_of(url);
        let refused = |why| Failed::Refused { host: host.clone(), why };
        let way = self.0.policy.way(url, led_by, request.purpose, Scope::current().as_ref());
        let way = way.map_err(refused)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            if is_home || !is_credential(name, value) {
                headers.append(name, value.clone());
            }
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(packings));
        let sent = request.body.as_deref();
        let method = if sent.is_none() { "GET" } else { "POST" };
        let meter = Meter::new(&host, request.purpose);
        let size_bytes = size_of(method, url, &headers, sent);
        // Counted before: whoever stops waiting has sent it all the same.
        meter.sent(size_bytes);

        let cassette = self.0.cassette.as_ref();
        let shown = cassette.map(|_| shown(url, request.hidden.as_deref())).unwrap_or_default();
        if let Some(played) = cassette.and_then(|cassette| cassette.play(method, &shown, sent)) {
            return Reply::taped(played?, host, meter, request.timeout);
        }
        let mut take = cassette.and_then(|cassette| cassette.take(method, &shown, sent));
        let client = match way {
            Way::Guarded => &self.0.guarded,
            Way::Trusted => &self.0.trusted,
        };
        let asked = match &request.body {
            None => client.get(url.clone()),
            Some(body) => client.post(url.clone()).body(body.clone()),
        };
        match asked.headers(headers).send().await {
            Ok(reply) => Ok(Reply::live(reply, host, meter, take)),
            Err(error) => {
                if error.is_connect() {
                    meter.not_sent(size_bytes);
                }
                let failed = explain(&host, &error);
                if let Some(take) = &mut take {
                    take.end(End::of(&failed));
                }
                Err(failed)
            }
        }
    }
}

/// Bytes of a request before encryption: its line, its headers, its body.
fn size_of(method: &str, url: &Url, headers: &HeaderMap, body: Option<&[u8]>) -> usize {
    const LINE_ENDS: usize = "  HTTP/1.1\r\n\r\n".len();
    let line = |name: &str, value: usize| name.len() + value + ": \r\n".len();
    let target = url.path().len() + url.query().map_or(0, |query| query.len() + 1);
    let port = url.port().map_or(0, |port| format!(":{port}").len());
    let agent = if headers.contains_key(header::USER_AGENT) {
        0
    } else {
        line("user-agent", USER_AGENT.len())
    };
    let own = line("host", host_of(url).len() + port) + agent;
    let head: usize = headers.iter().map(|(name, value)| line(name.as_str(), value.len())).sum();
    let body =
        body.map_or(0, |body| line("content-length", body.len().to_string().len()) + body.len());
    method.len() + target + LINE_ENDS + own + head + body
}

fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that somebody installed a provider before us, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        // A proxy would resolve names on our behalf, past the guard.
        .no_proxy()
        .retry(reqwest::retry::never())
        .referer(false)
        // Unpacked by ourselves, to see both sizes.
        .gzip(false)
        .brotli(false)
        .deflate(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .http1_max_headers(MAX_HEADERS)
        .tcp_nodelay(true)
}

/// A search provider is asked with a key and the words of a question: neither is for whoever it refers to, be it on
/// another port of the same host. From http to https it may lead.
fn may_lead(purpose: Purpose, asked: &Url, next: &Url) -> bool {
    let is_usual = |url: &Url| url.port().is_none();
    let is_same_port = asked.port_or_known_default() == next.port_or_known_default();
    let is_there = asked.host_str() == next.host_str()
        && (is_same_port || (is_usual(asked) && is_usual(next)));
    purpose != Purpose::Search || is_there
}

fn redirect_target(url: &Url, reply: &Reply) -> Option<Url> {
    let is_redirect = matches!(
        reply.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    if !is_redirect {
        return None;
    }
    let location = reply.headers().get(header::LOCATION)?;
    let mut next = url.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()?;
    if next.fragment().is_none() {
        next.set_fragment(url.fragment());
    }
    Some(next)
}

/// Whether a header may not be told to another origin. Marking a value as sensitive is enough.
fn is_credential(name: &HeaderName, value: &HeaderValue) -> bool {
    value.is_sensitive()
        || [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(name)
        || ["key", "token", "secret"].iter().any(|word| name.as_str().contains(word))
}

async fn receive(
    final_url: Url,
    location: Option<Url>,
    mut reply: Reply,
    request: &Request,
) -> Result<Response, Failed> {
    let max_bytes = request.max_bytes;
    let host = host_of(&final_url);
    let header = |name: HeaderName| {
        reply
            .headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let mut response = Response {
        status: reply.status().as_u16(),
        location,
        content_type: header(header::CONTENT_TYPE),
        last_modified: header(header::LAST_MODIFIED),
        etag: header(header::ETAG),
        retry_after: header(header::RETRY_AFTER),
        date: header(header::DATE),
        headers: reply.headers().clone(),
        final_url,
        body: Vec::new(),
    };
    let stopped = |why: Stop| stopped(&host, why, max_bytes);
    let mut body = begin(&host, &reply, request)?;
    while let Some(chunk) = reply.chunk(request.timeout).await? {
        body.push(&chunk).map_err(stopped)?;
        if body.is_full() {
            response.body = body.take();
            return Ok(response);
        }
    }
    response.body = body.finish().map_err(stopped)?;
    Ok(response)
}

/// Makes ready for a body, unless its length or its packing refuses it at once.
pub(crate) fn begin(host: &str, reply: &Reply, request: &Request) -> Result<Body, Failed> {
    let max_bytes = request.max_bytes;
    if !request.is_cut && reply.content_length().is_some_and(|length| length > max_bytes as u64) {
        return Err(stopped(host, Stop::TooLarge, max_bytes));
    }
    let encoding = reply.headers().get(header::CONTENT_ENCODING);
    let encoding = encoding.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let body = Body::new(encoding.as_deref(), max_bytes, request.is_cut);
    body.map_err(|why| stopped(host, why, max_bytes))
}

pub(crate) fn stopped(host: &str, why: Stop, max_bytes: usize) -> Failed {
    let host = host.to_owned();
    match why {
        Stop::TooLarge => Failed::TooLarge { host, limit_bytes: max_bytes },
        Stop::Bomb => Failed::Bomb { host, limit: body::MAX_RATIO },
        Stop::Broken(why) => Failed::Broken { host, why },
    }
}

/// Turns the client's error into ours. Only the innermost cause is shown: the outer ones repeat the
/// address, and a resolver's may name what stands behind it.
pub(crate) fn explain(host: &str, error: &reqwest::Error) -> Failed {
    let mut cause = error.source();
    let mut innermost = None;
    while let Some(inner) = cause {
        if let Some(why) = inner.downcast_ref::<Refusal>() {
            return Failed::Refused { host: host.to_owned(), why: *why };
        }
        innermost = Some(inner.to_string());
        cause = inner.source();
    }
    let host = host.to_owned();
    let why = innermost.unwrap_or_else(|| "for no stated reason".into());
    if error.is_timeout() {
        Failed::Timeout { host, waited: CONNECT_TIMEOUT }
    } else if error.is_connect() {
        Failed::Connect { host, why }
    } else {
        Failed::Broken { host, why }
    }
}

pub(crate) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("nowhere").to_owned()
}
