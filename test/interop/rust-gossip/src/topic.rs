// SPDX-License-Identifier: MIT
//! A topic that is subscribed to: its events are printed.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use data_encoding::HEXLOWER;
use iroh::EndpointId;
use iroh_gossip::{
    api::{ApiError, Event, GossipReceiver, GossipSender, GossipTopic},
    proto::DeliveryScope,
};
use n0_future::StreamExt;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

#[derive(Default)]
struct Shared {
    neighbors: Mutex<BTreeSet<EndpointId>>,
    /// 0: received messages are printed.
    every: AtomicU64,
    received: AtomicU64,
}

pub struct Topic {
    pub sender: GossipSender,
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
    flooded: u64,
}

fn print(topic: &str, mut event: Value) {
    event["topic"] = json!(topic);
    println!("{event}");
}

async fn read(topic: String, mut receiver: GossipReceiver, shared: Arc<Shared>) {
    while let Some(Ok(event)) = receiver.next().await {
        let shown = match event {
            Event::NeighborUp(id) => {
                shared.neighbors.lock().unwrap().insert(id);
                json!({ "event": "neighborUp", "nodeId": id.to_string() })
            }
            Event::NeighborDown(id) => {
                shared.neighbors.lock().unwrap().remove(&id);
                json!({ "event": "neighborDown", "nodeId": id.to_string() })
            }
            Event::Lagged => json!({ "event": "lagged" }),
            Event::Received(message) => {
                let count = shared.received.fetch_add(1, Ordering::Relaxed) + 1;
                let every = shared.every.load(Ordering::Relaxed);
                if every > 0 && count % every != 0 {
                    continue;
                } else if every > 0 {
                    json!({ "event": "counted", "count": count })
                } else {
                    let (scope, round) = match message.scope {
                        DeliveryScope::Swarm(round) => ("swarm", json!(round)),
                        DeliveryScope::Neighbors => ("neighbors", Value::Null),
                    };
                    json!({
                        "event": "received",
                        "content": HEXLOWER.encode(&message.content),
                        "deliveredFrom": message.delivered_from.to_string(),
                        "scope": scope,
                        "round": round,
                    })
                }
            }
        };
        print(&topic, shown);
    }
}

impl Topic {
    pub fn new(topic: String, subscribed: GossipTopic) -> Self {
        let (sender, receiver) = subscribed.split();
        let shared = Arc::new(Shared::default());
        let reader = tokio::spawn(read(topic, receiver, shared.clone()));
        Self { sender, shared, reader, flooded: 0 }
    }

    pub fn neighbors(&self) -> Vec<String> {
        self.shared.neighbors.lock().unwrap().iter().map(EndpointId::to_string).collect()
    }

    pub fn count(&self, every: u64) {
        self.shared.received.store(0, Ordering::Relaxed);
        self.shared.every.store(every, Ordering::Relaxed);
    }

    pub async fn flood(&mut self, count: u64, bytes: usize) -> Result<(), ApiError> {
        for _ in 0..count {
            self.flooded += 1;
            let mut content = vec![0; bytes.max(8)];
            content[..8].copy_from_slice(&self.flooded.to_be_bytes());
            self.sender.broadcast(content.into()).await?;
        }
        Ok(())
    }

    /// The topic is left when both its halves are gone.
    pub async fn leave(self) {
        self.reader.abort();
        let _ = self.reader.await;
    }
}
