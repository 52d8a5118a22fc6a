//! What somebody may do with an object, and the question whether they may.

use jiff::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::{Grant, Grantee, LinkSecret, Object};
use crate::accounts::{User, UserId};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::permissions::Missing;

/// What can be granted. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// To see it.
    View,
    /// To change it.
    Edit,
    /// To share it with others, and to take that back.
    Manage,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::View, Self::Edit, Self::Manage];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Edit => "edit",
            Self::Manage => "manage",
        }
    }

    /// The verb of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// What somebody may do with an object, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything: it is theirs. Nobody else may delete it.
    Owner,
    /// What was granted to them or to a group of theirs, the most of it.
    Granted(Verb),
    /// What the link permits that they came with.
    Link(Verb),
    /// Nothing. That the object is there is not told either.
    None,
}

impl Access {
    /// Whether it includes `verb`.
    pub fn allows(self, verb: Verb) -> bool {
        match self {
            Self::Owner => true,
            Self::Granted(most) | Self::Link(most) => most >= verb,
            Self::None => false,
        }
    }

    /// Its word: `own`, or that of the verb.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "own",
            Self::Granted(verb) | Self::Link(verb) => verb.as_str(),
            Self::None => "none",
        }
    }
}

/// The object and what `user`, or whoever comes with `link`, may do with it: one call to DynamoDB. For nobody, who comes
/// with nothing, there is nothing to read.
///
/// A superuser is not asked about: whoever may administer the site does not read people's files by that.
pub async fn access<T: DeserializeOwned>(
    cx: &Context,
    object: Object,
    user: Option<&User>,
    link: Option<&LinkSecret>,
) -> Result<(Option<T>, Access)> {
    cx.judge();
    Ok(cx.store().access(object, user, link, cx.now().as_second()).await?)
}

/// Whether `user` may do this with the object.
pub async fn can(cx: &Context, user: Option<&User>, verb: Verb, object: Object) -> Result<bool> {
    let (_, access) = access::<IgnoredAny>(cx, object, user, None).await?;
    Ok(access.allows(verb))
}

/// The object, for whoever may do this with it.
///
/// # Errors
/// [`Error::NotFound`] for those who may do nothing with it, whether it is there or not; [`Error::PermissionDenied`] for
/// those who may do less than this.
pub async fn require<T: DeserializeOwned>(
    cx: &Context,
    user: Option<&User>,
    verb: Verb,
    object: Object,
    link: Option<&LinkSecret>,
) -> Result<(T, Access)> {
    match access(cx, object, user, link).await? {
        (Some(item), access) if access.allows(verb) => Ok((item, access)),
        (_, Access::None) | (None, _) => Err(Error::NotFound),
        (Some(_), _) => Err(Error::PermissionDenied(Missing::Right)),
    }
}

/// What an object's item says of sharing.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Head {
    /// Whose it is.
    pub(crate) owner: Option<UserId>,
    /// To how many it is granted.
    #[serde(default)]
    pub(crate) share_count: usize,
    /// How many links to it there are.
    #[serde(default)]
    pub(crate) link_count: usize,
    /// Since when it is being deleted: nothing is granted any more, and nobody but the owner sees it.
    #[serde(default)]
    pub(crate) closed_at: Option<Timestamp>,
}

/// What somebody may do, and by which grant, if it is by one.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) access: Access,
    pub(crate) by: Option<Grantee>,
}

impl Head {
    /// What `user` may do, by these grants and, if there is a link that is good, by that.
    pub(crate) fn judge(&self, user: Option<&User>, grants: &[(Grantee, Grant)], link: bool) -> Standing {
        // Somebody whose account is deactivated is nobody, however they got here.
        let user = user.filter(|user| user.is_active);
        if user.is_some_and(|user| self.owner == Some(user.id)) {
            return Standing { access: Access::Owner, by: None };
        }
        if self.closed_at.is_some() {
            return Standing { access: Access::None, by: None };
        }
        let theirs = grants.iter().filter(|(to, _)| user.is_some_and(|user| to.includes(user)));
        match theirs.max_by_key(|(_, grant)| grant.verb()) {
            Some((by, grant)) => Standing { access: Access::Granted(grant.verb()), by: Some(by.clone()) },
            None if link => Standing { access: Access::Link(Verb::View), by: None },
            None => Standing { access: Access::None, by: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verb_includes_those_before_it_and_a_link_shows_alone() {
        for (access, expected) in [
            (Access::Owner, [true, true, true]),
            (Access::Granted(Verb::Manage), [true, true, true]),
            (Access::Granted(Verb::Edit), [true, true, false]),
            (Access::Granted(Verb::View), [true, false, false]),
            (Access::Link(Verb::View), [true, false, false]),
            (Access::None, [false, false, false]),
        ] {
            assert_eq!(Verb::ALL.map(|verb| access.allows(verb)), expected, "{access:?}");
        }
    }

    #[test]
    fn a_verb_is_its_word() {
        for verb in Verb::ALL {
            assert_eq!(Verb::parse(verb.as_str()), Some(verb));
            assert_eq!(serde_json::to_value(verb).unwrap(), verb.as_str());
        }
        assert!(Verb::parse("own").is_none() && Verb::parse("View").is_none());
    }
}
