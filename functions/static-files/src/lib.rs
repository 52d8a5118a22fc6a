//! `GET /static/..` out of `STATIC_ROOT`, for a deployment that serves its static files itself: they come with the function
//! as a layer, and CloudFront keeps what it answers.

use std::sync::{Arc, OnceLock};

use portico::static_files::{Asked, Collected};
use portico::{Allow, Context, Error, Response, Result, Routes};

/// As the template has it: the parameter is the file's name below `STATIC_URL`.
const PATH: &str = "/static/{proxy+}";

/// What this function answers.
pub fn routes() -> Routes {
    let files = Arc::new(OnceLock::new());
    let read = files.clone();
    Routes::new()
        .at_start(move |app| {
            let collected = Collected::read(app.config())?;
            // Read already, where it starts a second time.
            let _ = read.set(collected);
            Ok(())
        })
        .get(PATH, Allow::ANYONE, move |cx| {
            let files = files.clone();
            async move { serve(&files, &cx) }
        })
        .for_everybody(PATH)
}

fn serve(files: &OnceLock<Collected>, cx: &Context) -> Result<Response> {
    let files = files.get().ok_or_else(|| Error::internal("STATIC_ROOT was not read at the start"))?;
    let request = cx.request();
    let asked =
        Asked { method: &request.method, headers: &request.headers, query: &request.query, now: cx.now().into() };
    files.answer(cx.param("proxy"), &asked).map(Response::asset).map_err(Error::internal)
}
