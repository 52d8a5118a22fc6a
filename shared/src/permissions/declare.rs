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
/// makes `shop::Order::ADD`, `CHANGE`, `DELETE` and `VIEW` (`shop.view_order`), which every model has, `shop::Order::SHIP`,
/// and `PERMISSIONS`.
macro_rules! declare {
    ($(
        $(#[$about_app:meta])*
        $app:ident {
            $(
                $(#[$about:meta])*
                $model:ident = $name:literal {
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
                        /// To add one.
                        pub const ADD: Permission = Permission::new(concat!(stringify!($app), ".add_", $name));
                        /// To change any.
                        pub const CHANGE: Permission = Permission::new(concat!(stringify!($app), ".change_", $name));
                        /// To delete any.
                        pub const DELETE: Permission = Permission::new(concat!(stringify!($app), ".delete_", $name));
                        /// To view all of them.
                        pub const VIEW: Permission = Permission::new(concat!(stringify!($app), ".view_", $name));
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
        pub(crate) const PERMISSIONS: &[$crate::permissions::Permission] = &[
            $($(
                $app::$model::ADD,
                $app::$model::CHANGE,
                $app::$model::DELETE,
                $app::$model::VIEW,
                $($app::$model::$custom,)*
            )*)*
        ];
    };
}

pub(crate) use declare;
