//! The program: which machine, then which range of numbers, by halves, then the arguments.
//!
//! A call that no argument decides costs one comparison for each architecture before its own and a number of them
//! that grows with the logarithm of the ranges. Such a path reads nothing but the architecture and the number, which
//! lets kernels since 5.11 answer from a bitmap without running the filter.

use super::assembler::{Assembler, Comparison, Label};
use super::ranges::{Branch, FOREIGN, Range, Verdict};
use super::rules::{Relation, Test};
use crate::error::Error;
use crate::program::{Program, code, offset};
use std::collections::HashMap;

/// Writes the program for machines: their audit values and ranges, the most frequent one first.
pub(super) fn write(machines: &[(u32, Vec<Range>)]) -> Result<Program, Error> {
    let mut writer = Writer { out: Assembler::default(), verdicts: HashMap::new() };
    let mut elsewhere = writer.out.answer(FOREIGN);
    for (audit, ranges) in machines.iter().rev() {
        let tree = writer.machine(ranges)?;
        let machine = writer.out.load(offset::NUMBER, tree);
        let is_it = Comparison { code: code::EQUAL, operand: *audit };
        elsewhere = writer.out.branch(is_it, machine, elsewhere);
    }
    let entry = writer.out.load(offset::ARCH, elsewhere);
    writer.out.finish(entry)
}

struct Writer<'a> {
    out: Assembler,
    /// Decisions by arguments that are already written: other numbers and architectures share them.
    verdicts: HashMap<&'a Verdict, Label>,
}

impl<'a> Writer<'a> {
    /// The decisions first, which are far from the root anyway, and then the tree in one piece.
    fn machine(&mut self, ranges: &'a [Range]) -> Result<Label, Error> {
        for range in ranges {
            self.verdict(&range.verdict);
            if self.out.is_full() {
                return Err(Error::TooLong);
            }
        }
        Ok(self.tree(ranges))
    }

    fn tree(&mut self, ranges: &'a [Range]) -> Label {
        if let [range] = ranges {
            return self.verdict(&range.verdict);
        }
        let (left, right) = ranges.split_at(ranges.len() / 2);
        let operand = right[0].start;
        let right = self.tree(right);
        let left = self.tree(left);
        self.out.branch(Comparison { code: code::AT_LEAST, operand }, right, left)
    }

    fn verdict(&mut self, verdict: &'a Verdict) -> Label {
        if verdict.branches.is_empty() {
            return self.out.answer(verdict.otherwise);
        }
        if let Some(label) = self.verdicts.get(verdict) {
            return *label;
        }
        let mut next = self.out.answer(verdict.otherwise);
        for branch in verdict.branches.iter().rev() {
            next = self.branch(branch, next);
        }
        self.verdicts.insert(verdict, next);
        next
    }

    fn branch(&mut self, branch: &Branch, no: Label) -> Label {
        let yes = self.out.answer(branch.action);
        branch.tests.iter().rev().fold(yes, |yes, test| self.test(*test, branch.wide, yes, no))
    }

    /// A test of a whole argument is one of its upper half that may need one of its lower half.
    fn test(&mut self, test: Test, wide: bool, yes: Label, no: Label) -> Label {
        let (yes, no) = if test.negated { (no, yes) } else { (yes, no) };
        let (low, high) = (test.word(Half::Low), test.word(Half::High));
        match test.relation {
            Relation::Equal => {
                let low = self.word(low, code::EQUAL, yes, no);
                if wide { self.word(high, code::EQUAL, low, no) } else { low }
            }
            Relation::Greater | Relation::AtLeast => {
                let compare = if test.relation == Relation::Greater { code::GREATER } else { code::AT_LEAST };
                let low = self.word(low, compare, yes, no);
                if wide { self.greater(high, low, yes, no) } else { low }
            }
        }
    }

    /// Goes to `yes` or `no` if the word is greater or smaller than the operand, and to `equal` if it is neither.
    fn greater(&mut self, word: Word, equal: Label, yes: Label, no: Label) -> Label {
        let operand = word.operand;
        // Nothing is smaller than 0.
        let unequal = if operand == 0 { yes } else { no };
        let mut next = self.out.branch(Comparison { code: code::EQUAL, operand }, equal, unequal);
        if operand > 0 {
            next = self.out.branch(Comparison { code: code::GREATER, operand }, yes, next);
        }
        self.out.load(word.offset, next)
    }

    /// One comparison; none where no bit is compared.
    fn word(&mut self, word: Word, code: u16, yes: Label, no: Label) -> Label {
        if word.mask == 0 {
            return yes;
        }
        let comparison = Comparison { code, operand: word.operand };
        if word.mask == u32::MAX {
            let (yes, no) = (self.out.past_load(yes, word.offset), self.out.past_load(no, word.offset));
            let next = self.out.branch(comparison, yes, no);
            return self.out.load(word.offset, next);
        }
        let next = self.out.branch(comparison, yes, no);
        let next = self.out.mask(word.mask, next);
        self.out.load(word.offset, next)
    }
}

/// Half of a test.
#[derive(Clone, Copy)]
struct Word {
    /// Where the argument's half lies.
    offset: u32,
    operand: u32,
    mask: u32,
}

#[derive(Clone, Copy)]
enum Half {
    Low,
    High,
}

impl Test {
    fn word(self, half: Half) -> Word {
        let (skip, shift) = match half {
            Half::Low => (0, 0),
            Half::High => (4, 32),
        };
        Word {
            offset: offset::ARGUMENTS + 8 * u32::from(self.position) + skip,
            operand: (self.value >> shift) as u32,
            mask: (self.mask >> shift) as u32,
        }
    }
}
