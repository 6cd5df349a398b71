// SPDX-License-Identifier: MIT
//! iroh's own relay server on loopback. Arguments: `tls` serves https with a certificate made here, `token=<text>` admits
//! only clients that bring it, `threads` serves on as many threads as there are processors and not on one. Prints one line
//! of JSON with the URL and, for https, the certificate; runs until its standard input ends.

use std::{io::Write, net::Ipv4Addr, sync::Arc};

use iroh_relay::server::{
    Access, AccessControl, CertConfig, ClientRequest, RelayConfig, Server, ServerConfig, TlsConfig,
};
use tokio::io::AsyncReadExt;

type Failure = Box<dyn std::error::Error>;

#[derive(Debug)]
struct Token(String);

impl AccessControl for Token {
    async fn on_connect(&self, request: &ClientRequest) -> Access {
        if request.auth_token().as_ref() == Some(&self.0) {
            Access::Allow
        } else {
            Access::Deny { reason: Some("wrong token".into()) }
        }
    }
}

/// A self-signed certificate for 127.0.0.1 in PEM, and a TLS configuration with it.
fn certificate() -> Result<(String, rustls::ServerConfig), Failure> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_string(), "localhost".to_string()])?;
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    Ok((made.cert.pem(), config))
}

fn main() -> Result<(), Failure> {
    let threads = std::env::args().any(|argument| argument == "threads");
    let mut builder =
        if threads { tokio::runtime::Builder::new_multi_thread() } else { tokio::runtime::Builder::new_current_thread() };
    builder.enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Failure> {
    let any_port = (Ipv4Addr::LOCALHOST, 0);
    let mut relay = RelayConfig::new(any_port);
    let mut pem = String::new();
    for argument in std::env::args().skip(1) {
        if argument == "tls" {
            let (text, server_config) = certificate()?;
            pem = text;
            relay.tls = Some(TlsConfig::new(any_port, CertConfig::Manual { server_config }));
        } else if let Some(token) = argument.strip_prefix("token=") {
            relay.access = Arc::new(Token(token.to_string()));
        } else if argument != "threads" {
            return Err(format!("unknown argument {argument}").into());
        }
    }
    let mut config = ServerConfig::default();
    config.relay = Some(relay);
    let server = Server::spawn(config).await?;
    let url = match server.https_addr() {
        Some(address) => format!("https://{address}/"),
        None => format!("http://{}/", server.http_addr().ok_or("no address")?),
    };
    println!(r#"{{"url":"{url}","ca":"{}"}}"#, pem.replace('\r', "").replace('\n', "\\n"));
    std::io::stdout().flush()?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    server.shutdown().await?;
    Ok(())
}
