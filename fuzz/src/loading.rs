//! Loading an input as an image archive, and what holds whatever it is.

use crate::place::Place;
use engine::images::load::{Load, load};
use engine::{Engine, Layout, system};
use oci::image::Configuration;
use std::fs;
use std::path::Path;
use store::{blobs, layers, refs};

/// An engine beside a canary.
#[derive(Debug)]
pub struct Loading {
    place: Place,
    engine: Engine,
}

impl Loading {
    /// Makes one in a directory for temporary files.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn new() -> Self {
        let place = Place::new();
        let layout =
            Layout::new(&place.inside().join("data"), &place.inside().join("exec"), Path::new("/none"));
        let engine = Engine::open(layout).expect("an engine can be made");
        Self { place, engine }
    }

    /// The directory that holds canary and engine.
    #[must_use]
    pub fn base(&self) -> &Path {
        self.place.base()
    }

    /// Loads an archive and takes it back.
    ///
    /// # Panics
    /// If anything outside was touched; if an archive that was refused left a name; if what was accepted is not whole;
    /// if something is left that nothing names. These are findings.
    pub fn survive(&self, archive: &[u8]) {
        let store = self.engine.store();
        let result = load(self.engine.store(), archive, &Load::default(), &mut |_| {});
        self.place.is_untouched();
        let names = refs::list(store).expect("names can be listed");
        match result {
            Err(error) => {
                assert!(!error.to_string().is_empty(), "an error has words: {error:?}");
                assert!(names.is_empty(), "a refused archive left {names:?}: {error}");
            }
            Ok(loaded) => {
                for image in loaded {
                    self.is_whole(&image.id);
                    let is_named = |name| names.iter().any(|(named, _)| named == name);
                    assert!(image.names.iter().all(is_named), "{:?} are names: {names:?}", image.names);
                }
            }
        }
        for (name, target) in &names {
            assert!(blobs::exists(store, &target.digest), "{name} names what is there");
            refs::remove(store, name).expect("a name can be removed");
        }
        self.is_empty();
    }

    /// The image's configuration and layers are there.
    fn is_whole(&self, id: &oci::Digest) {
        let store = self.engine.store();
        let text = blobs::read_document(store, id).expect("the configuration of an image is there");
        let configuration: Configuration = serde_json::from_slice(&text).expect("it is a configuration");
        for layer in &configuration.rootfs.diff_ids {
            assert!(layers::exists(store, layer), "layer {layer} is there");
        }
    }

    fn is_empty(&self) {
        system::collect(&self.engine).expect("what nothing names can be collected");
        for name in ["blobs/sha256", "layers/sha256", "refs", "staging", "trash"] {
            let directory = self.engine.store().data_root().join(name);
            let left: Vec<_> = fs::read_dir(directory).expect("a directory of the store").flatten().collect();
            assert!(left.is_empty(), "{name} has {left:?}");
        }
    }
}

impl Default for Loading {
    fn default() -> Self {
        Self::new()
    }
}
