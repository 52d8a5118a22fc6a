//! Where static files come from and where they are collected, as the commands about them are told.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use collectstatic::Source;
use portico::config::{StaticDir, StaticSettings};

/// Where static files come from.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Sources {
    /// A folder of static files, and what their names begin with [default: `STATICFILES_DIRS`]; may be given again.
    #[arg(long, value_name = "DIR[=PREFIX]", value_parser = source)]
    pub source: Vec<StaticDir>,
}

/// Where static files come from, and where they are collected.
#[derive(ClapArgs, Debug, Clone, Default)]
pub struct Places {
    /// From where.
    #[command(flatten)]
    pub sources: Sources,
    /// Where they are collected [default: `STATIC_ROOT`].
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

fn source(text: &str) -> Result<StaticDir, String> {
    StaticDir::parse(text).ok_or_else(|| format!("a source is {}", StaticDir::ACCEPTS))
}

impl Sources {
    /// The folders. What stands in the template is meant from there; what is typed, from here.
    pub(crate) fn list(&self, settings: &StaticSettings, root: &Path) -> Vec<Source> {
        let (dirs, base) = if self.source.is_empty() { (&settings.dirs, root) } else { (&self.source, Path::new("")) };
        dirs.iter().map(|dir| Source { dir: base.join(&dir.path), prefix: dir.prefix.clone() }).collect()
    }
}

impl Places {
    /// The folder where they are collected.
    pub(crate) fn root(&self, settings: &StaticSettings, root: &Path) -> PathBuf {
        self.output.clone().unwrap_or_else(|| root.join(&settings.root))
    }
}
