//! What the product itself asks permission for: the pages of its administration.

super::declare! {
    /// Accounts and groups, under Django's names.
    auth {
        /// An account. `CHANGE` is what its flags, groups and permissions take, and a reset of its password.
        User = "user" only [CHANGE, DELETE, VIEW] {}
        /// A group. `CHANGE` is what its permissions take.
        Group = "group" {}
    }

    /// Sessions and log-ins.
    sessions {
        /// A session. `VIEW` is where and when somebody logged in, `DELETE` ends sessions.
        Session = "session" only [DELETE, VIEW] {}
    }

    /// What people have uploaded.
    media {
        /// An upload. `VIEW` is that it is there and what is said about it; its bytes are its owner's.
        Upload = "upload" only [VIEW] {}
    }

    /// What was done to accounts and groups.
    audit {
        /// An event. Nobody adds, changes or deletes one by hand.
        Event = "event" only [VIEW] {}
    }
}
