//! Growing to completeness: every kept file is looked into, and every rule applied, until nothing asks for more.

use crate::closure::Closure;
use crate::reason::Size;
use crate::tree::Id;
use crate::{binary, modules, policy, script};

impl Closure<'_> {
    /// Looks into everything that is kept, until nothing asks for more.
    pub fn settle(&mut self) {
        loop {
            while let Some(id) = self.next() {
                self.examine(id);
            }
            let before = self.len();
            policy::apply(self);
            if self.len() == before {
                return;
            }
        }
    }

    /// As [`settle`](Closure::settle), with nothing but what loaders and the kernel need of what is new.
    pub fn settle_narrowly(&mut self) {
        let size = std::mem::replace(&mut self.size, Size::Strict);
        self.settle();
        self.size = size;
    }

    fn examine(&mut self, id: Id) {
        if self.object(id).is_some() {
            binary::examine(self, id);
        } else {
            script::examine(self, id);
        }
        modules::examine(self, id);
    }
}
