//! `media reconcile`: what bucket and tables do not agree on is told, and mended where that is asked for.

use futures_util::future::join_all;
use jiff::SignedDuration;
use manage::media::{Action, Args, Reconcile, run};
use manage::site::{Site as Managed, Target};
use manage::{Finished, Outcome};
use portico::media::{Media, PartChecksums};
use serde_json::{Value, json};

use super::{Folder, Script, whole, why};
use crate::media::{TEXT, ask_for_text, ready_text, under_way, used};
use crate::site::{Fault, Site, Visitor, pictures, root};

/// An upload that nobody has asked for.
const NOBODYS: &str = "01a20380-4626-78f1-a5ed-15e9409b99f0";

async fn reconcile_by(managed: &Managed, fix: bool, min_age: u32) -> (Outcome, Script) {
    let mut script = Script::nobody(&[]);
    let args = Args { target: Target::default(), action: Action::Reconcile(Reconcile { fix, min_age }) };
    (Box::pin(run(&args, managed, &mut script)).await, script)
}

async fn reconcile(site: &Site, fix: bool) -> (Outcome, Script) {
    reconcile_by(&site.managed_with_media(), fix, 60).await
}

/// All that is stored: items, and the keys of the objects.
fn everything(site: &Site) -> (Vec<String>, Vec<String>) {
    (site.state(), site.stack.objects())
}

/// Two hours later exactly these are found, and nothing is written; with `--fix` they are mended; then there is nothing.
async fn found_and_mended(site: &Site, told: &[&str]) {
    site.clock.advance(SignedDuration::from_hours(2));
    let before = everything(site);
    let (outcome, script) = reconcile(site, false).await;
    let said = script.said();
    assert!(why(outcome).contains(&format!("differ in {} places", told.len())), "{said}");
    for line in told {
        assert!(said.contains(line), "{line} is missing in {said}");
    }
    assert_eq!(everything(site), before, "looking changes nothing");
    let (outcome, script) = reconcile(site, true).await;
    assert!(whole(&outcome), "{outcome:?} {}", script.said());
    agree(site).await;
}

async fn agree(site: &Site) {
    let (outcome, script) = reconcile(site, false).await;
    assert!(whole(&outcome) && script.said().contains("Bucket and tables agree."), "{}", script.said());
}

impl Site {
    /// The same tables as a command sees them, and the bucket.
    fn managed_with_media(&self) -> Managed {
        let (aws, app) = (self.stack.aws(), self.stack.app());
        let sdk = aws.sdk_config(app.config().timeouts).unwrap();
        self.managed().with_media(Media::new(&sdk, aws, app.config()))
    }

    /// Deletes an item behind the product's back.
    fn remove_item(&self, pk: &str, sk: &str) {
        let request = json!({ "TableName": "accounts", "Key": { "PK": { "S": pk }, "SK": { "S": sk } } });
        self.stack.dynamodb().database().delete_item(serde_json::from_value(request).unwrap()).unwrap();
    }

    /// Changes an attribute of a note behind the product's back.
    fn amend_note(&self, id: &str, attribute: &str, value: Value) {
        let mut note = self.stored("accounts", &format!("MEDIA#{id}"), "META").unwrap();
        note[attribute] = value;
        self.put("accounts", &note);
    }

    /// Puts an object into the bucket behind the product's back.
    async fn put_object(&self, key: &str) {
        self.stack.app().media().store(key, b"x".to_vec(), "text/plain").await.unwrap();
    }

    async fn remove_object(&self, key: &str) {
        self.stack.app().media().remove(key).await.unwrap();
    }
}

fn id_of<'a>(visitor: &'a Visitor<'_>) -> &'a str {
    visitor.id.as_str().unwrap()
}

/// Kim, who has a text and a profile picture; and the text's id.
async fn kim(site: &Site) -> (Visitor<'_>, String) {
    let mut kim = site.member("kim@example.com").await;
    let id = ready_text(site, &mut kim, "notes.txt").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    (kim, id)
}

#[tokio::test]
async fn where_bucket_and_tables_agree_there_is_nothing_to_do() {
    let site = Site::by_hand().await;
    let (mut kim, id) = kim(&site).await;
    let lee = site.member("lee@example.com").await;
    let mut program = kim.clone().json();
    program.post_json(&format!("/media/{id}/grants"), json!({ "email": "lee@example.com", "verb": "view" })).await;
    program.post_json(&format!("/media/{id}/grants"), json!({ "email": "nobody@example.com", "verb": "view" })).await;
    program.post_json(&format!("/media/{id}/links"), json!({})).await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    assert_eq!(program.post_json("/uploads", ask_for_text(10)).await.status, 201);
    drop(lee);
    agree(&site).await;
    site.clock.advance(SignedDuration::from_mins(61));
    agree(&site).await;
}

