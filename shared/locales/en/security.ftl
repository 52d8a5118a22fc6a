# Words about log-ins and devices, in English. Every key is also in ../ko/security.ftl.

device-browser-on-system = { $browser } on { $system }
device-unknown = Unknown device

security-title = Security
security-link = Last log-ins
security-logins = Last log-ins
security-logins-hint = The last { $most } are kept. A device is new when you have not logged in with it before, or since you last logged out everywhere or set a new password.
security-logins-none = No log-in is recorded yet.
security-new-device = New device
security-not-you = One of these was not you?
security-not-you-hint = Then somebody else knows your password. Set a new one: it ends every other session at once.
security-everywhere-hint = Every device counts as new afterwards.

sessions-title = Your sessions
sessions-link = Sessions
sessions-hint = Where you are logged in. A session that you do not know should be ended, and then the password changed.
sessions-living = Logged in now
sessions-more = There are more than are listed here.
session-this = This device
session-seen = Last seen
session-began = Logged in
session-end = End
session-end-label = End the session of { $device }
session-end-done = The session has ended.
session-end-gone = No session of that name is logged in any more.
session-end-others = End all other sessions
session-end-others-hint = Only this device stays logged in. Every other one is logged out at its next request.
session-end-others-done = All other sessions have ended.

reauthenticate-title = Confirm that it is you
reauthenticate-lead = It has been a while since you logged in. Please enter your password to go on.
reauthenticate-who = You are logged in as { $email }.
reauthenticate-submit = Continue
reauthenticate-not-you = Not you? Log out
reauthenticate-first = Nothing was saved yet. Please enter your password, and then send the form again.
