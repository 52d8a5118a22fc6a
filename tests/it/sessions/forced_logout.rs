//! Forced log-out: one write whatever the number of sessions, and it holds on the very next request of each.

use futures_util::future::join_all;
use http::Method;
use manage::site::Target;
use manage::{changepassword, deactivate, sessions};
use portico::meter::Cost;
use serde_json::{Value, json};

use crate::manage::{Script, whole};
use crate::site::{PASSWORD, Site, Visitor};

const KIM: &str = "kim@example.com";
const NEW: &str = "a new pass phrase";

/// A way to end all sessions of a person, or all but the one that asks.
#[derive(Debug, Clone, Copy)]
enum Way {
    LogOutEverywhere,
    ChangePassword,
    EndOthers,
    EndAllByCommand,
    SetPasswordByCommand,
    DeactivateByCommand,
}

impl Way {
    /// Each with what it costs, whatever the number of sessions. What ends them is one unit, on the user's item; the
    /// passwords take a transaction with the mail that tells of them, and forget the wrong ones before.
    fn all() -> [(Self, Cost); 6] {
        let cost = |calls, trips, read_units, write_units| Cost { calls, trips, read_units, write_units };
        [
            (Self::LogOutEverywhere, cost(2, 2, 2.0, 5.0)),
            (Self::ChangePassword, cost(6, 3, 2.0, 15.0)),
            (Self::EndOthers, cost(2, 2, 2.0, 9.0)),
            (Self::EndAllByCommand, cost(3, 3, 2.0, 5.0)),
            (Self::SetPasswordByCommand, cost(6, 6, 2.0, 10.0)),
            (Self::DeactivateByCommand, cost(3, 3, 2.0, 6.0)),
        ]
    }

    /// Goes it. Gives what it has cost.
    async fn take(self, kim: &mut Visitor<'_>) -> Cost {
        let (target, whom) = (Target::default(), KIM.to_owned());
        let (site, mut script) = (kim.site().managed(), Script::nobody(&[NEW]));
        let outcome = match self {
            Self::LogOutEverywhere => return ask(kim, "/logout/all", json!({})).await,
            Self::ChangePassword => {
                let form = json!({ "old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW });
                return ask(kim, "/password/change", form).await;
            }
            Self::EndOthers => return ask(kim, "/sessions/end-others", json!({})).await,
            Self::EndAllByCommand => {
                let args = sessions::Args { target, action: sessions::Action::EndAll { whom } };
                sessions::run(&args, &site, &mut script).await
            }
            Self::SetPasswordByCommand => {
                let args = changepassword::Args { target, whom, password_stdin: true, no_mail: false };
                changepassword::run(&args, &site, &mut script).await
            }
            Self::DeactivateByCommand => {
                let args = deactivate::Args { target, whom, activate: false, force: false };
                deactivate::run(&args, &site, &mut script).await
            }
        };
        assert!(whole(&outcome), "{self:?}: {}", script.warned());
        site.store().cost()
    }
}

async fn ask(kim: &mut Visitor<'_>, path: &str, body: Value) -> Cost {
    let token = kim.csrf_token().await;
    let answer = kim.send_with(&token, Method::POST, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.cost()
}

/// Fifty browsers of one person, each in a session of its own.
async fn fifty<'a>(kim: &Visitor<'a>) -> Vec<Visitor<'a>> {
    let site = kim.site();
    let mut one = site.program();
    one.log_in(KIM).await;
    let key = one.session_cookie();
    // Fifty log-ins are fifty hashes: one is made, and put under other names.
    (0..50)
        .map(|index| {
            let secret = format!("{index:043}");
            site.copy_session(&key, &secret);
            one.with_session(Some(&format!("{}.{secret}", kim.id.as_str().unwrap())))
        })
        .collect()
}

#[tokio::test]
async fn each_way_costs_the_same_for_one_session_and_for_ten_thousand() {
    for (way, flat) in Way::all() {
        for copies in [0, 10_000] {
            let site = Site::uncounted(&[]).await;
            let mut kim = site.member(KIM).await.json();
            site.multiply_session(copies);
            assert_eq!(way.take(&mut kim).await, flat, "{way:?}, {copies} more sessions");
        }
    }
}

#[tokio::test]
async fn the_next_request_of_each_of_fifty_clients_is_refused() {
    for (way, _) in Way::all() {
        let site = Site::uncounted(&[]).await;
        let mut kim = site.member(KIM).await.json();
        let clients = fifty(&kim).await;
        let alive = join_all(clients.iter().map(async |client| client.clone().whoami().await)).await;
        assert!(alive.iter().all(|user| user["email"] == KIM), "{way:?}");
        way.take(&mut kim).await;
        let next =
            join_all(clients.iter().map(async |client| client.clone().json().get("/profile").await.status)).await;
        assert!(next.iter().all(|status| *status == 401), "{way:?}");
    }
}

#[tokio::test]
async fn no_request_that_begins_after_it_is_let_in() {
    let site = Site::uncounted(&[]).await;
    let mut kim = site.member(KIM).await.json();
    let clients = fifty(&kim).await;
    // All at once with the log-out: whoever is answered as Kim was so before it was done.
    let (answers, done) = tokio::join!(
        join_all(clients.iter().map(async |client| client.clone().json().get("/profile").await.status)),
        kim.post_json("/logout/all", json!({})),
    );
    assert_eq!(done.status, 200);
    assert!(answers.iter().all(|status| [200, 401].contains(&status.as_u16())));
    for client in clients {
        assert!(client.clone().whoami().await.is_null());
    }
}
