//! Who uses images. Images do not know containers: whoever removes images tells.

use crate::Engine;
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
#[derive(Debug, Clone)]
pub struct Usage {
    /// Every container.
    pub users: Vec<User>,
    /// What containers keep from being collected, asked again while collecting.
    pub roots: fn(&Engine) -> store::Result<Roots>,
}

impl Usage {
    /// A container that uses the image; one that runs, if there is any.
    #[must_use]
    pub fn of(&self, image: &Digest) -> Option<&User> {
        self.users.iter().filter(|user| user.image == *image).max_by_key(|user| user.is_running)
    }
}
