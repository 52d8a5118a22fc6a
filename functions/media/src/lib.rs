//! `/media`: what somebody has uploaded and what others have shared with them, and the way to a file's bytes, which leads
//! past the question whether they may.

mod details;
mod download;
mod file;
mod list;
mod share;

use portico::accounts::User;
use portico::media::{Upload, UploadId};
use portico::sharing::{self, Access, LinkSecret, Object, Verb};
use portico::{Allow, Context, Error, Method, Result, Routes};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(list::TEMPLATE)
        .get("/media", Allow::USERS, list::mine)
        .get("/media/shared", Allow::USERS, list::shared)
        .get("/media/{id}", Allow::object(Verb::View), download::file)
        .patch("/media/{id}", Allow::object(Verb::Edit), file::rename)
        .on(Method::DELETE, "/media/{id}", Allow::OWNER, file::delete)
        .get("/media/{id}/thumbnails/{side}", Allow::object(Verb::View), download::thumbnail)
        .get("/media/{id}/details", Allow::object(Verb::View), details::show)
        .post("/media/{id}/rename", Allow::object(Verb::Edit), file::rename)
        .get("/media/{id}/delete", Allow::OWNER, file::confirm_delete)
        .post("/media/{id}/delete", Allow::OWNER, file::delete)
        .post("/media/{id}/grants", Allow::object(Verb::Manage), share::grant)
        .on(Method::DELETE, "/media/{id}/grants/{grant}", Allow::object(Verb::Manage), share::revoke)
        .post("/media/{id}/grants/{grant}/revoke", Allow::object(Verb::Manage), share::revoke)
        .post("/media/{id}/links", Allow::object(Verb::Manage), share::create_link)
        .on(Method::DELETE, "/media/{id}/links/{link}", Allow::object(Verb::Manage), share::revoke_link)
        .post("/media/{id}/links/{link}/revoke", Allow::object(Verb::Manage), share::revoke_link)
}

/// The object that the address names.
fn object(cx: &Context) -> Result<Object> {
    UploadId::parse(cx.param("id")).map(Object::media).ok_or(Error::NotFound)
}

/// The file that the address names, for whoever may do this with it: 404 for everybody else. A picture that is on a
/// profile, and what is deleted, is no file.
async fn require(cx: &Context, user: Option<&User>, verb: Verb, link: Option<&LinkSecret>) -> Result<(Upload, Access)> {
    let (upload, access) = sharing::require::<Upload>(cx, user, verb, object(cx)?, link).await?;
    if upload.is_file() { Ok((upload, access)) } else { Err(Error::NotFound) }
}
