//! What is kept of earlier versions, and for how long.

use manage::collectstatic::upload::Upload;

use super::{CSS, Release, days};

#[tokio::test]
async fn what_was_current_within_the_days_is_kept_and_the_rest_is_pruned() {
    let release = Release::start().await;
    release.upload().await;
    release.change("aaaaaaaaaaaa");
    release.upload_with(|upload| upload.now = days(5)).await.unwrap();
    release.change("bbbbbbbbbbbb");
    let pruned = |now| {
        let release = &release;
        async move {
            let prune = |upload: &mut Upload<'_>| (upload.prune_days, upload.now) = (Some(7), now);
            release.upload_with(prune).await.unwrap().pruned
        }
    };
    assert_eq!(pruned(days(10)).await, 0, "the first was current until five days ago");
    assert_eq!(release.keys_in("manifests/").await.len(), 3);

    assert_eq!(pruned(days(13)).await, 3, "the style sheet of the first");
    assert!(!release.has("static/css/site.0123456789ab.css").await);
    for name in ["css/site.aaaaaaaaaaaa.css", "css/site.aaaaaaaaaaaa.css.gz", "css/site.css.br", "img/logo.png"] {
        assert!(release.has(&format!("static/{name}")).await, "{name}");
    }
    assert_eq!(release.keys_in("manifests/").await.len(), 2, "the first's is gone with it");

    assert_eq!(pruned(days(18)).await, 3, "the second's");
    assert_eq!(pruned(days(100)).await, 0, "the present one stays however old it is");
    assert!(release.has("static/css/site.bbbbbbbbbbbb.css.br").await);
    let done = release.upload_with(|upload| upload.all = true).await.unwrap();
    assert_eq!(release.keys_in("static/").await.len(), done.put);
}

#[tokio::test]
async fn nothing_is_pruned_that_may_still_be_needed() {
    let release = Release::start().await;
    let why = release.upload_with(|upload| upload.prune_days = Some(0)).await.unwrap_err();
    assert!(why.contains("one day at least") && release.faults.calls().is_empty(), "{why}");

    // Somebody has put files there before there was a history.
    let by_hand = release.client.put_object().bucket(&release.bucket).key("static/old.css");
    by_hand.body(CSS.as_bytes().to_vec().into()).send().await.unwrap();
    let prune = |now| move |upload: &mut Upload<'_>| (upload.prune_days, upload.now) = (Some(7), now);
    let (done, script) = release.upload_told(prune(days(30))).await;
    assert_eq!(done.unwrap().pruned, 0);
    assert!(script.warned().contains("not known for the last 7 days yet"), "{}", script.warned());
    assert_eq!(release.upload_with(prune(days(38))).await.unwrap().pruned, 1);
    assert!(!release.has("static/old.css").await);
}

#[tokio::test]
async fn what_is_younger_than_the_days_is_of_somebody_who_uploads_too() {
    let release = Release::start().await;
    release.upload_with(|upload| upload.now = days(-30)).await.unwrap();
    let by_hand = release.client.put_object().bucket(&release.bucket).key("static/next.css");
    by_hand.body(CSS.as_bytes().to_vec().into()).send().await.unwrap();
    let prune = |upload: &mut Upload<'_>| upload.prune_days = Some(7);
    assert_eq!(release.upload_with(prune).await.unwrap().pruned, 0);
    assert!(release.has("static/next.css").await);
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_no_licence_to_delete() {
    let release = Release::start().await;
    release.upload().await;
    let entry = release.keys_in("manifests/").await.remove(0);
    let damaged = release.client.put_object().bucket(&release.bucket).key(&entry);
    damaged.body(b"{".to_vec().into()).send().await.unwrap();
    let prune = |upload: &mut Upload<'_>| (upload.prune_days, upload.now) = (Some(7), days(30));
    let why = release.upload_with(prune).await.unwrap_err();
    assert!(why.contains(&entry) && why.contains("nothing is deleted"), "{why}");
}