#[tokio::test]
async fn objects_that_nobody_needs_are_deleted_and_what_is_not_ours_stays() {
    let site = Site::by_hand().await;
    let (mut kim, id) = kim(&site).await;
    let me = id_of(&kim).to_owned();
    let media = site.stack.app().media();
    let refused = kim.send_file("document", "b.txt", "text/plain", b"\0").await;
    site.deliver_next().await;
    let objects = [
        format!("media/{me}/{NOBODYS}/file"),
        format!("media/{NOBODYS}/{id}/file"),
        format!("media/{me}/{id}/160"),
        format!("media/{me}/{id}/file.bak"),
        format!("media/{me}/{refused}/file"),
        format!("uploads/{me}/{NOBODYS}"),
        format!("uploads/{me}/{id}"),
        format!("uploads/{me}/{refused}"),
    ];
    for key in objects.iter().map(String::as_str).chain(["media/readme.txt", "uploads/x"]) {
        site.put_object(key).await;
    }
    for id in [NOBODYS, &id] {
        media.begin_multipart(&format!("uploads/{me}/{id}"), "text/plain", PartChecksums::None).await.unwrap();
    }
    let (outcome, script) = reconcile(&site, true).await;
    assert!(whole(&outcome) && script.said().contains("agree"), "what is young may be under way: {}", script.said());
    let mut told: Vec<_> = objects.iter().map(|key| format!("{key}: ")).collect();
    told.extend([NOBODYS, &id].map(|id| format!("uploads/{me}/{id}: parts of an upload that is over")));
    let told: Vec<_> = told.iter().map(String::as_str).collect();
    found_and_mended(&site, &told).await;
    let (_, script) = reconcile(&site, true).await;
    assert!(script.warned().contains("media/readme.txt: it is none of ours; left alone"), "{}", script.warned());
    let left = site.stack.objects();
    assert!(left.iter().any(|key| key == "media/readme.txt") && left.iter().any(|key| key == "uploads/x"));
    assert_eq!(left.len(), 4, "and the text, and the picture: {left:?}");
    assert!(media.list_unfinished("uploads/", None).await.unwrap().uploads.is_empty());
}

#[tokio::test]
async fn a_file_whose_object_is_gone_is_refused_as_lost_and_its_owner_sees_that() {
    let site = Site::by_hand().await;
    let (mut kim, id) = kim(&site).await;
    let picture = crate::site::pictures::picture(900, 600, image::ImageFormat::Png);
    let image = kim.send_file("image", "c.png", "image/png", &picture).await;
    site.deliver_next().await;
    let me = id_of(&kim).to_owned();
    let avatar = site.user(&kim.id)["avatar_key"]["S"].as_str().unwrap().to_owned();
    for key in [format!("media/{me}/{id}/file"), format!("media/{me}/{image}/file"), avatar] {
        site.remove_object(&key).await;
    }
    let gone = "the file is gone; refuse it as lost";
    found_and_mended(&site, &[&format!("MEDIA#{id} notes.txt: {gone}"), &format!("MEDIA#{image} c.png: {gone}"), gone])
        .await;
    kim.log_in("kim@example.com").await;
    for id in [&id, &image] {
        let state = kim.state(id).await;
        assert_eq!((&state["state"], &state["reason"]), (&json!("rejected"), &json!("lost")));
    }
    let avatar = kim.avatar().await;
    assert_eq!(
        (&avatar["state"], &avatar["reason"], &avatar["url"]),
        (&json!("rejected"), &json!("lost"), &json!(null))
    );
    for purpose in ["document", "image", "avatar"] {
        assert_eq!(used(&site, &kim, purpose), 0, "{purpose}");
    }
    assert_eq!(site.stack.objects(), [] as [String; 0], "nor are the smaller copies there");
}

