//! The expected texts were printed by Docker's command line 28.2 for the same values.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

use super::{Format, Inspection, Row, list, object};
use crate::Error;

const HEADERS: [(&str, &str); 4] =
    [("ID", "CONTAINER ID"), ("Names", "NAMES"), ("Labels", "LABELS"), ("RunningFor", "CREATED")];

const DEFAULT: &str = "table {{.ID}}\\t{{.RunningFor}}\\t{{.Names}}";

fn rows() -> Vec<Row> {
    let labels = BTreeMap::from([("a".to_owned(), "<1>".to_owned()), ("b".to_owned(), "2".to_owned())]);
    vec![
        Row::default()
            .with("ID", "0123456789ab")
            .with("Names", "web")
            .with("Labels", "a=<1>,b=2")
            .with("RunningFor", "About an hour ago")
            .with_labels(labels),
        Row::default()
            .with("ID", "ffffffffffff")
            .with("Names", "日本")
            .with("Labels", "")
            .with("RunningFor", "31 seconds ago"),
    ]
}

fn listed(format: &str) -> Result<String, Error> {
    let mut out = Vec::new();
    list(&mut out, &Format::parse(format, DEFAULT)?, &HEADERS, rows())?;
    Ok(String::from_utf8(out).expect("UTF-8"))
}

fn list_refusal(format: &str) -> String {
    listed(format).expect_err(format).to_string()
}

