//! What the kernel tells about TCP connections of this network namespace (proc_net(5)).

use std::fs;
use std::net::SocketAddr;

/// A TCP socket over IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) local_port: u16,
    pub(crate) remote_port: u16,
    /// Bytes that the other side has not confirmed.
    pub(crate) unsent: u64,
    pub(crate) is_listening: bool,
    pub(crate) inode: u64,
}

/// All of them.
pub(crate) fn connections() -> Vec<Connection> {
    let text = fs::read_to_string("/proc/self/net/tcp").unwrap_or_default();
    text.lines().skip(1).filter_map(connection).collect()
}

fn connection(line: &str) -> Option<Connection> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let port = |at: usize| u16::from_str_radix(words.get(at)?.split_once(':')?.1, 16).ok();
    let unsent = words.get(4)?.split_once(':')?.0;
    Some(Connection {
        local_port: port(1)?,
        remote_port: port(2)?,
        unsent: u64::from_str_radix(unsent, 16).ok()?,
        is_listening: *words.get(3)? == "0A",
        inode: words.get(9)?.parse().ok()?,
    })
}

/// Whether all that was written to a connection has arrived.
pub(crate) fn has_arrived(local: SocketAddr, remote: SocketAddr) -> bool {
    let is_it = |c: &Connection| c.local_port == local.port() && c.remote_port == remote.port();
    !connections().iter().any(|connection| is_it(connection) && connection.unsent > 0)
}

/// The inodes of a process's open sockets of any family.
pub(crate) fn inodes(pid: u32) -> Vec<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    links
        .filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
        .collect()
}
