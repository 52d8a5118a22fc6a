# Portico's words, in English. Every key is also in ../ko/main.ftl; a test compares the two.
# Texts are plain: the templates escape them, and none carries markup.

## The frame

skip-to-content = Skip to content
nav-account = Account
nav-home = Go to the home page
nav-profile = Profile
nav-login = Log in
nav-logout = Log out
nav-signup = Sign up
message-dismiss = Dismiss
theme-label = Theme
theme-auto = System
theme-light = Light
theme-dark = Dark
language-label = Language

## Home

home-title = Home
home-heading = Accounts, sessions and uploads on Lambda
home-lead = This is a running Portico: the web basics you know from Django, as small Rust functions made for AWS Lambda. Create an account and try it.
home-signup = Create an account
home-greeting = Hello, { $name }
home-greeting-lead = You are logged in. Here is what you can do.
home-card-profile = Edit your profile
home-card-profile-text = Your name, phone number and a few words about yourself.
home-card-picture = Choose a picture
home-card-picture-text = It goes straight from your browser to S3 and is checked there before anyone sees it.
home-card-account = Your account
home-functions = What is behind these pages
home-functions-lead = Each function is one small package with one task. All of them go through the same pipeline.
home-function-home = Shows this page, and answers every address that does not exist.
home-function-signup = Creates an account: one transaction, so that an email address or a username is taken only once.
home-function-login = Checks the password and starts a session.
home-function-admin = Accounts, groups and the audit trail, for staff. Off unless it is turned on.
home-function-logout = Ends this session, or all of them at once. It takes a button, never a link.
home-function-password = Changes your password, or sets a new one by a link in a mail. Every other session ends with the old one.
home-function-email = Confirms your email address, and changes it. The owner of the old one can take the change back.
home-function-profile = Shows and saves your profile. Two people saving at once never overwrite each other.
home-function-presign-upload = Signs an upload that goes from the browser to S3 without passing through a function.
home-function-process-upload = Runs when a file arrives: decodes it, draws it anew, and only then publishes it.
home-function-media = Lists your files, and leads whoever may see one to an address that is good for a minute.
home-function-mailer = Runs when a mail was promised: decides who gets it, writes it and sends it once.
home-function-static-files = Serves CSS, JavaScript and images on small sites that have no bucket for them.

## Forms

form-error-title = Please check the form
form-error-prefix = Error:
form-optional = (optional)
form-show = Show
form-hide = Hide
form-yes = Yes
form-no = No
form-empty = (empty)
form-characters-left = Characters left: { $count }

label-email = Email
label-username = Username
label-first-name = First name
label-last-name = Last name
label-phone = Phone
label-bio = About you
label-is-marketing-agreed = Send me news and offers
label-password1 = Password
label-password2 = Password, once more
label-password = Password
label-login-username = Email or username
label-remember = Keep me logged in
marketing-hint = You can change this at any time.

## Sign up, log in, log out

signup-title = Sign up
signup-lead = An account takes a minute.
signup-account = Your account
signup-about = Your details
signup-email-hint = You can log in with it.
signup-username-hint = Letters, digits and . + - _
signup-password-hint = A few words that do not belong together make a good password.
signup-submit = Create account
signup-have-account = Already have an account?

login-title = Log in
login-next-lead = Log in to continue to the page you asked for.
login-remember-hint = On your own device only. Otherwise you are logged out when the browser closes.
login-submit = Log in
login-no-account = No account yet?

logout-title = Log out
logout-lead = Do you want to log out?
logout-why = Logging out changes something, so it takes a button. If a link were enough, any page on the web could log you out.
logout-here = Log out on this device
logout-everywhere = Log out everywhere
logout-everywhere-hint = Ends every session of yours, on this and all other devices, at once.
logout-not-signed-in = You are not logged in, so there is nothing to end.

## Profile

profile-title = Profile
profile-about = Your details
profile-bio-hint = Up to { $max } characters.
profile-save = Save
profile-save-mine = Save my version
profile-discard = Discard my changes
profile-theirs = Saved meanwhile:
profile-conflict-title = This profile changed while you were editing
profile-conflict = It was saved from somewhere else, and nothing of yours has been saved yet. Your text is still here; where it differs, the saved text stands above it. Adjust what you like and save again.
account-title = Account
account-joined = Joined
account-last-login = Last log-in
devices-title = Sessions

picture-title = Picture
picture-none = No picture yet
picture-current = This picture is in use
picture-pending = Waiting for the file
picture-uploading = Uploading…
picture-verifying = Checking the picture…
picture-ready = Your new picture is in place
picture-rejected = This file could not be used.
picture-choose = Choose a picture…
picture-drop = You can also drop one here.
picture-limits = { $types }, up to { $max }.
picture-cancel = Cancel
picture-cancelled = Upload cancelled
picture-retry = Try again
picture-remove = Remove picture
picture-wrong-type = Please choose a picture in one of these formats: { $types }.
picture-too-large = This file is too large. The limit is { $max }.
picture-empty = This file is empty.
picture-failed = The upload did not go through. Check your connection and try again.
picture-slow-pending = Still waiting for the file
picture-slow-verifying = The check is taking longer than usual.
picture-newer-pending = Waiting for the newer one
picture-newer-verifying = Checking the newer one…
picture-newer-slow-pending = Still waiting for the newer one
picture-newer-slow-verifying = Checking the newer one is taking longer than usual.
picture-recheck = Check again

## Uploads without a script

