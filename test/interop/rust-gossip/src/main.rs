// SPDX-License-Identifier: MIT
//! A real iroh endpoint on loopback, without relay and look-up, with iroh's own gossip. Arguments, each once at most:
//!   key=<64 hex>         its secret key, instead of a fresh one
//!   max-message=<bytes>  the size limit of gossip's messages
//! Prints lines of JSON: first `{"id", "addresses"}`. Each line of its standard input is a command (commands.rs), answered
//! in order by `{"answer"}` or `{"error"}`; what happens in a topic is printed as `{"topic", "event", …}` as it comes. Ids,
//! topics and contents are hex. When its standard input ends, it leaves its topics and closes its endpoint.

mod commands;
mod topic;

use commands::Peer;
use iroh::{
    Endpoint, RelayMode, SecretKey, address_lookup::memory::MemoryLookup, endpoint::presets, protocol::Router,
};
use iroh_gossip::net::{GOSSIP_ALPN, Gossip};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut builder = Endpoint::builder(presets::Minimal)
        .relay_mode(RelayMode::Disabled)
        .clear_ip_transports()
        .bind_addr("127.0.0.1:0")?;
    let mut gossip = Gossip::builder();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=').ok_or("no '='")? {
            ("key", key) => builder = builder.secret_key(key.parse::<SecretKey>()?),
            ("max-message", bytes) => gossip = gossip.max_message_size(bytes.parse()?),
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let denied = commands::Denied::default();
    let endpoint = builder.hooks(denied.clone()).bind().await?;
    let known = MemoryLookup::new();
    endpoint.address_lookup()?.add(known.clone());
    let gossip = gossip.spawn(endpoint.clone());
    let router = Router::builder(endpoint.clone()).accept(GOSSIP_ALPN, gossip.clone()).spawn();
    println!("{}", json!({ "id": endpoint.id().to_string(), "addresses": endpoint.bound_sockets() }));

    let mut peer = Peer::new(gossip, known, denied);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match peer.obey(&line).await {
            Ok(answer) => println!("{}", json!({ "answer": answer })),
            Err(error) => println!("{}", json!({ "error": error.to_string() })),
        }
    }
    router.shutdown().await?;
    Ok(())
}
