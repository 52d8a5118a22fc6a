//! Sharing: who may do what with an object of somebody's (object-level permissions, as django-guardian has them).
//!
//! An object is an item of a kind that the site declares ([`crate::site`]); its `owner` may do everything. Beside it stand
//! what the owner has granted to users and groups, and the links that open it to whoever has them. What is granted is read
//! with the object, in one call, so that what is revoked is revoked on the next request (`docs/sharing.md`).

mod access;
mod forget;
mod forms;
mod grants;
mod links;
mod object;
mod shared_with;
mod shares;

pub use access::{Access, Verb, access, can, require};
pub(crate) use access::{Head, Standing};
pub use forget::{forget_group, forget_object, forget_objects, forget_user};
pub use forms::{GrantForm, LinkForm};
pub use grants::{Grant, GrantRow, Grantee, Recipient, Row, grant, grants_of, revoke};
pub use links::{Link, LinkRow, LinkSecret, NewLink, create_link, links_of, revoke_link};
pub use object::{Kind, Object};
pub use shared_with::{Cursor, SharedObject, SharedPage, shared_with};
pub use shares::{Shares, shares_of};
