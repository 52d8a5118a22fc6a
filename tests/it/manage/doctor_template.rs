//! `cargo manage doctor template`: what is said of a template, and how it ends.

use std::collections::BTreeMap;

use manage::doctor::template::{Args, run};
use manage::doctor::{site, template};

use super::{Folder, Script, in_part, whole, why};
use crate::site::root;

fn project() -> String {
    std::fs::read_to_string(root().join("template.yaml")).unwrap()
}

#[test]
fn the_projects_template_is_well_wherever_it_lies() {
    let folder = Folder::new();
    let copy = folder.file("copy.yaml", project());
    for file in [None, Some(copy)] {
        let mut script = Script::nobody(&[]);
        let outcome = run(&Args { file, ..Args::default() }, &mut script);
        assert!(whole(&outcome), "{}", script.said());
        assert!(script.said().starts_with("Nothing is wrong with the template"), "{}", script.said());
    }
}

#[test]
fn each_finding_is_a_line_with_its_code_its_place_and_what_to_write() {
    let folder = Folder::new();
    let text = project().replace("SigningBehavior: always", "SigningBehavior: never");
    let broken = folder
        .file("broken.yaml", text.replacen("RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD", 1));
    let mut script = Script::nobody(&[]);
    let parameter =
        vec![("MediaPublicKey".to_owned(), "-----BEGIN PUBLIC KEY-----MFkw-----END PUBLIC KEY-----".to_owned())];
    let args = Args { file: Some(broken), parameter, json: false };
    let outcome = run(&args, &mut script);
    assert!(in_part(&outcome), "{}", script.said());
    let said = script.said();
    let lines: Vec<_> = said.lines().collect();
    let [first, second, third] = lines.as_slice() else { panic!("{said}") };
    assert!(
        first.starts_with("edge.no-origin-access: StaticAccess.OriginAccessControlConfig.SigningBehavior: "),
        "{first}"
    );
    assert!(first.ends_with("Write SigningBehavior: always."), "{first}");
    assert!(second.contains(": MediaAccess."), "with its parameter there is one for media: {second}");
    assert!(
        third.starts_with("log.retention: Logs.RetentionInDays: ") && third.contains("Write RetentionInDays: 90"),
        "{third}"
    );
    let mut script = Script::nobody(&[]);
    assert!(in_part(&run(&Args { json: true, ..args }, &mut script)));
    let findings: serde_json::Value = serde_json::from_str(&script.said()).unwrap();
    assert_eq!(findings.as_array().unwrap().len(), 3);
    assert_eq!(findings[0]["code"], "edge.no-origin-access");
    assert_eq!(findings[0]["place"], "StaticAccess.OriginAccessControlConfig.SigningBehavior");
    assert_eq!(findings[0]["fix"], "Write SigningBehavior: always");
}

#[test]
fn what_is_no_template_is_refused() {
    let folder = Folder::new();
    let file = folder.file("no.yaml", "Resources: !Reff x");
    let args = Args { file: Some(file), ..Args::default() };
    assert!(why(run(&args, &mut Script::nobody(&[]))).contains("!Reff"));
    let missing = Args { file: Some(folder.path("nowhere.yaml")), ..Args::default() };
    assert!(why(run(&missing, &mut Script::nobody(&[]))).contains("nowhere.yaml cannot be read"));
}

#[test]
fn the_documentation_has_every_check_with_why_it_matters() {
    let page = std::fs::read_to_string(root().join("docs/doctor.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut told: BTreeMap<_, _> = rows.filter(|(code, _)| code.contains('.')).collect();
    for check in template::CHECKS.iter().chain(site::CHECKS) {
        let row = told.remove(check.code).unwrap_or_else(|| panic!("docs/doctor.md has no {}", check.code));
        let (why, fix) = row.split_once(" | ").unwrap();
        assert_eq!(why, check.why, "{}", check.code);
        assert!(fix.ends_with(" |") && fix.len() > 5, "{}: {fix}", check.code);
    }
    assert_eq!(told, BTreeMap::new(), "what there is not");
}
