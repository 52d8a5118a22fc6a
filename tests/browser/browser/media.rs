//! Files of one's own: sent several at a time, gone on with, renamed, shared and deleted.

use crate::person::Person;
use crate::pictures::Pictures;
use crate::screen::PHONE;
use crate::site::Site;

const CHOOSE: &str = "[data-choose] button";

#[tokio::test(flavor = "multi_thread")]
async fn several_files_at_once_each_have_their_own_fate() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.presses_in("header", "Files").await;
    kim.sees("No files yet").await;

    let files = [pictures.sunrise(), pictures.table(), pictures.text_named_png()];
    kim.chooses_files(CHOOSE, &files).await;
    kim.until("two are ready", &shows("ready", 2)).await;
    kim.until("one is not", "!!document.querySelector('.transfer[data-state=rejected]')").await;
    kim.sees("The file is not a picture.").await;
    kim.until("the picture is drawn", "document.querySelector('.file-picture img')?.naturalWidth > 0").await;
    kim.looks().await;
    kim.presses_here("Close").await;
    kim.until("its row is gone", "!document.querySelector('.transfer')").await;

    // What cannot be of any purpose is not even sent.
    let program = pictures.program();
    kim.chooses_file(CHOOSE, &program).await;
    kim.sees("Files of this type cannot be uploaded.").await;
    kim.goes_to("/media").await;
    kim.sees("hills.csv").await;
    kim.sees_no("setup.exe").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_renamed_shared_linked_and_deleted() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.goes_to("/media").await;
    kim.chooses_file(CHOOSE, &pictures.sunrise()).await;
    kim.until("it is ready", &shows("ready", 1)).await;
    open_first(&mut kim).await;
    kim.sees("640 × 640").await;

    kim.types("#id_name", "Above the clouds").await;
    kim.presses("Rename").await;
    kim.sees("The file has its new name.").await;
    assert_eq!(kim.text("h1").await, "Above the clouds.jpg", "the ending is that of what is published");

    let details = kim.place().await.split('#').next().unwrap_or_default().to_owned();
    let file = details.trim_end_matches("/details").to_owned();
    kim.types("#id_email", "not an address").await;
    kim.expects(422, "POST", &format!("{file}/grants"));
    kim.presses("Share").await;
    kim.until("the mistake is read first", "document.activeElement.matches('[data-error-summary]')").await;
    kim.types("#id_email", "lee@example.com").await;
    kim.presses("Share").await;
    kim.sees("lee@example.com").await;
    kim.presses("Revoke").await;
    kim.sees_no("lee@example.com").await;

    kim.presses("Create a link").await;
    kim.sees("Your link is ready").await;
    let link = kim.value("#id_link").await;
    assert!(link.starts_with(kim.site()) && link.contains("?link="), "{link}");
    kim.goes_to(&details).await;
    assert!(kim.finds("!document.querySelector('#id_link')").await, "it is shown once");
    kim.presses("Revoke").await;

    kim.presses("Delete file").await;
    kim.presses("Keep the file").await;
    kim.presses("Delete file").await;
    kim.presses("Delete file").await;
    kim.sees("The file is deleted.").await;
    kim.sees("No files yet").await;
}

/// The parts that S3 has are not sent again, even by another visit to the page.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_on_where_it_was_left() {
    let site = Site::start_set(&[("UPLOAD_PART_BYTES", "5242880")]).await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    let table = pictures.long_table();
    kim.goes_to("/media").await;
    kim.line_carries(Some(3_000_000)).await;
    kim.chooses_file(CHOOSE, &table).await;
    kim.until(
        "speed and time are told",
        "/per second, .* left/.test(document.querySelector('[data-note]')?.innerText)",
    )
    .await;
    kim.until("most of it is through", "document.querySelector('.transfer progress').value > 60").await;
    kim.presses_here("Pause").await;
    kim.sees("Paused at").await;
    kim.looks().await;

    kim.line_carries(None).await;
    kim.goes_to("/media").await;
    kim.sees("were sent. Choose the same file again to go on.").await;
    kim.looks().await;
    kim.chooses_file("[data-act=go-on]", &pictures.table()).await;
    kim.sees("That is another file. To go on, choose sunrises.csv.").await;
    kim.chooses_file("[data-act=go-on]", &table).await;
    kim.until("it is ready", &shows("ready", 1)).await;
    kim.sees("12 MiB").await;
    assert_eq!(kim.string("localStorage['portico.uploads']").await, "[]");

    // One that is cancelled leaves nothing.
    kim.line_carries(Some(500_000)).await;
    kim.chooses_file(CHOOSE, &table).await;
    kim.until("it is on its way", "document.querySelector('.transfer progress')?.value > 1").await;
    kim.presses_here("Cancel").await;
    kim.until("its row is gone", "!document.querySelector('.transfer')").await;
    kim.line_carries(None).await;
    kim.goes_to("/media").await;
    assert!(kim.finds("document.querySelectorAll('[data-file]').length === 1").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_added_and_deleted_without_scripts_on_a_phone() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.takes(PHONE).await;
    kim.switches_scripts_off().await;
    kim.goes_to("/media").await;
    kim.evaluate("document.querySelector('#id_purpose').value = 'document'").await.unwrap();
    kim.presses("Choose files…").await;
    kim.sees("Add a file").await;
    kim.chooses_file("#id_file", &pictures.table()).await;
    kim.leaves(kim.clicks("main form button")).await;
    kim.sees("Your file is ready").await;
    kim.looks().await;
    kim.presses("Show the file").await;
    kim.presses("Delete file").await;
    kim.presses("Delete file").await;
    kim.sees("No files yet").await;
    kim.presses("Shared with you").await;
    kim.sees("Nothing here yet").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_in_korean_too() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.presses_in("footer", "한국어").await;
    kim.goes_to("/media").await;
    kim.chooses_files(CHOOSE, &[pictures.sunrise(), pictures.table()]).await;
    kim.until("both are ready", &shows("ready", 2)).await;
    kim.takes(PHONE).await;
    kim.looks().await;
    open_first(&mut kim).await;
    kim.sees("볼 수 있는 사람").await;
}

async fn open_first(kim: &mut Person) {
    kim.leaves(kim.clicks(".file-name a")).await;
    kim.looks().await;
}

/// So many files in this state are in the list.
fn shows(state: &str, count: u8) -> String {
    format!("document.querySelectorAll('[data-files] [data-state={state}]:not([hidden])').length === {count}")
}
