//! Hundreds of files that somebody might send: each is refused, or what is published of it is only a picture.
//!
//! What bounds time and memory is not the clock of a busy machine: it is that nothing is allocated which the limits
//! have not admitted. So the limits are small here, and what is drawn has to be within them.

use super::*;

/// Room for the fixtures, and for little else.
const NARROW: Limits = Limits {
    max_bytes: 1 << 20,
    max_side: 4_000,
    max_pixels: 1_000_000,
    max_alloc: 4 << 20,
    max_frames: 20,
    max_total_pixels: 1_000_000,
};

const RECIPES: [Recipe; 3] =
    [SQUARE, SMALL, Recipe { shape: Shape::Fit(40), thumbnails: &[20], animation: Animation::Keep }];

/// What somebody might want to see published.
const PAYLOADS: [&[u8]; 5] = [
    b"*/=1;/*<script>alert(document.cookie)</script>*/",
    b"<!doctype html><script>alert(1)</script>",
    b"PK\x03\x04\x14\0\0\0\x08\0<script>.class",
    b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(<script>)>>>>",
    b"GPS 37.5665N 126.9780E <script>",
];

/// What must not be in a published file: payloads, positions, profiles, and the containers of metadata.
const TRACES: [&[u8]; 9] =
    [b"<script", b"<!doctype", b"PK\x03\x04", b"%PDF", b"GPS", b"Exif\0", b"acsp", b"XMP", b"xpacket"];

/// What is expected of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Refused,
    Drawn,
    /// The damage may be where nobody looks.
    Either,
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

/// Holds each file against all recipes, and gives how many there were.
fn hold(files: impl IntoIterator<Item = (String, Vec<u8>, Fate)>) -> usize {
    let mut count = 0;
    for (name, bytes, fate) in files {
        count += 1;
        for recipe in &RECIPES {
            let answer = draw(&bytes, None, recipe, &NARROW);
            match fate {
                Fate::Refused => assert!(answer.is_err(), "{name} is drawn"),
                Fate::Drawn => assert!(answer.is_ok(), "{name}: {:?}", answer.err()),
                Fate::Either => {}
            }
            let Ok(drawing) = answer else { continue };
            for picture in std::iter::once(&drawing.main).chain(drawing.thumbnails.iter().map(|copy| &copy.1)) {
                assert!(picture.width.max(picture.height) <= 64, "{name} is {} wide", picture.width);
                assert!(image::load_from_memory(&picture.bytes).is_ok(), "{name} does not open");
                for trace in TRACES {
                    assert!(!holds(&picture.bytes, trace), "{name} says {}", trace.escape_ascii());
                }
            }
        }
    }
    count
}

fn named(name: &str, what: &str, bytes: Vec<u8>, fate: Fate) -> (String, Vec<u8>, Fate) {
    (format!("{name} {what}"), bytes, fate)
}

#[test]
fn files_cut_short_are_refused() {
    let cut = FIXTURES.iter().flat_map(|&(name, bytes)| {
        (0..50).map(move |part| {
            let at = bytes.len() * part / 50;
            named(name, &format!("cut at {at}"), bytes[..at].to_vec(), Fate::Refused)
        })
    });
    assert_eq!(hold(cut), 50 * FIXTURES.len());
}

#[test]
fn flipped_bits_and_foreign_bytes_are_survived() {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut files = Vec::new();
    for &(name, bytes) in FIXTURES {
        for _ in 0..20 {
            let mut damaged = bytes.to_vec();
            for _ in 0..=random.below(6) {
                let at = random.below(damaged.len());
                damaged[at] ^= 1 << random.below(8);
            }
            files.push(named(name, "with flipped bits", damaged, Fate::Either));
        }
        // The right beginning, and then anything.
        for _ in 0..3 {
            let kept = 12 + random.below(40);
            let mut damaged = bytes.to_vec();
            damaged[kept..].fill_with(|| u8::try_from(random.below(256)).expect("a byte"));
            files.push(named(name, "replaced by noise", damaged, Fate::Either));
        }
    }
    assert_eq!(hold(files), 23 * FIXTURES.len());
}

#[test]
fn what_is_something_else_besides_is_refused() {
    let files = FIXTURES.iter().flat_map(|&(name, bytes)| {
        PAYLOADS.iter().flat_map(move |payload| {
            [
                named(name, "with a payload behind", [bytes, payload].concat(), Fate::Refused),
                named(name, "with a payload before", [*payload, bytes].concat(), Fate::Refused),
            ]
        })
    });
    assert_eq!(hold(files), 10 * FIXTURES.len());
}

