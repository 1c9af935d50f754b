//! Lists of tags that have no end, or are none.

use super::Liar;
use crate::registry::User;
use e2e::{Fault, FaultKind};

#[test]
fn lists_of_tags_have_an_end() {
    let (Some(user), liar) = (User::new(), Liar::new()) else { return };
    let all = || user.tare(["pull", "-a", &liar.name("good")]);
    let more = FaultKind::Header("Link".into(), "</v2/good/tags/list?n=1&last=0>; rel=\"next\"".into());
    for kind in [
        more,
        FaultKind::Header("Link".into(), "<http://127.0.0.1:1/v2/good/tags/list>; rel=\"next\"".into()),
        FaultKind::Endless,
        FaultKind::Body(b"{\"tags\":[\"../../x\"]}".to_vec()),
        FaultKind::Body(b"{\"tags\":[\"\\u001b[2J\"]}".to_vec()),
        FaultKind::Body(b"{\"tags\":7}".to_vec()),
        FaultKind::Body(b"<html>".to_vec()),
        FaultKind::Status(404, vec![], vec![]),
        FaultKind::Status(500, vec![], vec![]),
        FaultKind::HangUp,
    ] {
        liar.chaos.fault(Fault::new("GET", "/tags/list", kind.clone()));
        let said = all();
        let asked = liar.chaos.requests().len();
        assert!(asked < 20, "{kind:?}: asked {asked} times");
        assert!(!said.err.contains('\x1b'), "{kind:?}: {said:?}");
        let complaint = said.complaint(1);
        let names_it = complaint.contains(&liar.chaos.host()) || complaint.contains("invalid reference");
        assert!(names_it && complaint.len() < 2000, "{kind:?}: {complaint}");
        user.assert_has_nothing();
        liar.chaos.clear_faults();
        liar.chaos.forget_requests();
    }
    all().ok();
    user.assert_has(&liar.name("good:1"), &liar.good);
}
