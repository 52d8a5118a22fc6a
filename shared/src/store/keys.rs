//! How the keys of the tables are spelled: here and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::accounts::tokens::{LinkId, Purpose};
use crate::accounts::{CanonicalEmail, CanonicalUsername, LAST_LOGINS, UserId};
use crate::audit::{Month, Subject};
use crate::media::UploadId;
use crate::sessions::SessionKey;
use crate::sharing::{Grantee, Object};
use crate::site::orders::OrderId;
use crate::throttle::Counter;

/// The partition key's attribute, in every table.
pub const PK: &str = "PK";
/// The sort key's attribute, in every table.
pub const SK: &str = "SK";
/// The attribute by which `DynamoDB`'s TTL deletes: epoch seconds.
pub const TTL: &str = "expires_at";
/// The same in the table of accounts, where events of the audit trail alone expire.
pub const AUDIT_TTL: &str = "audited_until";
/// The attribute that makes a user's item the tombstone of a deleted account.
pub const DELETED_AT: &str = "deleted_at";

const MAIL: &str = "MAIL#";
const EMAIL: &str = "EMAIL#";
const NAME: &str = "NAME#";
const USER: &str = "USER#";
const PROFILE: &str = "PROFILE";
const GROUP: &str = "GROUP#";
const GUARD: &str = "GUARD";
const OWNER: &str = "OWNER#";
const SHARED: &str = "SHARED#";
const META: &str = "META";
const LINK: &str = "LINK#";
/// What the sort key of a group's member begins with.
pub(super) const MEMBER: &str = "MEMBER#";
/// What the sort key of a grant begins with.
pub(super) const GRANT: &str = "GRANT#";

