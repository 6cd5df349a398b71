// SPDX-License-Identifier: MIT
//! iroh's own DNS server and pkarr relay on loopback, plain HTTP, any ports. Arguments: the directory of its store, and
//! an origin it answers for beside any. Prints one line of JSON with both addresses; runs until its standard input ends.

use std::net::{IpAddr, Ipv4Addr};

use iroh_dns_server::{
    Server,
    config::{Config, MetricsConfig, RateLimitConfig},
};
use tokio::io::AsyncReadExt;

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "no cryptography")?;
    let mut arguments = std::env::args().skip(1);
    let local = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let mut config = Config::default();
    config.data_dir = Some(arguments.next().ok_or("no directory")?.into());
    config.dns.origins = vec![arguments.next().ok_or("no origin")?, ".".into()];
    config.dns.port = 0;
    config.dns.bind_addr = local;
    let http = config.http.as_mut().ok_or("no http")?;
    http.port = 0;
    http.bind_addr = local;
    config.https = None;
    config.metrics = Some(MetricsConfig::disabled());
    config.pkarr_put_rate_limit = RateLimitConfig::Disabled;
    let server = Server::bind(config).await?;
    let http = server.http_addr().ok_or("no http")?;
    println!(r#"{{"pkarrUrl":"http://{http}/pkarr","dns":"{}"}}"#, server.dns_addr());
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    server.shutdown().await?;
    Ok(())
}
