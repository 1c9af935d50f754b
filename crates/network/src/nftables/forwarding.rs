//! Other programs' forward policy.
//!
//! A packet must be accepted by every base chain at the forward hook; our own table cannot overrule another one that drops. Docker,
//! ufw and many hand-written scripts set the policy of `FORWARD` in `iptables` to drop. With `iptables-nft` that is chain `FORWARD` of table
//! `ip filter`, which many programs share by convention, each adding rules for its own interfaces. So do we, while the policy is drop:
//! two rules, put *behind* all others, that accept what comes from or goes to our bridge. They answer the policy and
//! nothing else: an administrator's block (`DOCKER-USER`), Docker's isolation of its networks and ufw's routes are decided before them.
//! What may enter the bridge is decided by our own table, which drops new connections from outside.
//!
//! The rules carry a comment with the name of our table, by which they are found again and removed. They use only what `iptables-nft` can list (seen with 1.8.9).
//! Not covered: tables of other names (who wrote a table of his own meant it), and the separate tables of `iptables-legacy`.

use super::expression::{Comparison, Side, Verdict, counter, interface, verdict};
use super::{Hook, Netfilter, Policy, Rule, Transaction};
use crate::error::{Result, kernel};
use sys::Errno;

const TABLE: &str = "filter";
const CHAIN: &str = "FORWARD";

/// Another program may change the chain between a look and a change; then both are repeated.
const ATTEMPTS: u32 = 5;

/// Sees to it that a shared `FORWARD` chain that drops has our rules.
pub(crate) fn ensure(netfilter: &mut Netfilter, table: &str, bridge: &str) -> Result<()> {
    if netfilter.base_chain(TABLE, CHAIN)? != Some((Hook::Forward as u32, Policy::Drop as u32)) {
        return Ok(());
    }
    let comments = [comment(table, "from"), comment(table, "to")];
    let found = own(netfilter, table)?;
    if found.iter().map(|rule| &rule.comment).eq(&comments) {
        return Ok(());
    }
    let mut transaction = Transaction::new();
    for rule in &found {
        transaction.delete_rule(TABLE, CHAIN, rule.handle);
    }
    for (comment, side) in comments.iter().zip([Side::In, Side::Out]) {
        transaction.add_rule(TABLE, CHAIN, comment, |rule| {
            interface(rule, side, Comparison::Equal, bridge);
            counter(rule);
            verdict(rule, Verdict::Accept);
        });
    }
    match netfilter.commit(transaction) {
        // The chain, or a rule of ours, went away in between: the rule set has a new generation, and the caller looks again.
        Err(refusal) if refusal.errno == Errno::NOENT => Ok(()),
        result => {
            result.map_err(kernel("accept the bridge's packets in chain FORWARD of nftables table filter"))
        }
    }
}

/// Removes our rules from the shared chain; true if there were any.
pub(crate) fn remove(netfilter: &mut Netfilter, table: &str) -> Result<bool> {
    for attempt in 1.. {
        let found = own(netfilter, table)?;
        if found.is_empty() {
            return Ok(attempt > 1);
        }
        let mut transaction = Transaction::new();
        for rule in &found {
            transaction.delete_rule(TABLE, CHAIN, rule.handle);
        }
        match netfilter.commit(transaction) {
            Ok(()) => return Ok(true),
            Err(refusal) if refusal.errno == Errno::NOENT && attempt < ATTEMPTS => {}
            Err(refusal) => {
                return Err(kernel("remove the rules in chain FORWARD of nftables table filter")(refusal));
            }
        }
    }
    Ok(false)
}

fn own(netfilter: &mut Netfilter, table: &str) -> Result<Vec<Rule>> {
    let mut rules = netfilter.rules(TABLE, Some(CHAIN))?;
    rules.retain(|rule| {
        rule.comment.strip_suffix(" from").or(rule.comment.strip_suffix(" to")) == Some(table)
    });
    Ok(rules)
}

fn comment(table: &str, side: &str) -> String {
    format!("{table} {side}")
}
