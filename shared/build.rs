//! Embeds `templates/` and `locales/`: a page or a text dropped into its folder is there, without a list to keep. Packs
//! the list of common passwords, and the manifest of the static files.

#[path = "build/asset_names.rs"]
mod asset_names;
#[path = "build/common_passwords.rs"]
mod common_passwords;
#[path = "build/static_manifest.rs"]
mod static_manifest;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    for (folder, constant) in [("templates", "TEMPLATES"), ("locales", "LOCALES")] {
        println!("cargo::rerun-if-changed={folder}");
        let files = files(&root.join(folder))?;
        let mut source = format!(
            "/// Every file under `{folder}/`: its name in the folder, its text.\npub(crate) static {constant}: &[(&str, &str)] = &[\n"
        );
        for file in files {
            let name = file.strip_prefix(root.join(folder)).map_err(io::Error::other)?;
            let name = name.to_string_lossy().replace('\\', "/");
            let _ = writeln!(source, "    ({name:?}, include_str!({:?})),", file.display());
        }
        source.push_str("];\n");
        fs::write(out.join(format!("{folder}.rs")), source)?;
    }
    fs::write(out.join("texts.rs"), texts(&root.join("locales"))?)?;
    let asked = asked(&root.join("templates"))?;
    let project = root.parent().unwrap_or(&root);
    fs::write(out.join("static_manifest.rs"), static_manifest::source(project, &asked)?)?;
    println!("cargo::rerun-if-changed=data/common-passwords/common-passwords.txt");
    let list = fs::read_to_string(root.join("data/common-passwords/common-passwords.txt"))?;
    let (tables, blocks) = common_passwords::pack(&list);
    fs::write(out.join("common_passwords.rs"), tables)?;
    fs::write(out.join("common_passwords.bin"), blocks)
}

/// In which file each text stands: whoever shows one parses that file, and no other.
fn texts(locales: &Path) -> io::Result<String> {
    let mut texts = Vec::new();
    // In the order of `LOCALES`.
    for (index, file) in files(locales)?.iter().enumerate() {
        let language = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(file)?;
        // A message begins at the start of a line; what goes on below it is indented, and `#` and `-` begin others.
        let keys = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        let keys = keys.filter_map(|line| line.split_once('=')).map(|(key, _)| key.trim().to_owned());
        texts.extend(keys.map(|key| (language.clone(), key, index)));
    }
    texts.sort();
    let mut source = "/// Language and key of every text, in order, with the index of its file in `LOCALES`.\n\
                      static TEXTS: &[(&str, &str, usize)] = &[\n"
        .to_owned();
    for (language, key, index) in texts {
        let _ = writeln!(source, "    ({language:?}, {key:?}, {index}),");
    }
    source.push_str("];\n");
    Ok(source)
}

/// What the templates ask `static()` for.
fn asked(templates: &Path) -> io::Result<Vec<static_manifest::Asked>> {
    let mut all = Vec::new();
    for file in files(templates)? {
        let template = file.strip_prefix(templates).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file)?;
        let names = asset_names::asked(&text).map_err(|(line, argument)| {
            let why = "takes one name in quotes, so that it is known whether the file is there";
            io::Error::other(format!("templates/{template}:{line}: static({argument}) {why}"))
        })?;
        all.extend(names.into_iter().map(|(line, name)| (format!("{template}:{line}"), name.to_owned())));
    }
    Ok(all)
}

/// Every file in a folder and below it, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
