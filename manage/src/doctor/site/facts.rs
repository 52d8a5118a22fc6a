//! What is known of a site: what it answers, and what AWS says of its stack.

use crate::doctor::http::{Answer, NoAnswer};

/// What was found out by asking the site.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Its origin, as `https://www.example.org`.
    pub(super) origin: String,
    pub(super) is_https: bool,
    /// Whether it is on this machine.
    pub(super) is_local: bool,
    /// What the stack says `PUBLIC_URL` is.
    pub(super) public_url: Option<String>,
    /// What the site names its CSRF cookie, without the prefix that https gives it.
    pub(super) csrf_name: String,
    /// How far this machine's clock was before the site's, when the first answer came, seconds.
    pub(super) ahead: Option<i64>,
    /// What is answered over plain HTTP, where the site has another way.
    pub(super) plain: Option<Result<Answer, NoAnswer>>,
    /// The first page, asked for by somebody without cookies.
    pub(super) first: Result<Answer, NoAnswer>,
    /// The rest, where the first page was one of the product's.
    pub(super) more: Option<More>,
}

/// What is asked of a site that has answered once.
#[derive(Debug, Clone)]
pub(super) struct More {
    /// The same page, with the cookie that the first one has set.
    pub(super) again: Asked,
    /// The same, with a cookie that makes it set two.
    pub(super) several: Asked,
    /// The same in JSON, with a query string that stands in it.
    pub(super) query: Asked,
    /// The same, of another host: by Host, and by what proxies write.
    pub(super) foreign: Vec<Asked>,
    /// A page for members, which leads to the log-in.
    pub(super) redirect: Asked,
    /// A form that says nothing that there is, and so changes nothing.
    pub(super) form: Asked,
    /// A path that there is not.
    pub(super) missing: Asked,
    /// A method that the path has not.
    pub(super) wrong_method: Asked,
    /// The first page at the API's own address, where that is known.
    pub(super) direct: Option<(String, Asked)>,
}

/// An answer, or none.
pub(super) type Asked = Result<Answer, NoAnswer>;

/// The text that a query string carries, and that then stands in the answer.
pub(super) const QUERY: &str = "portico-doctor-asks";

/// A host that never is one (RFC 2606).
pub(super) const FOREIGN: &str = "portico-doctor.invalid";

/// What was asked of AWS: the answer, or why there is none.
pub(super) type Told<T> = Result<T, String>;

/// What AWS says of a stack.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) stack: String,
    /// Where the site is, by the stack's outputs.
    pub(super) site: Option<String>,
    pub(super) tables: Vec<Table>,
    pub(super) buckets: Vec<Bucket>,
    /// The secrets, by their logical ids.
    pub(super) secrets: Vec<(&'static str, Told<Secret>)>,
    pub(super) mail: Mail,
}

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    /// The attribute by which its items expire.
    pub(super) expires_by: &'static str,
    pub(super) is_durable: bool,
    /// Its state, and whether it refuses to be deleted.
    pub(super) state: Told<(String, bool)>,
    /// The attribute by which items expire, where any do.
    pub(super) ttl: Told<Option<String>>,
    /// Whether any second of its past can be restored; asked of the durable ones.
    pub(super) backups: Option<Told<bool>>,
}

/// A bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    pub(super) name: String,
    /// Whether every kind of public access is blocked.
    pub(super) blocked: Told<bool>,
    /// Its rules for other origins; asked of the media bucket.
    pub(super) cors: Option<Told<Vec<Cors>>>,
}

/// A rule for other origins.
#[derive(Debug, Clone, Default)]
pub(super) struct Cors {
    pub(super) origins: Vec<String>,
    pub(super) methods: Vec<String>,
    pub(super) exposed: Vec<String>,
}

/// A secret. What is in it is asked of nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secret {
    There,
    Missing,
    /// It will be gone on a day that is set.
    Ending,
}

/// Mail.
#[derive(Debug, Clone)]
pub(super) struct Mail {
    /// From whom mails come; nobody, where none is sent.
    pub(super) sender: Option<String>,
    /// Whether that address, or its domain, is verified.
    pub(super) is_verified: Told<bool>,
    /// Whether the account may send to everybody, and whether it may send.
    pub(super) account: Told<(bool, bool)>,
}
