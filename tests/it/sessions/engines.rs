//! The engines that need nothing but the table, each through the contract of all of them.

mod dynamodb {
    use crate::sessions::contract::{Keeper, contract};

    contract!(Keeper::of("dynamodb"));
}

mod signed_cookies {
    use crate::sessions::contract::{Keeper, contract};
    use crate::site::{PASSWORD, Site};

    contract!(Keeper::of("signed_cookies"));

    #[tokio::test]
    async fn a_visitor_costs_no_call_and_a_members_values_none() {
        let site = Keeper::of("signed_cookies").site(&[]).await;
        let mut visitor = site.visitor();
        let answer = visitor.post("/preferences/theme", &[("theme", "dark")]).await;
        assert_eq!((answer.status.as_u16(), answer.cost().calls), (303, 0));
        let page = visitor.get("/").await;
        assert!(page.text().contains("data-theme=\"dark\""));
        assert_eq!(page.cost().calls, 0);
        let mut kim = site.member("kim@example.com").await;
        let answer = kim.post("/preferences/theme", &[("theme", "dark")]).await;
        assert_eq!((answer.cost().calls, answer.cost().read_units, answer.cost().write_units), (1, 2.0, 0.0));
    }

    #[tokio::test]
    async fn a_cookie_that_is_nearly_full_keeps_nobody_from_logging_in() {
        let site = Keeper::of("signed_cookies").site(&[]).await;
        let mut visitor = site.visitor();
        visitor.sign_up("kim@example.com").await;
        let mut most = 0;
        for bytes in (2_400..3_000).step_by(10) {
            if crate::sessions::contract::fill(&mut visitor, bytes).await {
                most = bytes;
            }
        }
        assert!(most > 2_400, "{most}");
        visitor.log_in("kim@example.com").await;
        assert_eq!(visitor.whoami().await["email"], "kim@example.com");
    }

    #[tokio::test]
    async fn the_cookie_shows_nothing_and_the_table_holds_no_values() {
        let site: Site = Keeper::of("signed_cookies").site(&[]).await;
        let mut kim = site.member("kim@example.com").await;
        kim.post("/preferences/theme", &[("theme", "dark")]).await;
        assert!(!kim.session_cookie().contains("dark") && !kim.session_cookie().contains(kim.id.as_str().unwrap()));
        assert!(!site.state().join("\n").contains("\"dark\""));
        assert_eq!(kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await.status, 303);
    }
}
