//! Chaos over HTTP/2 (RFC 9113).

mod stream;
mod tap;

use super::{Registry, wire};
use crate::http::Ending;
use ::h2::server::{self, Connection, SendResponse};
use ::h2::{Reason, RecvStream};
use rustls::ServerConfig;
use std::future::poll_fn;
use std::io::{self, Cursor};
use std::net::TcpStream;
use std::sync::Arc;
use std::task::{Context, Poll};
use stream::Stream;
use tap::{Tally, Tap};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_rustls::TlsAcceptor;

/// Its name in TLS (RFC 7301).
pub(super) const PROTOCOL: &str = "h2";

/// A piece of a body.
type Piece = Cursor<Vec<u8>>;
/// A request whose body is still to come.
type Request = (::http::Request<RecvStream>, SendResponse<Piece>);

/// What a stream wants to be done to its whole connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// GOAWAY, and what was begun is ended.
    Drain,
    /// GOAWAY, and the connection is closed at once.
    GoAway,
    /// The connection is closed without a word.
    Close,
    /// The connection is reset.
    Reset,
}

/// Answers the requests of a connection until it ends.
pub(super) fn serve(registry: &Arc<Registry>, tls: &Arc<ServerConfig>, socket: &TcpStream, ending: &Ending) {
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().expect("a runtime needs little");
    let last = runtime.block_on(converse(registry, tls, socket));
    // what goes on in streams ends here
    drop(runtime);
    // the client may have gone
    let _ = match last {
        Ok(Order::Reset) => wire::reset(socket, ending),
        _ => wire::close(socket, ending),
    };
}

/// How the connection is to end.
async fn converse(
    registry: &Arc<Registry>,
    tls: &Arc<ServerConfig>,
    socket: &TcpStream,
) -> io::Result<Order> {
    let number = registry.count_connection();
    socket.set_nonblocking(true)?;
    let socket = tokio::net::TcpStream::from_std(socket.try_clone()?)?;
    let secure = TlsAcceptor::from(Arc::clone(tls)).accept(socket).await?;
    if secure.get_ref().1.alpn_protocol() != Some(PROTOCOL.as_bytes()) {
        return Ok(Order::Close);
    }
    let tally = Arc::new(Tally::default());
    let tap = Tap::new(secure, Arc::clone(&tally));
    let mut connection = server::Builder::new().handshake(tap).await.map_err(io::Error::other)?;
    let (orders, mut ordered) = mpsc::unbounded_channel();
    loop {
        match poll_fn(|context| next(&mut connection, &mut ordered, context)).await {
            Ok((request, respond)) => {
                let (registry, tally, orders) = (Arc::clone(registry), Arc::clone(&tally), orders.clone());
                let stream = Stream { registry, tally, orders, connection: number };
                tokio::spawn(stream.exchange(request, respond));
            }
            Err(Order::Drain) => connection.graceful_shutdown(),
            Err(Order::GoAway) => connection.abrupt_shutdown(Reason::NO_ERROR),
            Err(last) => return Ok(last),
        }
    }
}

/// The next request, or what is to be done instead.
fn next(
    connection: &mut Connection<impl tap::Carrier, Piece>,
    ordered: &mut UnboundedReceiver<Order>,
    context: &mut Context<'_>,
) -> Poll<Result<Request, Order>> {
    if let Poll::Ready(Some(order)) = ordered.poll_recv(context) {
        return Poll::Ready(Err(order));
    }
    connection.poll_accept(context).map(|request| request.and_then(Result::ok).ok_or(Order::Close))
}
