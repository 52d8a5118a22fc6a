//! Whom a command talks to.

use std::io::{self, IsTerminal as _, Write as _};

/// Somebody who reads, and perhaps answers.
pub trait Console {
    /// Whether there is somebody who answers.
    fn answers(&self) -> bool;

    /// Tells what was done.
    fn say(&mut self, line: &str);

    /// Tells what needs attention.
    fn warn(&mut self, line: &str);

    /// Asks for a line.
    fn ask(&mut self, question: &str) -> io::Result<String>;

    /// Asks for a line that is not shown as it is typed.
    fn ask_secretly(&mut self, question: &str) -> io::Result<String>;

    /// The next line of what is sent to standard input, without its end.
    fn line(&mut self) -> io::Result<String>;
}

/// The terminal, or the files in its place.
#[derive(Debug)]
pub struct Terminal;

impl Console for Terminal {
    fn answers(&self) -> bool {
        io::stdin().is_terminal()
    }

    fn say(&mut self, line: &str) {
        // Whoever reads may have gone; what was done is done.
        let _ = writeln!(io::stdout(), "{line}");
    }

    fn warn(&mut self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }

    fn ask(&mut self, question: &str) -> io::Result<String> {
        let mut out = io::stderr();
        write!(out, "{question}")?;
        out.flush()?;
        self.line()
    }

    fn ask_secretly(&mut self, question: &str) -> io::Result<String> {
        rpassword::prompt_password(question)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "there is nothing more to read"));
        }
        let end = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(end);
        Ok(line)
    }
}

/// The beginning of a stranger's text on a terminal: what would control it is shown as a mark.
pub(crate) fn printable(text: &str) -> String {
    marked(text.chars().take(160))
}

/// The same, the whole of it.
pub(crate) fn printable_whole(text: &str) -> String {
    marked(text.chars())
}

fn marked(text: impl Iterator<Item = char>) -> String {
    text.map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
