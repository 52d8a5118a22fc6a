//! Text is text to its last character, and nothing that a browser would take for something else.

use super::*;

#[tokio::test]
async fn text_in_any_language_passes() {
    for good in [
        "plain",
        "\u{feff}with a mark of the order of bytes",
        "tab\tline\nreturn\r\npage\u{c}",
        "\u{ac00}\u{b098}\u{b2e4}, \u{645}\u{631}\u{62d}\u{628}\u{627}, \u{1f468}\u{200d}\u{1f469}",
        "a < b, and b > a",
        "<3 from Kim",
        "<kim@example.com> wrote:",
        "1,\"<b>\",2",
        "%PDF is a format",
        " ",
    ] {
        assert_eq!(check(good, FileType::Text).await, Ok(()), "{good:?}");
        assert_eq!(check(good, FileType::Csv).await, Ok(()), "{good:?}");
    }
}

#[tokio::test]
async fn control_characters_are_refused_wherever_they_are() {
    for code in (0..0x20).chain(0x7F..0xA0) {
        let c = char::from_u32(code).unwrap();
        let expected = if "\t\n\r\u{c}".contains(c) { Ok(()) } else { Err(Rejection::WrongFormat) };
        assert_eq!(check(format!("text{c}"), FileType::Text).await, expected, "{code:x}");
    }
    let late = format!("{}\0", "text ".repeat(500_000));
    assert_eq!(check(late, FileType::Text).await, Err(Rejection::WrongFormat));
}

#[tokio::test]
async fn what_is_no_utf8_is_refused() {
    for bad in [
        &b"caf\xE9 au lait"[..],
        b"\xC0\xAF",
        b"\xED\xA0\x80 a surrogate",
        b"\xF4\x90\x80\x80",
        b"text \xFF",
        b"\xFE\xFF\0t\0e",
        b"\x80",
    ] {
        assert_eq!(check(bad, FileType::Text).await, Err(Rejection::WrongFormat), "{bad:?}");
    }
}

#[tokio::test]
async fn a_character_may_stand_across_two_pieces() {
    for shift in 0..4 {
        let text = format!("{}{}", "a".repeat(shift), "\u{1f30d}".repeat(600_000));
        assert_eq!(check(text.clone(), FileType::Text).await, Ok(()), "{shift}");
        let cut = &text.as_bytes()[..text.len() - 2];
        assert_eq!(check(cut, FileType::Text).await, Err(Rejection::Truncated), "{shift}");
    }
}

#[tokio::test]
async fn what_a_browser_would_take_for_a_page_is_refused_in_any_case_and_behind_any_space() {
    for tag in [
        "<!DOCTYPE HTML>",
        "<HTML>",
        "<HEAD>",
        "<SCRIPT>",
        "<IFRAME ",
        "<H1>",
        "<DIV>",
        "<FONT ",
        "<TABLE>",
        "<A ",
        "<STYLE>",
        "<TITLE>",
        "<B>",
        "<BODY>",
        "<BR>",
        "<P>",
        "<!-- ",
        "<?xml ",
        "<?php ",
        "<svg/",
        "<svg\n",
        "<math>",
        "<rss ",
        "<![CDATA[",
        "<a\thref",
        "%!PS-Adobe-",
        "<script",
    ] {
        for text in [
            format!("{tag} and so on"),
            format!(" \n\r\t\u{c}{tag}"),
            format!("\u{feff}{}", tag.to_lowercase()),
            format!("\u{feff} {}", tag.to_uppercase()),
        ] {
            assert_eq!(check(text.clone(), FileType::Text).await, Err(Rejection::WrongFormat), "{text:?}");
            assert_eq!(check(text.clone(), FileType::Csv).await, Err(Rejection::WrongFormat), "{text:?}");
        }
    }
    // Text that begins like another type is of that type.
    for text in ["%PDF-1.7", "GIF89a/*", "RIFF....WEBP"] {
        assert_eq!(check(text, FileType::Text).await, Err(Rejection::TypeMismatch), "{text}");
    }
}
