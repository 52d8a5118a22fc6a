//! A picture on its way: asked for, sent to S3, followed until it is settled.

use std::time::Duration;

use http::Method;
use local::Delivery;
use serde_json::{Value, json};

use super::{Answer, Site, Visitor, s3};

impl Visitor<'_> {
    /// JSON under any method with a CSRF token that was taken earlier: one request and no other.
    pub(crate) async fn send_with(&mut self, token: &str, method: Method, path: &str, body: Value) -> Answer {
        let headers = [("content-type", "application/json"), ("accept", "application/json"), ("x-csrftoken", token)];
        self.send(method, path, &headers, body.to_string().into()).await
    }

    /// Asks for an upload of a file of this type. Gives the promise.
    pub(crate) async fn promise(&mut self, content_type: &str, size: usize, method: &str) -> Value {
        let answer = self.clone().json().post_json("/uploads", ask(content_type, size, method)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Uploads a picture as a program does. Gives the upload's id.
    pub(crate) async fn upload(&mut self, file: &[u8], content_type: &str) -> String {
        let promised = self.promise(content_type, file.len(), "POST").await;
        let sent = s3::upload(&promised, file).await;
        assert_eq!(sent.status, 204, "{}", sent.text());
        promised["id"].as_str().unwrap().to_owned()
    }

    /// Uploads a file of this purpose as a program does. Gives the upload's id.
    pub(crate) async fn send_file(&mut self, purpose: &str, name: &str, content_type: &str, file: &[u8]) -> String {
        let body = json!({
            "purpose": purpose, "filename": name, "content_type": content_type, "size": file.len(), "method": "POST",
        });
        let answer = self.clone().json().post_json("/uploads", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let promised = answer.json();
        let sent = s3::upload(&promised, file).await;
        assert_eq!(sent.status, 204, "{}", sent.text());
        promised["id"].as_str().unwrap().to_owned()
    }

    /// How far an upload is.
    pub(crate) async fn state(&mut self, id: &str) -> Value {
        let answer = self.clone().json().get(&format!("/uploads/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// How far an upload is; `None` where they are not told of it.
    pub(crate) async fn state_or_none(&mut self, id: &str) -> Option<String> {
        let answer = self.clone().json().get(&format!("/uploads/{id}")).await;
        (answer.status == 200).then(|| answer.json()["state"].as_str().unwrap().to_owned())
    }

    /// What became of an upload, asked for until it is settled.
    pub(crate) async fn settled(&mut self, id: &str) -> Value {
        for _ in 0..600 {
            let state = self.state(id).await;
            if state["state"] == "ready" || state["state"] == "rejected" {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{id} was not settled in half a minute");
    }

    /// The visitor's picture, as their profile has it.
    pub(crate) async fn avatar(&mut self) -> Value {
        self.clone().json().get("/profile").await.json()["user"]["avatar"].clone()
    }
}

/// The body of `POST /uploads` for a file of this type, with an ending that fits.
pub(crate) fn ask(content_type: &str, size: usize, method: &str) -> Value {
    let ending = content_type.trim_start_matches("image/");
    json!({
        "purpose": "avatar", "filename": format!("me.{ending}"), "content_type": content_type,
        "size": size, "method": method,
    })
}

impl Site {
    /// Delivers the next S3 event once, by hand.
    pub(crate) async fn deliver_next(&self) -> Delivery {
        let event = self.stack.next_s3_event().await;
        self.stack.deliver(&event).await
    }

    /// The objects in quarantine, and the published ones.
    pub(crate) fn objects(&self) -> (Vec<String>, Vec<String>) {
        self.lasting_objects().into_iter().partition(|key| key.starts_with("uploads/"))
    }

    /// Every object but the copies that were held when something crashed: the bucket forgets those after a day.
    pub(crate) fn lasting_objects(&self) -> Vec<String> {
        self.stack.objects().into_iter().filter(|key| !key.starts_with("held/")).collect()
    }

    /// The notes of uploads.
    pub(crate) fn notes(&self) -> Vec<Value> {
        let items = self.items("accounts").into_iter();
        items.filter(|item| item["PK"]["S"].as_str().unwrap().starts_with("MEDIA#")).collect()
    }
}
