//! TLS between a registry and its clients.

use super::{Registry, wire};
use crate::certificates::Certificates;
use crate::http::Ending;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::net::TcpStream;
use std::sync::Arc;

/// What a server needs that speaks this protocol (RFC 7301) and has the server's certificate.
pub(super) fn configuration(certificates: &Certificates, protocol: &str) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(certificates.server()).expect("read a certificate");
    let key = PrivateKeyDer::from_pem_file(certificates.server_key()).expect("read a key");
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("the provider has ciphers for them");
    let builder = builder.with_no_client_auth().with_single_cert(vec![certificate], key);
    let mut configuration = builder.expect("the key is the certificate's");
    configuration.alpn_protocols = vec![protocol.into()];
    Arc::new(configuration)
}

/// Answers the requests of a connection over HTTP/1.1 until it ends.
pub(super) fn serve(registry: &Registry, tls: &Arc<ServerConfig>, socket: &TcpStream, ending: &Ending) {
    let connection = ServerConnection::new(Arc::clone(tls)).expect("the configuration is complete");
    wire::serve(registry, StreamOwned::new(connection, socket), socket, ending);
}
