//! Container networks: bridge, veth, nftables, addresses

#![forbid(unsafe_code)]
