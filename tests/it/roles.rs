//! A function may do what its role allows and nothing else: what is missing in `template.yaml` is missed on one machine, by
//! function, action and resource. The rights that are there are held to their use by every other test.

use http::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::site::{Site, pictures, s3, with_template};

/// A site without this line of the template, the first after the other one.
async fn without(after: &str, line: &str) -> (Site, TempDir) {
    let folder = with_template(|template| {
        let (before, rest) = template.split_once(after).unwrap();
        format!("{before}{after}{}", rest.replacen(line, "", 1))
    });
    let site = Site::start_with(|options| {
        options.root = folder.path().into();
        options.deliver_events = false;
    })
    .await;
    (site, folder)
}

/// What was refused: function, action, and the end of the resource.
fn denied(site: &Site) -> Vec<(String, String, String)> {
    let denied = site.stack.roles().denied().into_iter();
    denied.map(|one| (one.function, one.action, one.resource.rsplit(':').next().unwrap().to_owned())).collect()
}

fn one(function: &str, action: &str, resource: &str) -> Vec<(String, String, String)> {
    vec![(function.to_owned(), action.to_owned(), resource.to_owned())]
}

#[tokio::test]
async fn a_write_that_the_role_does_not_allow_is_refused_and_changes_nothing() {
    let (site, _folder) = without("- Sid: EditTheProfile", ", 'MEDIA#*'").await;
    let mut kim = site.member("kim@example.com").await.json();
    assert_eq!(denied(&site), []);
    let edit = json!({ "version": 1, "bio": "x" });
    assert_eq!(kim.send_json(Method::PATCH, "/profile", edit.clone()).await.status, 200, "that was not taken");

    let (site, _folder) = without("- Sid: EditTheProfile", "'USER#*', ").await;
    let mut kim = site.member("kim@example.com").await.json();
    let before = site.state();
    let refused = kim.send_json(Method::PATCH, "/profile", edit).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (500, "internal"));
    assert_eq!(site.state(), before);
    assert_eq!(denied(&site), one("profile", "dynamodb:UpdateItem", "table/accounts"));
}

#[tokio::test]
async fn an_upload_that_was_signed_without_the_right_to_it_is_refused_when_it_is_sent() {
    let (site, _folder) = without("- Sid: SignTheUpload", "/uploads/*").await;
    let mut kim = site.member("kim@example.com").await;
    let promised = kim.promise("image/png", pictures::png().len(), "POST").await;
    let sent = s3::upload(&promised, &pictures::png()).await;
    assert_eq!(sent.status, 403);
    assert!(sent.text().contains("<Code>AccessDenied</Code>"), "{}", sent.text());
    let key = promised["fields"]["key"].as_str().unwrap();
    assert_eq!(denied(&site), one("presign-upload", "s3:PutObject", &format!("portico-media-123456789012/{key}")));

    let promised = kim.promise("image/png", pictures::png().len(), "PUT").await;
    assert_eq!(s3::upload(&promised, &pictures::png()).await.status, 403);
    assert_eq!(denied(&site).len(), 1);
    assert_eq!(site.stack.objects(), [""; 0]);
}

#[tokio::test]
async fn an_address_that_was_signed_without_the_right_to_it_opens_nothing() {
    let (site, _folder) = without("- Sid: SignTheAvatar", "/media/*").await;
    let mut kim = site.member("kim@example.com").await;
    kim.upload(&pictures::png(), "image/png").await;
    site.deliver_next().await;
    let url = kim.avatar().await["url"].as_str().unwrap().to_owned();
    assert_eq!(s3::get(&url).await.status, 403);
    let denied = site.stack.roles().denied();
    assert_eq!((denied[0].function.as_str(), denied[0].action.as_str()), ("profile", "s3:GetObject"));
}

#[tokio::test]
async fn a_mail_that_may_not_be_sent_waits_in_the_outbox() {
    let (site, _folder) = without("- Sid: Send #", ", ses:SendRawEmail").await;
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    kim.post_json("/password/reset", json!({ "email": "kim@example.com" })).await;
    site.stack.deliver_changes().await;
    assert_eq!(site.mails().len(), 0);
    let denied = denied(&site);
    assert!(!denied.is_empty());
    for (function, action, resource) in denied {
        assert_eq!((&*function, &*action), ("mailer", "ses:SendRawEmail"));
        assert_eq!(resource, "identity/webmaster@localhost");
    }
    let outbox = &site.stack.app().config().tables.outbox;
    assert!(site.items(outbox).iter().any(|item| item["SK"]["S"] == "MAIL"));
}

#[tokio::test]
async fn a_function_that_may_not_read_its_secret_does_not_start() {
    let folder = with_template(|template| {
        let (before, rest) = template.split_once("  MailerFunction:").unwrap();
        format!(
            "{before}  MailerFunction:{}",
            rest.replacen("Resource: !Ref SecretKey", "Resource: !Ref OriginSecret", 1)
        )
    });
    let options = local::Options { root: folder.path().to_owned(), ..local::Options::in_memory(folder.path()) };
    let Err(error) = local::Stack::start(options).await else { panic!("it started") };
    let error = portico::log::chain(&error);
    assert!(error.contains("the function mailer") && error.contains("secretsmanager:GetSecretValue"), "{error}");
}
