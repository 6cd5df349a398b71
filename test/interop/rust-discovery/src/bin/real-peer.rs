// SPDX-License-Identifier: MIT
//! A real iroh endpoint that knows other endpoints by their id alone. Arguments, each once at most:
//!   bind=<ip:port>            the only address it binds
//!   relay=<url>               its relay; without it, it has none
//!   publish=<url>             publishes its relay at a pkarr relay,
//!   publish-all=<url>         or its addresses, too
//!   pkarr=<url>               finds others at a pkarr relay
//!   dns=<ip:port>,<origin>    finds others by DNS
//! Prints lines of JSON: first its id. It accepts connections of the ALPN `test/1` and answers the first frame of their
//! first stream with the same frame. A line `<id> <envelope>` of its standard input makes it dial that id and send the
//! envelope as a frame; it prints `{"answer":<envelope>}` or `{"error":<text>}`. It runs until its standard input ends.

use iroh::{
    Endpoint, EndpointId, RelayConfig, RelayMap, RelayMode,
    address_lookup::{AddrFilter, DnsAddressLookup, PkarrPublisher, PkarrResolver},
    dns::DnsResolver,
    endpoint::{Builder, RecvStream, SendStream, presets},
};
use tokio::io::{AsyncBufReadExt, BufReader};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ALPN: &[u8] = b"test/1";
const MAX_FRAME: usize = 1 << 20;

fn configure(builder: Builder, argument: &str) -> Result<Builder, Failure> {
    let (name, value) = argument.split_once('=').ok_or("no '='")?;
    Ok(match name {
        "bind" => builder.clear_ip_transports().bind_addr(value)?,
        // Without a port for QUIC address discovery, which would be waited for.
        "relay" => builder.relay_mode(RelayMode::Custom(RelayMap::from(RelayConfig::new(value.parse()?, None)))),
        "publish" => builder.address_lookup(PkarrPublisher::builder(value.parse()?)),
        "publish-all" => {
            let all = AddrFilter::unfiltered();
            builder.address_lookup(PkarrPublisher::builder(value.parse()?).addr_filter(all))
        }
        "pkarr" => builder.address_lookup(PkarrResolver::builder(value.parse()?)),
        "dns" => {
            let (server, origin) = value.split_once(',').ok_or("no origin")?;
            let resolver = DnsResolver::with_nameserver(server.parse()?);
            builder.address_lookup(DnsAddressLookup::builder(origin.to_string()).dns_resolver(resolver))
        }
        _ => return Err(format!("unknown argument {argument}").into()),
    })
}

/// A frame is its length, 32 bits big-endian, and JSON.
async fn read_frame(recv: &mut RecvStream) -> Result<Vec<u8>, Failure> {
    let mut length = [0; 4];
    recv.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err("the frame is too long".into());
    }
    let mut json = vec![0; length];
    recv.read_exact(&mut json).await?;
    Ok(json)
}

async fn write_frame(send: &mut SendStream, json: &[u8]) -> Result<(), Failure> {
    send.write_all(&(json.len() as u32).to_be_bytes()).await?;
    send.write_all(json).await?;
    Ok(())
}

/// Leaves it to the other side to close the connection.
async fn answer(incoming: iroh::endpoint::Incoming) -> Result<(), Failure> {
    let connection = incoming.await?;
    println!(r#"{{"accepted":"{}"}}"#, connection.remote_id());
    let (mut send, mut recv) = connection.accept_bi().await?;
    let json = read_frame(&mut recv).await?;
    write_frame(&mut send, &json).await?;
    connection.closed().await;
    Ok(())
}

async fn ask(endpoint: Endpoint, id: EndpointId, json: &str) -> Result<String, Failure> {
    let connection = endpoint.connect(id, ALPN).await?;
    let (mut send, mut recv) = connection.open_bi().await?;
    write_frame(&mut send, json.as_bytes()).await?;
    let answer = String::from_utf8(read_frame(&mut recv).await?)?;
    connection.close(0u32.into(), b"done");
    Ok(answer)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut builder = Endpoint::builder(presets::Minimal).relay_mode(RelayMode::Disabled).alpns(vec![ALPN.to_vec()]);
    for argument in std::env::args().skip(1) {
        builder = configure(builder, &argument)?;
    }
    let endpoint = builder.bind().await?;
    println!(r#"{{"id":"{}"}}"#, endpoint.id());
    let listening = endpoint.clone();
    tokio::spawn(async move {
        while let Some(incoming) = listening.accept().await {
            tokio::spawn(answer(incoming));
        }
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let (id, json) = line.split_once(' ').ok_or("no envelope")?;
        match ask(endpoint.clone(), id.parse()?, json).await {
            Ok(answer) => println!(r#"{{"answer":{answer}}}"#),
            Err(error) => println!(r#"{{"error":{:?}}}"#, error.to_string()),
        }
    }
    endpoint.close().await;
    Ok(())
}
