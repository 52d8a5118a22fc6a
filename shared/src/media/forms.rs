//! What is said of a file before it is sent: by a program all of it, by a page without a script what it is for.

use serde::Serialize;

use super::{FileName, FileType, PartChecksums, Purpose, Sha256};
use crate::error::{Arg, FieldError};
use crate::fields::{FieldReader, Form};

/// How an upload is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum UploadMethod {
    /// As a form, under a policy.
    #[serde(rename = "POST")]
    Post,
    /// As a body, with signed length and type.
    #[serde(rename = "PUT")]
    Put,
    /// In parts, each of them a body.
    #[serde(rename = "MULTIPART")]
    Multipart,
}

/// `POST /uploads` from a program: what it is about to send.
#[derive(Debug)]
pub struct UploadForm {
    /// What for.
    pub purpose: Purpose,
    /// What its owner calls it.
    pub name: FileName,
    /// Declared type.
    pub file_type: FileType,
    /// Declared size, bytes.
    pub size: u64,
    /// How it will be sent.
    pub method: UploadMethod,
    /// The digest of its bytes, which S3 holds it to.
    pub sha256: Option<Sha256>,
    /// Whether each of its parts will have one.
    pub checksums: PartChecksums,
}

impl Form for UploadForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let purpose = read_purpose(fields);
        let filename = fields.required_line("filename", FileName::MAX_LENGTH);
        let file_type = read_type(fields, purpose, &filename);
        let size = read_size(fields, purpose);
        let sha256 = read_sha256(fields);
        let method = read_method(fields, size);
        if sha256.is_some() && method == UploadMethod::Multipart {
            // S3 gives an object in parts a digest of the parts' digests: each part has its own.
            fields.errors().add("sha256", "invalid", "upload-sha256-of-parts");
        }
        let checksums = match fields.flag("part_checksums") {
            Some(true) => PartChecksums::Sha256,
            Some(false) | None => PartChecksums::None,
        };
        Self { purpose, name: FileName::clean(&filename), file_type, size, method, sha256, checksums }
    }
}

/// `POST /uploads` from a page without JavaScript: nothing is known of the file yet.
#[derive(Debug)]
pub struct PageUploadForm {
    /// What for.
    pub purpose: Purpose,
}

impl Form for PageUploadForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self { purpose: read_purpose(fields) }
    }
}

/// `POST /uploads/{id}/parts`: which parts are about to be sent.
#[derive(Debug)]
pub struct PartsForm {
    /// Their numbers, from 1.
    pub numbers: Vec<u64>,
    /// The digest of the part, where it is one.
    pub sha256: Option<Sha256>,
}

/// The most parts that are signed at once.
const PARTS_AT_ONCE: usize = 100;

impl Form for PartsForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let numbers = fields.numbers("numbers").unwrap_or_default();
        let sha256 = read_sha256(fields);
        if numbers.is_empty() && !fields.errors().contains("numbers") {
            fields.errors().add("numbers", "required", "field-required");
        }
        if numbers.len() > PARTS_AT_ONCE {
            fields.errors().add("numbers", "max_length", "upload-parts-too-many");
        }
        if sha256.is_some() && numbers.len() != 1 {
            fields.errors().add("sha256", "invalid", "upload-sha256-invalid");
        }
        Self { numbers, sha256 }
    }
}

/// The purpose; with an error noted it does not matter which.
fn read_purpose(fields: &mut FieldReader<'_>) -> Purpose {
    let text = fields.required_line("purpose", 32);
    let purpose = Purpose::parse(&text);
    if purpose.is_none() && !fields.errors().contains("purpose") {
        fields.errors().add("purpose", "invalid_choice", "field-choice");
    }
    purpose.unwrap_or(Purpose::FIRST)
}

/// The declared type: one that the purpose takes, and that the name's ending agrees with.
fn read_type(fields: &mut FieldReader<'_>, purpose: Purpose, filename: &str) -> FileType {
    let accepts = purpose.rule().accepts;
    let text = fields.required_line("content_type", 127).to_ascii_lowercase();
    let Some(file_type) = FileType::from_content_type(&text).filter(|known| accepts.contains(known)) else {
        if !fields.errors().contains("content_type") {
            fields.errors().add("content_type", "invalid_choice", "upload-type-invalid");
        }
        return accepts[0];
    };
    if FileType::from_name(filename) != Some(file_type) && !fields.errors().contains("filename") {
        fields.errors().add("filename", "invalid_extension", "upload-extension-mismatch");
    }
    file_type
}

fn read_size(fields: &mut FieldReader<'_>, purpose: Purpose) -> u64 {
    let Some(size) = fields.number("size") else {
        if !fields.errors().contains("size") {
            fields.errors().add("size", "required", "field-required");
        }
        return 1;
    };
    let most = fields.config().uploads.of(purpose).max_bytes;
    if size == 0 {
        fields.errors().add("size", "min_value", "upload-size-invalid");
    } else if size > most {
        let args = vec![("max", Arg::Text(mebibytes(most)))];
        fields.errors().add_with("size", FieldError { code: "max_value", key: "upload-size-too-large", args });
    }
    size
}

/// The method that was asked for; without one, what suits the size.
fn read_method(fields: &mut FieldReader<'_>, size: u64) -> UploadMethod {
    let fits = size <= fields.config().uploads.part_bytes;
    match fields.line("method", 16).as_deref() {
        None | Some("") if fits => UploadMethod::Post,
        None | Some("" | "MULTIPART") => UploadMethod::Multipart,
        Some("POST") => UploadMethod::Post,
        Some("PUT") => UploadMethod::Put,
        Some(_) => {
            fields.errors().add("method", "invalid_choice", "field-choice");
            UploadMethod::Post
        }
    }
}

fn read_sha256(fields: &mut FieldReader<'_>) -> Option<Sha256> {
    let text = fields.line("sha256", 64).filter(|text| !text.is_empty())?;
    let digest = Sha256::parse(&text);
    if digest.is_none() {
        fields.errors().add("sha256", "invalid", "upload-sha256-invalid");
    }
    digest
}

/// `2 MiB`, `1.5 MiB`, `700 KiB`.
pub fn mebibytes(bytes: u64) -> String {
    const KIB: u64 = 1_024;
    const MIB: u64 = KIB * KIB;
    const GIB: u64 = KIB * MIB;
    match bytes {
        bytes if bytes >= GIB && bytes % GIB == 0 => format!("{} GiB", bytes / GIB),
        bytes if bytes > GIB => decimal(bytes, GIB, "GiB"),
        bytes if bytes > 0 && bytes % MIB == 0 => format!("{} MiB", bytes / MIB),
        bytes if bytes > MIB => decimal(bytes, MIB, "MiB"),
        bytes if bytes >= KIB => format!("{} KiB", bytes / KIB),
        bytes => format!("{bytes} B"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "one decimal place is shown")]
fn decimal(bytes: u64, unit: u64, name: &str) -> String {
    format!("{:.1} {name}", bytes as f64 / unit as f64)
}
