//! One log-in as the limits see it: counted as a failure before the password is looked at, and given back when it was
//! none. Of any number of guesses at the same time as many are looked at as are allowed, and not one more.
//!
//! Four counters judge a stranger, the narrow one first: the name from this network (the pair), then the name, the
//! account and the network at the same time. In that order each limit holds exactly, a refused try changes none of them,
//! and who attacks one account from one network is stopped by a single write. The delays are the name's: were they the
//! account's, guesses at its address would tell by its user name that both are one account's, and that there is one. A
//! device that the account knows has counters of its own instead, so that no stranger can lock its owner out.

use super::counter::Name;
use super::ladder::{Charge, Ladder};
use super::{Counter, Network};
use crate::accounts::{Identifier, User, UserId};
use crate::context::Context;
use crate::error::{Error, Result};

/// A log-in that was counted. Nothing is given back unless [`Attempt::succeeded`] or [`Attempt::take_back`] is called.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// What was typed, in its canonical form.
    name: String,
    /// Which of an account's names it can be.
    kind: Name,
    network: Network,
    /// One instant for all of its counters, so that their delays end together.
    now: i64,
    pair: Option<Charge>,
    /// By the name, or by the device that the account knows.
    guesses: Option<Charge>,
    account: Option<Charge>,
    from: Option<Charge>,
    /// The epoch for which the browser is known to the account.
    known_since: Option<u64>,
}

impl Attempt {
    /// Counts a try for what was typed as a name, before anybody knows whose it is.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many.
    pub(crate) async fn begin(cx: &Context, name: &str, identifier: Option<&Identifier>) -> Result<Self> {
        let mut attempt = Self {
            name: canonical(name, identifier),
            kind: Name::of(identifier),
            network: Network::of(&cx.client_address()),
            now: cx.now().as_second(),
            pair: None,
            guesses: None,
            account: None,
            from: None,
            known_since: None,
        };
        // A browser that some account knows may be judged by itself. Whether by this one is seen with the account.
        if cx.config().throttle.enabled && cx.devices().is_empty() {
            attempt.charge_pair(cx).await?;
        }
        Ok(attempt)
    }

    /// Counts it for the account that the name leads to, or for the name where it leads to none: as many calls, and the
    /// same answer.
    ///
    /// # Errors
    /// [`Error::Throttled`] when there were too many; then it is counted nowhere.
    pub(crate) async fn go_on(&mut self, cx: &Context, account: Option<UserId>) -> Result<()> {
        let settings = &cx.config().throttle;
        if !settings.enabled {
            return Ok(());
        }
        let known = account.and_then(|id| Some((id, cx.devices().known_since(id)?)));
        let Some((id, epoch)) = known else { return self.as_stranger(cx, account).await };
        self.known_since = Some(epoch);
        let limits = &settings.login;
        let device = Counter::device(cx.app().keys(), id, &cx.devices().id(), epoch);
        let (one, all) = (Ladder::device(limits), Ladder::devices(limits));
        let (guesses, account) = tokio::join!(
            one.charge(cx.store(), device, self.now),
            all.charge(cx.store(), Counter::devices(id), self.now),
        );
        self.judge(cx, [Some(guesses), Some(account), None]).await
    }

    /// Looks at the account once it was read: a device is known to it no longer when its sessions have all been ended
    /// since. Then the try counts as a stranger's.
    pub(crate) async fn look_at(&mut self, cx: &Context, user: Option<&User>) -> Result<()> {
        let Some(epoch) = self.known_since else { return Ok(()) };
        if user.is_some_and(|user| user.session_epoch == epoch) {
            return Ok(());
        }
        self.take_back(cx).await?;
        self.as_stranger(cx, user.map(|user| user.id)).await
    }

    /// The password was right, and its owner is logged in: the free failures of the name, or of the device, begin anew.
    /// That it was a try stays counted for the account, that it was a failure does not. The network's count is only what
    /// it was before, so that nobody clears it by logging in to an account of their own.
    pub(crate) async fn succeeded(&self, cx: &Context) -> Result<()> {
        let store = cx.store();
        let stranger = self.known_since.is_none();
        let (pair, guesses, account, from) = tokio::join!(
            async { if let Some(charge) = &self.pair { charge.forget(store).await } else { Ok(()) } },
            async {
                match &self.guesses {
                    Some(charge) if stranger => charge.forget(store).await,
                    Some(charge) => charge.forgive(store).await,
                    None => Ok(()),
                }
            },
            async {
                if let (Some(charge), true) = (&self.account, stranger) { charge.spare(store).await } else { Ok(()) }
            },
            async { if let Some(charge) = &self.from { charge.undo(store).await } else { Ok(()) } },
        );
        pair.and(guesses).and(account).and(from)
    }