#[test]
fn the_default_table() {
    for format in ["table", DEFAULT] {
        assert_eq!(listed(format).expect("a table"), listed("").expect("a table"));
    }
    assert_snapshot!(listed("").expect("a table"), @r"
    CONTAINER ID   CREATED             NAMES
    0123456789ab   About an hour ago   web
    ffffffffffff   31 seconds ago      日本
    ");
}

#[test]
fn a_table_without_rows_has_its_header() {
    let mut out = Vec::new();
    list(&mut out, &Format::parse("", DEFAULT).expect("a format"), &HEADERS, []).expect("a table");
    assert_eq!(out, b"CONTAINER ID   CREATED   NAMES\n");
}

#[test]
fn tables_of_labels_and_functions() {
    let format = "table {{.Label \"com.example.x_y\"}}\\t{{.ID | upper}}\\t{{pad .Names 1 1}}\\t{{truncate .Labels 3}}";
    assert_snapshot!(listed(format).expect("a table"), @r"
    x y       CONTAINER ID    NAMES    LABELS
              0123456789AB    web      a=<
              FFFFFFFFFFFF    日本     
    ");
    assert_snapshot!(listed("table {{if .Label \"a\"}}y{{end}}\t{{slice .ID 0 2}}").expect("a table"), @r"
    y         CO
    y         01
              ff
    ");
}

#[test]
fn what_has_no_header_leaves_the_rest_of_it_out() {
    assert_eq!(listed("table {{.ID}} {{json .}}").expect("a table").lines().next(), Some("CONTAINER ID "));
}

#[test]
fn lines_as_they_come() {
    assert_eq!(listed("{{.ID}}\\t{{.Names}}").expect("lines"), "0123456789ab\tweb\nffffffffffff\t日本\n");
    assert_eq!(listed("\\t{{.ID}}\\n").expect("lines"), "\t0123456789ab\n\n\tffffffffffff\n\n");
    assert_eq!(
        listed("{{.Label \"a\"}}|{{\"b\" | .Label}}|{{$.Label \"c\"}}").expect("lines"),
        "<1>|2|\n||\n"
    );
    assert_eq!(listed("raw").expect("lines"), "raw\nraw\n");
}

#[test]
fn rows_as_json_have_sorted_keys_and_no_methods() {
    let expected = "{\"ID\":\"0123456789ab\",\"Labels\":\"a=<1>,b=2\",\"Names\":\"web\",\"RunningFor\":\"About an hour ago\"}";
    for format in ["json", "{{json .}}"] {
        assert_eq!(listed(format).expect("JSON").lines().next(), Some(expected));
    }
}

#[test]
fn lists_refuse_what_does_not_fit() {
    assert_snapshot!(list_refusal("{{.Foo}}"), @"template parsing error: can't evaluate field Foo; the fields are ID, Label, Labels, Names, RunningFor");
    assert_snapshot!(list_refusal("{{.ID \"x\"}}"), @"template parsing error: call: non-function value of type string");
    assert_snapshot!(list_refusal("{{.Label}}{{.Label 1}}"), @"template parsing error: expected string; found 1");
    assert_snapshot!(list_refusal("table {{.ID.Foo}}"), @"template parsing error: can't evaluate field Foo in type string");
    assert_snapshot!(list_refusal("{{.ID"), @"template parsing error: template: 1:6: unclosed action");
    assert_snapshot!(list_refusal("{{foo .ID}}"), @r#"template parsing error: template: :1: function "foo" not defined"#);
    assert_snapshot!(list_refusal("{{join .ID}}"), @"template parsing error: wrong number of args for join: want 2 got 1");
    assert_snapshot!(list_refusal("{{upper 3}}"), @"template parsing error: expected string; found 3");
    assert_snapshot!(list_refusal(&"x".repeat(70_000)), @"template parsing error: longer than 65536 bytes");
    assert_snapshot!(list_refusal("{{range 2000000}}{{end}}"), @"template parsing error: range iteration budget exhausted");
}

#[test]
fn formats_know_which_fields_they_look_at() {
    let mentions = |format: &str| Format::parse(format, DEFAULT).expect("a format").mentions("Size");
    assert!(
        mentions("{{.Size}}")
            && mentions("json")
            && mentions("{{json .}}")
            && mentions("table {{if .Size}}{{end}}")
    );
    assert!(!mentions("") && !mentions("{{.ID}} Size"));
}

fn container() -> serde_json::Value {
    json!({
        "Id": "0123",
        "State": { "Status": "running", "Pid": 42, "Health": null },
        "Config": { "Labels": { "b.c": "2", "a": "<1>" }, "Cmd": ["sh", "-c", "x"], "Entrypoint": null },
        "NetworkSettings": { "Networks": { "bridge": { "IPAddress": "172.17.0.2" }, "a": { "IPAddress": "10.0.0.2" } } },
        "SizeRw": 18_446_744_073_709_551_615_u64,
        "Share": 1.0,
        "Separators": "\u{2028}\u{2029}"
    })
}

fn inspected(format: &str) -> String {
    let mut out = Vec::new();
    Inspection::parse(format).expect(format).write(&mut out, &[container()]).expect(format);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn inspection_by_template() {
    let known = [
        ("{{.State.Status}} {{.State.Pid}} {{.SizeRw}}", "running 42 18446744073709551615"),
        ("{{index .Config.Labels \"b.c\"}}", "2"),
        ("[{{index .Config.Labels \"none\"}}]", "[]"),
        ("[{{index .Config.Entrypoint \"none\"}}]{{len .Config.Entrypoint}}", "[]0"),
        ("{{.Config.Labels.none}} {{.None.At.All}}", "<no value> <no value>"),
        ("{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}", "none"),
        (
            "{{range $k, $v := .NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}};{{end}}",
            "a=10.0.0.2;bridge=172.17.0.2;",
        ),
        ("{{range .Config.Cmd}}[{{.}}]{{end}}{{range .Config.Entrypoint}}x{{end}}", "[sh][-c][x]"),
        ("{{.Config.Cmd}} {{.Config.Labels}}", "[sh -c x] map[a:<1> b.c:2]"),
        ("{{json .Config}}", r#"{"Labels":{"b.c":"2","a":"<1>"},"Cmd":["sh","-c","x"],"Entrypoint":null}"#),
        ("{{json .Separators}} {{json .Share}}", r#""\u2028\u2029" 1"#),
        (
            "{{join .Config.Cmd \" \"}} {{json (split \"a,b\" \",\")}} {{json (split \"ab\" \"\")}}",
            r#"sh -c x ["a","b"] ["a","b"]"#,
        ),
        (
            "{{title \"ab cd-ef\"}} {{pad \"x\" 1 2}}| {{truncate \"abc\" 5}} {{truncate \"日本\" 4}}",
            "Ab Cd-Ef  x  | abc 日",
        ),
        ("{{println 1 2}}x\\t", "1 2\nx\\t"),
        ("{{with .State}}{{.Status}}{{end}}{{/* nothing */}}", "running"),
        ("{{define \"x\"}}<{{.}}>{{end}}{{template \"x\" .Id}}", "<0123>"),
        (" json", " json"),
    ];
    for (format, expected) in known {
        assert_eq!(inspected(format), format!("{expected}\n"), "{format}");
    }
}

#[test]
fn inspection_as_json_keeps_the_order_of_keys() {
    let value = json!([{"z": 1, "a": {"y": [], "b": {}}}]);
    let print = |format: &str| {
        let mut out = Vec::new();
        let objects = value.as_array().expect("an array");
        Inspection::parse(format).expect(format).write(&mut out, objects).expect(format);
        String::from_utf8(out).expect("UTF-8")
    };
    assert_eq!(print("json"), "[{\"z\":1,\"a\":{\"y\":[],\"b\":{}}}]\n");
    assert_eq!(print("{{json .}}"), "{\"z\":1,\"a\":{\"y\":[],\"b\":{}}}\n");
    assert_snapshot!(print(""), @r#"
    [
        {
            "z": 1,
            "a": {
                "y": [],
                "b": {}
            }
        }
    ]
    "#);
}

#[test]
fn inspection_of_nothing() {
    for (format, expected) in [("", "[]\n"), ("json", "[]\n"), ("{{.Id}}", "\n")] {
        let mut out = Vec::new();
        Inspection::parse(format).expect(format).write(&mut out, &[]).expect(format);
        assert_eq!(out, expected.as_bytes());
    }
}

#[test]
fn inspection_goes_on_past_objects_that_do_not_fit() {
    let inspection = Inspection::parse("{{index .Cmd 0}}").expect("a template");
    let mut out = Vec::new();
    let error = inspection
        .write(&mut out, &[json!({"Cmd": []}), json!({"Cmd": ["x"]})])
        .expect_err("one does not fit");
    assert_eq!(error.to_string(), "template parsing error: index out of range: 0");
    assert_eq!(out, b"x\n");
}

#[test]
fn one_object() {
    let print = |format: &str| {
        let mut out = Vec::new();
        object(&mut out, format, &json!({"Server": {"Version": "1.2", "Api": "1.51"}})).expect(format);
        String::from_utf8(out).expect("UTF-8")
    };
    assert_eq!(print("{{.Server.Version}}"), "1.2\n");
    assert_eq!(print("json"), "{\"Server\":{\"Version\":\"1.2\",\"Api\":\"1.51\"}}\n");
}

#[test]
fn deep_nesting_is_refused_or_harmless() {
    for unit in ["{{if 1}}", "{{(((((((((", "{{range 9}}", "{{with .}}"] {
        let _ = listed(&unit.repeat(2_000));
    }
    let _ = listed(&format!(
        "{{{{define \"x\"}}}}{}{{{{end}}}}{{{{template \"x\" .}}}}",
        "{{template \"x\" .}}".repeat(50)
    ));
}

proptest! {
    #[test]
    fn any_format_prints_or_is_refused(format in "\\PC{0,40}|(\\{\\{|\\}\\}|table |\\.ID|\\.|[ |()$\"0-9-]|if|end|range|json|pad|slice|index|printf|%[a-z]|\\\\t){0,24}") {
        let _ = listed(&format);
        let mut out = Vec::new();
        let _ = Inspection::parse(&format).and_then(|inspection| inspection.write(&mut out, &[container()]));
    }
}
