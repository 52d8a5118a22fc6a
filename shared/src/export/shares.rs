//! What an export says of sharing: whom the user's files are granted to, and what others have shared with them.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::archive::Archive;
use super::files::Theirs;
use crate::accounts::User;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::media::{Upload, UploadId};
use crate::sharing::{self, Kind, LinkRow, Object, Verb};

/// How many files are asked about at once.
const AT_ONCE: usize = 8;

/// Both.
#[derive(Serialize)]
struct Shares {
    by_me: Vec<Shared>,
    with_me: Vec<Given>,
}

/// A file of the user's.
#[derive(Serialize)]
struct Shared {
    id: UploadId,
    name: String,
    grants: Vec<Granted>,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Granted {
    kind: &'static str,
    to: String,
    verb: Verb,
    created_at: Timestamp,
}

/// A link, without what it is revoked by, let alone its secret.
#[derive(Serialize)]
struct Link {
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// A file of somebody else's.
#[derive(Serialize)]
struct Given {
    id: UploadId,
    name: String,
    verb: &'static str,
}

/// Packs it, where there is anything. Whether there was.
pub(super) async fn pack(cx: &Context, user: &User, theirs: &Theirs, zip: &mut Archive) -> Result<bool> {
    let shares = Shares { by_me: by_me(cx, user, theirs).await?, with_me: with_me(cx, user).await? };
    if shares.by_me.is_empty() && shares.with_me.is_empty() {
        return Ok(false);
    }
    zip.json("shares.json", &shares)?;
    Ok(true)
}

/// One call for each file that is shared.
async fn by_me(cx: &Context, user: &User, theirs: &Theirs) -> Result<Vec<Shared>> {
    let uploads = theirs.uploads.iter().filter(|(_, is_shared)| *is_shared).map(|(upload, _)| upload);
    let questions = uploads.map(|upload| async move {
        let shares = match sharing::shares_of::<IgnoredAny>(cx, user, Object::media(upload.id)).await {
            Ok(shares) => shares,
            // Deleted since its note was read.
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let grants = shares.grants.into_iter().map(|row| Granted {
            kind: row.kind,
            to: row.label,
            verb: row.verb,
            created_at: row.created_at,
        });
        let links = shares.links.into_iter();
        let links = links.map(|LinkRow { created_at, expires_at, .. }| Link { created_at, expires_at });
        let name = upload.name.as_str().to_owned();
        let (grants, links) = (grants.collect::<Vec<_>>(), links.collect::<Vec<_>>());
        let is_shared = !grants.is_empty() || !links.is_empty();
        Ok(is_shared.then_some(Shared { id: upload.id, name, grants, links }))
    });
    let all: Vec<_> = stream::iter(questions.collect::<Vec<_>>()).buffered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

/// As many as an export has files.
async fn with_me(cx: &Context, user: &User) -> Result<Vec<Given>> {
    let most = cx.config().export.max_files;
    let (mut given, mut after) = (Vec::new(), None);
    loop {
        let page = sharing::shared_with::<Upload>(cx, user, Kind::MEDIA, after).await?;
        given.extend(page.objects.into_iter().filter(|shared| shared.item.ready().is_some()).map(|shared| Given {
            id: shared.item.id,
            name: shared.item.name.as_str().to_owned(),
            verb: shared.access.as_str(),
        }));
        after = page.next;
        if after.is_none() || given.len() >= most {
            given.truncate(most);
            return Ok(given);
        }
    }
}
