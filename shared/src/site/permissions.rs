//! What this site asks permission for (`docs/permissions.md`): its applications, their models, and what else can be
//! permitted of a model. Each gets a text `permission-<app>-<codename>` in the locales.

crate::permissions::declare! {
    /// The shop, of which the function `staff-orders` is the sample.
    shop {
        /// What somebody has ordered.
        Order = "order" {}
    }
}
