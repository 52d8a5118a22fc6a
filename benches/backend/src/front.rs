//! TLS in front of an engine that has none.

use std::error::Error;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;

/// Whatever comes in answers to this certificate, which is for localhost.
pub(crate) fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, Box<dyn Error>> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(certificates)?.collect::<Result<_, _>>()?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Puts a port before the one of an engine, and gives its address.
pub(crate) async fn of(port: u16, tls: TlsAcceptor) -> std::io::Result<String> {
    listen(tls, move |mut client| async move {
        let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        server.set_nodelay(true)?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
    })
    .await
}

/// Listens on a free port and hands each connection to `serve`.
pub(crate) async fn listen<F>(
    tls: TlsAcceptor,
    serve: impl Fn(TlsStream<TcpStream>) -> F + Copy + Send + Sync + 'static,
) -> std::io::Result<String>
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                stream.set_nodelay(true)?;
                serve(tls.accept(stream).await?).await
            });
        }
    });
    Ok(url)
}
