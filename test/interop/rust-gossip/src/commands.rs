// SPDX-License-Identifier: MIT
//! What a peer can be told to do.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use data_encoding::HEXLOWER;
use iroh::{
    EndpointAddr, EndpointId,
    address_lookup::memory::MemoryLookup,
    endpoint::{AfterHandshakeOutcome, BeforeConnectOutcome, Connection, EndpointHooks},
};
use iroh_gossip::{net::Gossip, proto::TopicId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Failure, topic::Topic};

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
enum Command {
    /// Where another can be dialled.
    Know { id: String, addresses: Vec<SocketAddr> },
    /// From now on there are no connections with these.
    Deny { ids: Vec<String> },
    /// Joins a topic, and prints its events.
    Subscribe { topic: String, bootstrap: Vec<String> },
    Join { topic: String, peers: Vec<String> },
    Broadcast { topic: String, content: String },
    BroadcastNeighbors { topic: String, content: String },
    /// Broadcasts `count` messages of `bytes` each, no two alike.
    Flood { topic: String, count: u64, bytes: usize },
    /// Received messages are not printed one by one any more: only their number from now on, whenever `every` more came.
    Count { topic: String, every: u64 },
    /// The ids of the neighbours.
    Neighbors { topic: String },
    Leave { topic: String },
    /// Gossip's own counters.
    Metrics,
}

/// Refuses connections both ways.
#[derive(Clone, Debug, Default)]
pub struct Denied(Arc<Mutex<BTreeSet<EndpointId>>>);

impl Denied {
    fn has(&self, id: EndpointId) -> bool {
        self.0.lock().unwrap().contains(&id)
    }
}

impl EndpointHooks for Denied {
    async fn before_connect<'a>(&'a self, addr: &'a EndpointAddr, _alpn: &'a [u8]) -> BeforeConnectOutcome {
        if self.has(addr.id) { BeforeConnectOutcome::Reject } else { BeforeConnectOutcome::Accept }
    }

    async fn after_handshake<'a>(&'a self, connection: &'a Connection) -> AfterHandshakeOutcome {
        if self.has(connection.remote_id()) {
            return AfterHandshakeOutcome::Reject { error_code: 1u32.into(), reason: b"denied".to_vec() };
        }
        AfterHandshakeOutcome::Accept
    }
}

pub struct Peer {
    gossip: Gossip,
    known: MemoryLookup,
    denied: Denied,
    topics: HashMap<TopicId, Topic>,
}

fn parse_topic(hex: &str) -> Result<TopicId, Failure> {
    let bytes: [u8; 32] = HEXLOWER.decode(hex.as_bytes())?.try_into().map_err(|_| "a topic has 32 bytes")?;
    Ok(TopicId::from_bytes(bytes))
}

fn parse_ids(ids: &[String]) -> Result<Vec<EndpointId>, Failure> {
    ids.iter().map(|id| Ok(id.parse()?)).collect()
}

impl Peer {
    pub fn new(gossip: Gossip, known: MemoryLookup, denied: Denied) -> Self {
        Self { gossip, known, denied, topics: HashMap::new() }
    }

    fn topic(&mut self, hex: &str) -> Result<&mut Topic, Failure> {
        Ok(self.topics.get_mut(&parse_topic(hex)?).ok_or("not subscribed")?)
    }

    pub async fn obey(&mut self, line: &str) -> Result<Value, Failure> {
        match serde_json::from_str(line)? {
            Command::Know { id, addresses } => {
                let addr = addresses.into_iter().fold(EndpointAddr::new(id.parse()?), EndpointAddr::with_ip_addr);
                self.known.add_endpoint_info(addr);
            }
            Command::Deny { ids } => self.denied.0.lock().unwrap().extend(parse_ids(&ids)?),
            Command::Subscribe { topic, bootstrap } => {
                let id = parse_topic(&topic)?;
                let subscribed = self.gossip.subscribe(id, parse_ids(&bootstrap)?).await?;
                self.topics.insert(id, Topic::new(topic, subscribed));
            }
            Command::Join { topic, peers } => {
                let peers = parse_ids(&peers)?;
                self.topic(&topic)?.sender.join_peers(peers).await?;
            }
            Command::Broadcast { topic, content } => {
                let content = HEXLOWER.decode(content.as_bytes())?;
                self.topic(&topic)?.sender.broadcast(content.into()).await?;
            }
            Command::BroadcastNeighbors { topic, content } => {
                let content = HEXLOWER.decode(content.as_bytes())?;
                self.topic(&topic)?.sender.broadcast_neighbors(content.into()).await?;
            }
            Command::Flood { topic, count, bytes } => self.topic(&topic)?.flood(count, bytes).await?,
            Command::Count { topic, every } => self.topic(&topic)?.count(every),
            Command::Neighbors { topic } => return Ok(json!(self.topic(&topic)?.neighbors())),
            Command::Leave { topic } => {
                self.topics.remove(&parse_topic(&topic)?).ok_or("not subscribed")?.leave().await;
            }
            Command::Metrics => {
                let metrics = self.gossip.metrics();
                return Ok(json!({
                    "controlSent": metrics.msgs_ctrl_sent.get(),
                    "controlReceived": metrics.msgs_ctrl_recv.get(),
                    "payloadsSent": metrics.msgs_data_sent.get(),
                    "payloadsReceived": metrics.msgs_data_recv.get(),
                    "neighborsUp": metrics.neighbor_up.get(),
                    "neighborsDown": metrics.neighbor_down.get(),
                }));
            }
        }
        Ok(Value::Null)
    }
}
