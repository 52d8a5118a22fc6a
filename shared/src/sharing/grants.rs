//! Granting an object to somebody, and revoking that.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::shares::managed;
use super::{Object, Verb};
use crate::accounts::{Email, Identifier, User, UserId};
use crate::context::Context;
use crate::error::{Arg, Error, FieldError, FieldErrors, Result};
use crate::store::StoreError;
use crate::store::grants::{Edit, GrantChange};

/// Whom something is granted to, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grantee {
    /// A user, or somebody whom no address leads to.
    User(UserId),
    /// Whoever is in the group of this name.
    Group(String),
}

impl Grantee {
    /// Whether it is this user, or a group that they are in.
    pub(crate) fn includes(&self, user: &User) -> bool {
        match self {
            Self::User(id) => *id == user.id,
            Self::Group(name) => user.groups.contains(name),
        }
    }

    /// All that `user` is: themself, and each of their groups once.
    pub(crate) fn all_of(user: &User) -> Vec<Self> {
        let mut all: Vec<_> = user.groups.iter().cloned().map(Self::Group).collect();
        all.sort_unstable();
        all.dedup();
        all.push(Self::User(user.id));
        all
    }
}

/// Whom somebody wants to share with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Whoever has this address.
    Address(Email),
    /// A group that the sharer is in.
    Group(String),
}

impl Recipient {
    /// As it was typed.
    fn label(&self) -> &str {
        match self {
            Self::Address(email) => email.as_str(),
            Self::Group(name) => name,
        }
    }

    /// In the form in which two are compared.
    fn name(&self) -> String {
        match self {
            Self::Address(email) => email.canonical().as_str().to_owned(),
            Self::Group(name) => name.clone(),
        }
    }
}

/// What an object grants to one grantee. A user may be known by several addresses, one after another: each is a row of its
/// own, so that nobody sees that they lead to the same account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    verb: Verb,
    rows: Vec<Row>,
    revision: u64,
}

/// What was granted under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    id: Uuid,
    label: String,
    name: String,
    verb: Verb,
    created_at: Timestamp,
}

impl Grant {
    /// The most of what its rows grant.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The same with this row, in the place of one of its name.
    fn with(grant: Option<&Self>, row: Row) -> Self {
        let others = grant.iter().flat_map(|grant| &grant.rows).filter(|other| other.name != row.name);
        let mut rows: Vec<_> = others.cloned().collect();
        rows.push(row);
        Self { verb: most(&rows), rows, revision: next(grant) }
    }

    /// The same without the row `id`; without any it goes.
    fn without(&self, id: Uuid) -> Self {
        let rows: Vec<_> = self.rows.iter().filter(|row| row.id != id).cloned().collect();
        Self { verb: most(&rows), rows, revision: next(Some(self)) }
    }
}

fn most(rows: &[Row]) -> Verb {
    rows.iter().map(|row| row.verb).max().unwrap_or(Verb::View)
}

fn next(grant: Option<&Grant>) -> u64 {
    grant.map_or(1, |grant| grant.revision + 1)
}

/// A row as those see it who may manage the object. It is the same whether there is an account or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantRow {
    /// By what it is revoked.
    pub id: Uuid,
    /// `user` or `group`.
    pub kind: &'static str,
    /// The address as it was typed, or the group's name.
    pub label: String,
    /// What was granted.
    pub verb: Verb,
    /// When, at first.
    pub created_at: Timestamp,
}

impl GrantRow {
    pub(super) fn new(to: &Grantee, row: &Row) -> Self {
        let kind = if matches!(to, Grantee::User(_)) { "user" } else { "group" };
        Self { id: row.id, kind, label: row.label.clone(), verb: row.verb, created_at: row.created_at }
    }
}

/// How often a change is tried that meets another one.
const ATTEMPTS: u32 = 5;

