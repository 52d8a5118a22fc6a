//! The list of accounts: by the beginning of an address or a user name, or those in a state that somebody looks after.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::{CanonicalEmail, CanonicalUsername, Email, User, UserId};
use crate::context::Context;
use crate::error::{Arg, Error, FieldError, FieldErrors, Result};
use crate::store::listing::{Entry, Listing, Order};

/// An account as administrators see it in a list.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "Django's flags, each independent of the others")]
pub struct AccountRow {
    /// Identifier.
    pub id: UserId,
    /// Address.
    pub email: String,
    /// User name, or empty.
    pub username: String,
    /// Whether its owner has proven that mail to the address arrives.
    pub email_verified: bool,
    /// Whether it may sign in.
    pub is_active: bool,
    /// Whether it may enter the administration.
    pub is_staff: bool,
    /// Whether it has every permission.
    pub is_superuser: bool,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// When it was created.
    pub date_joined: Timestamp,
    /// When it last signed in.
    pub last_login: Option<Timestamp>,
}

impl AccountRow {
    /// `user` in a list.
    pub fn new(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            username: user.username.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            email_verified: user.email_verified,
            is_active: user.is_active,
            is_staff: user.is_staff,
            is_superuser: user.is_superuser,
            groups: user.groups.clone(),
            date_joined: user.date_joined,
            last_login: user.last_login,
        }
    }
}

/// Which accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All of them.
    All,
    /// Those that may enter the administration.
    Staff,
    /// Those that have every permission.
    Superuser,
    /// Those that may not sign in.
    Inactive,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::All, Self::Staff, Self::Superuser, Self::Inactive];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Staff => "staff",
            Self::Superuser => "superuser",
            Self::Inactive => "inactive",
        }
    }

    fn has(self, user: &User) -> bool {
        match self {
            Self::All => true,
            Self::Staff => user.is_active && user.is_staff,
            Self::Superuser => user.is_active && user.is_superuser,
            Self::Inactive => !user.is_active,
        }
    }
}

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryQuery {
    /// How the address or the name begins; empty for any.
    pub q: String,
    /// Whether it is a user name that is looked for.
    pub by_username: bool,
    /// Which accounts.
    pub state: State,
    /// Where the page begins.
    #[serde(skip)]
    pub cursor: Option<String>,
}

impl DirectoryQuery {
    /// Reads `?q=..&by=email|username&state=all|staff|superuser|inactive&cursor=..`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what none of them can be, [`Error::NotFound`] for a cursor that no page has given.
    pub fn read(cx: &Context) -> Result<Self> {
        let mut errors = FieldErrors::default();
        let param = |name| cx.request().query_param(name).map(Option::unwrap_or_default);
        let (q, by, state) = (param("q")?, param("by")?, param("state")?);
        let q = q.trim().to_owned();
        if q.chars().count() > Email::MAX_LENGTH {
            let args = vec![("limit", Arg::Number(Email::MAX_LENGTH as u64))];
            errors.add_with("q", FieldError { code: "max_length", key: "field-max-length", args });
        } else if q.chars().any(char::is_control) {
            errors.add("q", "invalid", "field-invalid");
        }
        if !["", "email", "username"].contains(&&*by) {
            errors.add("by", "invalid_choice", "field-choice");
        }
        let known = State::ALL.into_iter().find(|known| known.as_str() == state);
        if known.is_none() && !state.is_empty() {
            errors.add("state", "invalid_choice", "field-choice");
        }
        errors.into_result()?;
        let state = known.unwrap_or(State::All);
        let mut query = Self { q, by_username: by == "username", state, cursor: None };
        if let Some(text) = cx.request().query_param("cursor")? {
            let place = parse_cursor(&text).filter(|place| state != State::All || place.starts_with(&query.prefix()));
            query.cursor = Some(place.ok_or(Error::NotFound)?);
        }
        Ok(query)
    }

