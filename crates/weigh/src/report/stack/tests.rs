//! What layers hide of each other.

use super::*;

fn entry(parent: Option<usize>, name: &str, kind: Kind) -> Found {
    Found { parent, name: name.as_bytes().into(), kind }
}

const DIRECTORY: Kind = Kind::Directory { is_opaque: false };

fn file(bytes: u64) -> Kind {
    Kind::File { bytes, identity: None }
}

fn stack(layers: Vec<Vec<Found>>) -> Stack {
    let mut stack = Stack::new();
    for found in layers {
        stack.push(Layer::default(), found);
    }
    stack
}

#[test]
fn what_lies_on_something_hides_it() {
    let base = || {
        vec![
            entry(None, "etc", DIRECTORY),
            entry(Some(0), "kept", file(1)),
            entry(Some(0), "replaced", file(10)),
            entry(Some(0), "removed", file(100)),
        ]
    };
    let upper = vec![
        entry(None, "etc", DIRECTORY),
        entry(Some(0), "replaced", file(11)),
        entry(Some(0), "removed", Kind::Whiteout),
        entry(Some(0), "never", Kind::Whiteout),
    ];
    let stack = stack(vec![base(), upper]);
    assert_eq!(stack.shown(), 2);
    let (layers, waste) = stack.finish();
    assert_eq!((layers[0].bytes, layers[0].files), (111, 3));
    assert_eq!((layers[0].hidden_bytes, layers[0].hidden_files), (110, 2));
    assert_eq!((layers[1].bytes, layers[1].files, layers[1].removes), (11, 1, 1));
    assert_eq!((waste.bytes, waste.files), (110, 2));
    let told: Vec<_> = waste.largest.iter().map(|hidden| (hidden.path.as_str(), hidden.is_removed)).collect();
    assert_eq!(told, [("/etc/removed", true), ("/etc/replaced", false)]);
}

#[test]
fn an_opaque_directory_hides_what_is_below_and_keeps_its_own() {
    let base = vec![
        entry(None, "d", DIRECTORY),
        entry(Some(0), "e", DIRECTORY),
        entry(Some(1), "f", file(5)),
        entry(Some(0), "g", file(7)),
    ];
    let upper = vec![entry(None, "d", Kind::Directory { is_opaque: true }), entry(Some(0), "g", file(1))];
    let stack = stack(vec![base, upper]);
    assert_eq!(stack.shown(), 1);
    let (layers, waste) = stack.finish();
    assert_eq!((layers[0].hidden_bytes, layers[1].hidden_bytes, waste.bytes), (12, 0, 12));
}

#[test]
fn a_file_with_two_names_is_hidden_when_both_are() {
    let twice = Kind::File { bytes: 8, identity: Some((1, 2)) };
    let base = || vec![entry(None, "a", twice), entry(None, "b", twice)];
    let one = stack(vec![base(), vec![entry(None, "a", Kind::Whiteout)]]).finish();
    assert_eq!((one.0[0].bytes, one.0[0].files, one.1.bytes, one.1.files), (8, 2, 0, 1));
    let both = stack(vec![
        base(),
        vec![entry(None, "a", Kind::Whiteout)],
        vec![entry(None, "b", DIRECTORY), entry(Some(0), "c", file(1))],
    ]);
    assert_eq!(both.shown(), 1);
    assert_eq!(both.finish().1.bytes, 8);
}

#[test]
fn a_file_in_the_place_of_a_directory_hides_all_of_it() {
    let base =
        vec![entry(None, "d", DIRECTORY), entry(Some(0), "x", file(3)), entry(Some(0), "l", Kind::Other)];
    let (layers, waste) = stack(vec![base, vec![entry(None, "d", file(1))]]).finish();
    assert_eq!((waste.bytes, waste.files, layers[1].removes), (3, 2, 0));
}
