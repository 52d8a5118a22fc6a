//! `cargo manage collectstatic`: gathers the static files in `STATIC_ROOT`, named by their content, rewritten and
//! compressed; and, with `--upload`, brings them to a stack's bucket.

mod places;
pub mod upload;
mod watching;

use std::path::PathBuf;
use std::time::Instant;

use clap::{ArgAction, Args as ClapArgs};
use collectstatic::{Options, Summary};
use jiff::Timestamp;
use portico::config::StaticSettings;
use portico::static_files::Manifest;

use crate::console::{Console, printable_whole};
use crate::site::Deployed;
use crate::{Failure, Finished, Outcome, project, site, stack};
pub use places::{Places, Sources};
use upload::{Upload, Uploaded};
use watching::Watching;

/// What to collect, and how.
#[derive(ClapArgs, Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line, each on its own")]
pub struct Args {
    /// From where to where.
    #[command(flatten)]
    pub places: Places,
    /// Tells what would be done, and does none of it.
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Empties the folder first.
    #[arg(short, long)]
    pub clear: bool,
    /// Asks nothing.
    #[arg(long, visible_alias = "noinput")]
    pub no_input: bool,
    /// Leaves out what is called so, or lies there: a shell pattern; may be given again.
    #[arg(short, long, value_name = "PATTERN")]
    pub ignore: Vec<String>,
    /// Collects CVS, .* and *~ too.
    #[arg(long)]
    pub no_default_ignore: bool,
    /// Leaves JavaScript modules as they are, as Django does by default: the imports of *.js, and *.mjs altogether.
    #[arg(long)]
    pub no_modules: bool,
    /// Makes no gzip and Brotli forms.
    #[arg(long)]
    pub no_compress: bool,
    /// The largest file that is compressed, bytes.
    #[arg(long, value_name = "BYTES", default_value_t = COMPRESS_MAX_BYTES)]
    pub compress_max_bytes: u64,
    /// The folder that remembers compressed contents and the last run [default: .portico/cache/static].
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache: Option<PathBuf>,
    /// Remembers nothing.
    #[arg(long)]
    pub no_cache: bool,
    /// Tells of every file that another one of its name hides, and in a dry run of every file.
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Then uploads to the bucket of the stack what is new there.
    #[arg(long, requires = "stack", help_heading = "Upload")]
    pub upload: bool,
    /// Uploads everything again: where the headers are to be those of today.
    #[arg(long, requires = "upload", help_heading = "Upload")]
    pub all: bool,
    /// Deletes from the bucket what no version of the last DAYS days refers to.
    #[arg(long, value_name = "DAYS", requires = "upload", help_heading = "Upload", value_parser = clap::value_parser!(u32).range(1..))]
    pub prune: Option<u32>,
    /// Where to.
    #[command(flatten)]
    pub deployed: Deployed,
}

/// Brotli takes a second for a megabyte or less.
const COMPRESS_MAX_BYTES: u64 = 32 << 20;

/// Collects, with the settings of `template.yaml`.
pub async fn run(args: &Args, console: &mut dyn Console) -> Outcome {
    if args.deployed.stack.is_some() && !args.upload {
        return Err(Failure::new("--stack says where to upload: give --upload too"));
    }
    let root = project::root().map_err(Failure::new)?;
    let settings = site::settings(&root)?.static_files;
    let options = args.options(&settings, &root);
    if options.clear && !options.dry_run && !args.no_input {
        confirm(&options, console)?;
    }
    let begun = Instant::now();
    let collected = collectstatic::collect(&options, &Watching::default());
    let summary = collected.map_err(|error| {
        let lines: Vec<_> = error.to_string().lines().map(printable_whole).collect();
        Failure::new(lines.join("\n"))
    })?;
    tell(args, &options, &summary, begun, console);
    if let Some(name) = args.deployed.stack.as_deref().filter(|_| args.upload) {
        upload_to(name, args, &options, &settings, console).await?;
    }
    Ok(Finished::Whole)
}

