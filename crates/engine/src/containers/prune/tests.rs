//! Which containers a prune removes.

use super::*;
use crate::containers::tests::testbed::Testbed;
use std::fs;

#[test]
fn what_does_not_run_goes() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(|root| fs::write(root.join("exe"), "").unwrap());
    let old = bed.container("old", &[layer], Vec::new());
    fs::write(bed.directory_of(&old).data.join("rw/upper/file"), [0; 5000]).unwrap();
    let kept = bed.container("kept", &[layer], Vec::new());
    let live = bed.container("live", &[layer], Vec::new());
    let running = bed.run(&live);
    let pruned = prune(&bed.engine, &|container| container.record.name != "kept").unwrap();
    assert_eq!(pruned, Pruned { removed: vec![old.id], bytes: 5000 });
    let mut left: Vec<String> = find::list(&bed.engine).unwrap().into_iter().map(|c| c.record.name).collect();
    left.sort();
    assert_eq!(left, ["kept", "live"]);
    drop((running, kept));
}

#[test]
fn one_at_a_time() {
    let Some(bed) = Testbed::new() else { return };
    let lock = only_one(&bed.engine).unwrap();
    assert_eq!(
        prune(&bed.engine, &|_| true).unwrap_err().to_string(),
        "a prune operation is already running"
    );
    drop(lock);
    prune(&bed.engine, &|_| true).unwrap();
}
