//! What administrators do: look for accounts, change what they may, end their sessions, look through the audit trail.
//!
//! Each verb takes an [`Administrator`], who is staff and may give nothing that they do not have; what it changes is written
//! on the condition that they still are who they were when it was allowed. The pages are in `functions/admin`; who comes
//! to them at all is for [`crate::Allow::admin`] to say.

mod authority;
mod directory;
mod forms;
mod groups;
mod people;

pub use authority::Administrator;
pub use directory::{AccountRow, DirectoryPage, DirectoryQuery, State, directory};
pub use forms::{GroupForm, MemberForm, NewGroupForm, PrivilegesForm, VersionForm};
pub use groups::{
    GroupHandle, GroupPage, GroupRow, GroupsPage, add_member, create_group, delete_group, group, group_name, groups,
    members_of, remove_member, save_group,
};
pub use people::{
    AccountPage, UploadRow, UploadsPage, account, delete, end_session, end_sessions, find, save_privileges,
    send_password_reset, uploads,
};
