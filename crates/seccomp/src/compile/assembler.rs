//! Writes a program from its end to its beginning, so that the target of every jump is known when it is written.

use crate::action::Action;
use crate::error::Error;
use crate::program::{Instruction, MAX_INSTRUCTIONS, Program, code};
use std::collections::HashMap;

/// How far a conditional jump reaches.
const REACH: usize = u8::MAX as usize;

/// An instruction to go to: the count of those between it and the program's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(usize);

/// A comparison of the loaded word: its code and its operand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    /// One of [`code::EQUAL`], [`code::GREATER`], [`code::AT_LEAST`].
    pub(super) code: u16,
    /// What the word is compared with.
    pub(super) operand: u32,
}

/// A program under construction.
#[derive(Default)]
pub(super) struct Assembler {
    /// The instructions, the last one first.
    reversed: Vec<Instruction>,
    /// The foremost place that returns each action.
    answers: HashMap<Action, Label>,
}

impl Assembler {
    /// A place that answers with `action`.
    pub(super) fn answer(&mut self, action: Action) -> Label {
        match self.answers.get(&action) {
            Some(label) => *label,
            None => self.push_answer(action),
        }
    }

    /// Loads the word at `offset` of the call's description and goes on at `next`.
    pub(super) fn load(&mut self, offset: u32, next: Label) -> Label {
        self.straight(Instruction { code: code::LOAD, jt: 0, jf: 0, k: offset }, next)
    }

    /// Masks the loaded word and goes on at `next`.
    pub(super) fn mask(&mut self, mask: u32, next: Label) -> Label {
        self.straight(Instruction { code: code::AND, jt: 0, jf: 0, k: mask }, next)
    }

    /// Goes to `yes` if the loaded word passes the comparison, else to `no`.
    pub(super) fn branch(&mut self, comparison: Comparison, yes: Label, no: Label) -> Label {
        if yes == no {
            return yes;
        }
        let yes = self.near(yes, 1);
        let no = self.near(no, 0);
        let (jt, jf) = (self.distance(yes) as u8, self.distance(no) as u8);
        self.push(Instruction { code: comparison.code, jt, jf, k: comparison.operand })
    }

    /// Where to go instead of `target` if the word at `offset` is loaded already.
    pub(super) fn past_load(&self, target: Label, offset: u32) -> Label {
        let there = self.reversed[target.0];
        if there.code == code::LOAD && there.k == offset { Label(target.0 - 1) } else { target }
    }

    /// The program, which begins at `entry`.
    pub(super) fn finish(mut self, entry: Label) -> Result<Program, Error> {
        self.fall_through(entry);
        self.reversed.reverse();
        Program::new(self.reversed)
    }

    /// Whether the program has outgrown the kernel's limit, so that going on is useless.
    pub(super) fn is_full(&self) -> bool {
        self.reversed.len() > MAX_INSTRUCTIONS
    }

    fn straight(&mut self, instruction: Instruction, next: Label) -> Label {
        self.fall_through(next);
        self.push(instruction)
    }

    /// Makes `next` what follows the instruction to come.
    fn fall_through(&mut self, next: Label) {
        if self.distance(next) > 0 {
            self.stand_in(next);
        }
    }

    /// A place within reach of the instruction to come after `others` more, that does what `target` does.
    fn near(&mut self, target: Label, others: usize) -> Label {
        if self.distance(target) + others > REACH { self.stand_in(target) } else { target }
    }

    /// A copy of the answer at `target`, or a jump there.
    fn stand_in(&mut self, target: Label) -> Label {
        let there = self.reversed[target.0];
        if there.code == code::RETURN {
            return self.push_answer(Action::from_raw(there.k));
        }
        let k = self.distance(target) as u32;
        self.push(Instruction { code: code::JUMP, jt: 0, jf: 0, k })
    }

    fn push_answer(&mut self, action: Action) -> Label {
        let label = self.push(Instruction { code: code::RETURN, jt: 0, jf: 0, k: action.to_raw() });
        self.answers.insert(action, label);
        label
    }

    fn push(&mut self, instruction: Instruction) -> Label {
        self.reversed.push(instruction);
        Label(self.reversed.len() - 1)
    }

    /// How many instructions lie between the one to come and `target`.
    fn distance(&self, target: Label) -> usize {
        self.reversed.len() - target.0 - 1
    }
}
