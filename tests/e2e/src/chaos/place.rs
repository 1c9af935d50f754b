//! What the paths of a registry name (OCI distribution specification 1.1, endpoints).

/// A thing of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// `/v2/`
    Top,
    /// `/v2/_catalog`
    Catalog,
    /// Tags of a repository.
    Tags(&'a str),
    /// A manifest by tag or digest.
    Manifest(&'a str, &'a str),
    /// A blob by digest.
    Blob(&'a str, &'a str),
    /// Where uploads begin.
    Uploads(&'a str),
    /// An upload.
    Upload(&'a str, &'a str),
    /// What refers to a digest.
    Referrers(&'a str, &'a str),
}

impl<'a> Place<'a> {
    /// What a path names, if anything.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/v2")?;
        if rest.is_empty() || rest == "/" {
            return Some(Self::Top);
        }
        let rest = rest.strip_prefix('/')?;
        if rest == "_catalog" {
            return Some(Self::Catalog);
        }
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        let (before, last) = rest.rsplit_once('/')?;
        if let Some(name) = before.strip_suffix("/blobs/uploads") {
            return Some(if last.is_empty() { Self::Uploads(name) } else { Self::Upload(name, last) });
        }
        let (name, kind) = before.rsplit_once('/')?;
        match kind {
            "manifests" => Some(Self::Manifest(name, last)),
            "blobs" if last == "uploads" => Some(Self::Uploads(name)),
            "blobs" => Some(Self::Blob(name, last)),
            "referrers" => Some(Self::Referrers(name, last)),
            _ => None,
        }
    }

    /// Its repository.
    pub(super) fn repository(&self) -> Option<&'a str> {
        match self {
            Self::Top | Self::Catalog => None,
            Self::Tags(name)
            | Self::Manifest(name, _)
            | Self::Blob(name, _)
            | Self::Uploads(name)
            | Self::Upload(name, _)
            | Self::Referrers(name, _) => Some(name),
        }
    }
}
