//! The table of one store: what leaves the bridge is given the machine's address, and only containers begin connections.
//!
//! ```text
//! table ip tare {
//!   chain postrouting { type nat hook postrouting priority srcnat
//!     ip saddr 172.18.0.0/16 oifname != "tare0" masquerade
//!   }
//!   chain forward { type filter hook forward priority filter
//!     iifname "tare0" accept
//!     oifname "tare0" ct state established,related accept
//!     oifname "tare0" drop
//!   }
//! }
//! ```
//!
//! The last rule matters because the machine now forwards: without it a neighbour who sets a route to the subnet reaches every
//! port of every container. Other stores' bridges are kept apart by it as well.
//!
//! Every rule has a comment with a revision and the subnet. The comments, in their order, say whether the table is whole and made by this version.

use super::expression::{
    Comparison, Side, Verdict, counter, established, interface, masquerade, source, verdict,
};
use super::{Chain, Hook, Netfilter, Transaction};
use crate::error::{Result, kernel};
use crate::subnet::Subnet;
use sys::Errno;

/// Grows with each change of the rules below, so that a table of an older version is replaced.
const REVISION: u32 = 1;

/// `NF_IP_PRI_NAT_SRC` and `NF_IP_PRI_FILTER`.
const POSTROUTING: Chain<'_> =
    Chain { name: "postrouting", kind: "nat", hook: Hook::Postrouting, priority: 100 };
const FORWARD: Chain<'_> = Chain { name: "forward", kind: "filter", hook: Hook::Forward, priority: 0 };

/// What a table is made for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose<'a> {
    pub(crate) table: &'a str,
    pub(crate) bridge: &'a str,
    pub(crate) subnet: Subnet,
}

impl Purpose<'_> {
    fn comment(&self, what: &str) -> String {
        format!("{what} {} (revision {REVISION})", self.subnet)
    }

    /// The rules that make the table whole: their chains and comments.
    fn rules(&self) -> [(&'static str, String); 4] {
        [
            (POSTROUTING.name, self.comment("translate")),
            (FORWARD.name, self.comment("from")),
            (FORWARD.name, self.comment("answers to")),
            (FORWARD.name, self.comment("nothing else to")),
        ]
    }
}

/// True if the table stands with all its rules. An administrator's own rules among them are none of our business.
pub(crate) fn is_whole(netfilter: &mut Netfilter, purpose: &Purpose<'_>) -> Result<bool> {
    let expected = purpose.rules();
    let found: Vec<_> =
        netfilter.rules(purpose.table, None)?.into_iter().map(|rule| (rule.chain, rule.comment)).collect();
    let ours =
        |(chain, comment): &(&str, String)| found.iter().any(|rule| rule.0 == *chain && rule.1 == *comment);
    Ok(expected.iter().all(ours))
}

/// Makes the table anew, in one transaction: no packet meets half of it.
pub(crate) fn replace(netfilter: &mut Netfilter, purpose: &Purpose<'_>) -> Result<()> {
    let Purpose { table, bridge, subnet } = *purpose;
    let [(_, translate), (_, from), (_, answers), (_, nothing_else)] = purpose.rules();
    let mut transaction = Transaction::new();
    transaction.add_table(table).delete_table(table).add_table(table);
    transaction.add_chain(table, &POSTROUTING).add_chain(table, &FORWARD);
    transaction.add_rule(table, POSTROUTING.name, &translate, |rule| {
        source(rule, subnet);
        interface(rule, Side::Out, Comparison::Different, bridge);
        masquerade(rule);
    });
    transaction.add_rule(table, FORWARD.name, &from, |rule| {
        interface(rule, Side::In, Comparison::Equal, bridge);
        verdict(rule, Verdict::Accept);
    });
    transaction.add_rule(table, FORWARD.name, &answers, |rule| {
        interface(rule, Side::Out, Comparison::Equal, bridge);
        established(rule);
        verdict(rule, Verdict::Accept);
    });
    transaction.add_rule(table, FORWARD.name, &nothing_else, |rule| {
        interface(rule, Side::Out, Comparison::Equal, bridge);
        counter(rule);
        verdict(rule, Verdict::Drop);
    });
    netfilter.commit(transaction).map_err(kernel(format!("make nftables table {table}")))
}

/// Removes the table; true if there was one.
pub(crate) fn remove(netfilter: &mut Netfilter, table: &str) -> Result<bool> {
    let mut transaction = Transaction::new();
    transaction.delete_table(table);
    match netfilter.commit(transaction) {
        Ok(()) => Ok(true),
        Err(refusal) if refusal.errno == Errno::NOENT => Ok(false),
        Err(refusal) => Err(kernel(format!("remove nftables table {table}"))(refusal)),
    }
}
