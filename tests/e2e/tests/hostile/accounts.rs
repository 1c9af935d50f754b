//! Users that a parser could take for somebody else (CVE-2026-30892, CVE-2026-46680).

use e2e::{Root, TestEngine};

#[test]
fn a_number_is_never_a_name_in_the_image_s_configuration() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("alias", &Root::busybox(), &["USER 2000"]);
    assert_eq!(engine.tare(["run", "--rm", "--network", "none", "alias", "id", "-u"]).text(), "2000");
    engine.import("negative", &Root::busybox(), &["USER -1"]);
    engine.tare(["run", "--rm", "negative", "id", "-u"]).fails(125, "uids and gids must be in range");
}
