//! Embeds `templates/` and `locales/`: a page or a text dropped into its folder is there, without a list to keep. Puts the
//! texts into the templates, packs the list of common passwords, and the manifest of the static files.

#[path = "build/asset_names.rs"]
mod asset_names;
#[path = "build/common_passwords.rs"]
mod common_passwords;
#[path = "build/static_manifest.rs"]
mod static_manifest;
#[path = "build/texts.rs"]
mod texts;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use texts::{Text, Value};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let locales = locales(&root.join("locales"))?;
    fs::write(out.join("texts.rs"), text_source(&locales))?;
    fs::write(out.join("templates.rs"), template_source(&root.join("templates"), &locales)?)?;
    let asked = asked(&root.join("templates"))?;
    let project = root.parent().unwrap_or(&root);
    fs::write(out.join("static_manifest.rs"), static_manifest::source(project, &asked)?)?;
    println!("cargo::rerun-if-changed=data/common-passwords/common-passwords.txt");
    let list = fs::read_to_string(root.join("data/common-passwords/common-passwords.txt"))?;
    let (tables, blocks) = common_passwords::pack(&list);
    fs::write(out.join("common_passwords.rs"), tables)?;
    fs::write(out.join("common_passwords.bin"), blocks)
}

/// A file of texts.
struct Locale {
    /// `en`, where it is `en/main.ftl`.
    language: String,
    texts: Vec<Text>,
}

/// Every file of texts, in order.
fn locales(folder: &Path) -> io::Result<Vec<Locale>> {
    let read = |(name, path): (String, PathBuf)| {
        // What an editor leaves beside it would have the last word.
        if path.extension().is_none_or(|ending| ending != "ftl") {
            return Err(io::Error::other(format!("locales/{name}: a file of texts is .ftl")));
        }
        let language = name.split('/').next().unwrap_or_default().to_owned();
        Ok(Locale { language, texts: texts::read(&fs::read_to_string(&path)?) })
    };
    files(folder)?.into_iter().map(read).collect()
}

/// The texts of each language: those that are the same for everybody, and what Fluent makes the others from.
fn text_source(locales: &[Locale]) -> String {
    let mut languages = BTreeMap::<_, [BTreeMap<_, _>; 2]>::new();
    for locale in locales {
        let [plain, patterns] = languages.entry(&locale.language).or_default();
        for Text { key, value } in &locale.texts {
            match value {
                Value::Plain(text) => plain.insert(key, text),
                Value::Pattern(source) => patterns.insert(key, source),
            };
        }
    }
    let rows = languages
        .iter()
        .map(|(language, [plain, patterns])| format!("{language:?}, ({}, {})", table(plain), table(patterns)));
    let about = "A language, its texts that are the same for everybody, and what Fluent makes the others from.";
    let mut source = list(about, "TEXTS: &[(&str, (Embedded, Embedded))]", rows);
    let most = languages.values().map(|[_, patterns]| patterns.len()).max().unwrap_or_default();
    let _ =
        writeln!(source, "/// How many texts of a language Fluent makes, at most.\nconst PATTERNS: usize = {most};");
    source
}

/// The value of an `Embedded`.
fn table<N: AsRef<str>, T: AsRef<str>>(texts: &BTreeMap<N, T>) -> String {
    let (mut all, mut rows) = (String::new(), String::new());
    for (name, text) in texts {
        let begin = all.len();
        all.push_str(name.as_ref());
        let middle = all.len();
        all.push_str(text.as_ref());
        let _ = write!(rows, "[{}, {}, {}], ", digits(begin), digits(middle), digits(all.len()));
    }
    format!("Embedded {{ all: {all:?}, rows: &[{rows}] }}")
}

/// A number as it is written in Rust.
fn digits(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{}_{:03}", digits(number / 1000), number % 1000) }
}

/// Every template once for each language.
fn template_source(folder: &Path, locales: &[Locale]) -> io::Result<String> {
    let mut languages = BTreeMap::<_, HashMap<_, _>>::new();
    for locale in locales {
        let plain = locale.texts.iter().filter_map(|Text { key, value }| match value {
            Value::Plain(text) => Some((key.clone(), text.clone())),
            Value::Pattern(_) => None,
        });
        languages.entry(&locale.language).or_default().extend(plain);
    }
    let mut templates = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (name, file) in files(folder)? {
        let template = fs::read_to_string(file)?;
        // As `pages.rs` says what is escaped.
        let is_html = match name.rsplit_once('.') {
            Some((_, "html")) => true,
            Some((_, "txt")) => false,
            _ => return Err(io::Error::other(format!("templates/{name}: a template is .html or .txt"))),
        };
        for (language, texts) in &languages {
            let template = texts::put_into(&template, is_html, texts);
            templates.entry(language).or_default().insert(name.clone(), template);
        }
    }
    let rows = templates.iter().map(|(language, templates)| format!("{language:?}, {}", table(templates)));
    let about = "A language, and every file under `templates/` in that, by its name in the folder.";
    Ok(list(about, "TEMPLATES: &[(&str, Embedded)]", rows))
}

/// A static that lists tuples.
fn list(about: &str, declared: &str, rows: impl IntoIterator<Item = String>) -> String {
    let mut source = format!("/// {about}\nstatic {declared} = &[\n");
    for row in rows {
        let _ = writeln!(source, "    ({row}),");
    }
    source.push_str("];\n");
    source
}

/// What the templates ask `static()` for.
fn asked(templates: &Path) -> io::Result<Vec<static_manifest::Asked>> {
    let mut all = Vec::new();
    for (template, file) in files(templates)? {
        let text = fs::read_to_string(file)?;
        let names = asset_names::asked(&text).map_err(|(line, argument)| {
            let why = "takes one name in quotes, so that it is known whether the file is there";
            io::Error::other(format!("templates/{template}:{line}: static({argument}) {why}"))
        })?;
        all.extend(names.into_iter().map(|(line, name)| (format!("{template}:{line}"), name.to_owned())));
    }
    Ok(all)
}

/// Every file in a folder and below it, with its name in that, in the order of the names: `a-b` is before `a/b`, which as
/// paths they are not.
fn files(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    let name = |file: PathBuf| {
        let name = file.strip_prefix(folder).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        Ok((name, file))
    };
    let mut files = files.into_iter().map(name).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // What a desktop leaves there is hidden.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
