//! What a kept ELF file says of its own loading, for those who put it elsewhere or beside others.

use crate::binary;
use crate::closure::Closure;
use crate::tree::Id;

impl Closure<'_> {
    /// Whether it says by `$ORIGIN` where its libraries are: they are found from where it lies itself.
    pub fn uses_origin(&self, id: Id) -> bool {
        let Some(Some(object)) = self.objects.get(&id) else { return false };
        let lists = [&object.dynamic.runpath, &object.dynamic.rpath];
        let mut all = lists.into_iter().flatten().chain(&object.dynamic.needed);
        all.any(|text| text.contains("$ORIGIN") || text.contains("${ORIGIN}"))
    }

    /// Whether it is a C library or its loader: two of them in one root break each other's programs.
    pub fn is_c_library(&self, id: Id) -> bool {
        matches!(self.objects.get(&id), Some(Some(object)) if binary::is_c_library(self, id, object))
    }
}
