//! A fault that is visible in an image.

use crate::refusal::Refusal;
use crate::text::shown;

/// Something wrong, and how the kernel answers it.
pub(super) struct Fault {
    /// What the kernel says to this.
    pub(super) refusal: Refusal,
    pub(super) cause: String,
    pub(super) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(refusal: Refusal, cause: impl Into<String>) -> Self {
        Self { refusal, cause: cause.into(), hint: None }
    }

    /// A file without execute permission for anybody.
    pub(super) fn not_executable(path: &str, mode: u32) -> Self {
        let path = shown(path);
        let cause = format!("{path} is not executable (mode {:04o})", mode & 0o7777);
        let hint = format!("COPY --chmod=755, or RUN chmod +x {path}");
        Self::new(Refusal::PermissionDenied, cause).with_hint(hint)
    }

    /// A link that leads nowhere.
    pub(super) fn dangling(path: &str, target: &str) -> Self {
        let cause = format!("{} is a link to {}, which the image does not have", shown(path), shown(target));
        Self::new(Refusal::NotFound, cause)
    }

    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with_maybe_hint(Some(hint.into()))
    }

    pub(super) fn with_maybe_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// The same fault in the words of the errno that the kernel gave, unless Docker has better ones.
    pub(super) fn told_as(self, given: Refusal) -> Self {
        let refusal = if self.refusal.sharpens_errno() { self.refusal } else { given };
        Self { refusal, ..self }
    }

    /// This fault, with another one that is visible but does not explain the errno.
    pub(super) fn besides(self, other: Option<Self>) -> Self {
        match other {
            Some(other) => {
                let cause = format!("{}; besides, {}", self.cause, other.cause);
                Self { cause, hint: self.hint.or(other.hint), ..self }
            }
            None => self,
        }
    }
}