upload-title = Upload a picture
upload-lead = Choose a file. It goes straight to the storage and is checked there before anyone sees it.
upload-file = Picture file
upload-submit = Upload
upload-refused = The storage refuses a larger file with a plain message of its own; come back to this site then, and begin again.
upload-until = This form is valid until
profile-back = Back to your profile
upload-again = Choose another picture
upload-refresh = Refresh
upload-picture-alt = Your new picture
upload-state-pending = Waiting for the file
upload-state-pending-text = The file has not arrived yet. This page refreshes by itself.
upload-state-verifying = Checking the picture
upload-state-verifying-text = The file has arrived and is being checked. This page refreshes by itself.
upload-state-ready = Your picture is ready
upload-state-ready-text = It is now shown on your profile.
upload-state-rejected = This picture could not be used

upload-reason-too-large = The file is larger than the limit.
upload-reason-not-an-image = The file is not a picture.
upload-reason-type-mismatch = The file's content does not match its type.
upload-reason-truncated = The file is incomplete. Please upload it again.
upload-reason-animated = The picture is animated. Please choose one that is not.
upload-reason-too-many-pixels = The picture has too many pixels. Please choose a smaller one.
upload-reason-broken = The picture is damaged and cannot be read.
upload-reason-quota-exceeded = There is not enough room for this file.
upload-reason-wrong-format = The file is not of the type that its name says.
upload-reason-malware = Malware was found in the file.
upload-reason-unscannable = The file cannot be checked for malware, so it is not accepted.
upload-reason-expired = The file did not arrive in time. Please upload it again.
upload-reason-superseded = A newer picture took its place.
upload-reason-lost = The file was lost in storage. Please upload it again.
upload-reason-cancelled = The upload was cancelled.

## Messages after a redirect

login-done = You are logged in.
logout-done = You are logged out.
logout-all-done = You are logged out on every device.
session-ended = Your session had ended, so nothing was saved. Please log in and try again.
signup-done = Welcome! Your account is ready.
profile-saved = Your profile is saved.
avatar-removed = Your picture is removed.
media-renamed = The file has its new name.
media-deleted = The file is deleted.
media-shared-done = The file is shared.
media-revoked = That access is revoked.
upload-cancelled = The upload is cancelled.

## What is wrong with a field

field-required = Please fill this in.
field-invalid = This value is not valid.
field-max-length = { $limit ->
    [one] Please use at most { $limit } character.
   *[other] Please use at most { $limit } characters.
}
field-null-characters = Null characters are not allowed.
field-not-a-boolean = This must be true or false.
field-not-an-integer = This must be a whole number.
field-choice = Please choose one of the options offered.
email-invalid = Please enter an email address, such as name@example.com.
email-unique = This email address already has an account.
username-invalid = Please use only letters, digits and . + - _
username-unique = This username is taken.
phone-invalid = Please enter a phone number, such as +82 10 1234 5678.
password-mismatch = The two passwords are not the same.
password-too-short = { $min ->
    [one] Please use at least { $min } character.
   *[other] Please use at least { $min } characters.
}
password-too-long = This password is too long. The limit is { $max } bytes.
upload-type-invalid = Files of this type cannot be uploaded.
upload-size-invalid = The file's size is not valid.
upload-size-too-large = This file is too large. The limit is { $max }.
upload-extension-mismatch = The file name's ending does not match its type.
upload-parts-too-many = Too many parts at once.
upload-part-unknown = The file has no such part.
upload-sha256-invalid = The checksum is not valid.
upload-sha256-of-parts = Parts have their checksums one by one, if the upload was begun with them.

## Errors

error-title-bad-request = Request not understood
error-title-login-required = Please log in
error-title-invalid-login = Log-in failed
error-title-csrf-failed = This form is no longer valid
error-title-permission-denied = No permission
error-title-fresh-login-required = Please confirm that it is you
error-title-not-found = Page not found
error-title-method-not-allowed = Not possible this way
error-title-conflict = Changed in the meantime
error-title-quota-exceeded = No room left
error-title-parts-missing = Not complete yet
error-title-payload-too-large = Too large
error-title-session-too-large = Too much for this browser
error-title-unsupported-media-type = Format not supported
error-title-invalid = Please check the form
error-title-throttled = Too many attempts
error-title-internal = Something went wrong
error-title-unavailable = Temporarily unavailable

error-bad-request = The request could not be understood.
error-login-required = You need to log in to see this page.
error-invalid-login = The email or username and the password do not match an active account.
error-csrf-failed = For your safety, this request was not carried out.
error-permission-denied = You do not have permission to do this.
error-fresh-login-required = You need to confirm your password to do this.
error-not-found = There is nothing at this address.
error-method-not-allowed = This address does not accept that kind of request.
error-conflict = Somebody else changed this in the meantime.
error-quota-exceeded = There is not enough room for this. Delete files that you no longer need, and try again.
error-parts-missing = The upload is not complete. Please go on with it.
error-payload-too-large = What you sent is larger than allowed.
error-session-too-large = This site keeps what you have chosen in your browser, and it does not fit any more. Nothing was changed.
error-unsupported-media-type = This address does not accept that format.
error-invalid = Some of the values are not valid.
error-internal = The fault is ours. Please try again in a moment.
error-unavailable = The service cannot be reached right now. Please try again in a moment.
error-csrf-help = This happens when a page was open for a long time, when you logged in or out in another tab, or when cookies are turned off. Go back, reload the page and send the form again.
error-request-id = Request ID
error-request-id-hint = If it keeps happening, mention this ID when you report it.
