//! How each engine is told to move images: its command lines.

use super::contender::Kind;
use super::ground::Ground;

/// An engine's command lines for images.
pub(super) struct Mover {
    kind: Kind,
    /// The program with what it is always told.
    program: Vec<String>,
    /// Words before those of a program that goes into the lab's network by itself.
    enter: Vec<String>,
}

/// What skopeo calls an image of its store.
const SKOPEO_STORE: &str = "containers-storage:[overlay@/media/data/skopeo+/media/run/skopeo]";

impl Mover {
    /// The engine of this kind.
    pub(super) fn new(ground: &Ground, kind: Kind) -> Result<Self, String> {
        let lab = ground.lab()?;
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let program = match kind {
            Kind::Tare => ground.tare(&[]),
            Kind::Podman => words(&["podman", "--root=/media/data/podman", "--runroot=/media/run/podman"]),
            Kind::Containerd => {
                let socket = lab.below.as_ref().ok_or("not up (no process containerd)")?;
                words(&["ctr", "--address", socket])
            }
            _ => words(&[kind.name()]),
        };
        // daemons are there
        let enter = match kind {
            Kind::Docker | Kind::Containerd => Vec::new(),
            _ => words(&["nsenter", &format!("--net={}", lab.network)]),
        };
        Ok(Self { kind, program, enter })
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        self.program.iter().cloned().chain(words.iter().map(|&word| word.to_owned())).collect()
    }

    fn on_network(&self, words: &[&str]) -> Vec<String> {
        [self.enter.clone(), self.words(words)].concat()
    }

    /// Brings an image from the registry, and unpacks it.
    pub(super) fn pull(&self, image: &str) -> Vec<String> {
        match self.kind {
            Kind::Podman => self.on_network(&["pull", "--quiet", "--tls-verify=false", image]),
            Kind::Skopeo => {
                let (from, to) = (format!("docker://{image}"), format!("{SKOPEO_STORE}{image}"));
                self.on_network(&["copy", "--quiet", "--src-tls-verify=false", &from, &to])
            }
            Kind::Containerd => self.on_network(&["images", "pull", "--plain-http", image]),
            _ => self.on_network(&["pull", "--quiet", image]),
        }
    }

    /// Brings an image of the store to the registry under another name, which those that need it have given it with [`Self::tag`].
    pub(super) fn push(&self, image: &str, to: &str) -> Vec<String> {
        match self.kind {
            Kind::Podman => self.on_network(&["push", "--quiet", "--tls-verify=false", image, to]),
            Kind::Skopeo => {
                let (from, to) = (format!("{SKOPEO_STORE}{image}"), format!("docker://{to}"));
                self.on_network(&["copy", "--quiet", "--dest-tls-verify=false", &from, &to])
            }
            Kind::Containerd => self.on_network(&["images", "push", "--plain-http", to]),
            _ => self.on_network(&["push", "--quiet", to]),
        }
    }

    /// Gives another name; skopeo has no need of it.
    pub(super) fn tag(&self, image: &str, to: &str) -> Option<Vec<String>> {
        match self.kind {
            Kind::Skopeo => None,
            Kind::Containerd => Some(self.words(&["images", "tag", "--force", image, to])),
            _ => Some(self.words(&["tag", image, to])),
        }
    }

    /// Writes an archive with an image of the store.
    pub(super) fn save(&self, image: &str, file: &str) -> Vec<String> {
        match self.kind {
            Kind::Podman => {
                self.words(&["save", "--quiet", "--format=docker-archive", "--output", file, image])
            }
            Kind::Skopeo => {
                let (from, to) = (format!("{SKOPEO_STORE}{image}"), format!("docker-archive:{file}:{image}"));
                self.words(&["copy", "--quiet", &from, &to])
            }
            Kind::Containerd => self.words(&["images", "export", file, image]),
            _ => self.words(&["save", "--output", file, image]),
        }
    }

    /// Takes an archive with this image, and unpacks it.
    pub(super) fn load(&self, image: &str, file: &str) -> Vec<String> {
        match self.kind {
            Kind::Skopeo => {
                let (from, to) = (format!("docker-archive:{file}"), format!("{SKOPEO_STORE}{image}"));
                self.words(&["copy", "--quiet", &from, &to])
            }
            Kind::Containerd => self.words(&["images", "import", file]),
            _ => self.words(&["load", "--quiet", "--input", file]),
        }
    }

    /// Removes images, with all that nothing else needs; those that are not there do no harm.
    pub(super) fn forget(&self, images: &[&str]) -> Vec<Vec<String>> {
        match self.kind {
            Kind::Tare => vec![
                self.words(&[&["rmi", "--force"], images].concat()),
                self.words(&["builder", "prune", "--all", "--force"]),
                self.words(&["image", "prune", "--force"]),
            ],
            Kind::Skopeo => images
                .iter()
                .map(|image| self.words(&["delete", &format!("{SKOPEO_STORE}{image}")]))
                .collect(),
            Kind::Containerd => vec![self.words(&[&["images", "rm", "--sync"], images].concat())],
            Kind::Podman => vec![self.words(&[&["rmi", "--force", "--ignore"], images].concat())],
            _ => vec![self.words(&[&["image", "rm", "--force"], images].concat())],
        }
    }
}
