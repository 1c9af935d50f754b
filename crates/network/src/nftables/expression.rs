//! What rules consist of: small steps on registers.
//!
//! Each function appends one condition or one verdict to a rule, in the form that `nft` and `iptables-nft` write and can list again.

use crate::subnet::Subnet;
use crate::wire::Batch;

const ELEMENT: u16 = 1;
const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_SETTINGS: u16 = 2;

/// `NFT_REG_VERDICT` and `NFT_REG_1`.
const VERDICT_REGISTER: u32 = 0;
const REGISTER: u32 = 1;

const DATA_VALUE: u16 = 1;
const DATA_VERDICT: u16 = 2;
const VERDICT_CODE: u16 = 1;

/// `NFT_PAYLOAD_NETWORK_HEADER`; offset of the source address in an IPv4 header.
const NETWORK_HEADER: u32 = 1;
const SOURCE_ADDRESS: u32 = 12;

/// `NFT_CT_STATE`; `NF_CT_STATE_BIT` of established and related.
const TRACKING_STATE: u32 = 0;
const ESTABLISHED_OR_RELATED: u32 = 2 | 4;

/// How a register is compared (`NFT_CMP_*`).
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(crate) enum Comparison {
    Equal = 0,
    Different = 1,
}

/// Which of a packet's interfaces (`NFT_META_IIFNAME`, `NFT_META_OIFNAME`).
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(crate) enum Side {
    In = 6,
    Out = 7,
}

/// What becomes of the packet (`NF_DROP`, `NF_ACCEPT`).
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
pub(crate) enum Verdict {
    Drop = 0,
    Accept = 1,
}

/// The packet comes in or goes out by an interface of this name, or by another.
pub(crate) fn interface(rule: &mut Batch, side: Side, comparison: Comparison, name: &str) {
    append(rule, "meta", |settings| {
        settings.big_endian(1, REGISTER).big_endian(2, side as u32);
    });
    // Names are compared over the whole 16 bytes of the register.
    let mut padded = [0; 16];
    let length = name.len().min(15);
    padded[..length].copy_from_slice(&name.as_bytes()[..length]);
    compare(rule, comparison, &padded);
}

/// The packet's source lies in the subnet.
pub(crate) fn source(rule: &mut Batch, subnet: Subnet) {
    append(rule, "payload", |settings| {
        settings
            .big_endian(1, REGISTER)
            .big_endian(2, NETWORK_HEADER)
            .big_endian(3, SOURCE_ADDRESS)
            .big_endian(4, 4);
    });
    let mask = u32::MAX.checked_shl(32 - u32::from(subnet.prefix_length())).unwrap_or(0);
    keep_bits(rule, mask.to_be_bytes());
    compare(rule, Comparison::Equal, &subnet.network().octets());
}

/// The packet belongs to a connection that was accepted before, or to one that such a connection announced.
pub(crate) fn established(rule: &mut Batch) {
    append(rule, "ct", |settings| {
        settings.big_endian(1, REGISTER).big_endian(2, TRACKING_STATE);
    });
    keep_bits(rule, ESTABLISHED_OR_RELATED.to_ne_bytes());
    compare(rule, Comparison::Different, &[0; 4]);
}

/// Counts the packets that come this far.
pub(crate) fn counter(rule: &mut Batch) {
    append(rule, "counter", |settings| {
        settings.attribute(1, &[0; 8]).attribute(2, &[0; 8]);
    });
}

/// Gives the packet the address of the interface by which it leaves.
pub(crate) fn masquerade(rule: &mut Batch) {
    append(rule, "masq", |_| ());
}

/// Decides.
pub(crate) fn verdict(rule: &mut Batch, verdict: Verdict) {
    append(rule, "immediate", |settings| {
        settings.big_endian(1, VERDICT_REGISTER).nested(2, |data| {
            data.nested(DATA_VERDICT, |inner| {
                inner.big_endian(VERDICT_CODE, verdict as u32);
            });
        });
    });
}

fn compare(rule: &mut Batch, comparison: Comparison, value: &[u8]) {
    append(rule, "cmp", |settings| {
        settings.big_endian(1, REGISTER).big_endian(2, comparison as u32).nested(3, |data| {
            data.attribute(DATA_VALUE, value);
        });
    });
}

/// register = register & mask
fn keep_bits(rule: &mut Batch, mask: [u8; 4]) {
    append(rule, "bitwise", |settings| {
        settings
            .big_endian(1, REGISTER)
            .big_endian(2, REGISTER)
            .big_endian(3, 4)
            .nested(4, |data| {
                data.attribute(DATA_VALUE, &mask);
            })
            .nested(5, |data| {
                data.attribute(DATA_VALUE, &[0; 4]);
            });
    });
}

fn append(rule: &mut Batch, name: &str, settings: impl FnOnce(&mut Batch)) {
    rule.nested(ELEMENT, |element| {
        element.text(EXPRESSION_NAME, name).nested(EXPRESSION_SETTINGS, settings);
    });
}