/// Grants `verb` on the object to somebody; to whom it was granted before, they have this instead. Two trips, three calls
/// to DynamoDB.
///
/// An address that nobody has is granted the same, and the same is shown: only that nobody is who has it.
///
/// # Errors
/// Those of [`super::require`] for [`Verb::Manage`]; [`Error::Invalid`] for one's own address, for a group that one is not
/// in, and when there are `SHARES_MAX_PER_OBJECT` grants already; [`Error::Conflict`] when others change the same all the time.
pub async fn grant(cx: &Context, user: &User, object: Object, to: &Recipient, verb: Verb) -> Result<GrantRow> {
    cx.judge();
    for _ in 0..ATTEMPTS {
        let (ledger, grantee) = tokio::try_join!(async { Ok(cx.store().ledger(object).await?) }, find(cx, to))?;
        let (ledger, standing) = managed(ledger, user)?;
        match &grantee {
            Grantee::User(id) if *id == user.id => {
                return Err(Error::Invalid(FieldErrors::of("email", "own_address", "sharing-own-address")));
            }
            Grantee::Group(_) if !grantee.includes(user) => return Err(unknown_group()),
            _ => {}
        }
        let name = to.name();
        let is_user = matches!(grantee, Grantee::User(_));
        let of_name = ledger.grants.iter().filter(|(holder, _)| matches!(holder, Grantee::User(_)) == is_user);
        let before = of_name
            .flat_map(|(holder, grant)| grant.rows.iter().map(move |row| (holder, grant, row)))
            .find(|(_, _, row)| row.name == name);
        let most = cx.config().sharing.max_per_object;
        if before.is_none() && ledger.head.share_count >= most {
            return Err(too_many("sharing-too-many", most));
        }
        let (id, created_at) = match before {
            Some((_, _, row)) => (row.id, row.created_at),
            None => (cx.app().rng().uuid(cx.now()), cx.now()),
        };
        let row = Row { id, label: to.label().to_owned(), name, verb, created_at };
        let shown = GrantRow::new(&grantee, &row);
        let held = ledger.grants.iter().find(|(holder, _)| *holder == grantee).map(|(_, grant)| grant);
        let mut edits = Vec::new();
        // Whom the address led to before: an account that has another one by now, or nobody.
        if let Some((holder, grant, row)) = before.filter(|(holder, _, _)| **holder != grantee) {
            edits.push(Edit { to: holder.clone(), was: Some(grant.revision), grant: grant.without(row.id) });
        }
        let was = held.map(|grant| grant.revision);
        edits.push(Edit { to: grantee.clone(), was, grant: Grant::with(held, row) });
        let change = GrantChange {
            object,
            owner: ledger.head.owner,
            by: standing.by,
            added: i64::from(before.is_none()),
            most,
            edits,
            to: Some(grantee),
        };
        match cx.store().change_grants(&change).await {
            Ok(()) => return Ok(shown),
            Err(StoreError::Condition { failed }) if !is_user && failed.contains(&GrantChange::GRANTEE) => {
                return Err(unknown_group());
            }
            Err(error) if error.is_condition() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict)
}

/// Revokes what was granted under the row `id`: from the next request on they have it no more. What is not there is
/// revoked already. Whoever may manage an object may revoke what everybody else has of it, as on Google Drive, and their
/// own too; never what the owner has.
///
/// # Errors
/// As those of [`grant`].
pub async fn revoke(cx: &Context, user: &User, object: Object, id: Uuid) -> Result<()> {
    cx.judge();
    for _ in 0..ATTEMPTS {
        let (ledger, standing) = managed(cx.store().ledger(object).await?, user)?;
        let found = ledger.grants.iter().find(|(_, grant)| grant.rows.iter().any(|row| row.id == id));
        let Some((to, grant)) = found else { return Ok(()) };
        let change = GrantChange {
            object,
            owner: ledger.head.owner,
            by: standing.by,
            added: -1,
            most: cx.config().sharing.max_per_object,
            edits: vec![Edit { to: to.clone(), was: Some(grant.revision), grant: grant.without(id) }],
            to: None,
        };
        match cx.store().change_grants(&change).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_condition() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict)
}

/// Whom the object is granted to, the oldest first, for those who may manage it.
pub async fn grants_of(cx: &Context, user: &User, object: Object) -> Result<Vec<GrantRow>> {
    cx.judge();
    Ok(managed(cx.store().ledger(object).await?, user)?.0.grant_rows())
}

/// Whom a recipient stands for. One read for an address, whether an account has it or not.
async fn find(cx: &Context, to: &Recipient) -> Result<Grantee> {
    match to {
        Recipient::Group(name) => Ok(Grantee::Group(name.clone())),
        Recipient::Address(email) => {
            let address = email.canonical();
            let stand_in = UserId::stand_in(&address);
            let found = cx.store().find_user(&Identifier::Email(address)).await?;
            Ok(Grantee::User(found.unwrap_or(stand_in)))
        }
    }
}

/// Nothing tells a group that does not exist from one that others are in.
fn unknown_group() -> Error {
    Error::Invalid(FieldErrors::of("group", "invalid_choice", "sharing-unknown-group"))
}

pub(super) fn too_many(key: &'static str, most: usize) -> Error {
    let args = vec![("limit", Arg::Number(most as u64))];
    Error::Invalid(FieldErrors::of_with(FieldErrors::ALL, FieldError { code: "too_many", key, args }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u128, name: &str, verb: Verb) -> Row {
        let (id, created_at) = (Uuid::from_u128(number), Timestamp::UNIX_EPOCH);
        Row { id, label: name.to_uppercase(), name: name.to_owned(), verb, created_at }
    }

    #[test]
    fn who_is_known_by_two_addresses_has_the_most_that_either_was_granted() {
        let one = Grant::with(None, row(1, "old@example.com", Verb::Manage));
        let two = Grant::with(Some(&one), row(2, "new@example.com", Verb::View));
        assert_eq!((two.verb(), two.rows.len(), two.revision), (Verb::Manage, 2, 2));
        let left = two.without(Uuid::from_u128(1));
        assert_eq!((left.verb(), left.rows.len(), left.revision), (Verb::View, 1, 3));
        assert!(left.without(Uuid::from_u128(2)).rows.is_empty());
    }

    #[test]
    fn what_is_granted_again_under_the_same_name_is_changed() {
        let one = Grant::with(None, row(1, "a@example.com", Verb::Manage));
        let again = Grant::with(Some(&one), row(1, "a@example.com", Verb::View));
        assert_eq!((again.verb(), again.rows.len()), (Verb::View, 1));
    }

    #[test]
    fn a_row_shows_neither_the_account_nor_that_there_is_none() {
        let to = Grantee::User(UserId::nobody());
        let shown = serde_json::to_string(&GrantRow::new(&to, &row(1, "a@example.com", Verb::View))).unwrap();
        assert!(!shown.contains(&UserId::nobody().to_string()), "{shown}");
    }
}
