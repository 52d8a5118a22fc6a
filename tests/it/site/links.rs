//! The links in the mails of a site, and people who follow them.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, Site, Visitor};

impl Site {
    /// Starts a system in which tries are not counted: what they are limited to is asked elsewhere.
    pub(crate) async fn uncounted(settings: &[(&str, &str)]) -> Self {
        Self::start_with(|options| {
            for (name, value) in settings.iter().chain(&[("THROTTLE_ENABLED", "false")]) {
                options.settings.push(((*name).to_owned(), (*value).to_owned()));
            }
        })
        .await
    }

    /// The newest link under `path` in the mails to an address, as a path of this site.
    pub(crate) async fn link_to(&self, address: &str, path: &str) -> String {
        let links = self.links_to(address, path).await;
        links.last().cloned().unwrap_or_else(|| panic!("{address} has no link to {path}"))
    }

    /// All of them, the oldest first.
    pub(crate) async fn links_to(&self, address: &str, path: &str) -> Vec<String> {
        let begin = format!("http://localhost:8000{path}");
        let mails = self.mails_to(address).await;
        let links =
            mails.iter().filter_map(|mail| mail.text.lines().map(str::trim).find(|line| line.starts_with(&begin)));
        links.map(|link| link.trim_start_matches("http://localhost:8000").to_owned()).collect()
    }

    /// What was promised and not sent yet, the oldest first: `reset_password`, ...
    pub(crate) fn promised(&self) -> Vec<String> {
        let mut promised: Vec<_> = self
            .items(&self.stack.app().config().tables.outbox)
            .iter()
            .filter_map(|item| {
                let kind = item["letter"]["M"]["kind"]["S"].as_str()?;
                Some((item["id"]["S"].as_str().unwrap().to_owned(), kind.to_owned()))
            })
            .collect();
        promised.sort();
        promised.into_iter().map(|(_, kind)| kind).collect()
    }
}

impl Visitor<'_> {
    /// Asks for a new password by mail.
    pub(crate) async fn ask_for_reset(&mut self, email: &str) -> Answer {
        self.post("/password/reset", &[("email", email)]).await
    }

    /// Follows a link to the clean page behind it.
    pub(crate) async fn follow(&mut self, link: &str) -> Answer {
        let answer = self.get(link).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let page = answer.header("location").to_owned();
        assert!(!page.contains('.'), "the secret is in {page}");
        self.get(&page).await
    }

    /// Sets a new password by the link that was followed.
    pub(crate) async fn set_password(&mut self, password: &str) -> Answer {
        let form = [("new_password1", password), ("new_password2", password)];
        self.post("/password/reset/confirm", &form).await
    }

    /// Whether the password is this one's.
    pub(crate) async fn can_log_in(&self, site: &Site, username: &str, password: &str) -> bool {
        let mut program = site.program();
        let body = json!({ "username": username, "password": password });
        program.send_json(Method::POST, "/login", body).await.status == 200
    }

    /// Asks for another address, with the password that everybody has here.
    pub(crate) async fn ask_for_address(&mut self, email: &str) -> Answer {
        self.post("/email", &[("email", email), ("password", super::PASSWORD)]).await
    }

    /// Changes the address to `email` by the link in its mail.
    pub(crate) async fn change_address(&mut self, site: &Site, email: &str) {
        if !self.id.is_null() {
            // A way back is given to an address that was proven.
            site.amend(&self.id, "email_verified", json!({ "BOOL": true }));
        }
        let answer = self.ask_for_address(email).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let link = site.link_to(email, "/email/change/").await;
        assert_eq!(self.follow(&link).await.status, 200);
        let answer = self.post("/email/change/confirm", &[]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/email"), "{}", answer.text());
    }
}

/// An attribute of a user's item.
pub(crate) fn text(item: &Value, name: &str) -> String {
    item[name]["S"].as_str().unwrap_or_default().to_owned()
}
