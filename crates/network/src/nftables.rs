//! nf_tables over nfnetlink: transactions, and the questions that tell whether one is needed.
//!
//! Numbers: `linux/netfilter/nf_tables.h`, `linux/netfilter/nfnetlink.h`. All of them travel in network byte order.

pub(crate) mod expression;
pub(crate) mod forwarding;
pub(crate) mod table;

use crate::error::{Result, kernel};
use crate::wire::{Batch, big_endian, big_endian_64, find, text};
use sys::Errno;
use sys::netlink::flags::{APPEND, CREATE, DUMP};
use sys::netlink::{Protocol, Socket};

/// `NFPROTO_IPV4`: family of every table here.
const IPV4: u8 = 2;

/// `NFNL_SUBSYS_NFTABLES`, as the upper byte of a message type.
const SUBSYSTEM: u16 = 10 << 8;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;
const NEW_TABLE: u16 = SUBSYSTEM;
const GET_TABLE: u16 = SUBSYSTEM | 1;
const DELETE_TABLE: u16 = SUBSYSTEM | 2;
const NEW_CHAIN: u16 = SUBSYSTEM | 3;
const GET_CHAIN: u16 = SUBSYSTEM | 4;
const NEW_RULE: u16 = SUBSYSTEM | 6;
const GET_RULE: u16 = SUBSYSTEM | 7;
const DELETE_RULE: u16 = SUBSYSTEM | 8;
const NEW_GENERATION: u16 = SUBSYSTEM | 15;
const GET_GENERATION: u16 = SUBSYSTEM | 16;

const TABLE_NAME: u16 = 1;
const TABLE_HANDLE: u16 = 4;
const CHAIN_TABLE: u16 = 1;
const CHAIN_NAME: u16 = 3;
const CHAIN_HOOK: u16 = 4;
const CHAIN_POLICY: u16 = 5;
const CHAIN_TYPE: u16 = 7;
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_HANDLE: u16 = 3;
const RULE_EXPRESSIONS: u16 = 4;
const RULE_NOTES: u16 = 7;
const GENERATION_ID: u16 = 1;

/// `NFTNL_UDATA_RULE_COMMENT`: type of the note that `nft` shows as a comment (type, length, text with a zero).
const NOTE_COMMENT: u8 = 0;

/// `struct nfgenmsg` for an IPv4 object.
const FIXED: [u8; 4] = [IPV4, 0, 0, 0];
/// `struct nfgenmsg` that opens and closes a transaction of nf_tables.
const FIXED_BATCH: [u8; 4] = [0, 0, 0, 10];

/// Where in a packet's way a base chain stands (`NF_INET_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Hook {
    Forward = 2,
    Postrouting = 4,
}

/// What happens to a packet that no rule decided about (`NF_DROP`, `NF_ACCEPT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Policy {
    Drop = 0,
    Accept = 1,
}

/// State of the whole rule set, by which a change of anything in it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation {
    /// Counts the transactions of this network namespace.
    pub(crate) id: u32,
    /// Handle of the table that was asked about, if it is there.
    pub(crate) table: Option<u64>,
}

/// A rule as far as it matters who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) chain: String,
    pub(crate) handle: u64,
    pub(crate) comment: String,
}

/// An open nfnetlink socket.
#[derive(Debug)]
pub(crate) struct Netfilter {
    socket: Socket,
}

impl Netfilter {
    pub(crate) fn open() -> Result<Self> {
        let opened = Socket::open(Protocol::Netfilter);
        Ok(Self { socket: opened.map_err(kernel("open a netfilter socket (is nf_tables in the kernel?)"))? })
    }

    /// The generation of the rule set, and whether it has a table. One exchange.
    pub(crate) fn generation(&mut self, table: &str) -> Result<Generation> {
        let mut batch = Batch::new();
        batch.message(GET_GENERATION, 0, &[0, 0, 0, 0]);
        batch.message(GET_TABLE, 0, &FIXED).text(TABLE_NAME, table);
        let mut generation = Generation { id: 0, table: None };
        let exchanged = self.socket.exchange(batch.finish(), |reply| {
            let attributes = reply.body.get(FIXED.len()..).unwrap_or_default();
            match reply.kind {
                NEW_GENERATION => {
                    generation.id = find(attributes, GENERATION_ID).and_then(big_endian).unwrap_or(0);
                }
                NEW_TABLE => generation.table = find(attributes, TABLE_HANDLE).and_then(big_endian_64),
                _ => {}
            }
        });
        match exchanged {
            Err(refusal) if refusal.errno != Errno::NOENT => {
                Err(kernel(format!("look up nftables table {table}"))(refusal))
            }
            Ok(()) | Err(_) => Ok(generation),
        }
    }

