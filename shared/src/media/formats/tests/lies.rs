//! Files that are something else than they say, or something else besides.

use super::*;

const MKV: &[u8] = include_bytes!("../../../../../tests/fixtures/files/plain.mkv");
const M4A: &[u8] = include_bytes!("../../../../../tests/fixtures/files/sound.m4a");
const JPEG: &[u8] = include_bytes!("../../../../../tests/fixtures/images/baseline.jpg");

/// What is never accepted, whatever it says.
const NEVER: [(&str, &[u8]); 16] = [
    ("ZIP", b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0"),
    ("EXE", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0"),
    ("ELF", b"\x7FELF\x02\x01\x01\0"),
    ("HTML", b"<!DOCTYPE html><script>alert(1)</script>"),
    ("a tag", b"\n\t <SCRIPT>alert(1)</SCRIPT>"),
    ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
    ("SVG as XML", b"<?xml version='1.0'?><svg/>"),
    ("XHTML behind a mark", b"\xEF\xBB\xBF<html xmlns='http://www.w3.org/1999/xhtml'/>"),
    ("a comment", b"<!-- --><script>alert(1)</script>"),
    ("PostScript", b"%!PS-Adobe-3.0\n"),
    ("UTF-16", b"\xFF\xFEt\0e\0x\0t\0"),
    ("Latin-1", b"caf\xE9 au lait"),
    ("a terminal's", b"text \x1B[31mred"),
    ("RAR", b"Rar!\x1A\x07\x01\0"),
    ("MP3", b"ID3\x04\0\0\0\0\0\0"),
    ("Matroska", MKV),
];

#[tokio::test]
async fn archives_programs_and_pages_are_of_no_type() {
    for (name, bytes) in NEVER.iter().copied().chain([("sound", M4A)]) {
        for file_type in FileType::ALL {
            assert!(check(bytes, file_type).await.is_err(), "{name} as {file_type:?}");
        }
    }
}

#[tokio::test]
async fn a_type_that_lies_is_refused_both_ways() {
    let text = [("text", FileType::Text, TEXT.as_bytes()), ("jpeg", FileType::Jpeg, JPEG)];
    for (name, file_type, bytes) in FIXTURES.iter().copied().chain(text) {
        for said in FileType::ALL {
            let is_text = |one| matches!(one, FileType::Text | FileType::Csv);
            let passes = said == file_type || (is_text(said) && is_text(file_type));
            let expected = match passes {
                true => Ok(()),
                // Text speaks of no type.
                false if is_text(file_type) => Err(Rejection::WrongFormat),
                false => Err(Rejection::TypeMismatch),
            };
            assert_eq!(check(bytes, said).await, expected, "{name} as {said:?}");
        }
    }
}

#[tokio::test]
async fn nothing_stands_before_a_file_or_behind_it() {
    for (name, file_type, bytes) in FIXTURES {
        for other in [&b"PK\x05\x06archive's end\0"[..], b"<script>alert(1)</script>", b"MZ\0\0", JPEG] {
            let before = [other, bytes].concat();
            assert!(check(before, *file_type).await.is_err(), "{name} behind {:?}", other.get(..4));
            let behind = [bytes, other].concat();
            assert!(check(behind, *file_type).await.is_err(), "{name} before {:?}", other.get(..4));
        }
        // A PDF behind a PDF is one that was appended to; of films each is one.
        if *file_type != FileType::Pdf {
            assert!(check([*bytes, *bytes].concat(), *file_type).await.is_err(), "{name} twice");
        }
    }
}

#[tokio::test]
async fn a_pdf_begins_and_ends_where_it_must() {
    let pdf = |head: &str, xref: &str, end: &str| {
        let at = head.len();
        format!("{head}{xref}{}", end.replace("AT", &at.to_string())).into_bytes()
    };
    let (head, xref, end) = (
        "%PDF-1.4\n1 0 obj<<>>endobj\n",
        "xref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\n",
        "startxref\nAT\n%%EOF",
    );
    let stream = "9 0 obj\r\n<</Type/XRef/Size 2>>stream\r\nendstream endobj\r";
    for good in [
        pdf(head, xref, end),
        pdf(head, xref, "startxref\r\nAT\r\n%%EOF\r\n\0\0 "),
        pdf("%PDF-2.0\r%\u{e2}\n", stream, end),
        pdf(head, "\nxref\n0 0\ntrailer<<>>\n", end),
    ] {
        assert_eq!(check(good.clone(), FileType::Pdf).await, Ok(()), "{}", String::from_utf8_lossy(&good));
    }
    for bad in [
        pdf("%PDF-1.\n", xref, end),
        pdf("%PDF-3.0\n", xref, end),
        pdf("%PDF-1.4<html>\n", xref, end),
        pdf("%pdf-1.4\n", xref, end),
        pdf(" %PDF-1.4\n", xref, end),
        pdf(head, xref, "startxref\n0\n%%EOF"),
        pdf(head, xref, "startxref\n1\n%%EOF"),
        pdf(head, xref, "startxref\n99999\n%%EOF"),
        pdf(head, xref, "startxref\n-1\n%%EOF"),
        pdf(head, xref, "startxref\n99999999999999999999999999\n%%EOF"),
        pdf(head, xref, "startxref\n\n%%EOF"),
        pdf(head, xref, "startxref AT%%EOF"),
        pdf(head, xref, "startxrefAT\n%%EOF"),
        pdf(head, xref, "startxref\nAT\n%%EOF\n<script>"),
        pdf(head, xref, "startxref\nAT\n%%EO"),
        pdf(head, xref, "AT\n%%EOF"),
        pdf(head, "xref\n0 1\nhello world\n", end),
        pdf(head, "xref\n", end),
        pdf(head, "9 0 obj\n<</Type/Page>>\n", end),
        pdf(head, "9 0 obj\n/XRef\n", end),
        pdf(head, "", end),
    ] {
        assert!(check(bad.clone(), FileType::Pdf).await.is_err(), "{}", String::from_utf8_lossy(&bad));
    }
}

#[tokio::test]
async fn a_film_says_at_its_beginning_what_it_is() {
    let rest = mp4(b"")[part(*b"ftyp", b"isom\0\0\0\0mp42").len()..].to_vec();
    let film = |brands: &[u8]| [part(*b"ftyp", brands), rest.clone()].concat();
    for brands in [&b"isom\0\0\0\0"[..], b"mp42\0\0\0\0isom", b"avc1\0\0\0\0", b"CAEP\0\0\0\0abcdisom", b"M4V \0\0\0\0"]
    {
        assert_eq!(check(film(brands), FileType::Mp4).await, Ok(()), "{brands:?}");
        assert_eq!(check(film(brands), FileType::QuickTime).await, Err(Rejection::TypeMismatch), "{brands:?}");
    }
    assert_eq!(check(film(b"qt  \0\0\0\0"), FileType::QuickTime).await, Ok(()));
    assert_eq!(check(film(b"qt  \0\0\0\0isom"), FileType::Mp4).await, Err(Rejection::TypeMismatch));
    for brands in [&b"heic\0\0\0\0isom"[..], b"avif\0\0\0\0", b"M4A \0\0\0\0isom", b"abcd\0\0\0\0efgh", b"iso", b""] {
        assert_eq!(check(film(brands), FileType::Mp4).await, Err(Rejection::WrongFormat), "{brands:?}");
    }
    assert!(check(rest.clone(), FileType::Mp4).await.is_err(), "no type");
    let twice = [mp4(b""), film(b"isom\0\0\0\0")].concat();
    assert_eq!(check(twice, FileType::Mp4).await, Err(Rejection::Broken), "a second type");
}

#[tokio::test]
async fn a_webm_says_so_and_ends_with_its_segment() {
    let segment = |content: &[u8]| element(&[0x18, 0x53, 0x80, 0x67], content);
    let unknown = |id: &[u8], content: &[u8]| [id, &[0xFF], content].concat();
    let parts = webm_parts();
    let heading = webm_heading(b"webm");
    let cluster = [0x1F, 0x43, 0xB6, 0x75];
    let block = element(&[0xA3], b"picture");
    let endless = unknown(&cluster, &[element(&[0xE7], b"\0"), block.clone(), block].concat());
    for good in [
        [heading.clone(), element(&[0xEC], b"\0\0"), segment(&parts)].concat(),
        [heading.clone(), unknown(&[0x18, 0x53, 0x80, 0x67], &parts)].concat(),
        [heading.clone(), unknown(&[0x18, 0x53, 0x80, 0x67], &[&parts[..], &endless, &endless].concat())].concat(),
        [webm_heading(b"webm\0\0"), segment(&parts)].concat(),
    ] {
        assert_eq!(check(good, FileType::Webm).await, Ok(()));
    }
    for (what, bad) in [
        ("Matroska", [webm_heading(b"matroska"), segment(&parts)].concat()),
        ("no type", [element(&webm::MAGIC, b""), segment(&parts)].concat()),
        ("half a type", [webm_heading(b"webmx"), segment(&parts)].concat()),
        ("no segment", heading.clone()),
        ("an empty segment", [heading.clone(), segment(b"")].concat()),
        ("no cluster", [heading.clone(), segment(&element(&[0x15, 0x49, 0xA9, 0x66], b""))].concat()),
        ("two segments", [heading.clone(), segment(&parts), segment(&parts)].concat()),
        (
            "attachments",
            [heading.clone(), segment(&[&parts[..], &element(&[0x19, 0x41, 0xA4, 0x69], b"MZ")].concat())].concat(),
        ),
        (
            "tracks without a length",
            [heading.clone(), segment(&[&parts[..], &unknown(&[0x16, 0x54, 0xAE, 0x6B], b"")].concat())].concat(),
        ),
        ("a heading without a length", [&webm::MAGIC[..], &[0xFF], &segment(&parts)].concat()),
        ("a script behind", [heading, segment(&parts), b"<script>".to_vec()].concat()),
    ] {
        assert!(check(bad, FileType::Webm).await.is_err(), "{what}");
    }
}
