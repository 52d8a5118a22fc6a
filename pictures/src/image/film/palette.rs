//! The colours of a GIF's frame: those it has, or where it has more than there is room for, the best 255
//! of them by median cut.

use std::collections::HashMap;
use std::ops::Range;

/// The index that is no colour.
pub(super) const TRANSPARENT: u8 = 0;

/// Indices that are colours.
const COLOURS: usize = 255;

/// Shades that are told apart while colours are counted: five bits of each.
const BINS: usize = 1 << 15;

pub(super) struct Palette {
    /// Red, green and blue of each index, beginning with the transparent one.
    colours: Vec<u8>,
    places: Places,
}

enum Places {
    Exact(HashMap<[u8; 3], u8>),
    /// By bin.
    Near(Vec<u8>),
}

impl Palette {
    /// The palette of a frame; what is transparent in it needs no colour.
    pub(super) fn of(pixels: &[[u8; 4]]) -> Self {
        Self::exact(pixels).unwrap_or_else(|| Self::near(pixels))
    }

    pub(super) fn colours(&self) -> &[u8] {
        &self.colours
    }

    /// Each pixel's index.
    pub(super) fn indices(&self, pixels: &[[u8; 4]]) -> Vec<u8> {
        // What is drawn has long runs of one colour.
        let mut last = ([0; 4], TRANSPARENT);
        let index = |&pixel: &[u8; 4]| {
            if pixel != last.0 {
                last = (pixel, self.index(pixel));
            }
            last.1
        };
        pixels.iter().map(index).collect()
    }

    fn index(&self, [red, green, blue, opacity]: [u8; 4]) -> u8 {
        if opacity == 0 {
            return TRANSPARENT;
        }
        match &self.places {
            Places::Exact(places) => places.get(&[red, green, blue]).copied().unwrap_or(TRANSPARENT),
            Places::Near(places) => places[bin([red, green, blue])],
        }
    }

    fn exact(pixels: &[[u8; 4]]) -> Option<Self> {
        let mut colours = vec![0; 3];
        let mut places = HashMap::new();
        let mut last = [0; 4];
        for &pixel in pixels {
            let [red, green, blue, opacity] = pixel;
            if pixel == last || opacity == 0 {
                continue;
            }
            last = pixel;
            if places.contains_key(&[red, green, blue]) {
                continue;
            }
            if places.len() == COLOURS {
                return None;
            }
            places.insert([red, green, blue], next_index(&colours));
            colours.extend([red, green, blue]);
        }
        Some(Self { colours, places: Places::Exact(places) })
    }

    fn near(pixels: &[[u8; 4]]) -> Self {
        let mut bins = vec![Bin::default(); BINS];
        for &[red, green, blue, opacity] in pixels {
            if opacity > 0 {
                bins[bin([red, green, blue])].add([red, green, blue]);
            }
        }
        let mut used: Vec<usize> = (0..BINS).filter(|&bin| bins[bin].count > 0).collect();
        let mut boxes = vec![Box::of(0..used.len(), &used, &bins)];
        while boxes.len() < COLOURS {
            // The one that spreads over most pixels and shades gains most by being cut.
            let Some(place) = (0..boxes.len()).max_by_key(|&place| boxes[place].gain) else { break };
            let Box { range, gain, channel } = boxes[place].clone();
            if gain == 0 {
                break;
            }
            let inside = &mut used[range.clone()];
            inside.sort_unstable_by_key(|&bin| shade(bin, channel));
            let middle = range.start + median(inside, &bins);
            boxes[place] = Box::of(range.start..middle, &used, &bins);
            boxes.push(Box::of(middle..range.end, &used, &bins));
        }
        let mut colours = vec![0; 3];
        let mut places = vec![TRANSPARENT; BINS];
        for Box { range, .. } in boxes {
            let mut sum = Bin::default();
            for &bin in &used[range] {
                sum.merge(bins[bin]);
                places[bin] = next_index(&colours);
            }
            colours.extend(sum.sums.map(|channel| u8::try_from(channel / sum.count.max(1)).unwrap_or(u8::MAX)));
        }
        Self { colours, places: Places::Near(places) }
    }
}

/// The index that the next colour gets.
fn next_index(colours: &[u8]) -> u8 {
    u8::try_from(colours.len() / 3).unwrap_or(TRANSPARENT)
}

/// The pixels of about one shade.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    count: u64,
    sums: [u64; 3],
}

impl Bin {
    fn add(&mut self, colour: [u8; 3]) {
        self.merge(Self { count: 1, sums: colour.map(u64::from) });
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        for (sum, other) in self.sums.iter_mut().zip(other.sums) {
            *sum += other;
        }
    }
}

fn bin([red, green, blue]: [u8; 3]) -> usize {
    usize::from(red >> 3) << 10 | usize::from(green >> 3) << 5 | usize::from(blue >> 3)
}

/// The five bits of a channel.
const fn shade(bin: usize, channel: usize) -> usize {
    bin >> (10 - 5 * channel) & 31
}

/// Bins that are to share a colour.
#[derive(Clone)]
struct Box {
    range: Range<usize>,
    /// What is gained by cutting it: its pixels times the shades of its widest channel.
    gain: u64,
    channel: usize,
}

impl Box {
    fn of(range: Range<usize>, used: &[usize], bins: &[Bin]) -> Self {
        let inside = &used[range.clone()];
        let pixels: u64 = inside.iter().map(|&bin| bins[bin].count).sum();
        let width = |channel: usize| {
            let shades = inside.iter().map(|&bin| shade(bin, channel));
            shades.clone().max().unwrap_or(0) - shades.min().unwrap_or(0)
        };
        let gains = (0..3).map(|channel| (pixels * width(channel) as u64, channel));
        let (gain, channel) = gains.max().unwrap_or((0, 0));
        Self { range, gain, channel }
    }
}

/// Where half of the pixels are on either side; neither side is empty.
fn median(inside: &[usize], bins: &[Bin]) -> usize {
    let pixels: u64 = inside.iter().map(|&bin| bins[bin].count).sum();
    let mut passed = 0;
    let half = inside.iter().position(|&bin| {
        passed += bins[bin].count;
        passed * 2 >= pixels
    });
    half.map_or(1, |place| place + 1).clamp(1, inside.len().max(2) - 1)
}
