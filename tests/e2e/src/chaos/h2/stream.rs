//! A stream of HTTP/2: one request and its answer.

use super::{Order, Piece, Tally};
use crate::chaos::Registry;
use crate::chaos::delivery::{Delivery, End, Length};
use crate::chaos::exchange::Record;
use crate::http::{Body, Head, Reply};
use ::h2::server::SendResponse;
use ::h2::{Reason, RecvStream, SendStream};
use ::http::{HeaderName, HeaderValue, Request, Response, StatusCode, request::Parts};
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

/// The most bytes of an endless body that are sent at once.
const PIECE: usize = 64 << 10;

/// What a stream knows of its connection.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) registry: Arc<Registry>,
    pub(super) tally: Arc<Tally>,
    pub(super) orders: UnboundedSender<Order>,
    pub(super) connection: u64,
}

impl Stream {
    /// One request and its answer.
    pub(super) async fn exchange(self, request: Request<RecvStream>, respond: SendResponse<Piece>) {
        let (parts, body) = request.into_parts();
        let head = head(&parts);
        let record = self.registry.record(self.connection, &head);
        let turn = self.registry.turn(&head);
        let most = turn.most_upload();
        let body = read_body(body, most).await;
        record.now().received = body.bytes.len() as u64;
        if !body.is_whole {
            self.registry.keep_part(&head, &body.bytes);
            if body.bytes.len() as u64 == most {
                self.end(Order::Reset).await;
            }
            return;
        }
        let is_head = head.method == "HEAD";
        let delivery = self.registry.answer(head, body.bytes, turn);
        // the client may have gone
        let _ = self.send(delivery, is_head, respond, &record).await;
    }

    async fn send(
        &self,
        delivery: Delivery,
        is_head: bool,
        mut respond: SendResponse<Piece>,
        record: &Record,
    ) -> Result<(), h2::Error> {
        let Delivery { reply, length, stall, pace, end } = delivery;
        if end == End::NotBegun {
            self.end(Order::Close).await;
        }
        record.now().status = reply.status;
        let has_body = !is_head && !reply.is_bare();
        if let Some(time) = stall.filter(|_| reply.body.is_empty()) {
            sleep(time).await;
        }
        let mut writer =
            Writer { stream: respond.send_response(response(&reply, length), !has_body)?, pace, record };
        if let Some(time) = stall.filter(|_| !reply.body.is_empty()) {
            sleep(time).await;
        }
        let body = if has_body { &reply.body[..] } else { &[] };
        if has_body && end == End::Never {
            return writer.send_for_ever().await;
        }
        let at = end.at().and_then(|at| usize::try_from(at).ok()).unwrap_or(body.len()).min(body.len());
        let (before, after) = body.split_at(at);
        writer.send(before).await?;
        if end.at().is_some() {
            self.tally.reached(writer.stream.stream_id().as_u32(), at as u64).await;
        }
        match end {
            End::Cut(_) => self.end(Order::Close).await,
            End::Reset(_) => self.end(Order::Reset).await,
            End::GoAway(_) => self.end(Order::GoAway).await,
            End::ResetStream(_) => writer.stream.send_reset(Reason::INTERNAL_ERROR),
            End::Drain(_) => self.order(Order::Drain),
            End::Whole | End::Last | End::Never | End::NotBegun => {}
        }
        if has_body && !matches!(end, End::ResetStream(_)) {
            writer.send(after).await?;
            writer.stream.send_data(Piece::default(), true)?;
        }
        Ok(())
    }

    fn order(&self, order: Order) {
        // none is needed where the connection has ended
        let _ = self.orders.send(order);
    }

    /// Ends the connection, and this stream with it: it must not end before, which the client would be told.
    async fn end(&self, order: Order) {
        self.order(order);
        pending().await
    }
}

/// How a body is sent.
struct Writer<'a> {
    stream: SendStream<Piece>,
    pace: Option<(usize, Duration)>,
    record: &'a Record,
}

impl Writer<'_> {
    /// Sends bytes at the pace; the last of them without a pause after it.
    async fn send(&mut self, bytes: &[u8]) -> Result<(), h2::Error> {
        let (size, pause) = self.pace.unwrap_or((bytes.len().max(1), Duration::ZERO));
        let mut pieces = bytes.chunks(size).peekable();
        while let Some(piece) = pieces.next() {
            self.send_piece(piece).await?;
            if pieces.peek().is_some() {
                sleep(pause).await;
            }
        }
        Ok(())
    }

    async fn send_for_ever(&mut self) -> Result<(), h2::Error> {
        let (size, pause) = self.pace.unwrap_or((PIECE, Duration::ZERO));
        let zeros = vec![0; size];
        loop {
            self.send_piece(&zeros).await?;
            sleep(pause).await;
        }
    }

    /// Sends what the client has room for, until there is no more.
    async fn send_piece(&mut self, mut bytes: &[u8]) -> Result<(), h2::Error> {
        while !bytes.is_empty() {
            self.stream.reserve_capacity(bytes.len());
            let Some(room) = poll_fn(|context| self.stream.poll_capacity(context)).await else {
                return Err(Reason::STREAM_CLOSED.into());
            };
            let (piece, after) = bytes.split_at(room?.min(bytes.len()));
            // before it is sent: a client that has it may look at the record
            self.record.now().sent += piece.len() as u64;
            self.stream.send_data(Piece::new(piece.to_vec()), false)?;
            bytes = after;
        }
        Ok(())
    }
}

/// A request's head as HTTP/1.1 has it.
fn head(parts: &Parts) -> Head {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let host = parts.uri.authority().map(|host| ("host".to_owned(), host.to_string()));
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    Head { method: parts.method.to_string(), target, headers: host.into_iter().chain(headers).collect() }
}

/// Reads a body, at most so many bytes of it.
async fn read_body(mut stream: RecvStream, most: u64) -> Body {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut body = Body::default();
    while let Some(Ok(piece)) = stream.data().await {
        body.bytes.extend_from_slice(&piece);
        if body.bytes.len() > most {
            body.bytes.truncate(most);
            return body;
        }
        // it can only be more than was taken if it is not ours
        let _ = stream.flow_control().release_capacity(piece.len());
    }
    body.is_whole = stream.is_end_stream();
    body
}

fn response(reply: &Reply, length: Length) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a test's status is one");
    let length = match length {
        Length::True => Some(reply.body.len()),
        Length::More => Some(reply.body.len() + 1),
        Length::Unknown => None,
    };
    let length = length.filter(|_| !reply.is_bare()).map(|length| ("content-length", length.to_string()));
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).chain(length);
    for (name, value) in headers {
        let name = HeaderName::try_from(name).expect("a test's header has a name");
        response.headers_mut().append(name, HeaderValue::try_from(value).expect("a test's header is text"));
    }
    response
}
