//! What can be found, and what is done about it.

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Finding {
    /// Under `media/`.
    ObjectOfNobody,
    /// Under `media/`.
    ObjectUnlisted,
    /// Under `uploads/`.
    ObjectWaiting,
    /// An upload in parts.
    Unfinished,
    /// A published file.
    Lost,
    /// A picture, by the profile.
    PictureLost,
    /// A picture, by its note.
    PictureUnused,
    /// A promise.
    Expired,
    /// An upload that is verified for ever.
    Stuck,
    /// A deletion.
    HalfDeleted,
    /// An upload of an account that is gone.
    Ownerless,
    /// A note.
    Unlisted,
    /// An entry of a list of uploads.
    EntryOfNothing,
    /// A grant.
    GrantOnNothing,
    /// A grant.
    GrantUnlisted,
    /// An entry of a list of what is granted.
    ShareOfNothing,
    /// A link.
    LinkToNothing,
    /// What is counted.
    Miscounted,
}

impl Finding {
    /// What is wrong, what `--fix` does, and what it has done.
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        const DELETE: (&str, &str) = ("delete it", "deleted");
        const ENTER: (&str, &str) = ("enter it", "entered");
        let (what, (todo, done)) = match self {
            Self::ObjectOfNobody => ("no upload has it", DELETE),
            Self::ObjectUnlisted => ("its upload does not have it", DELETE),
            Self::ObjectWaiting => ("it waits for nothing: its upload is over", DELETE),
            Self::Unfinished => ("parts of an upload that is over", ("give them up", "given up")),
            Self::Lost => ("the file is gone", ("refuse it as lost", "refused as lost")),
            Self::PictureLost => ("the picture is gone", ("take it off the profile", "taken off the profile")),
            Self::PictureUnused => ("a picture that its owner does not have any more", DELETE),
            Self::Expired => ("it did not arrive in time", ("give its bytes back", "its bytes are given back")),
            Self::Stuck => ("it was never verified", ("refuse it as expired", "refused as expired")),
            Self::HalfDeleted => ("its deletion was cut off", ("complete that", "deleted")),
            Self::Ownerless => ("its owner is gone", DELETE),
            Self::Unlisted => ("it is not in its owner's list", ENTER),
            Self::EntryOfNothing => ("the list names an upload that is not there", DELETE),
            Self::GrantOnNothing => ("a grant on a file that is gone", DELETE),
            Self::GrantUnlisted => ("a grant that is not in the list of what is shared", ENTER),
            Self::ShareOfNothing => ("the list names a file that is not granted", DELETE),
            Self::LinkToNothing => ("a link to a file that is gone", DELETE),
            Self::Miscounted => ("the uploads do not add up to it", ("correct it", "corrected")),
        };
        (what, todo, done)
    }
}
