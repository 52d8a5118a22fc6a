//! Accounts: sign up, authenticate, log in, log out, with Django's verbs.

mod authenticate;
mod edit;
mod forms;
mod identifiers;
mod login;
pub mod password;
mod sign_up;
pub mod tokens;
mod user;

pub use authenticate::authenticate;
pub use edit::save_profile;
pub use forms::{BIO_MAX_LENGTH, LoginForm, NewAccount, ProfileForm, SignupForm};
pub use identifiers::{CanonicalEmail, CanonicalUsername, Email, Identifier, Username};
pub use login::{Remember, login, logout, logout_everywhere};
pub use password::{Hasher, Password, PasswordHash};
pub use sign_up::sign_up;
pub use user::{Avatar, AvatarState, ProfileChanges, PublicUser, User, UserId};
