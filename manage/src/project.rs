//! The project that a command is given in.

use std::path::PathBuf;

/// The folder with `template.yaml`: here or above, else where the program was built.
pub(crate) fn root() -> Result<PathBuf, String> {
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .chain(built.ancestors())
        .find(|folder| folder.join("template.yaml").is_file())
        .map(PathBuf::from)
        .ok_or_else(|| "there is no template.yaml here or above: run this inside the project".to_owned())
}
