//! Embeds the manifest of the static files into a release build: which name is served for which.
//!
//! A debug build embeds none, so that collecting does not make everybody wait for a new one: there files are served under
//! their own names.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use serde_json::Value;

/// Where in the templates a static file is asked for, and its name.
pub(crate) type Asked = (String, String);

/// The source of the statics `EMBEDDED` and `ASKED`.
pub(crate) fn source(project: &Path, asked: &[Asked]) -> io::Result<String> {
    println!("cargo::rerun-if-env-changed=STATIC_ROOT");
    let paths = if env::var("PROFILE").as_deref() == Ok("release") { read(project)? } else { None };
    if let Some(paths) = &paths {
        let lacks = asked.iter().find(|(_, name)| paths.iter().all(|(known, _)| known != name));
        if let Some((place, name)) = lacks {
            let why = "which staticfiles.json lacks: run `cargo manage collectstatic`";
            return Err(io::Error::other(format!("templates/{place} asks for the static file {name}, {why}")));
        }
    }
    let mut source = String::from("static ASKED: &[(&str, &str)] = &[\n");
    for (place, name) in asked {
        let _ = writeln!(source, "    ({place:?}, {name:?}),");
    }
    source.push_str("];\n");
    source.push_str("static EMBEDDED: Option<&[(&str, &str)]> = ");
    match paths {
        None => source.push_str("None;\n"),
        Some(mut paths) => {
            paths.sort();
            source.push_str("Some(&[\n");
            for (name, hashed) in paths {
                let _ = writeln!(source, "    ({name:?}, {hashed:?}),");
            }
            source.push_str("]);\n");
        }
    }
    Ok(source)
}

/// The entries of `staticfiles.json` in `STATIC_ROOT`; `None` where nothing was collected.
fn read(project: &Path) -> io::Result<Option<Vec<(String, String)>>> {
    let root = project.join(env::var_os("STATIC_ROOT").unwrap_or_else(|| "staticfiles".into()));
    let path = root.join("staticfiles.json");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The folder is looked at until there is one.
            println!("cargo::rerun-if-changed={}", root.display());
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    println!("cargo::rerun-if-changed={}", path.display());
    let entries = serde_json::from_str::<Value>(&text).ok().and_then(|manifest| entries(&manifest));
    entries.map(Some).ok_or_else(|| {
        let why = format!("{} is no manifest of version 1.0 or 1.1: run `cargo manage collectstatic`", path.display());
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

fn entries(manifest: &Value) -> Option<Vec<(String, String)>> {
    let known = matches!(manifest["version"].as_str()?, "1.0" | "1.1");
    let paths = manifest["paths"].as_object().filter(|_| known)?;
    paths.iter().map(|(name, hashed)| Some((name.clone(), hashed.as_str()?.to_owned()))).collect()
}