#[tokio::test]
async fn promises_that_nobody_kept_are_given_back_but_not_while_their_event_may_be_late() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let sent = kim.send_file("document", "late.txt", "text/plain", TEXT).await;
    let promised = kim.clone().json().post_json("/uploads", ask_for_text(500)).await.json();
    let never = promised["id"].as_str().unwrap();
    found_and_mended(&site, &[&format!("MEDIA#{never} notes.txt: it did not arrive in time; give its bytes back")])
        .await;
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (TEXT.len() as u64, 1));
    // The event comes after all.
    site.deliver_next().await;
    kim.log_in("kim@example.com").await;
    assert_eq!(kim.state(&sent).await["state"], "ready");
    assert_eq!(kim.state_or_none(never).await, None, "nothing of it is left");
    // One that never comes is given up when the bucket has forgotten the object, or would have.
    let forgotten = kim.send_file("document", "dead.txt", "text/plain", TEXT).await;
    site.clock.advance(SignedDuration::from_hours(24));
    found_and_mended(&site, &[&format!("MEDIA#{forgotten} dead.txt: it did not arrive in time")]).await;
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (TEXT.len() as u64, 0));
    assert_eq!(site.objects().0, [] as [String; 0]);
}

#[tokio::test]
async fn what_is_verified_for_ever_is_refused_after_a_day() {
    let site = Site::by_hand().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("document", "stuck.txt", "text/plain", TEXT).await;
    site.amend_note(&id, "state", json!({ "S": "verifying" }));
    site.put_object(&format!("media/{}/{id}/file", id_of(&kim))).await;
    site.clock.advance(SignedDuration::from_hours(23));
    agree(&site).await;
    found_and_mended(&site, &[&format!("MEDIA#{id} stuck.txt: it was never verified; refuse it as expired")]).await;
    assert_eq!((used(&site, &kim, "document"), under_way(&site, &kim)), (0, 0));
    assert_eq!(site.stack.objects(), [] as [String; 0]);
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_is_completed() {
    let (site, faults) = Site::with_faults(&[]).await;
    let (mut kim, id) = kim(&site).await;
    let mut program = kim.clone().json();
    program.post_json(&format!("/media/{id}/grants"), json!({ "email": "lee@example.com", "verb": "view" })).await;
    faults.always("DELETE media", Fault::internal());
    assert_eq!(program.post_json(&format!("/media/{id}/delete"), json!({})).await.status, 503);
    faults.clear();
    found_and_mended(&site, &[&format!("MEDIA#{id} notes.txt: its deletion was cut off; complete that")]).await;
    assert!(!site.accounts().iter().any(|item| item.to_string().contains(&id)), "no note, no entry, no grant");
    assert_eq!(site.objects().1.len(), 1, "the picture on the profile");
    kim.log_in("kim@example.com").await;
    assert_eq!(kim.avatar().await["state"], "ready");
}

#[tokio::test]
async fn lists_and_notes_lead_to_each_other() {
    let site = Site::by_hand().await;
    let (mut kim, id) = kim(&site).await;
    let owner = format!("OWNER#{}", id_of(&kim));
    site.remove_item(&owner, &format!("MEDIA#{id}"));
    site.put("accounts", &json!({ "PK": { "S": owner }, "SK": { "S": format!("MEDIA#{NOBODYS}") } }));
    let (nothing, unlisted) = (
        format!("{owner} MEDIA#{NOBODYS}: the list names an upload"),
        format!("MEDIA#{id}: it is not in its owner's list"),
    );
    found_and_mended(&site, &[&nothing, &unlisted]).await;
    assert!(site.stored("accounts", &owner, &format!("MEDIA#{id}")).is_some());
    kim.log_in("kim@example.com").await;
    assert_eq!(kim.clone().json().get("/media").await.json()["files"][0]["id"], id);
}

#[tokio::test]
async fn what_is_left_of_an_account_that_is_gone_is_deleted() {
    let site = Site::by_hand().await;
    let (kim, id) = kim(&site).await;
    let me = format!("USER#{}", id_of(&kim));
    // While it is being erased that is left to the erasure.
    site.amend(&kim.id, "deleted_at", json!({ "S": "2026-11-22T13:44:27Z" }));
    site.clock.advance(SignedDuration::from_hours(2));
    agree(&site).await;
    site.remove_item(&me, "PROFILE");
    let gone = "its owner is gone; delete it";
    found_and_mended(&site, &[&format!("MEDIA#{id} notes.txt: {gone}"), gone]).await;
    let left = site.accounts();
    assert!(!left.iter().any(|item| item["PK"]["S"].as_str().unwrap().starts_with("MEDIA#")), "{left:?}");
    assert_eq!(site.stack.objects(), [] as [String; 0]);
}

#[tokio::test]
async fn a_picture_that_its_owner_does_not_have_any_more_is_deleted() {
    let site = Site::by_hand().await;
    let (kim, _) = kim(&site).await;
    let mut user = site.user(&kim.id);
    user.as_object_mut().unwrap().remove("avatar_key");
    site.put("accounts", &user);
    found_and_mended(&site, &["a picture that its owner does not have any more; delete it"]).await;
    assert_eq!((used(&site, &kim, "avatar"), site.objects().1.len()), (0, 1), "the text");
}

#[tokio::test]
async fn a_picture_without_its_note_stays_as_long_as_its_object_is_there() {
    let site = Site::by_hand().await;
    let (mut kim, _) = kim(&site).await;
    let key = site.user(&kim.id)["avatar_key"]["S"].as_str().unwrap().to_owned();
    let (owner, note) = (format!("OWNER#{}", id_of(&kim)), format!("MEDIA#{}", key.split('/').nth(2).unwrap()));
    site.remove_item(&owner, &note);
    site.remove_item(&note, "META");
    found_and_mended(&site, &["USAGE, bytes#avatar is"]).await;
    kim.log_in("kim@example.com").await;
    assert!(kim.avatar().await["state"] == "ready" && site.stack.objects().contains(&key));
    site.remove_object(&key).await;
    found_and_mended(&site, &["the picture is gone; take it off the profile"]).await;
    kim.log_in("kim@example.com").await;
    assert_eq!(kim.avatar().await["reason"], "lost");
}

#[tokio::test]
async fn grants_lists_of_them_and_links_are_there_with_their_file_or_not_at_all() {
    let site = Site::by_hand().await;
    let (mut kim, id) = kim(&site).await;
    let other = ready_text(&site, &mut kim, "other.txt").await;
    let third = ready_text(&site, &mut kim, "third.txt").await;
    let lee = site.member("lee@example.com").await;
    let mut program = kim.clone().json();
    for id in [&id, &other, &third] {
        let grant = json!({ "email": "lee@example.com", "verb": "view" });
        assert_eq!(program.post_json(&format!("/media/{id}/grants"), grant).await.status, 201);
        assert_eq!(program.post_json(&format!("/media/{id}/links"), json!({})).await.status, 201);
    }
    let (to, shared) = (format!("GRANT#USER#{}", id_of(&lee)), format!("SHARED#USER#{}", id_of(&lee)));
    // The file is gone, with its entry and its object.
    site.remove_item(&format!("MEDIA#{id}"), "META");
    site.remove_item(&format!("OWNER#{}", id_of(&kim)), &format!("MEDIA#{id}"));
    site.remove_object(&format!("media/{}/{id}/file", id_of(&kim))).await;
    // A grant without its entry, an entry without its grant.
    site.remove_item(&shared, &format!("MEDIA#{other}"));
    site.remove_item(&format!("MEDIA#{third}"), &to);
    found_and_mended(
        &site,
        &[
            &format!("MEDIA#{id} {to}: a grant on a file that is gone; delete it"),
            &format!("MEDIA#{id} LINK#"),
            &format!("MEDIA#{other} {to}: a grant that is not in the list of what is shared; enter it"),
            &format!("{shared} MEDIA#{third}: the list names a file that is not granted; delete it"),
            &format!(
                "USER#{} USAGE, bytes#document is {} and should be {}",
                id_of(&kim),
                3 * TEXT.len(),
                2 * TEXT.len()
            ),
        ],
    )
    .await;
    let mut lee = site.program();
    lee.log_in("lee@example.com").await;
    let listed = lee.get("/media/shared").await.json();
    assert_eq!((listed["files"].as_array().unwrap().len(), &listed["files"][0]["id"]), (1, &json!(other)));
    assert!(!site.accounts().iter().any(|item| item.to_string().contains(&id)));
}

#[tokio::test]
async fn what_is_counted_wrongly_is_counted_anew() {
    let site = Site::by_hand().await;
    let (kim, _) = kim(&site).await;
    let mut lee = site.member("lee@example.com").await;
    ready_text(&site, &mut lee, "a.txt").await;
    assert_eq!(lee.clone().json().post_json("/uploads", ask_for_text(10)).await.status, 201);
    let me = format!("USER#{}", id_of(&kim));
    let mut usage = site.stored("accounts", &me, "USAGE").unwrap();
    usage["bytes#document"] = json!({ "N": "-7" });
    usage["bytes#video"] = json!({ "N": "100" });
    usage["pending"] = json!({ "N": "3" });
    usage[format!("until#{NOBODYS}")] = json!({ "N": "5" });
    site.put("accounts", &usage);
    site.remove_item(&format!("USER#{}", id_of(&lee)), "USAGE");
    // Lee's promise is still good.
    let (outcome, script) = reconcile_by(&site.managed_with_media(), false, 60).await;
    let said = script.said();
    assert!(why(outcome).contains("differ in 2 places"), "{said}");
    assert!(said.contains("bytes#document is -7 and should be 35, bytes#video is 100 and should be nothing"), "{said}");
    assert!(whole(&reconcile(&site, true).await.0));
    agree(&site).await;
    assert_eq!((used(&site, &kim, "document"), used(&site, &kim, "video"), under_way(&site, &kim)), (35, 0, 0));
    assert_eq!((used(&site, &lee, "document"), under_way(&site, &lee)), (45, 1));
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_left_alone_with_all_that_belongs_to_it() {
    let site = Site::by_hand().await;
    let (_kim, id) = kim(&site).await;
    site.amend_note(&id, "purpose", json!({ "S": "banner" }));
    site.clock.advance(SignedDuration::from_hours(2));
    let before = everything(&site);
    let (outcome, script) = reconcile(&site, true).await;
    assert!(whole(&outcome), "{}", script.said());
    assert!(script.warned().contains(&format!("MEDIA#{id}: it cannot be read; left alone")), "{}", script.warned());
    assert_eq!(everything(&site), before);
}

#[tokio::test]
async fn uploads_deletions_and_grants_beside_it_come_to_their_end() {
    let site = Site::start_with(|options| {
        options.settings.push(("THROTTLE_ENABLED".into(), "false".into()));
    })
    .await;
    let kim = site.member("kim@example.com").await;
    site.member("lee@example.com").await;
    let managed = site.managed_with_media();
    let upload = async |number: usize| {
        let mut kim = kim.clone();
        let id = kim.send_file("document", &format!("{number}.txt"), "text/plain", TEXT).await;
        assert_eq!(kim.settled(&id).await["state"], "ready");
        let mut program = kim.clone().json();
        let grant = json!({ "email": "lee@example.com", "verb": "view" });
        assert_eq!(program.post_json(&format!("/media/{id}/grants"), grant).await.status, 201);
        if number.is_multiple_of(2) {
            assert_eq!(program.post_json(&format!("/media/{id}/delete"), json!({})).await.status, 204);
        }
    };
    let picture = async || {
        for _ in 0..3 {
            let mut kim = kim.clone();
            let id = kim.upload(&pictures::png(), "image/png").await;
            assert_eq!(kim.settled(&id).await["state"], "ready");
        }
    };
    // Without any age that is left alone: what protects them are the conditions alone.
    let sweeps = async {
        for _ in 0..6 {
            let (outcome, script) = reconcile_by(&managed, true, 0).await;
            assert!(outcome.is_ok(), "{outcome:?} {}", script.said());
        }
    };
    let (_, (), ()) = tokio::join!(join_all((0..12).map(upload)), picture(), sweeps);
    assert_eq!(used(&site, &kim, "document"), 6 * TEXT.len() as u64);
    let files = kim.clone().json().get("/media").await.json();
    assert!(files["files"].as_array().unwrap().iter().all(|file| file["state"] == "ready"), "{files}");
    assert_eq!(files["files"].as_array().unwrap().len(), 6);
    assert_eq!(kim.clone().avatar().await["state"], "ready");
    let (outcome, script) = reconcile_by(&managed, false, 0).await;
    assert!(matches!(outcome, Ok(Finished::Whole)), "{}", script.said());
}

#[tokio::test]
async fn a_data_folder_is_compared_whether_a_server_has_it_or_not() {
    let folder = Folder::new();
    let data = folder.path("data");
    let open = async || {
        let managed = Managed::in_folder(&root(), &data).await.unwrap_or_else(|error| panic!("{}", error.message()));
        managed.with_buckets(&root(), &data).await.unwrap_or_else(|error| panic!("{}", error.message()))
    };
    let serve = async || Site::start_with(|options| options.data = Some(data.clone())).await;
    let site = serve().await;
    let mut kim = site.member("kim@example.com").await;
    let id = kim.send_file("document", "notes.txt", "text/plain", TEXT).await;
    kim.settled(&id).await;
    let stray = format!("media/{}/{NOBODYS}/file", id_of(&kim));
    site.put_object(&stray).await;
    let (outcome, script) = reconcile_by(&open().await, false, 0).await;
    assert!(why(outcome).contains("differ in 1 places") && script.said().contains(&stray), "{}", script.said());
    drop(kim);
    site.stack.shutdown().await;
    let (outcome, script) = reconcile_by(&open().await, true, 0).await;
    assert!(whole(&outcome) && script.said().contains(&stray), "{outcome:?} {}", script.said());
    let site = serve().await;
    assert_eq!(site.stack.objects().len(), 1, "the text");
}