async fn upload_to(
    name: &str,
    args: &Args,
    options: &Options,
    settings: &StaticSettings,
    console: &mut dyn Console,
) -> Result<(), Failure> {
    if options.dry_run && !options.root.join(Manifest::NAME).is_file() {
        return Err(Failure::new("nothing was collected yet, so there is nothing to compare with the bucket"));
    }
    let (sdk, stack) = args.deployed.reach(name).await?;
    let bucket = stack.static_bucket.ok_or_else(|| {
        Failure::new(format!("the stack {name} has no output StaticBucket: it is of an older version; deploy it again"))
    })?;
    let client = stack::s3(&sdk, std::env::var("AWS_ENDPOINT_URL_S3").ok().as_deref());
    let prefix = settings.url.path();
    let request = Upload {
        root: &options.root,
        client: &client,
        bucket: &bucket,
        prefix: prefix.trim_start_matches('/'),
        max_age: settings.max_age,
        prune_days: args.prune,
        all: args.all,
        dry_run: options.dry_run,
        now: Timestamp::now(),
    };
    let begun = Instant::now();
    let uploaded = upload::run(&request, console).await?;
    let would = if options.dry_run { "would be " } else { "" };
    let Uploaded { put, unchanged, bytes, pruned } = uploaded;
    console.say(&format!(
        "{bucket}: {would}{put} put, {unchanged} unchanged, {pruned} pruned; {} in {:.2} s",
        megabytes(bytes),
        begun.elapsed().as_secs_f64(),
    ));
    Ok(())
}

impl Args {
    fn options(&self, settings: &StaticSettings, root: &std::path::Path) -> Options {
        let cache = self.cache.clone().unwrap_or_else(|| root.join(".portico/cache/static"));
        Options {
            sources: self.places.sources.list(settings, root),
            root: self.places.root(settings, root),
            cache: (!self.no_cache).then_some(cache),
            static_path: settings.url.origin().is_none().then(|| settings.url.as_str().to_owned()),
            ignore: self.ignore.clone(),
            default_ignore: !self.no_default_ignore,
            modules: !self.no_modules,
            compress: (!self.no_compress).then_some(self.compress_max_bytes),
            clear: self.clear,
            dry_run: self.dry_run,
        }
    }
}

fn confirm(options: &Options, console: &mut dyn Console) -> Result<(), Failure> {
    let place = options.root.display();
    if !console.answers() {
        return Err(Failure::new(format!("--clear deletes everything in {place}: confirm it with --no-input")));
    }
    let answer = console.ask(&format!("This deletes everything in {place}. Type yes to go on: "));
    match answer.map_err(|error| Failure::new(error.to_string()))?.trim() {
        "yes" => Ok(()),
        _ => Err(Failure::new("nothing was collected")),
    }
}

fn tell(args: &Args, options: &Options, summary: &Summary, begun: Instant, console: &mut dyn Console) {
    for warning in &summary.warnings {
        console.warn(&format!("warning: {warning}"));
    }
    if args.verbose > 0 {
        for hidden in &summary.shadowed {
            let (path, winner) = (hidden.path.display(), hidden.winner.display());
            console.say(&printable_whole(&format!("{}: {path} is hidden by {winner}", hidden.name)));
        }
    } else if !summary.shadowed.is_empty() {
        let count = summary.shadowed.len();
        let files = if count == 1 { "file is" } else { "files are" };
        console.warn(&format!("warning: {count} {files} hidden by another one of the same name; -v tells which"));
    }
    if args.verbose > 0 {
        for line in &summary.foreseen {
            console.say(&format!("would {}", printable_whole(line)));
        }
    }
    let would = if options.dry_run { "would be " } else { "" };
    let Summary { copied, unchanged, post_processed, compressed, removed, bytes, .. } = summary;
    let total = copied + unchanged;
    let files = if total == 1 { "file" } else { "files" };
    let removed = if *removed > 0 { format!(", {removed} old forms removed") } else { String::new() };
    // What would be compressed is not known without doing it.
    let compressed = if options.dry_run { String::new() } else { format!(", {compressed} compressed{removed}") };
    console.say(&format!(
        "{total} static {files} in {}: {would}{copied} copied, {unchanged} unchanged, {post_processed} post-processed\
         {compressed}; {} in {:.2} s",
        options.root.display(),
        megabytes(*bytes),
        begun.elapsed().as_secs_f64(),
    ));
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    if tenths == 0 { format!("{bytes} bytes") } else { format!("{}.{} MB", tenths / 10, tenths % 10) }
}
