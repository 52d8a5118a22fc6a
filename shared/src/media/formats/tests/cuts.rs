//! Files that end early.

use super::*;

#[tokio::test]
async fn a_file_cut_anywhere_is_refused() {
    for name in ["plain.mp4", "faststart.mp4", "plain.mov", "plain.webm", "table.pdf", "stream.pdf", "linear.pdf"] {
        let (_, file_type, bytes) = FIXTURES.iter().find(|fixture| fixture.0 == name).unwrap();
        // The last line of a PDF may end in a line end, and is as good without.
        let end = bytes.trim_ascii_end().len();
        for cut in 0..end {
            assert!(check(&bytes[..cut], *file_type).await.is_err(), "{name} cut at {cut} of {end}");
        }
    }
}

#[tokio::test]
async fn what_is_recorded_as_it_comes_can_end_between_two_pieces_and_nowhere_else() {
    for (name, file_type, pieces) in [("fragmented.mp4", FileType::Mp4, 12), ("live.webm", FileType::Webm, 12)] {
        let bytes = fixture(name);
        let mut whole = 0;
        for cut in 0..bytes.len() {
            whole += usize::from(check(&bytes[..cut], file_type).await.is_ok());
        }
        assert!(whole <= pieces, "{name}: {whole} cuts");
    }
}

#[tokio::test]
async fn a_text_is_cut_inside_of_a_character_or_not_at_all() {
    for cut in 1..TEXT.len() {
        let expected = if TEXT.is_char_boundary(cut) { Ok(()) } else { Err(Rejection::Truncated) };
        assert_eq!(check(&TEXT.as_bytes()[..cut], FileType::Csv).await, expected, "{cut}");
    }
}

#[tokio::test]
async fn an_empty_file_is_no_file_of_any_type() {
    for file_type in FileType::ALL {
        assert_eq!(check([], file_type).await, Err(Rejection::Truncated), "{file_type:?}");
    }
}