/// What the partitions of the table of accounts begin with: no kind of object is called so.
pub const PARTITIONS: [&str; 9] = ["USER", "EMAIL", "NAME", "GROUP", "OWNER", "SHARED", "MEDIA", "AUDIT", "ORDERS"];

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// A user.
    pub fn user(id: UserId) -> Self {
        Self { pk: user_partition(id), sk: PROFILE.to_owned() }
    }

    /// Whether it is where a user stands, whatever is written for the identifier.
    pub fn is_user(&self) -> bool {
        self.pk.starts_with(USER) && self.sk == PROFILE
    }

    /// Whose item it is, if it is the key of a user.
    pub fn user_id(&self) -> Option<UserId> {
        let id = UserId::parse(self.pk.strip_prefix(USER)?)?;
        (Self::user(id) == *self).then_some(id)
    }

    /// What the password hashes in the table cost at most.
    pub fn hash_costs() -> Self {
        Self { pk: user_partition(UserId::nobody()), sk: "HASHES".to_owned() }
    }

    /// What keeps an address unique.
    pub fn email(email: &CanonicalEmail) -> Self {
        Self { pk: format!("{EMAIL}{}", email.as_str()), sk: GUARD.to_owned() }
    }

    /// What keeps a user name unique.
    pub fn username(name: &CanonicalUsername) -> Self {
        Self { pk: format!("{NAME}{}", name.as_str()), sk: GUARD.to_owned() }
    }

    /// Whether it is the key of what keeps an identifier unique.
    pub fn is_guard(&self) -> bool {
        self.sk == GUARD
    }

    /// The address that it keeps unique, if it is the key of such a guard.
    pub(super) fn guarded_email(&self) -> Option<&str> {
        self.pk.strip_prefix(EMAIL).filter(|_| self.is_guard())
    }

    /// The user name that it keeps unique, likewise.
    pub(super) fn guarded_username(&self) -> Option<&str> {
        self.pk.strip_prefix(NAME).filter(|_| self.is_guard())
    }

    /// Whether it is the key of what keeps a user name unique.
    pub fn is_of_username(&self) -> bool {
        self.is_guard() && self.pk.starts_with(NAME)
    }

    /// A group.
    pub fn group(name: &str) -> Self {
        Self { pk: group_partition(name), sk: "GROUP".to_owned() }
    }

    /// Whether it is the key of a group.
    pub fn is_group(&self) -> bool {
        self.pk.starts_with(GROUP) && self.sk == "GROUP"
    }

    /// What keeps a group from being looked like: stands under what its name looks like, as SHA-256, since that may be longer
    /// than a key.
    pub fn group_skeleton(skeleton: &str) -> Self {
        Self { pk: group_partition(&URL_SAFE_NO_PAD.encode(Sha256::digest(skeleton))), sk: "ALIKE".to_owned() }
    }

    /// That a user is in a group: by it a group's members are found without a scan.
    pub fn member(group: &str, user: UserId) -> Self {
        Self { pk: group_partition(group), sk: format!("{MEMBER}{user}") }
    }

    /// Who is in a group, if it is the key of that.
    pub fn member_id(&self) -> Option<UserId> {
        UserId::parse(self.sk.strip_prefix(MEMBER)?).filter(|_| self.pk.starts_with(GROUP))
    }

    /// An event of the audit trail.
    pub fn event(subject: &Subject, id: Uuid) -> Self {
        Self { pk: audit_partition(subject), sk: format!("EVENT#{id}") }
    }

    /// An order of the site's shop.
    pub fn order(id: OrderId) -> Self {
        Self { pk: orders_partition(id.month()), sk: format!("ORDER#{id}") }
    }

    /// An uploaded object.
    pub fn upload(id: UploadId) -> Self {
        Self { pk: format!("MEDIA#{id}"), sk: META.to_owned() }
    }

    /// An entry in the list of what somebody has uploaded: by it all of theirs is found without a scan.
    pub fn owned(owner: UserId, upload: UploadId) -> Self {
        Self { pk: owner_partition(owner), sk: format!("{OWNED}{upload}") }
    }

    /// Whose list of uploads it is an entry of, and which upload it names.
    pub fn listed(&self) -> Option<(UserId, UploadId)> {
        let owner = UserId::parse(self.pk.strip_prefix(OWNER)?)?;
        Some((owner, UploadId::parse(self.sk.strip_prefix(OWNED)?)?))
    }

    /// The upload in whose partition it stands: the note, what it grants, a link to it.
    pub fn of_upload(&self) -> Option<UploadId> {
        UploadId::parse(self.pk.strip_prefix(OWNED)?)
    }

    /// To whom an upload is granted, and which one, if it is an entry of such a list.
    pub fn shared_upload(&self) -> Option<(Grantee, UploadId)> {
        let to = Self { pk: String::new(), sk: format!("{GRANT}{}", self.pk.strip_prefix(SHARED)?) }.grantee()?;
        Some((to, UploadId::parse(self.sk.strip_prefix(OWNED)?)?))
    }

    /// Whose uploads it counts, if it is the key of such an item.
    pub fn usage_of(&self) -> Option<UserId> {
        let id = UserId::parse(self.pk.strip_prefix(USER)?)?;
        (Self::usage(id) == *self).then_some(id)
    }

    /// What a user's uploads take of their quotas.
    pub fn usage(owner: UserId) -> Self {
        Self { pk: user_partition(owner), sk: "USAGE".to_owned() }
    }

    /// An object that can be shared.
    pub fn object(object: Object) -> Self {
        Self::object_at(object.to_string())
    }

    /// An object of any kind, by its partition.
    pub(super) fn object_at(partition: String) -> Self {
        Self { pk: partition, sk: META.to_owned() }
    }

    /// What an object grants to somebody.
    pub fn grant(object: Object, to: &Grantee) -> Self {
        Self::grant_at(object.to_string(), to)
    }

    /// The same for an object of any kind, by its partition.
    pub(super) fn grant_at(partition: String, to: &Grantee) -> Self {
        Self { pk: partition, sk: format!("{GRANT}{}", grantee(to)) }
    }

    /// To whom, if it is the key of a grant.
    pub fn grantee(&self) -> Option<Grantee> {
        let to = self.sk.strip_prefix(GRANT)?;
        if let Some(name) = to.strip_prefix(GROUP) {
            return Some(Grantee::Group(name.to_owned()));
        }
        UserId::parse(to.strip_prefix(USER)?).map(Grantee::User)
    }

    /// A link that opens an object to whoever has it, by the digest of its secret.
    pub fn object_link(object: Object, digest: &str) -> Self {
        Self { pk: object.to_string(), sk: format!("{LINK}{digest}") }
    }

    /// The digest of its secret, if it is the key of a link to an object.
    pub fn link_digest(&self) -> Option<&str> {
        self.sk.strip_prefix(LINK)
    }

    /// An entry in the list of what is granted to somebody: by it all of that is found without a scan.
    pub fn shared(to: &Grantee, object: Object) -> Self {
        Self { pk: shared_partition(to), sk: object.to_string() }
    }

    /// What a link permits.
    pub fn token(id: LinkId, purpose: Purpose) -> Self {
        Self { pk: format!("TOKEN#{id}"), sk: purpose.as_str().to_owned() }
    }

    /// A promised mail. Those who promise one may write nothing else into the outbox: by the partition's first word.
    pub fn mail(id: Uuid) -> Self {
        Self { pk: format!("{MAIL}{id}"), sk: "MAIL".to_owned() }
    }

    /// The order to try once more to send a mail. It stands beside the mail, whose link keeps the id that it has.
    pub fn retry(mail: Uuid) -> Self {
        Self { pk: format!("{MAIL}{mail}"), sk: "RETRY".to_owned() }
    }

    /// Which mail is to be tried once more, if that is what an item orders.
    pub fn to_retry(&self) -> Option<Uuid> {
        let id = Uuid::try_parse(self.pk.strip_prefix(MAIL)?).ok()?;
        (Self::retry(id) == *self).then_some(id)
    }

    /// Which mail it is, if it is the key of one.
    pub fn mail_id(&self) -> Option<Uuid> {
        let id = Uuid::try_parse(self.pk.strip_prefix(MAIL)?).ok()?;
        (Self::mail(id) == *self).then_some(id)
    }

    /// The order to erase what a deleted account has left.
    pub fn erase(user: UserId) -> Self {
        Self { pk: format!("{ERASURE}{user}"), sk: "ERASE".to_owned() }
    }

    /// Whose erasure an item orders, if that is what it does.
    pub fn to_erase(&self) -> Option<UserId> {
        UserId::parse(self.pk.strip_prefix(ERASURE)?)
    }

    /// How the sort keys of a user's log-ins begin.
    pub const LOGINS: &'static str = "LOGIN#";

    /// The slot of a user's log-in.
    pub fn login(user: UserId, number: u64) -> Self {
        Self { pk: user_partition(user), sk: format!("{}{:02}", Self::LOGINS, number % LAST_LOGINS) }
    }

    /// What is counted against somebody.
    pub fn throttle(counter: &Counter) -> Self {
        Self { pk: format!("THROTTLE#{}#{}", counter.scope(), counter.digest()), sk: "WINDOW".to_owned() }
    }

    /// A session: a user's stand together, so that they can be listed; a visitor's stand alone.
    pub fn session(key: &SessionKey) -> Self {
        let pk = match key.user {
            Some(user) => user_partition(user),
            None => format!("ANON#{}", key.digest),
        };
        Self { pk, sk: format!("{SESSION}{}", key.digest) }
    }

    /// The values of a session, where they stand apart from it.
    pub fn session_values(key: &SessionKey) -> Self {
        Self { sk: format!("VALUES#{}", key.digest), ..Self::session(key) }
    }

    /// Which session of a user an item is.
    pub(super) fn session_of(user: UserId, item: &super::call::Item) -> Option<SessionKey> {
        let digest = item.get(SK)?.as_s().ok()?.strip_prefix(SESSION)?;
        Some(SessionKey { user: Some(user), digest: digest.to_owned() })
    }
}

