//! The rows of a JSON file, one after the other: the elements of an array, or an object a line. Only the row at hand is in
//! memory, and one that is damaged inside leaves the others alone: rows are told apart here, and read by their takers.

use std::fmt;
use std::io::{BufRead, ErrorKind};

/// The most bytes of a row. What is longer is no user: it is passed over, and told.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// Reads rows.
pub(crate) struct Rows<R> {
    reader: R,
    place: Place,
    form: Form,
}

/// Where something is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub(crate) line: u64,
    /// Byte of the line, from 1.
    pub(crate) column: u64,
    /// Byte of the file, from 0.
    pub(crate) offset: u64,
}

/// Where a row begins, and whether all of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) is_whole: bool,
}

/// Why no further row can be found.
#[derive(Debug)]
pub(crate) struct Broken {
    why: String,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Nothing was read yet.
    Unknown,
    /// `[row, row]`; whether a row was read.
    Array(bool),
    /// A row a line.
    Lines,
    /// All was read.
    End,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {})", self.line, self.column, self.offset)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.why, self.place)
    }
}

impl<R: BufRead> Rows<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, place: Place { line: 1, column: 1, offset: 0 }, form: Form::Unknown }
    }

    /// How many bytes were read.
    pub(crate) fn offset(&self) -> u64 {
        self.place.offset
    }

    /// The next row, into `row`; `None` at the end of the file.
    ///
    /// # Errors
    /// Where the file stops being rows. Nothing after it can be read.
    pub(crate) fn next(&mut self, row: &mut Vec<u8>) -> Result<Option<Row>, Broken> {
        row.clear();
        if self.form == Form::Unknown {
            self.begin()?;
        }
        match self.form {
            Form::Array(begun) => self.element(begun, row),
            Form::Lines => self.line(row),
            Form::Unknown | Form::End => Ok(None),
        }
    }

    fn begin(&mut self) -> Result<(), Broken> {
        match self.peek()? {
            // A byte order mark, of UTF-8 or of what some shells redirect in.
            Some(0xef) => {
                for expected in [0xef, 0xbb, 0xbf] {
                    if self.peek()? != Some(expected) {
                        return self.fail("the file is not JSON: it is broken");
                    }
                    self.take();
                }
            }
            Some(0xff | 0xfe) => {
                return self.fail(
                    "the file is UTF-16, not UTF-8; let Django write it: manage.py dumpdata -o FILE. It is broken",
                );
            }
            _ => {}
        }
        self.skip_space()?;
        self.form = match self.peek()? {
            Some(b'[') => {
                self.take();
                Form::Array(false)
            }
            Some(b'{') => Form::Lines,
            Some(_) => return self.fail("the file is not JSON: neither an array nor an object begins"),
            None => return self.fail("the file is empty: it ends"),
        };
        Ok(())
    }

    fn element(&mut self, begun: bool, row: &mut Vec<u8>) -> Result<Option<Row>, Broken> {
        self.skip_space()?;
        match self.peek()? {
            Some(b']') => {
                self.take();
                self.skip_space()?;
                if self.peek()?.is_some() {
                    return self.fail("something follows the end of the array");
                }
                self.form = Form::End;
                return Ok(None);
            }
            Some(b',') if begun => {
                self.take();
                self.skip_space()?;
            }
            Some(_) if begun => return self.fail("the file is not JSON: a comma is missing"),
            _ => {}
        }
        if self.peek()?.is_none() {
            return self.fail("the file is cut off: the array does not end");
        }
        self.form = Form::Array(true);
        let place = self.place;
        let is_whole = self.value(row, place)?;
        Ok(Some(Row { place, is_whole }))
    }

    /// Reads to the end of a value: brackets are counted, strings passed over. What is in it is its taker's to judge.
    fn value(&mut self, row: &mut Vec<u8>, start: Place) -> Result<bool, Broken> {
        let mut end = End::default();
        let mut is_whole = true;
        loop {
            let buffer = fill(&mut self.reader).map_err(|why| Broken { why, place: self.place })?;
            if buffer.is_empty() {
                let place = self.place;
                let why = format!("the file is cut off: the row that begins at line {} does not end", start.line);
                return Err(Broken { why, place });
            }
            let (length, found) = end.find(buffer);
            is_whole = keep(row, &buffer[..length]) && is_whole;
            self.place.pass(&buffer[..length]);
            self.reader.consume(length);
            match found {
                Found::Nothing => {}
                Found::End if row.is_empty() => return self.fail("the file is not JSON: a value is missing"),
                Found::End => return Ok(is_whole),
            }
        }
    }

    fn line(&mut self, row: &mut Vec<u8>) -> Result<Option<Row>, Broken> {
        loop {
            row.clear();
            let (place, mut is_whole, mut ended) = (self.place, true, false);
            while !ended {
                let buffer = fill(&mut self.reader).map_err(|why| Broken { why, place: self.place })?;
                if buffer.is_empty() {
                    break;
                }
                let newline = buffer.iter().position(|&byte| byte == b'\n');
                let length = newline.map_or(buffer.len(), |at| at + 1);
                ended = newline.is_some();
                is_whole = keep(row, &buffer[..length]) && is_whole;
                self.place.pass(&buffer[..length]);
                self.reader.consume(length);
            }
            if !row.trim_ascii().is_empty() {
                let complete = || matches!(End::default().find(row), (_, Found::End));
                if !ended && is_whole && !complete() {
                    return self.fail("the file is cut off: its last row does not end");
                }
                return Ok(Some(Row { place, is_whole }));
            }
            if !ended {
                self.form = Form::End;
                return Ok(None);
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Broken> {
        let place = self.place;
        Ok(fill(&mut self.reader).map_err(|why| Broken { why, place })?.first().copied())
    }

    /// Passes over the byte that was just peeked at.
    fn take(&mut self) {
        if let Ok(buffer) = fill(&mut self.reader)
            && let Some(&byte) = buffer.first()
        {
            self.place.pass(&[byte]);
            self.reader.consume(1);
        }
    }

    fn skip_space(&mut self) -> Result<(), Broken> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek()? {
            self.take();
        }
        Ok(())
    }

    fn fail<T>(&self, why: &str) -> Result<T, Broken> {
        Err(Broken { why: why.to_owned(), place: self.place })
    }
}

impl Place {
    fn pass(&mut self, bytes: &[u8]) {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        self.offset += count(bytes.len());
        match bytes.iter().rposition(|&byte| byte == b'\n') {
            Some(last) => {
                self.line += count(bytes.split(|&byte| byte == b'\n').count() - 1);
                self.column = count(bytes.len() - last);
            }
            None => self.column += count(bytes.len()),
        }
    }
}

/// Looks for the end of a value, a piece at a time. Only brackets of the kind that opened it are counted, so that one of
/// the other kind in the wrong place spoils no more than its row.
#[derive(Default)]
struct End {
    opened: u8,
    depth: u64,
    in_string: bool,
    escaped: bool,
}

enum Found {
    Nothing,
    End,
}

impl End {
    /// How many bytes of this piece are the value's.
    fn find(&mut self, bytes: &[u8]) -> (usize, Found) {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return (at + 1, Found::End);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' if self.depth == 0 => (self.opened, self.depth) = (byte, 1),
                b'{' | b'[' if byte == self.opened => self.depth += 1,
                // The end of what surrounds a bare number or word.
                b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return (at, Found::End),
                // Two beyond it in ASCII is what closes it.
                b'}' | b']' if byte == self.opened + 2 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, Found::End);
                    }
                }
                _ => {}
            }
        }
        (bytes.len(), Found::Nothing)
    }
}