#[test]
fn what_only_carries_something_is_cleaned() {
    let mut files = Vec::new();
    for payload in PAYLOADS {
        let block = [&exif(1)[..], payload].concat();
        let segment = |marker: u8, data: &[u8]| {
            let length = u16::try_from(data.len() + 2).expect("short").to_be_bytes();
            [&[0xFF, marker], &length[..], data].concat()
        };
        for (name, bytes) in fixtures_of(Format::Jpeg) {
            for (marker, data) in [
                (0xE1, block.clone()),
                (0xE1, [&b"http://ns.adobe.com/xap/1.0/\0<?xpacket?>"[..], payload].concat()),
                (0xE2, [&b"ICC_PROFILE\0\x01\x01"[..], &[0; 36], b"acsp", payload].concat()),
                (0xED, payload.to_vec()),
                (0xFE, payload.to_vec()),
            ] {
                let armed = spliced(bytes, 2, &segment(marker, &data));
                files.push(named(name, &format!("with a segment {marker:x}"), armed, Fate::Drawn));
            }
        }
        for (name, bytes) in fixtures_of(Format::Png) {
            for (kind, data) in [
                (*b"tEXt", [b"Comment\0", payload].concat()),
                (*b"zTXt", [b"Comment\0\0", payload].concat()),
                (*b"iTXt", [b"XML:com.adobe.xmp\0\0\0\0\0", payload].concat()),
                (*b"iCCP", [b"p\0\0", payload].concat()),
                (*b"eXIf", block[6..].to_vec()),
                (*b"prVt", payload.to_vec()),
            ] {
                let armed = spliced(bytes, BEHIND_HEADER, &chunk(kind, &data));
                files.push(named(name, &format!("with {}", kind.escape_ascii()), armed, Fate::Drawn));
            }
        }
        for (name, bytes) in fixtures_of(Format::Gif) {
            let palette = if bytes[10] & 0x80 == 0 { 0 } else { 3 << ((bytes[10] & 7) + 1) };
            let length = u8::try_from(payload.len()).expect("short");
            for extension in [&b"\x21\xFE"[..], b"\x21\xFF\x0BXMP DataXMP", b"\x21\xFF\x0BICCRGBG1012"] {
                let armed = spliced(bytes, 13 + palette, &[extension, &[length], payload, &[0]].concat());
                files.push(named(name, "with an extension", armed, Fate::Drawn));
            }
        }
        for (name, bytes) in fixtures_of(Format::Webp).filter(|(_, bytes)| &bytes[12..16] == b"VP8X") {
            for kind in [*b"EXIF", *b"XMP ", *b"ICCP", *b"JUNK"] {
                let data = if kind == *b"EXIF" { block.clone() } else { payload.to_vec() };
                let armed = webp(&[bytes[12..].to_vec(), riff(kind, &data)]);
                files.push(named(name, &format!("with {}", kind.escape_ascii()), armed, Fate::Drawn));
            }
        }
    }
    let count = hold(files);
    assert!(count > 300, "{count}");
}

#[test]
fn foreign_formats_are_refused_whatever_they_are_called() {
    let foreign: [&[u8]; 9] = [
        b"P6\n1 1\n255\n\xFF\xFF\xFF",
        b"II*\0\x08\0\0\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"BM\x1E\0\0\0\0\0\0\0",
        b"PK\x03\x04\x14\0\0\0\x08\0",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\0\0\0\x1CftypavifmifAvif",
        b"\0\0\x01\0\x01\0\x10\x10",
    ];
    for bytes in foreign {
        for declared in [None, Some(Format::Jpeg), Some(Format::Png), Some(Format::Webp), Some(Format::Gif)] {
            assert_eq!(draw(bytes, declared, &SMALL, &NARROW), Err(Rejection::NotAnImage));
        }
    }
    for (name, bytes) in FIXTURES {
        let actual = Format::from_magic(bytes);
        for declared in [Format::Jpeg, Format::Png, Format::Webp, Format::Gif] {
            if Some(declared) != actual {
                assert_eq!(draw(bytes, Some(declared), &SMALL, &NARROW), Err(Rejection::TypeMismatch), "{name}");
            }
        }
    }
}

#[test]
fn small_files_that_claim_much_are_refused_for_it() {
    let huge = 50_000_u32;
    let side = u16::try_from(huge).expect("short");
    let mut jpeg = fixture("progressive.jpg").to_vec();
    let frame = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC2]).expect("a frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[side.to_be_bytes(), side.to_be_bytes()].concat());
    let mut gif = fixture("animated.gif").to_vec();
    gif[6..10].copy_from_slice(&[side.to_le_bytes(), side.to_le_bytes()].concat());
    let header = |width: u32, height: u32| {
        let data = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        [&b"\x89PNG\r\n\x1a\n"[..], &chunk(*b"IHDR", &data)].concat()
    };
    let length = |pixels: u32| (pixels - 1).to_le_bytes()[..3].to_vec();
    let canvas =
        |flags: u8, pixels: u32| riff(*b"VP8X", &[vec![flags, 0, 0, 0], length(pixels), length(pixels)].concat());

    // Frames by the thousand, each of them a dot or as large as is allowed.
    let control = |number: u32, side: u32| {
        let place = [number, side, side, 0, 0].map(u32::to_be_bytes).concat();
        chunk(*b"fcTL", &[&place[..], &[0; 6]].concat())
    };
    let frames = |side: u32| -> Vec<u8> {
        let controls = (0..5_000).flat_map(|number| control(number, side));
        let announced = chunk(*b"acTL", &[5_000_u32.to_be_bytes(), [0; 4]].concat());
        [header(side, side), announced, controls.collect()].concat()
    };
    let dot = riff(*b"VP8L", &[0x2F, 0, 0, 0, 0, 0, 0, 0]);
    let frame = riff(*b"ANMF", &[&[0; 16][..], &dot].concat());
    let animation = |side: u32| {
        let frames: Vec<u8> = (0..5_000).flat_map(|_| frame.clone()).collect();
        webp(&[canvas(2, side), riff(*b"ANIM", &[0; 6]), frames])
    };
    for (name, bytes) in [
        ("a JPEG", jpeg),
        ("a GIF", gif),
        ("a PNG", header(huge, huge)),
        ("a WebP", webp(&[canvas(0, huge)])),
        ("an animated WebP", webp(&[canvas(2, huge)])),
        ("an APNG of dots", frames(1)),
        ("an APNG of large frames", frames(900)),
        ("a WebP of dots", animation(1)),
        ("a WebP of dots on a large canvas", animation(900)),
    ] {
        for recipe in &RECIPES {
            assert_eq!(draw(&bytes, None, recipe, &NARROW), Err(Rejection::TooManyPixels), "{name}");
        }
    }
}
