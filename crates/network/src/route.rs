//! Links, addresses and routes: the part of rtnetlink(7) that a container network needs.
//!
//! Functions named for a noun append a request to a batch; [`Route`] is a socket with the questions.
//! Numbers: `linux/rtnetlink.h`, `linux/if_link.h`, `linux/if_addr.h`.

pub(crate) mod address;
pub(crate) mod link;

use crate::error::{Error, Result, kernel};
use crate::subnet::Subnet;
use crate::wire::Batch;
use link::Link;
use std::net::Ipv4Addr;
use sys::fd::BorrowedFd;
use sys::netlink::{Detour, Protocol, Socket};

/// `AF_INET`.
pub(crate) const INET: u8 = 2;

/// An open rtnetlink socket.
#[derive(Debug)]
pub(crate) struct Route {
    socket: Socket,
}

impl Route {
    /// Opens a socket in the thread's own namespace.
    pub(crate) fn open() -> Result<Self> {
        let socket = Socket::open(Protocol::Route).map_err(kernel("open a route netlink socket"))?;
        Ok(Self { socket })
    }

    /// Opens a socket in a container's namespace, in which `prepare` is done on the way.
    pub(crate) fn open_in(netns: BorrowedFd<'_>, prepare: impl FnOnce()) -> Result<Self> {
        let opened = sys::netlink::within(netns, || {
            prepare();
            Socket::open(Protocol::Route)
        });
        let doing = "open a netlink socket in the container's network";
        let socket =
            opened.map_err(|source: Detour| Error::Namespace { doing, source })?.map_err(kernel(doing))?;
        Ok(Self { socket })
    }

    /// Sends a batch whose replies do not matter.
    pub(crate) fn apply(&mut self, batch: &mut Batch) -> std::result::Result<(), sys::netlink::Error> {
        self.socket.exchange(batch.acknowledge().finish(), |_| ())
    }

    /// Sends a batch whose last request asks for one link.
    pub(crate) fn apply_and_see(
        &mut self,
        batch: &mut Batch,
    ) -> std::result::Result<Option<Link>, sys::netlink::Error> {
        let mut seen = None;
        self.socket.exchange(batch.finish(), |reply| seen = link::parse(reply.body).or(seen.take()))?;
        Ok(seen)
    }

    /// The link of a name, if there is one.
    pub(crate) fn link(&mut self, name: &str) -> Result<Option<Link>> {
        let mut batch = Batch::new();
        link::ask(&mut batch, name);
        match self.apply_and_see(&mut batch) {
            Ok(link) => Ok(link),
            Err(refusal) if refusal.errno == sys::Errno::NODEV => Ok(None),
            Err(refusal) => Err(kernel(format!("look up interface {name}"))(refusal)),
        }
    }

    /// The names of the links that have `bridge` as their master.
    pub(crate) fn ports(&mut self, bridge: u32) -> Result<Vec<String>> {
        let mut batch = Batch::new();
        link::ask_ports(&mut batch, bridge);
        let mut ports = Vec::new();
        self.dump(&mut batch, "list the ports of the bridge", |body| {
            // Kernels before 4.4 ignore the filter.
            ports.extend(link::parse(body).filter(|link| link.master == Some(bridge)).map(|link| link.name));
        })?;
        Ok(ports)
    }

    /// The first IPv4 address of a link with its subnet.
    pub(crate) fn address(&mut self, index: u32) -> Result<Option<(Ipv4Addr, Subnet)>> {
        let mut batch = Batch::new();
        address::ask(&mut batch);
        let mut first = None;
        self.dump(&mut batch, "list the addresses of this machine", |body| {
            let found = address::parse(body).filter(|(owner, ..)| *owner == index);
            first = first.take().or(found.map(|(_, address, subnet)| (address, subnet)));
        })?;
        Ok(first)
    }

    /// The addresses of a link that were given for good and are good everywhere, of both families.
    pub(crate) fn lasting_addresses(&mut self, index: u32) -> Result<Vec<address::Lasting>> {
        let mut batch = Batch::new();
        address::ask_both(&mut batch);
        let mut lasting = Vec::new();
        self.dump(&mut batch, "list the addresses of this machine", |body| {
            lasting.extend(address::parse_lasting(body, index));
        })?;
        lasting.dedup();
        Ok(lasting)
    }

    /// The destinations of all routes in all tables but the default ones, and the links of the default ones.
    pub(crate) fn routes(&mut self) -> Result<(Vec<Subnet>, Vec<u32>)> {
        let mut batch = Batch::new();
        address::ask_routes(&mut batch);
        let (mut destinations, mut default_links) = (Vec::new(), Vec::new());
        self.dump(&mut batch, "list the routes of this machine", |body| match address::parse_route(body) {
            Some((Some(destination), _)) => destinations.push(destination),
            Some((None, Some(link))) => default_links.push(link),
            Some((None, None)) | None => {}
        })?;
        Ok((destinations, default_links))
    }

    /// The MTU of a link.
    pub(crate) fn mtu(&mut self, index: u32) -> Option<u32> {
        let mut batch = Batch::new();
        link::ask_index(&mut batch, index);
        self.apply_and_see(&mut batch).ok()?.map(|link| link.mtu)
    }

    /// Removes a link by name; true if there was one.
    pub(crate) fn remove(&mut self, name: &str) -> Result<bool> {
        let mut batch = Batch::new();
        link::remove(&mut batch, name);
        match self.apply(&mut batch) {
            Ok(()) => Ok(true),
            Err(refusal) if refusal.errno == sys::Errno::NODEV => Ok(false),
            Err(refusal) => Err(kernel(format!("remove interface {name}"))(refusal)),
        }
    }

    fn dump(&mut self, batch: &mut Batch, doing: &str, mut each: impl FnMut(&[u8])) -> Result<()> {
        self.socket.exchange(batch.finish(), |reply| each(reply.body)).map_err(kernel(doing))
    }
}