    /// Hook and policy of a base chain; `None` if there is no such chain or it is no base chain.
    pub(crate) fn base_chain(&mut self, table: &str, chain: &str) -> Result<Option<(u32, u32)>> {
        let mut batch = Batch::new();
        batch.message(GET_CHAIN, 0, &FIXED).text(CHAIN_TABLE, table).text(CHAIN_NAME, chain);
        let mut found = None;
        let exchanged = self.socket.exchange(batch.finish(), |reply| {
            let attributes = reply.body.get(FIXED.len()..).unwrap_or_default();
            let hook =
                find(attributes, CHAIN_HOOK).and_then(|hook| find(hook, HOOK_NUMBER)).and_then(big_endian);
            found = hook.zip(find(attributes, CHAIN_POLICY).and_then(big_endian));
        });
        match exchanged {
            Err(refusal) if refusal.errno != Errno::NOENT => {
                Err(kernel(format!("look up chain {chain} of nftables table {table}"))(refusal))
            }
            Ok(()) | Err(_) => Ok(found),
        }
    }

    /// The rules of a table, or of one chain of it, in their order. Empty if there is none.
    pub(crate) fn rules(&mut self, table: &str, chain: Option<&str>) -> Result<Vec<Rule>> {
        let mut batch = Batch::new();
        batch.message(GET_RULE, DUMP, &FIXED).text(RULE_TABLE, table);
        if let Some(chain) = chain {
            batch.text(RULE_CHAIN, chain);
        }
        let mut rules: Vec<Rule> = Vec::new();
        let exchanged = self.socket.exchange(batch.finish(), |reply| {
            if let Some(rule) = parse_rule(reply.body, table, chain) {
                // A dump that was repeated shows each rule twice.
                rules.retain(|known| known.handle != rule.handle);
                rules.push(rule);
            }
        });
        match exchanged {
            Err(refusal) if refusal.errno != Errno::NOENT => {
                Err(kernel(format!("list the rules of nftables table {table}"))(refusal))
            }
            Ok(()) | Err(_) => Ok(rules),
        }
    }

    /// Applies a transaction: wholly, or not at all.
    pub(crate) fn commit(
        &mut self,
        transaction: Transaction,
    ) -> std::result::Result<(), sys::netlink::Error> {
        let mut batch = transaction.batch;
        // Older kernels do not acknowledge the end of a batch, but what is in it.
        batch.acknowledge().message(BATCH_END, 0, &FIXED_BATCH);
        self.socket.exchange(batch.finish(), |_| ())
    }
}

/// Reads the body of an `NFT_MSG_NEWRULE`; `None` if it belongs elsewhere (kernels before 4.4 ignore the filter).
fn parse_rule(body: &[u8], table: &str, chain: Option<&str>) -> Option<Rule> {
    let attributes = body.get(FIXED.len()..)?;
    let its_table = find(attributes, RULE_TABLE).and_then(text)?;
    let its_chain = find(attributes, RULE_CHAIN).and_then(text)?;
    let comment = find(attributes, RULE_NOTES).and_then(comment).unwrap_or_default();
    let handle = find(attributes, RULE_HANDLE).and_then(big_endian_64)?;
    let wanted = its_table == table && chain.is_none_or(|chain| chain == its_chain);
    wanted.then(|| Rule { chain: its_chain.to_owned(), handle, comment: comment.to_owned() })
}

/// The comment among a rule's notes.
fn comment(mut notes: &[u8]) -> Option<&str> {
    while let [kind, length, rest @ ..] = notes {
        let value = rest.get(..usize::from(*length))?;
        if *kind == NOTE_COMMENT {
            return text(value);
        }
        notes = &rest[value.len()..];
    }
    None
}

