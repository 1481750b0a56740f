//! A canary on this machine: nobody is to come near it, and it tells who did, by TCP and by UDP.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Canary {
    /// The same for TCP and UDP, and for both families of addresses where this machine has both.
    pub port: u16,
    visits: Arc<Mutex<Vec<&'static str>>>,
    _listening: JoinSet<()>,
}

impl Canary {
    pub async fn new() -> Self {
        let visits: Arc<Mutex<Vec<&'static str>>> = Arc::default();
        let tcp = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("a port");
        let port = tcp.local_addr().expect("its address").port();
        let udp = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).await;
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await;
        let mut listening = JoinSet::new();
        for listener in [Some(tcp), six.ok()].into_iter().flatten() {
            let visits = Arc::clone(&visits);
            listening.spawn(async move {
                while listener.accept().await.is_ok() {
                    visits.lock().expect("a list").push("tcp");
                }
            });
        }
        if let Ok(udp) = udp {
            let visits = Arc::clone(&visits);
            listening.spawn(async move {
                let mut packet = [0; 64];
                while udp.recv_from(&mut packet).await.is_ok() {
                    visits.lock().expect("a list").push("udp");
                }
            });
        }
        Self { port, visits, _listening: listening }
    }

    /// Who came so far.
    pub fn visits(&self) -> Vec<&'static str> {
        self.visits.lock().expect("a list").clone()
    }

    /// Ways to write its address, among them each that hides an IPv4 address in an IPv6 one.
    pub fn spellings(&self) -> Vec<String> {
        const HOSTS: [&str; 16] = [
            "127.0.0.1",
            "127.1",
            "127.0.0.2",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "0.0.0.0",
            "0",
            "localhost",
            "localhost.",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
        ];
        HOSTS.iter().map(|host| format!("http://{host}:{}/", self.port)).collect()
    }
}
