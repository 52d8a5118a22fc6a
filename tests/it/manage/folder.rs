//! Commands on a data folder, with and without a server that has it.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use local::{Options, Stack};
use manage::site::Site as Managed;
use manage::{changepassword, createsuperuser, export, import_django};
use portico::clock::TestClock;
use serde_json::json;

use super::{Folder, Script, fixture, whole, why};
use crate::site::{PASSWORD, Site, root};

async fn serve(data: &Path) -> Site {
    let data = data.to_owned();
    Site::start_with(|options| options.data = Some(data)).await
}

async fn managed(data: &Path) -> Managed {
    Managed::in_folder(&root(), data).await.unwrap_or_else(|failure| panic!("{}", failure.message()))
}

async fn create(site: &Managed, email: &str) {
    let args = createsuperuser::Args { email: Some(email.into()), password_stdin: true, ..Default::default() };
    assert!(whole(&createsuperuser::run(&args, site, &mut Script::nobody(&[PASSWORD])).await));
}

#[tokio::test]
async fn a_command_works_before_during_and_after_a_server_on_the_same_users() {
    let folder = Folder::new();
    let data = folder.path("data");
    create(&managed(&data).await, "before@example.com").await;
    let site = serve(&data).await;
    site.program().log_in("before@example.com").await;
    create(&managed(&data).await, "during@example.com").await;
    site.program().log_in("during@example.com").await;
    site.stack.shutdown().await;
    let args = changepassword::Args { whom: "during@example.com".into(), password_stdin: true, ..Default::default() };
    let site = managed(&data).await;
    assert!(whole(&changepassword::run(&args, &site, &mut Script::nobody(&["quite another password"])).await));
    drop(site);
    let site = serve(&data).await;
    site.program().log_in("before@example.com").await;
    let body = json!({ "username": "during@example.com", "password": "quite another password" });
    assert_eq!(site.program().post_json("/login", body).await.status, 200);
    let mails = site.mails_to("during@example.com").await;
    let told = mails.iter().filter(|mail| mail.subject.contains("was changed")).count();
    assert_eq!(told, 1, "what was promised without a server is sent by the next one: {mails:?}");
}

#[tokio::test]
async fn no_write_is_lost_where_a_server_and_a_command_write_at_the_same_time() {
    let folder = Folder::new();
    let data = folder.path("data");
    let site = serve(&data).await;
    let command = managed(&data).await;
    let args = import_django::Args { file: fixture("dumpdata.json"), ..Default::default() };
    let mut script = Script::nobody(&[]);
    let sign_ups = join_all((0..8).map(|index| {
        let mut program = site.program();
        async move { program.sign_up(&format!("visitor{index}@example.com")).await }
    }));
    let (outcome, _) = tokio::join!(import_django::run(&args, &command, &mut script), sign_ups);
    outcome.unwrap();
    assert_eq!(site.of_kind("PROFILE").len(), 14 + 8);
    let file = folder.path("export");
    let args = export::Args { file: file.clone(), ..Default::default() };
    assert!(whole(&export::run(&args, &command, &mut Script::nobody(&[])).await));
    let exported = std::fs::read_to_string(&file).unwrap();
    assert_eq!(exported.lines().filter(|line| line.contains("\"SK\":\"PROFILE\"")).count(), 14 + 8);
}

#[tokio::test]
async fn a_folder_is_had_by_one_at_a_time() {
    let folder = Folder::new();
    let data = folder.path("data");
    let first = managed(&data).await;
    let project = root();
    // The second one waits for a while, in vain.
    tokio::time::pause();
    let (second, server) = tokio::join!(Managed::in_folder(&project, &data), async {
        let mut options = Options::in_memory(root());
        (options.data, options.clock) = (Some(data.clone()), Arc::new(TestClock::default()));
        Stack::start(options).await.err().map(|error| error.to_string())
    });
    let why = why(second.map(|_| manage::Finished::Whole));
    assert!(why.contains("another command works in"), "{why}");
    assert!(server.unwrap().contains("used by another process"));
    tokio::time::resume();
    create(&first, "kim@example.com").await;
    drop(first);
    serve(&data).await.program().log_in("kim@example.com").await;
}

#[tokio::test]
async fn the_address_that_a_killed_server_left_is_not_trusted() {
    let folder = Folder::new();
    let data = folder.path("data");
    create(&managed(&data).await, "kim@example.com").await;
    // Something else has the port by now.
    let stranger = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    folder.file("data/dynamodb.url", format!("http://{}\n", stranger.local_addr().unwrap()));
    create(&managed(&data).await, "lee@example.com").await;
    assert!(!data.join("dynamodb.url").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn what_leads_to_the_tables_is_the_owners_alone_and_goes_with_the_server() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let data = folder.path("data");
    let site = serve(&data).await;
    let mode = |name: &str| data.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("dynamodb.url"), mode("dynamodb.db")), (0o700, 0o600, 0o600));
    site.stack.shutdown().await;
    assert!(!data.join("dynamodb.url").exists());
}