/// Keeps a piece of a row while the row is not too long. Gives whether it was kept.
fn keep(row: &mut Vec<u8>, piece: &[u8]) -> bool {
    let room = MOST_BYTES.saturating_sub(row.len()).min(piece.len());
    row.extend_from_slice(&piece[..room]);
    room == piece.len()
}

fn fill<R: BufRead>(reader: &mut R) -> Result<&[u8], String> {
    // A signal is no end; asked again, the same bytes come.
    while let Err(error) = reader.fill_buf() {
        if error.kind() != ErrorKind::Interrupted {
            return Err(format!("the file cannot be read further ({error})"));
        }
    }
    reader.fill_buf().map_err(|error| format!("the file cannot be read further ({error})"))
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The rows with their lines, and what stopped the reading; with a buffer of any size.
    fn read(text: &[u8], buffer: usize) -> (Vec<(u64, String)>, Option<String>) {
        let mut rows = Rows::new(BufReader::with_capacity(buffer, text));
        let (mut found, mut row) = (Vec::new(), Vec::new());
        loop {
            match rows.next(&mut row) {
                Ok(Some(Row { place, is_whole })) => {
                    assert!(is_whole);
                    found.push((place.line, String::from_utf8_lossy(row.trim_ascii()).into_owned()));
                }
                Ok(None) => return (found, None),
                Err(broken) => return (found, Some(broken.to_string())),
            }
        }
    }

    fn rows(text: &str) -> (Vec<(u64, String)>, Option<String>) {
        let whole = read(text.as_bytes(), 1 << 16);
        for buffer in 1..9 {
            assert_eq!(read(text.as_bytes(), buffer), whole, "{text:?} by {buffer}");
        }
        whole
    }

    fn owned(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|(line, row)| (*line, (*row).to_owned())).collect()
    }

    #[test]
    fn the_elements_of_an_array_are_rows() {
        let text = "\u{feff} [\n{\"a\": \"]},{[\\\"\"},\n {\"b\": [1, {\"c\": 2}]} , 3,\"x,y\"\n, null,[]\n]\n\n";
        let expected = owned(&[
            (2, "{\"a\": \"]},{[\\\"\"}"),
            (3, "{\"b\": [1, {\"c\": 2}]}"),
            (3, "3"),
            (3, "\"x,y\""),
            (4, "null"),
            (4, "[]"),
        ]);
        assert_eq!(rows(text), (expected, None));
        assert_eq!(rows("[]"), (Vec::new(), None));
    }

    #[test]
    fn the_lines_of_a_file_of_objects_are_rows_even_where_one_is_damaged() {
        let text = "{\"a\": 1}\r\n\n{\"b\": [1, \n  7\n{\"c\": \"\\n\"}";
        let expected = owned(&[(1, "{\"a\": 1}"), (3, "{\"b\": [1,"), (4, "7"), (5, "{\"c\": \"\\n\"}")]);
        assert_eq!(rows(text), (expected, None));
    }

    #[test]
    fn what_is_damaged_inside_is_still_one_row() {
        let (found, broken) = rows("[{\"a\": nonsense, ]}, {\"b\": \"\\q\"}, {[ }]");
        assert_eq!(broken, None);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn where_a_file_breaks_is_told_and_what_was_before_is_read() {
        for (text, count, expected) in [
            ("", 0, "the file is empty: it ends at line 1, column 1 (byte 0)"),
            (" \n", 0, "the file is empty: it ends at line 2, column 1 (byte 2)"),
            ("id,email\n", 0, "neither an array nor an object begins at line 1, column 1 (byte 0)"),
            ("[{}\n{}]", 1, "a comma is missing at line 2, column 1 (byte 4)"),
            ("[{},\n", 1, "the array does not end at line 2, column 1 (byte 5)"),
            ("[{},]", 1, "a value is missing at line 1, column 5 (byte 4)"),
            ("[{}, {\"a\": \"x]", 1, "the row that begins at line 1 does not end at line 1, column 15 (byte 14)"),
            ("[{}", 1, "the array does not end at line 1, column 4 (byte 3)"),
            ("[{}]]", 1, "something follows the end of the array at line 1, column 5 (byte 4)"),
            ("[,]", 0, "a value is missing at line 1, column 2 (byte 1)"),
            ("{\"a\": 1}\n{\"b\":", 1, "its last row does not end at line 2, column 6 (byte 14)"),
        ] {
            let (found, broken) = rows(text);
            let broken = broken.unwrap_or_default();
            assert!(broken.ends_with(expected) || broken.contains(expected), "{text:?}: {broken}");
            assert_eq!(found.len(), count, "{text:?}: {found:?}");
        }
        assert!(read(&[0xff, 0xfe, b'[', 0], 8).1.unwrap().contains("UTF-16"));
    }

    #[test]
    fn a_row_that_is_too_long_is_passed_over() {
        let text = format!("[{{\"a\": \"{}\"}}, {{}}]", "x".repeat(2 * MOST_BYTES));
        let mut rows = Rows::new(BufReader::new(text.as_bytes()));
        let mut row = Vec::new();
        let first = rows.next(&mut row).unwrap().unwrap();
        assert!(!first.is_whole && row.len() == MOST_BYTES && row.capacity() <= 4 * MOST_BYTES);
        assert!(rows.next(&mut row).unwrap().unwrap().is_whole);
        assert_eq!(row, b"{}");
    }
}
