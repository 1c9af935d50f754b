//! Blocking netlink sockets: the transport of rtnetlink and nfnetlink.
