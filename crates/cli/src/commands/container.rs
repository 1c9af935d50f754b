//! Commands of the family `container` that have no short form.

pub(super) mod commit;
pub(super) mod inspect;
pub(super) mod prune;
