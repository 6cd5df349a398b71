// SPDX-License-Identifier: MIT
//! `server <folder>`: iroh's own look-up server on loopback, with its data in the folder; prints its addresses.
//! `peer <pkarr URL> <DNS server> <origin>`: an endpoint on loopback without a relay, that publishes all its addresses and
//! looks others up; prints its id. It sends back what comes on streams of the ALPN `test/1`. A line `<id>` of its standard
//! input makes it dial that id and print what comes back of an event frame. Both print JSON, a line each, and run until
//! their standard input ends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use iroh::{
    Endpoint, EndpointId,
    address_lookup::{AddrFilter, DnsAddressLookup, PkarrPublisher},
    dns::DnsResolver,
    endpoint::{Connection, presets},
};
use iroh_dns_server::{
    Server,
    config::{Config, MetricsConfig, RateLimitConfig},
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ALPN: &[u8] = b"test/1";
const FRAME: &[u8] = b"\0\0\0\x10{\"type\":\"hello\"}";

async fn serve(folder: String) -> Result<(), Failure> {
    let mut config = Config::default();
    let here = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    config.dns.port = 0;
    config.dns.bind_addr = here;
    if let Some(http) = config.http.as_mut() {
        http.port = 0;
        http.bind_addr = here;
    }
    config.https = None;
    config.metrics = Some(MetricsConfig::disabled());
    config.pkarr_put_rate_limit = RateLimitConfig::Disabled;
    config.data_dir = Some(folder.into());
    let server = Server::bind(config).await?;
    let http = server.http_addr().ok_or("no http")?;
    println!(r#"{{"pkarr":"http://{http}/pkarr","dns":"{}"}}"#, server.dns_addr());
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    server.shutdown().await?;
    Ok(())
}

async fn echo(connection: Connection) -> Result<(), Failure> {
    loop {
        let (mut send, mut recv) = connection.accept_bi().await?;
        while let Some(chunk) = recv.read_chunk(65536).await? {
            send.write_all(&chunk).await?;
        }
        send.finish()?;
    }
}

async fn accept(endpoint: Endpoint) {
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(async move {
            if let Ok(connection) = incoming.await {
                let _ = echo(connection).await;
            }
        });
    }
}

async fn ask(endpoint: &Endpoint, id: EndpointId) -> Result<String, Failure> {
    let connection = endpoint.connect(id, ALPN).await?;
    let (mut send, mut recv) = connection.open_bi().await?;
    send.write_all(FRAME).await?;
    let mut answer = vec![0; FRAME.len()];
    recv.read_exact(&mut answer).await?;
    connection.close(0u32.into(), b"");
    Ok(String::from_utf8_lossy(&answer[4..]).into_owned())
}

async fn join(pkarr: String, dns: SocketAddr, origin: String) -> Result<(), Failure> {
    let resolver = DnsResolver::with_nameserver(dns);
    let endpoint = Endpoint::builder(presets::Minimal)
        .alpns(vec![ALPN.to_vec()])
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")?
        .dns_resolver(resolver)
        .address_lookup(PkarrPublisher::builder(pkarr.parse()?).addr_filter(AddrFilter::unfiltered()))
        .address_lookup(DnsAddressLookup::builder(origin))
        .bind()
        .await?;
    println!(r#"{{"id":"{}"}}"#, endpoint.id());
    tokio::spawn(accept(endpoint.clone()));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match ask(&endpoint, line.parse()?).await {
            Ok(answer) => println!(r#"{{"answer":{answer}}}"#),
            Err(error) => println!(r#"{{"error":{:?}}}"#, error.to_string()),
        }
    }
    endpoint.close().await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", folder] => serve(folder.into()).await,
        ["peer", pkarr, dns, origin] => join(pkarr.into(), dns.parse()?, origin.into()).await,
        _ => Err("server <folder>, or peer <pkarr URL> <DNS server> <origin>".into()),
    }
}
