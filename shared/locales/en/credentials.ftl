## A new password

label-old-password = Current password
label-new-password1 = New password
label-new-password2 = New password, once more

password-change-title = Change password
password-change-lead = You stay logged in here. Every other device is logged out.
password-change-submit = Change password
password-changed = Your password is changed. Every other device is logged out.
password-changed-elsewhere = Your password was changed from somewhere else at the same moment, so this change was not made. Please log in again.
password-incorrect = This is not your current password.

password-unusable = This account has no password yet. Set one with the link that we send you by mail.

password-forgotten = Forgot your password?
password-reset-title = Reset your password
password-reset-lead = Enter your email address, and we will send you a link to set a new password.
password-reset-submit = Send the link
password-reset-sent-title = Check your mail
password-reset-sent-lead = If there is an account with this address, a mail is on its way. The link in it is good for { $lifetime } and can be used once.
password-reset-sent-help = No mail? Look in the spam folder, and check that you entered the address with which you signed up.
password-reset-again = Ask again

password-set-title = Set a new password
password-set-lead = For the account of { $email }.
password-set-submit = Set password
password-set-hint = You will be logged out on every device.
password-reset-done = Your new password is set. Please log in with it.

link-invalid-help = Links in our mails can be used once and for a limited time. A newer mail may have replaced this one.
link-invalid-again = Ask for a new link
link-go-on-title = You have followed a link in our mail
link-go-on-lead = One more click, and it opens here.
link-go-on = Go on

## The address

label-new-email = New email address
label-present-email = Current email address

email-title = Email address
email-is-confirmed = This address is confirmed.
email-is-not-confirmed = This address is not confirmed yet. We sent you a mail with a link.
email-resend = Send the mail again
email-confirmation-sent = A mail with a link is on its way to your address.
email-new-title = Change the address
email-new-lead = We will send a link to the new address. The change happens when you open it, and your current address is told. If that one is confirmed, the change can be taken back from there.
email-new-submit = Send the link
email-unchanged = This is your address already.
email-change-sent = A mail with a link is on its way to the new address. Your address stays as it is until you open it. No mail? The new address may belong to another account.

email-confirm-title = Confirm your address
email-confirm-lead = Is this your email address?
email-confirm-submit = Yes, confirm it
email-not-you = If you did not ask for this, close the page. Nothing will change.
email-confirmed = Your address is confirmed.

email-change-title = Change your address
email-change-lead = From now on you log in with the new address, and our mails go there.
email-change-submit = Change the address
email-change-not = Keep the current address
email-changed = Your address is changed.

email-undo-title = Take back your address
email-undo-lead = Your account gets its former address again:
email-undo-hint = Every device is logged out and the password stops working, because whoever changed the address may know it. We then send a mail to this address with a link to set a new one.
email-undo-submit = Take it back
email-undone = Your address is back. The old password does not work any more: we have sent you a mail with a link to set a new one.

login-confirm-hint = Have you just signed up? Then your address must be confirmed first: open the link in our mail. We have sent it again, unless that was done several times already.

account-change-email = Change email
account-change-password = Change password
profile-email-unconfirmed = (not confirmed yet)

signup-done-confirm = Welcome! Your account is ready. We have sent you a mail: please open the link in it to confirm your address.
signup-confirm = Thank you! We have sent you a mail. Please open the link in it, then log in.

error-title-link-invalid = This link is no longer valid
error-link-invalid = It was used already, has expired, or is incomplete.
