//! What is found on the way from a file to the site.

use manage::collectstatic::Places;
use manage::doctor::static_files::{Args, Bucket};
use portico::config::Timeouts;
use serde_json::json;

use super::super::{Folder, in_part, whole};
use super::{CSS, HASHED, OLD, Project, asset, diagnose, has, manifest, s3};
use crate::site::{Site, root};

#[tokio::test]
async fn a_file_that_is_served_well_is_told_in_short() {
    let project = Project::new();
    for url in ["/static/css/site.css", "/static/css/site.css?v=1#top", "/static/css/site.0123456789ab.css"] {
        let (outcome, said) = project.ask(url).await;
        assert!(whole(&outcome), "{said}");
        has(&said, &["source: ", HASHED, ": 200; ", "text/css; charset=utf-8", "max-age=60", "served well"]);
    }
}

#[tokio::test]
async fn a_wrong_address_leads_to_the_right_one_and_that_is_looked_at() {
    let project = Project::new();
    for (url, words) in [
        ("/css/site.css", "lacks STATIC_URL"),
        ("/static//css/site.css", "doubled slash"),
        ("/static/static/css/site.css", "twice"),
        ("/assets/css/site.css", "begins with /assets/"),
        ("/login/static/css/site.css", "without the slash at the beginning"),
    ] {
        let (outcome, said) = project.ask(url).await;
        assert!(in_part(&outcome), "{said}");
        has(&said, &["wrong address: ", words, "/static/css/site.css; in a page"]);
        assert_eq!(said.lines().filter(|line| line.contains(". Ask for")).count(), 1, "{said}");
        let answer = said.lines().find(|line| line.starts_with("answer to http://")).unwrap();
        assert!(answer.contains("/static/css/site.css: 200; "), "{answer} is not said to be of the right address");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_with_its_neighbours() {
    let project = Project::new();
    let (outcome, said) = project.ask("/static/Css/site.css").await;
    assert!(in_part(&outcome));
    has(&said, &["no such file: ", "Perhaps it is css/site.css"]);
    project.write("static/css/site.css~", "an editor's");
    has(&project.ask("/static/css/site.css~").await.1, &["left out: ", "the pattern *~"]);
    std::os::unix::fs::symlink("/etc/hostname", project.folder.path("static/out.txt")).unwrap();
    has(&project.ask("/static/out.txt").await.1, &["refused: ", "leads out of"]);
}

#[tokio::test]
async fn what_every_deployment_leaves_out_is_told_though_it_is_served() {
    let mut project = Project::new();
    for (name, pattern) in [("a~", "*~"), ("CVS/Root", "CVS"), (".hidden", ".*")] {
        project.write(&format!("static/{name}"), CSS);
        let url = format!("/static/{name}");
        project = project.page(&url, asset("application/octet-stream", CSS));
        let (outcome, said) = project.ask(&url).await;
        assert!(in_part(&outcome), "{said}");
        has(&said, &["left out: ", &format!("the pattern {pattern} leaves it out")]);
    }
}

#[tokio::test]
async fn a_file_that_is_not_collected_or_was_before_it_changed_is_told() {
    let project = Project::new();
    project.write("static/css/new.css", CSS);
    let (_, said) = project.ask("/static/css/new.css").await;
    has(&said, &["not collected: ", "has no css/new.css", "Run `cargo manage collectstatic`"]);
    project.write("static/css/site.css", "body { color: white }\n");
    has(&project.found().await, &["outdated: ", "has changed since"]);
    project.write("collected/staticfiles.json", "{");
    has(&project.found().await, &["damaged manifest: ", "cannot be used", "Run `cargo manage collectstatic`"]);
    project.remove("collected/staticfiles.json");
    has(&project.found().await, &["not collected: ", "has no staticfiles.json"]);
}

#[tokio::test]
async fn a_name_of_another_version_is_told_with_the_one_that_is_right() {
    let project = Project::new();
    let (outcome, said) = project.ask(&format!("/static/{OLD}")).await;
    assert!(in_part(&outcome));
    has(&said, &["stale manifest: ", OLD, HASHED, "not there any more (404)", "load the page again"]);
    let project = project.page(&format!("/static/{OLD}"), asset("text/css; charset=utf-8", "old"));
    has(&project.ask(&format!("/static/{OLD}")).await.1, &["stale manifest: ", "the old one is still there"]);
}

#[tokio::test]
async fn a_file_that_the_site_does_not_have_is_told_by_its_own_manifest() {
    let mut project = Project::new();
    project.pages.remove("/static/css/site.css");
    let other = json!({ "paths": {}, "version": "1.1", "hash": "ba9876543210" }).to_string();
    let project = project.page("/static/staticfiles.json", asset("application/json", &other));
    let said = project.found().await;
    has(&said, &["cached: ", "(ba9876543210) has no css/site.css", "Start the server again"]);
    assert!(!said.contains("--upload"), "nothing is uploaded to this machine: {said}");
}

#[tokio::test]
async fn a_file_that_the_bucket_does_not_have_is_told() {
    let site = Site::start().await;
    let bucket = site.stack.template().buckets.iter().find(|bucket| bucket.logical_id == "StaticBucket").unwrap();
    let sdk = site.stack.aws().sdk_config(Timeouts { attempt_ms: 5_000, operation_ms: 20_000 }).unwrap();
    let client = manage::stack::s3(&sdk, Some(&site.stack.s3_url()));
    let bucket = Bucket { client, name: bucket.name.clone() };
    let project = Project::new().page("/static/css/site.css", s3(403, "AccessDenied"));
    let (outcome, said) = project.ask_with("/static/css/site.css", Some(&bucket)).await;
    assert!(in_part(&outcome));
    has(&said, &["not uploaded: ", "has no static/css/site.css"]);

    let put = bucket.client.put_object().bucket(&bucket.name).key("static/css/site.css");
    put.body(CSS.as_bytes().to_vec().into()).send().await.unwrap();
    let (_, said) = project.ask_with("/static/css/site.css", Some(&bucket)).await;
    has(&said, &["bucket: static/css/site.css is in ", "forbidden: ", "AccessDenied"]);

    let nobodys = Bucket { name: "nobodys".into(), ..bucket.clone() };
    let (_, said) = project.ask_with("/static/css/site.css", Some(&nobodys)).await;
    has(&said, &["bucket: "]);
}

#[tokio::test]
async fn a_deployment_that_serves_its_files_itself_serves_them_well() {
    let project = Project::new();
    let sheet = "a { color: black }\n".repeat(100);
    for name in ["static/css/site.css", "collected/css/site.css", &format!("collected/{HASHED}")] {
        project.write(name, &sheet);
    }
    project.write(&format!("collected/{HASHED}.br"), "br of it");
    let root = project.folder.path("collected").display().to_string();
    let mut site = Site::start_with(|options| {
        options.address = Some(([127, 0, 0, 1], 0).into());
        options.collected = true;
        options.settings.push(("STATIC_ROOT".into(), root));
    })
    .await;
    let serving = tokio::spawn(site.stack.serve(std::future::pending()));
    let ask = |url: String| {
        let args = project.args(&url, site.stack.url());
        async move { diagnose(&args, None).await }
    };
    let (outcome, said) = ask(format!("/static/{HASHED}")).await;
    assert!(whole(&outcome), "{said}");
    has(&said, &["immutable", "content-encoding: br for whoever takes it", "served well"]);
    let (outcome, said) = ask(format!("/static/{OLD}")).await;
    assert!(in_part(&outcome), "{said}");
    has(&said, &["stale manifest: ", "That one is at the site already"]);
    assert!(!said.contains("not a static file"), "{said}");

    let newer = "css/site.abcdefabcdef.css";
    for name in ["static/css/site.css", "collected/css/site.css", &format!("collected/{newer}")] {
        project.write(name, &sheet.replace("black", "white"));
    }
    project.remove(&format!("collected/{HASHED}"));
    project.write("collected/staticfiles.json", &manifest("abcdefabcdef", newer));
    for (name, cause) in [(newer, "cached: "), (HASHED, "stale manifest: ")] {
        let (outcome, said) = ask(format!("/static/{name}")).await;
        assert!(in_part(&outcome), "{said}");
        has(&said, &[cause, "Start the server again: it reads STATIC_ROOT once"]);
        assert!(!said.contains("--upload") && !said.contains("sam deploy"), "{said}");
    }
    serving.abort();
}

#[tokio::test]
async fn the_development_server_serves_its_files_well_without_a_collect_step() {
    let mut site = Site::start_with(|options| options.address = Some(([127, 0, 0, 1], 0).into())).await;
    let url = site.stack.url().to_owned();
    let serving = tokio::spawn(site.stack.serve(std::future::pending()));
    let output = Folder::new();
    let places = Places { output: Some(output.path("none")), ..Places::default() };
    let args = |url: &str| Args {
        url: url.to_owned(),
        site: Some(site.stack.url().to_owned()),
        places: places.clone(),
        ..Args::default()
    };
    let (outcome, said) = diagnose(&args("/static/css/site.css"), None).await;
    assert!(whole(&outcome), "{said}");
    has(&said, &["collected: not in ", "/static/css/site.css: 200; ", "no-cache", "served well"]);
    let (outcome, said) = diagnose(&args(&format!("{url}/css/site.css")), None).await;
    assert!(in_part(&outcome), "{said}");
    has(&said, &["wrong address: ", &format!("Ask for {url}/static/css/site.css")]);
    has(&diagnose(&args("/static/css/sites.css"), None).await.1, &["no such file: ", "Perhaps it is css/site.css"]);
    assert!(root().join("static/css/site.css").is_file());
    let (outcome, said) = diagnose(&args("/static/css/site.000000000000.css"), None).await;
    assert!(in_part(&outcome), "{said}");
    has(&said, &["serves plain names. Ask for css/site.css"]);
    assert!(!said.contains("not collected") && !said.contains("stale"), "{said}");
    serving.abort();
}
