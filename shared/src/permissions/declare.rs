//! How permissions are declared: a module for each application, a type for each model, a constant for each permission.

/// Declares applications with their models, and the list of all of their permissions:
///
/// ```ignore
/// crate::permissions::declare! {
///     /// The shop.
///     shop {
///         /// What somebody has ordered.
///         Order = "order" {
///             /// To send it off.
///             SHIP = "ship_order",
///         }
///     }
/// }
/// ```
///
/// makes `shop::Order::ADD`, `CHANGE`, `DELETE` and `VIEW` (`shop.view_order`), which a model has unless it says `only [VIEW]`
/// (Django's `default_permissions`), `shop::Order::SHIP`, and `PERMISSIONS`.
macro_rules! declare {
    ($(
        $(#[$about_app:meta])*
        $app:ident {
            $(
                $(#[$about:meta])*
                $model:ident = $name:literal $( only [ $( $verb:ident ),+ ] )? {
                    $( $(#[$about_custom:meta])* $custom:ident = $codename:literal ),* $(,)?
                }
            )*
        }
    )*) => {
        $(
            $(#[$about_app])*
            pub mod $app {
                use $crate::permissions::Permission;
                $(
                    $(#[$about])*
                    #[derive(Debug, Clone, Copy)]
                    pub enum $model {}

                    impl $model {
                        $crate::permissions::declare!(@verbs $app $name $( only [ $( $verb ),+ ] )?);
                        $(
                            $(#[$about_custom])*
                            pub const $custom: Permission =
                                Permission::new(concat!(stringify!($app), ".", $codename));
                        )*
                    }
                )*
            }
        )*

        /// All of them, each model's together.
        pub(crate) const PERMISSIONS: &[&[$crate::permissions::Permission]] = &[
            $($(
                $app::$model::OF_ITS_VERBS,
                &[$($app::$model::$custom,)*],
            )*)*
        ];
    };
    (@verbs $app:ident $name:literal) => {
        $crate::permissions::declare!(@verbs $app $name only [ADD, CHANGE, DELETE, VIEW]);
    };
    (@verbs $app:ident $name:literal only [ $( $verb:ident ),+ ]) => {
        $( $crate::permissions::declare!(@$verb $app $name); )+

        /// Those of its verbs.
        pub(crate) const OF_ITS_VERBS: &'static [Permission] = &[ $( Self::$verb ),+ ];
    };
    (@ADD $app:ident $name:literal) => {
        /// To add one.
        pub const ADD: Permission = Permission::new(concat!(stringify!($app), ".add_", $name));
    };
    (@CHANGE $app:ident $name:literal) => {
        /// To change any.
        pub const CHANGE: Permission = Permission::new(concat!(stringify!($app), ".change_", $name));
    };
    (@DELETE $app:ident $name:literal) => {
        /// To delete any.
        pub const DELETE: Permission = Permission::new(concat!(stringify!($app), ".delete_", $name));
    };
    (@VIEW $app:ident $name:literal) => {
        /// To view all of them.
        pub const VIEW: Permission = Permission::new(concat!(stringify!($app), ".view_", $name));
    };
}

pub(crate) use declare;
