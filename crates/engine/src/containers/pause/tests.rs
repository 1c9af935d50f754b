//! Pausing a real process in a real cgroup.

use super::*;
use crate::containers::find::find;
use crate::containers::tests::testbed::Testbed;
use crate::containers::{inspect, top};
use serde_json::json;

#[test]
fn a_paused_container_is_frozen_and_still_seen() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(|root| std::fs::write(root.join("exe"), "").unwrap());
    let record = bed.container("web", &[layer], Vec::new());
    let error = |result: Result<()>| result.unwrap_err().to_string();
    assert_eq!(error(pause(&bed.engine, "web")), format!("container {} is not running", record.id));
    assert_eq!(error(unpause(&bed.engine, "web")), format!("Container {} is not paused", record.id));
    let error_of_top = top::top(&bed.engine, "web", &[]).unwrap_err();
    assert_eq!(error_of_top.to_string(), format!("container {} is not running", record.id));
    let running = bed.run(&record);
    let pid = running.confine();
    pause(&bed.engine, "web").unwrap();
    assert_eq!(error(pause(&bed.engine, "web")), format!("Container {} is already paused", record.id));
    assert_eq!(inspect::inspect(&bed.engine, "web", false).unwrap()["State"]["Paused"], json!(true));
    let table = top::top(&bed.engine, "web", &["-o".into(), "pid,comm".into()]).unwrap();
    assert_eq!(
        (table.titles, table.processes),
        (words(&["PID", "COMMAND"]), vec![words(&[&pid.to_string(), "exe"])])
    );
    unpause(&bed.engine, "web").unwrap();
    assert_eq!(bed.directory_of(&record).init().unwrap().unwrap().pid, pid);
    assert_eq!(find(&bed.engine, "web").unwrap().status, Status::Running);
    drop(running);
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