    /// The query of an address that asks for it.
    pub fn to_search(&self) -> String {
        let by = if self.by_username { "username" } else { "email" };
        let pairs = [("q", &*self.q), ("by", by), ("state", self.state.as_str())];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    /// Everybody.
    pub fn everybody() -> Self {
        Self { q: String::new(), by_username: false, state: State::All, cursor: None }
    }

    fn prefix(&self) -> String {
        if self.by_username { CanonicalUsername::prefix(&self.q) } else { CanonicalEmail::prefix(&self.q) }
    }

    /// The canonical form of what is looked for in `user`.
    fn canonical(&self, user: &User) -> Option<String> {
        if self.by_username {
            user.username.as_ref().map(|name| name.canonical().as_str().to_owned())
        } else {
            Some(user.email.canonical().as_str().to_owned())
        }
    }
}

/// A page of accounts.
#[derive(Debug, Serialize)]
pub struct DirectoryPage {
    /// The accounts.
    pub users: Vec<AccountRow>,
    /// Where the next page begins, if there may be one.
    pub next: Option<String>,
}

/// What DynamoDB takes as a sort key, bytes.
const MOST_BYTES: usize = 1_024;

/// How many accounts are on a page.
const PAGE: usize = 50;

/// How many are looked at in one request, where a state and a beginning are looked for together: a page may be short, and
/// the next one goes on.
const MOST_READ: usize = 500;

/// How many are read in one `BatchGetItem`.
const BATCH: usize = 100;

/// The accounts that are looked for: an index names them, the table says what they are. For a list of all, or by a
/// beginning: one call for each of the index's sixteen shards at the same time, and one for the accounts. For those in a
/// state as many for every hundred that are looked at.
pub async fn directory(cx: &Context, query: &DirectoryQuery) -> Result<DirectoryPage> {
    let (prefix, after) = (query.prefix(), query.cursor.as_deref());
    if prefix.len() > MOST_BYTES {
        return Ok(DirectoryPage { users: Vec::new(), next: None });
    }
    let listing = match (query.state, query.by_username) {
        (State::All, false) => Listing::Emails,
        (State::All, true) => Listing::Usernames,
        (State::Staff | State::Superuser, _) => return in_state(cx, query, Listing::Staff, &prefix).await,
        (State::Inactive, _) => return in_state(cx, query, Listing::Inactive, &prefix).await,
    };
    let (entries, more) = cx.store().listed(listing, &prefix, after, PAGE, Order::First).await?;
    let next = entries.last().filter(|_| more).map(|entry| cursor(&entry.name));
    let users = read(cx, &entries).await?;
    // An identifier that leads elsewhere by now is no place in the list any more.
    let listed = users.into_iter().filter(|(name, user)| query.canonical(user).is_some_and(|is| is == *name));
    Ok(DirectoryPage { users: listed.map(|(_, user)| AccountRow::new(&user)).collect(), next })
}

async fn in_state(cx: &Context, query: &DirectoryQuery, listing: Listing, prefix: &str) -> Result<DirectoryPage> {
    let (mut rows, mut after, mut looked_at) = (Vec::new(), query.cursor.clone(), 0);
    loop {
        let (entries, more) = cx.store().listed(listing, "", after.as_deref(), BATCH, Order::First).await?;
        for (name, user) in read(cx, &entries).await? {
            looked_at += 1;
            after = Some(name);
            if query.state.has(&user) && query.canonical(&user).is_some_and(|is| is.starts_with(prefix)) {
                rows.push(AccountRow::new(&user));
            }
            if rows.len() == PAGE {
                return Ok(DirectoryPage { users: rows, next: after.as_deref().map(cursor) });
            }
        }
        // What is gone counts too: the next page begins after it.
        after = entries.last().map(|entry| entry.name.clone()).or(after);
        if !more {
            return Ok(DirectoryPage { users: rows, next: None });
        }
        if looked_at >= MOST_READ {
            return Ok(DirectoryPage { users: rows, next: after.as_deref().map(cursor) });
        }
    }
}

/// The accounts of entries, each with its place, in their order; those that are gone are left out.
async fn read(cx: &Context, entries: &[Entry]) -> Result<Vec<(String, User)>> {
    let users = cx.store().get_users(entries.iter().filter_map(|entry| entry.user)).await?;
    let users: HashMap<_, _> = users.into_iter().map(|user| (user.id, user)).collect();
    let found = entries.iter().filter_map(|entry| Some((entry.name.clone(), users.get(&entry.user?)?.clone())));
    Ok(found.collect())
}

/// A place as it stands in an address: nobody's name can be read over a shoulder.
fn cursor(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

fn parse_cursor(text: &str) -> Option<String> {
    let place = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    (!place.is_empty() && place.len() <= MOST_BYTES).then_some(place)
}