/// Where what is a user's stands: the user, in the table of accounts; the sessions, in the other one.
pub(super) fn user_partition(id: UserId) -> String {
    format!("{USER}{id}")
}

/// Where a group and who is in it stand.
pub(super) fn group_partition(name: &str) -> String {
    format!("{GROUP}{name}")
}

/// Where what was done to somebody or something stands.
pub(super) fn audit_partition(subject: &Subject) -> String {
    format!("AUDIT#{subject}")
}

/// Where a month's orders stand.
pub(super) fn orders_partition(month: Month) -> String {
    format!("ORDERS#{month}")
}

/// Where the list of what somebody has uploaded stands.
pub(super) fn owner_partition(id: UserId) -> String {
    format!("{OWNER}{id}")
}

/// What an entry of that list begins with; the upload's identifier follows.
pub(super) const OWNED: &str = "MEDIA#";

/// Where the list of what is granted to somebody stands. Its sort keys are objects.
pub(super) fn shared_partition(to: &Grantee) -> String {
    format!("{SHARED}{}", grantee(to))
}

fn grantee(to: &Grantee) -> String {
    match to {
        Grantee::User(id) => user_partition(*id),
        Grantee::Group(name) => format!("{GROUP}{name}"),
    }
}

/// What the sort key of a session begins with.
pub(super) const SESSION: &str = "SESSION#";
/// What the partition key of an order to erase begins with.
const ERASURE: &str = "ERASE#";