/// A base chain to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain<'a> {
    pub(crate) name: &'a str,
    /// `filter` or `nat`.
    pub(crate) kind: &'a str,
    pub(crate) hook: Hook,
    /// Lower ones see a packet first.
    pub(crate) priority: i32,
}

/// Changes that take effect together.
#[derive(Debug)]
pub(crate) struct Transaction {
    batch: Batch,
}

impl Transaction {
    pub(crate) fn new() -> Self {
        let mut batch = Batch::new();
        batch.message(BATCH_BEGIN, 0, &FIXED_BATCH);
        Self { batch }
    }

    /// Adds a table, unless it is there.
    pub(crate) fn add_table(&mut self, name: &str) -> &mut Self {
        self.batch.message(NEW_TABLE, CREATE, &FIXED).text(TABLE_NAME, name);
        self
    }

    /// Removes a table with all that is in it.
    pub(crate) fn delete_table(&mut self, name: &str) -> &mut Self {
        self.batch.message(DELETE_TABLE, 0, &FIXED).text(TABLE_NAME, name);
        self
    }

    /// Adds a base chain that accepts what no rule decides about.
    pub(crate) fn add_chain(&mut self, table: &str, chain: &Chain<'_>) -> &mut Self {
        self.batch
            .message(NEW_CHAIN, CREATE, &FIXED)
            .text(CHAIN_TABLE, table)
            .text(CHAIN_NAME, chain.name)
            .text(CHAIN_TYPE, chain.kind)
            .nested(CHAIN_HOOK, |hook| {
                hook.big_endian(HOOK_NUMBER, chain.hook as u32)
                    .big_endian(HOOK_PRIORITY, chain.priority.cast_unsigned());
            })
            .big_endian(CHAIN_POLICY, Policy::Accept as u32);
        self
    }

    /// Adds a rule behind the others of its chain. `expressions` appends what it consists of; the comment (at most 120 bytes) tells whose it is.
    pub(crate) fn add_rule(
        &mut self,
        table: &str,
        chain: &str,
        comment: &str,
        expressions: impl FnOnce(&mut Batch),
    ) -> &mut Self {
        self.batch
            .message(NEW_RULE, CREATE | APPEND, &FIXED)
            .text(RULE_TABLE, table)
            .text(RULE_CHAIN, chain)
            .nested(RULE_EXPRESSIONS, expressions)
            .attribute(RULE_NOTES, &note(comment));
        self
    }

    /// Removes a rule.
    pub(crate) fn delete_rule(&mut self, table: &str, chain: &str, handle: u64) -> &mut Self {
        self.batch
            .message(DELETE_RULE, 0, &FIXED)
            .text(RULE_TABLE, table)
            .text(RULE_CHAIN, chain)
            .attribute(RULE_HANDLE, &handle.to_be_bytes());
        self
    }
}

/// A comment as a rule's note.
fn note(comment: &str) -> Vec<u8> {
    let length =
        u8::try_from(comment.len() + 1).expect("comments are made here, of names the kernel accepted");
    let mut note = vec![NOTE_COMMENT, length];
    note.extend(comment.as_bytes());
    note.push(0);
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_found_behind_other_notes() {
        let mut notes = vec![7, 2, 1, 1];
        notes.extend(note("tare: leaving"));
        assert_eq!(comment(&notes), Some("tare: leaving"));
        for length in 0..notes.len() {
            let _ = comment(&notes[..length]);
        }
    }

    #[test]
    fn a_rule_reads_as_it_was_written() {
        let mut transaction = Transaction::new();
        transaction.add_rule("tare", "forward", "mine", |_| ());
        let bytes = transaction.batch.finish();
        let mut body = bytes[36..].to_vec();
        assert_eq!(parse_rule(&body, "tare", None), None, "no handle yet");
        let mut handle = Batch::new();
        handle.message(0, 0, &[]).attribute(RULE_HANDLE, &7_u64.to_be_bytes());
        body.extend(&handle.finish()[16..]);
        let rule = parse_rule(&body, "tare", Some("forward")).unwrap();
        assert_eq!((rule.chain.as_str(), rule.handle, rule.comment.as_str()), ("forward", 7, "mine"));
        assert_eq!(parse_rule(&body, "other", None), None);
        assert_eq!(parse_rule(&body, "tare", Some("postrouting")), None);
    }
}
