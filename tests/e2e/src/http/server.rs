//! A listening socket of this machine's, with a thread for every connection.

use std::fmt;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Tells the threads of a server that it ends.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    has_come: Mutex<bool>,
    news: Condvar,
}

impl Ending {
    /// Waits for so long, or until the end; whether it has come.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let guard = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.news.wait_timeout_while(guard, time, |has_come| !*has_come);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn announce(&self) {
        *self.has_come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.news.notify_all();
    }
}

/// A server on 127.0.0.1. Dropped, it closes all connections and waits for its threads.
pub(crate) struct Server {
    address: SocketAddr,
    listener: Arc<TcpListener>,
    ending: Arc<Ending>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one that calls `serve` for every connection, on a port that is free.
    pub(crate) fn start(serve: impl Fn(Arc<TcpStream>, &Ending) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("the socket has an address");
        let (listener, ending) = (Arc::new(listener), Arc::new(Ending::default()));
        let (accepting, end) = (Arc::clone(&listener), Arc::clone(&ending));
        let thread = thread::spawn(move || accept(&accepting, &end, &Arc::new(serve)));
        Self { address, listener, ending, thread: Some(thread) }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Server").field(&self.address).finish()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.announce();
        // wakes the thread that accepts (Linux only: shutdown(2) of a listening socket)
        let _ = sys::net::shutdown(&*self.listener, sys::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            // a panic in it has been printed
            let _ = thread.join();
        }
    }
}

type Serve = dyn Fn(Arc<TcpStream>, &Ending) + Send + Sync;

fn accept<F>(listener: &TcpListener, ending: &Arc<Ending>, serve: &Arc<F>)
where
    F: Fn(Arc<TcpStream>, &Ending) + Send + Sync + 'static,
{
    // weak: a connection is closed when its thread ends, not when the server does
    let mut connections: Vec<(Weak<TcpStream>, JoinHandle<()>)> = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        connections.retain(|(_, thread)| !thread.is_finished());
        // what is written is sent at once
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        let weak = Arc::downgrade(&stream);
        let (serve, end): (Arc<Serve>, _) = (Arc::clone(serve) as _, Arc::clone(ending));
        connections.push((weak, thread::spawn(move || serve(stream, &end))));
    }
    for (stream, _) in &connections {
        if let Some(stream) = stream.upgrade() {
            // the client may have gone
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
    for (_, thread) in connections {
        let _ = thread.join();
    }
}
