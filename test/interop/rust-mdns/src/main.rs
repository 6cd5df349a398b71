// SPDX-License-Identifier: MIT
//! A real iroh endpoint with no relay, found and finding by iroh's own mDNS alone. Prints lines of JSON: first its id.
//! Accepts connections of the ALPN `test/1` and prints `accepted`. A line `<id>` of its standard input makes it dial that
//! id, which prints `connected` or `error`; `list` prints the ids that are `known`, and how often one has `expired`. It runs
//! until its standard input ends.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use iroh::{Endpoint, EndpointId, endpoint::presets};
use iroh_mdns_address_lookup::MdnsAddressLookup;
use n0_future::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader};

type Failure = Box<dyn std::error::Error>;

const ALPN: &[u8] = b"test/1";

async fn accept(endpoint: Endpoint) {
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(async move {
            if let Ok(connection) = incoming.await {
                println!(r#"{{"accepted":"{}"}}"#, connection.remote_id());
                connection.closed().await;
            }
        });
    }
}

/// Keeps the connection until the other side closes it.
async fn dial(endpoint: Endpoint, id: EndpointId) {
    match endpoint.connect(id, ALPN).await {
        Ok(connection) => {
            println!(r#"{{"connected":"{}"}}"#, connection.remote_id());
            connection.closed().await;
        }
        Err(error) => println!(r#"{{"error":{:?}}}"#, error.to_string()),
    }
}

/// The first argument, if there is one, is the address to bind.
#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut builder = Endpoint::builder(presets::Minimal).alpns(vec![ALPN.to_vec()]);
    if let Some(address) = std::env::args().nth(1) {
        builder = builder.clear_ip_transports().bind_addr(address.as_str())?;
    }
    let endpoint = builder.bind().await?;
    let mdns = MdnsAddressLookup::builder().build(endpoint.id())?;
    endpoint.address_lookup()?.add(mdns.clone());
    println!(r#"{{"id":"{}"}}"#, endpoint.id());

    let peers = Arc::new(Mutex::new((BTreeSet::new(), 0)));
    let seen = peers.clone();
    tokio::spawn(async move {
        use iroh_mdns_address_lookup::DiscoveryEvent::{Discovered, Expired};
        let mut events = mdns.subscribe().await;
        while let Some(event) = events.next().await {
            match event {
                Discovered { endpoint_info, .. } => {
                    seen.lock()
                        .unwrap()
                        .0
                        .insert(endpoint_info.endpoint_id.to_string());
                }
                Expired { endpoint_id } => {
                    let (known, expired) = &mut *seen.lock().unwrap();
                    known.remove(&endpoint_id.to_string());
                    *expired += 1;
                }
                _ => {}
            }
        }
    });
    tokio::spawn(accept(endpoint.clone()));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if line == "list" {
            let (known, expired) = &*peers.lock().unwrap();
            let known: Vec<&String> = known.iter().collect();
            println!(r#"{{"known":{known:?},"expired":{expired}}}"#);
        } else {
            tokio::spawn(dial(endpoint.clone(), line.parse()?));
        }
    }
    endpoint.close().await;
    Ok(())
}
