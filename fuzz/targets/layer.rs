//! Layers and other archives, unpacked beside a canary once and, over the first, once more; what a layer became can be
//! written, and is the same again.

#![no_main]

use fuzz::place::Place;
use fuzz::stream;
use libfuzzer_sys::fuzz_target;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::LazyLock;
use store::changeset::{self, Error, Limits, Ownership, Replace, Unpack, Unpacked, Whiteouts, Write};

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);

fuzz_target!(|input: &[u8]| {
    let Some((options, archive)) = stream::read(input, PLACE.base()) else { return };
    let unpack = Unpack {
        whiteouts: if options & 2 == 0 { Whiteouts::Overlay } else { Whiteouts::Literal },
        replace: if options & 4 == 0 { Replace::Any } else { Replace::SameSort },
        ownership: if options & 8 == 0 { Ownership::Keep } else { Ownership::Set(1000, 1000) },
        limits: Limits { entries: 1000, stream: stream::MOST, ..Limits::default() },
    };
    let root = PLACE.root("root");
    let unpacked = self::unpack(&archive, &root, &unpack);
    PLACE.is_untouched();
    if unpacked.is_ok_and(|unpacked| unpacked.bytes <= stream::MOST) && options & 2 == 0 {
        is_the_same_again(&root);
    }
    let other = Unpack { whiteouts: Whiteouts::Literal, ..unpack };
    // what stands in its way may make it an error
    let _ = self::unpack(&archive, &root, &other);
    PLACE.is_untouched();
    PLACE.remove("root");
});

fn unpack(archive: &[u8], root: &Path, options: &Unpack) -> Result<Unpacked, Error> {
    let root = File::open(root).expect("the root opens");
    let mut plain = changeset::decompress(archive)?;
    changeset::unpack(&mut plain, root.as_fd(), options)
}

/// A tree is written, unpacked and written again as the same bytes, unless it cannot be written.
fn is_the_same_again(root: &Path) {
    let Ok(first) = write(root) else { return };
    let copy = PLACE.root("copy");
    unpack(&first, &copy, &Unpack::default()).expect("what we write we unpack");
    let second = write(&copy).expect("what we have unpacked we write");
    assert!(first == second, "a layer is the same again");
    PLACE.remove("copy");
}

fn write(root: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let root = File::open(root).expect("the root opens");
    changeset::write(root.as_fd(), &mut bytes, &Write::default()).map(|_| bytes)
}
