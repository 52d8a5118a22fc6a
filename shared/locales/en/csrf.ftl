# A form that was left open while somebody logged in or out, and what a program is told of a wrong token.

stale-form-title = This page was out of date
stale-form-lead = You have logged in or out since it was opened, so for your safety nothing was done yet.
stale-form-typed = What you typed is still here.
stale-form-as = If you send it now, it is sent as { $email }.
stale-form-as-nobody = You are not logged in. If you send it now, it is sent without an account.
stale-form-login-first = You are not logged in. If this needs your account, log in in another tab, then send it from here. If you send it now, it is sent without an account.
stale-form-login = Log in in another tab
stale-form-secrets = Passwords and codes are not kept. Please type them again.
stale-form-sent = What will be sent
stale-form-submit = Send again
stale-form-back = Discard it and open the page anew

error-csrf-hint = Get a new token from /csrf and send it again: the one you sent is missing, or of another session.
