# Exporting one's data and deleting one's account.

## On the home page

home-function-account = Gives you everything that is kept of you as one file, and deletes your account.
home-function-erase-account = Runs when an account was deleted: erases its pictures, its sessions and every other trace.

## On the profile

your-data-title = Your data
your-data-hint = Take a copy of everything that is kept of you, or have all of it deleted.
your-data-export = Download my data
your-data-delete = Delete my account…

## Export

export-title = Download your data
export-lead = You get one ZIP file with everything that this site keeps of you.
export-what = What is in it
export-item-profile = Your profile: every field of it, in JSON.
export-item-sessions = Where you are logged in: times, addresses and browsers.
export-item-logins = Your last log-ins: times, addresses and devices.
export-item-media = Your picture and your files, those that are not too large for it, and whom you share them with.
export-item-readme = A text that explains the files.
export-never = Your password is not in it. It is not kept anywhere; only a fingerprint is, by which it is recognised.
export-why = Your password proves that it is you who asks, and not somebody at an unlocked screen.
export-submit = Download

export-readme-title = Everything that { $site } keeps of { $email }, as of { $at }
export-readme-profile = profile.json: your profile, every field of it
export-readme-sessions = sessions.json: your sessions, where and when they began, and until when they last
export-readme-events = events.json: what was done to your account: passwords, addresses, rights, sessions
export-readme-logins = logins.json: your last log-ins, and with which device
export-readme-media = media/: your picture, if you have one, and your files
export-readme-files = files.json: your files, when each was uploaded, and where it is in this archive
export-readme-shares = shares.json: whom your files are shared with, and what others have shared with you
export-readme-cut = There are more sessions than sessions.json lists. It has the first { $count }.
export-readme-files-cut = There are more files than files.json lists. It has the newest { $count }.
export-readme-links = { $minutes ->
    [one] Not everything found room in this file. media/links.json has addresses from which the rest can be downloaded for one minute from the time above.
   *[other] Not everything found room in this file. media/links.json has addresses from which the rest can be downloaded for { $minutes } minutes from the time above.
}
export-readme-times = All times are UTC.
export-readme-left-out = Not in this file: the fingerprint of your password and the keys of your sessions, since they would open your account.

## Deleting

delete-title = Delete your account
delete-lead = This cannot be undone. There is no grace period, and nobody can bring it back for you.
delete-what = What is deleted
delete-item-profile = Your profile, with everything you entered.
delete-item-picture = Your pictures, also those still being checked.
delete-item-sessions = Your sessions. You are logged out on every device at once.
delete-item-history = The record of your log-ins.
delete-free = Your email address and username are free again at once: whoever signs up with them, you or somebody else, begins with nothing of this account.
delete-mail = A last email to { $email } confirms it.
delete-export-first = Do you want to keep a copy?
delete-export-link = Download your data first
delete-form = Confirm
delete-confirm = I understand that my account and everything in it will be gone for good.
delete-confirm-required = Please tick this box if you are sure.
delete-submit = Delete my account for good
delete-keep = Keep my account

account-deleted = Your account is deleted. Farewell, and thank you for having been here.

