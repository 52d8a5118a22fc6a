//! Files that people upload.

use std::path::PathBuf;

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

/// A folder with some files, on one person's disk.
pub(crate) struct Pictures(TempDir);

impl Pictures {
    pub(crate) fn new() -> Self {
        Self(TempDir::with_prefix("portico-pictures-").unwrap())
    }

    /// A PNG of a hill under a sunrise; the grain in the sky keeps it large enough to watch it being sent.
    pub(crate) fn sunrise(&self) -> PathBuf {
        let mut grain = 1_u32;
        let picture = RgbImage::from_fn(640, 640, |x, y| {
            grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(grain >> 30);
            let (x, y) = (f64::from(x) / 640.0, f64::from(y) / 640.0);
            let far = 0.66 - 0.09 * (x * 5.0 + 0.6).sin();
            let near = 0.80 - 0.07 * (x * 4.0 + 3.0).cos();
            let colour = if y > near {
                [38.0, 62.0, 74.0]
            } else if y > far {
                [74.0, 105.0, 114.0]
            } else if (x - 0.62).hypot(y - 0.48) < 0.15 {
                [255.0, 233.0, 190.0]
            } else {
                [150.0 + 100.0 * y, 176.0 - 10.0 * y, 205.0 - 120.0 * y]
            };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a colour from 0 to 255")]
            Rgb(colour.map(|value| (value + noise).clamp(0.0, 255.0) as u8))
        });
        let path = self.0.path().join("sunrise.png");
        picture.save_with_format(&path, ImageFormat::Png).unwrap();
        path
    }

    /// A table of a few lines.
    pub(crate) fn table(&self) -> PathBuf {
        self.file("hills.csv", "hill,metres\nBukhansan,836\nSeoraksan,1708\n".to_owned())
    }

    /// A table of twelve mebibytes, which is sent in parts.
    pub(crate) fn long_table(&self) -> PathBuf {
        const LINE: &str = "2026-11-22,06:51,Bukhansan,clear\n";
        self.file("sunrises.csv", LINE.repeat((12 << 20) / LINE.len()))
    }

    /// What nobody may upload.
    pub(crate) fn program(&self) -> PathBuf {
        self.file("setup.exe", "MZ".to_owned())
    }

    fn file(&self, name: &str, text: String) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A text that was given a picture's name.
    pub(crate) fn text_named_png(&self) -> PathBuf {
        self.file("notes.png", "Milk, bread, a picture of a hill.\n".to_owned())
    }
}
