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
    text.map(|c| if controls(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON for a terminal too: what would control it is escaped, as JSON may have any letter.
pub(crate) fn printable_json(text: &str) -> String {
    let escaped = |c: char| if controls(c) && c != '\n' { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    text.chars().map(escaped).collect()
}

/// Whether a letter does something to a terminal beside standing there: controls, and what turns the direction of reading.
fn controls(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_stranger_sends_controls_a_terminal() {
        assert_eq!(printable("a\u{1b}[31m\u{9b}\u{202e}b"), "a\u{fffd}[31m\u{fffd}\u{fffd}b");
        let text = "[\n  \"\u{9b}\u{7f}\u{2066}가\"\n]";
        assert_eq!(printable_json(text), "[\n  \"\\u009b\\u007f\\u2066가\"\n]");
        let read: Vec<String> = serde_json::from_str(&printable_json(text)).unwrap();
        assert_eq!(read, ["\u{9b}\u{7f}\u{2066}가"]);
    }
}
