//! Names before and after a rename, and after a crash in it.

use super::*;
use crate::containers::tests::testbed::Testbed;

#[test]
fn the_new_name_is_found_and_the_old_one_is_free() {
    let Some(bed) = Testbed::new() else { return };
    let record = bed.container("web", &[], Vec::new());
    rename(&bed.engine, "web", "/shop").unwrap();
    assert_eq!(find::find_id(&bed.engine, "shop").unwrap(), record.id);
    assert!(matches!(find::find_id(&bed.engine, "web"), Err(Error::NoContainer(_))));
    let mut other = crate::containers::tests::testbed::record("other");
    other.name = "web".into();
    bed.record(other);
    let error = |old: &str, new: &str| rename(&bed.engine, old, new).unwrap_err().to_string();
    assert_eq!(
        error("web", "shop"),
        format!(
            "Error when allocating new name: Conflict. The container name \"/shop\" is already in use by container \"{}\". You have to remove (or rename) that container to be able to reuse that name.",
            record.id
        )
    );
    assert_eq!(error("shop", "shop"), "Renaming a container with the same name as its current name");
    assert_eq!(error("shop", ""), "Neither old nor new names may be empty");
    assert_eq!(error("none", "x1"), "No such container: none");
    assert!(error("shop", "a/b").contains("Invalid container name (a/b)"));
    assert_eq!(find::find_id(&bed.engine, "shop").unwrap(), record.id);
}

/// A crash leaves the new name claimed and the record as it was, or the record renamed and the old name claimed.
#[test]
fn a_crash_in_between_leaves_one_name() {
    let Some(bed) = Testbed::new() else { return };
    let mut record = bed.container("web", &[], Vec::new());
    names::claim(&bed.engine, "shop", &record.id, Lasting::Boot).unwrap();
    assert_eq!(find::find_id(&bed.engine, "web").unwrap(), record.id);
    rename(&bed.engine, "web", "shop").unwrap();
    names::claim(&bed.engine, "web", &record.id, Lasting::Boot).unwrap();
    assert!(find::find_id(&bed.engine, "web").is_err());
    record.name = "shop".into();
    rename(&bed.engine, "shop", "web").unwrap();
    assert_eq!(find::find_id(&bed.engine, "web").unwrap(), record.id);
}