    /// The password was not looked at: as if there had been no try.
    pub(crate) async fn take_back(&mut self, cx: &Context) -> Result<()> {
        let charges = [self.pair.take(), self.guesses.take(), self.account.take(), self.from.take()];
        self.known_since = None;
        let undone = charges.iter().flatten().map(|charge| charge.undo(cx.store()));
        futures_util::future::try_join_all(undone).await.map(drop)
    }

    async fn charge_pair(&mut self, cx: &Context) -> Result<()> {
        let counter = Counter::pair(cx.app().keys(), &self.network, &self.name);
        let ladder = Ladder::pair(&cx.config().throttle.login);
        self.pair = Some(ladder.charge(cx.store(), counter, self.now).await?.map_err(Error::Throttled)?);
        Ok(())
    }

    async fn as_stranger(&mut self, cx: &Context, account: Option<UserId>) -> Result<()> {
        if self.pair.is_none() {
            self.charge_pair(cx).await?;
        }
        let (limits, keys, store) = (&cx.config().throttle.login, cx.app().keys(), cx.store());
        let (name, counter) = match account {
            Some(id) => (Counter::name_of(id, self.kind), Counter::account(id)),
            None => (Counter::name(keys, &self.name), Counter::nobody(keys, &self.name)),
        };
        let (names, accounts, networks) = (Ladder::name(limits), Ladder::account(limits), Ladder::network(limits));
        let (name, account, from) = tokio::join!(
            names.charge(store, name, self.now),
            accounts.charge(store, counter, self.now),
            networks.charge(store, Counter::network(keys, &self.network), self.now),
        );
        self.judge(cx, [Some(name), Some(account), Some(from)]).await
    }

    /// Keeps what was counted, or takes it all back when one of the counters refuses.
    async fn judge(&mut self, cx: &Context, charges: [Option<Result<Result<Charge, u64>>>; 3]) -> Result<()> {
        let [guesses, account, from] = charges.map(Option::transpose);
        // What the one has counted is kept, to be taken back, where another could not be written.
        let kept =
            |charged: &Result<Option<Result<Charge, u64>>>| charged.as_ref().ok()?.as_ref()?.as_ref().ok().cloned();
        (self.guesses, self.account, self.from) = (kept(&guesses), kept(&account), kept(&from));
        let all = [guesses?, account?, from?];
        let Some(seconds) = all.iter().flatten().filter_map(|one| one.as_ref().err().copied()).max() else {
            return Ok(());
        };
        self.take_back(cx).await?;
        Err(Error::Throttled(seconds))
    }
}

/// Forgets the wrong passwords of an account whose password was set anew, and those of the owner from here. The password
/// is set: that they could not be forgotten is for the log alone.
pub async fn forgive(cx: &Context, user: &User) {
    let (keys, network) = (cx.app().keys(), Network::of(&cx.client_address()));
    let email = Some(Identifier::Email(user.email.canonical()));
    let username = user.username.as_ref().map(|name| Identifier::Username(name.canonical()));
    let names = [email, username].into_iter().flatten().map(|identifier| canonical("", Some(&identifier)));
    let mut counters: Vec<_> = names.map(|name| Counter::pair(keys, &network, &name)).collect();
    counters.extend(Counter::all_of(user.id));
    let forgotten = counters.iter().map(|counter| cx.store().forget_failures(counter));
    if let Err(error) = futures_util::future::try_join_all(forgotten).await {
        let request_id = &cx.request().id;
        tracing::error!(request_id, error = %crate::log::chain(&error), "wrong passwords could not be forgotten");
    }
}

/// Forgets the wrong passwords of an account: for whoever sets its password from elsewhere.
pub async fn forgive_account(store: &crate::store::Store, user: UserId) -> Result<()> {
    for counter in Counter::all_of(user) {
        store.forget_failures(&counter).await?;
    }
    Ok(())
}

/// The one form of all the ways in which a name can be typed. What can be nobody's name has one too.
fn canonical(name: &str, identifier: Option<&Identifier>) -> String {
    match identifier {
        Some(Identifier::Email(email)) => format!("email {}", email.as_str()),
        Some(Identifier::Username(username)) => format!("name {}", username.as_str()),
        None => format!("none {}", name.trim().to_lowercase()),
    }
}
