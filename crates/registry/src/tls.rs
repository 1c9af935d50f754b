//! TLS as a host's settings want it.

use crate::error::{Error, Result};
use crate::hosts::Trust;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::Path;
use std::sync::Arc;

/// What is spoken within it, by preference (RFC 7301): layers that arrive side by side share a connection of HTTP/2.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The settings of the transport.
pub(crate) fn configuration(trust: &Trust) -> Result<ClientConfig> {
    let mut configuration = identified(trust)?;
    configuration.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(configuration)
}

/// Whom it believes, and as whom it comes.
fn identified(trust: &Trust) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for both versions");
    let builder = if trust.anyone {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider)))
    } else {
        builder.with_root_certificates(authorities(trust)?)
    };
    let Some((certificate, key)) = trust.identities.first() else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| Error::settings(key, error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| Error::settings(certificate, error))
}

/// The system's authorities, and those of the host.
fn authorities(trust: &Trust) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // one that cannot be read is as good as missing: whoever needs it is told by the handshake
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for path in &trust.authorities {
        for certificate in certificates(path)? {
            roots.add(certificate).map_err(|error| Error::settings(path, error))?;
        }
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| Error::settings(path, error))?;
    let all = read.collect::<Result<Vec<_>, _>>().map_err(|error| Error::settings(path, error))?;
    if all.is_empty() {
        return Err(Error::settings(path, "no certificate in it (PEM is expected)"));
    }
    Ok(all)
}

/// Believes anyone: for registries that are called insecure.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
