//! The screens that people sit at.

use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams,
};

/// A screen's size in CSS pixels.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    mobile: bool,
}

pub(crate) const DESKTOP: Screen = Screen { width: 1280, height: 860, mobile: false };
pub(crate) const PHONE: Screen = Screen { width: 390, height: 844, mobile: true };

impl Screen {
    /// The dots for a pixel of a picture in the documentation: a phone's is shown small.
    pub(crate) fn sharpness(self) -> f64 {
        if self.mobile { 2.0 } else { 1.0 }
    }

    /// Gives the page this screen, with `scale` dots for a pixel.
    pub(crate) async fn show(self, page: &Page, scale: f64) {
        let metrics = SetDeviceMetricsOverrideParams::new(self.width, self.height, scale, self.mobile);
        page.execute(metrics).await.unwrap();
    }
}

/// Lets the system prefer `light` or `dark`.
pub(crate) async fn prefer(page: &Page, scheme: &str) {
    let features =
        vec![MediaFeature::new("prefers-color-scheme", scheme), MediaFeature::new("prefers-reduced-motion", "reduce")];
    page.execute(SetEmulatedMediaParams::builder().features(features).build()).await.unwrap();
}
