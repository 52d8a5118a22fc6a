//! What a file is: its declared type, its name's ending and its bytes have to agree, and a picture to be one to its last
//! pixel.

use portico::media::image::{self, Drawing, Rejection};
use portico::media::{FileKind, FileType, HeldCopy, ReadAt as _, Upload, formats};
use portico::{Error, JobContext, Result};

/// A file that is what it says.
pub(crate) enum Verified {
    /// A picture, drawn anew.
    Drawn(Drawing),
    /// Another file, to be published as it is.
    Sound(FileType),
}

/// Looks at a copy of what was sent.
pub(crate) async fn verify(
    cx: &JobContext,
    upload: &Upload,
    source: &HeldCopy<'_>,
) -> Result<Result<Verified, Rejection>> {
    let accepts = upload.purpose.rule().accepts;
    // A form without a script could declare nothing: then the content alone decides.
    let file_type = if let Some(declared) = upload.declared {
        declared
    } else {
        let seen = formats::seen(&source.read_at(0, formats::HEAD).await?);
        let Some(found) = seen.or(Some(FileType::Text)).filter(|found| accepts.contains(found)) else {
            return Ok(Err(nothing_of(accepts)));
        };
        found
    };
    if file_type.kind() != FileKind::Image {
        return Ok(formats::inspect(source, file_type).await?.map(|()| Verified::Sound(file_type)));
    }
    let Some(recipe) = &upload.purpose.rule().picture else { return Ok(Err(nothing_of(accepts))) };
    let limits = cx.app().config().uploads.image_of(upload.purpose);
    let bytes = source.read_all().await?;
    let declared = file_type.image_format();
    // Decoding is work for a thread of its own.
    let drawn = tokio::task::spawn_blocking(move || image::draw(&bytes, declared, recipe, &limits));
    Ok(drawn.await.map_err(Error::internal)?.map(Verified::Drawn))
}

/// Why a file is refused that is of none of these types.
fn nothing_of(accepts: &[FileType]) -> Rejection {
    if accepts.iter().all(|file_type| file_type.kind() == FileKind::Image) {
        Rejection::NotAnImage
    } else {
        Rejection::WrongFormat
    }
}
