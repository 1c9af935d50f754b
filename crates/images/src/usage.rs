//! Who uses images. Images do not know containers: whoever removes images tells.

use oci::Digest;
use store::collect::Roots;

/// A container that uses an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The container's id.
    pub container: String,
    /// IMAGE ID of its image.
    pub image: Digest,
    /// It runs, or is paused.
    pub is_running: bool,
}

/// What else than names keeps images.
#[expect(missing_debug_implementations, reason = "what is called has nothing to show")]
pub struct Usage<'r> {
    /// Every container.
    pub users: Vec<User>,
    /// What containers keep from being collected, asked again while collecting.
    pub roots: Box<dyn Fn() -> store::Result<Roots> + 'r>,
}

impl Usage<'_> {
    /// A container that uses the image; one that runs, if there is any.
    #[must_use]
    pub fn of(&self, image: &Digest) -> Option<&User> {
        self.users.iter().filter(|user| user.image == *image).max_by_key(|user| user.is_running)
    }
}
