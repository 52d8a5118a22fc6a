//! What this site knows of its users, beside what logs them in (`docs/custom-user.md`).

use crate::user_fields::{Consent, Line, Phone, Text, everywhere, on_profile};

crate::user_fields! {
    /// The site's fields. Add one here and its label to the locales: forms, checks, JSON and storage follow.
    pub struct UserFields {
        /// Given name.
        pub first_name: Line<150> = everywhere().given_name(),
        /// Family name.
        pub last_name: Line<150> = everywhere().family_name(),
        /// Telephone number.
        pub phone: Phone = everywhere().autocomplete("tel"),
        /// A few words about oneself.
        pub bio: Text<160> = on_profile().hint("profile-bio-hint"),
        /// Consent to marketing.
        pub is_marketing_agreed: Consent = everywhere().hint("marketing-hint"),
    }
}

impl UserFields {
    /// What to call somebody; empty, and they are called by their user name or address. Django's `get_short_name`.
    pub fn short_name(&self) -> &str {
        &self.first_name
    }
}
