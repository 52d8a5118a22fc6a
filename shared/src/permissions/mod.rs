//! Permissions, as Django has them: `app.verb_model`, on users and on groups; a superuser has all of them, an inactive
//! account has none.
//!
//! What can be permitted is declared in code, as constants of types: the product's own in [`own`], the site's in
//! `shared/src/site/permissions.rs`. A permission that is misspelt does not compile; one that is stored and not declared
//! (brought along from Django, or of an earlier version) is kept, and permits nothing here. What is permitted is read
//! when it is asked for, once in a request and never kept beyond it, so that a change holds on the very next one
//! (`docs/permissions.md`).

mod declare;
mod group_name;
pub mod groups;
mod own;
mod permission;
mod rights;

pub(crate) use declare::declare;
pub use group_name::GroupName;
pub use groups::Group;
pub use own::{audit, auth, media, sessions};
pub use permission::Permission;
pub use rights::{Missing, Perms, Rights};
