# The words of the mails. Every key is also in ../ko/mail.ftl.
# A subject is a header: plain text, and nothing in it that a visitor wrote.

mail-greeting = Hello { $name },
mail-greeting-plain = Hello,
mail-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
mail-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
mail-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
mail-link-once = The link works once, and for { $lifetime } from when it was asked for.
mail-link-copy = If the button does not work, copy this address into your browser:
mail-at = When
mail-address = IP address
mail-device = Device
mail-not-you = Was it not you?
mail-automatic = { $site } sent this mail by itself. Answers to it are not read.

mail-confirm-email-subject = Confirm your email address for { $site }
mail-confirm-email-title = Confirm your email address
mail-confirm-email-lead = This address was given for an account at { $site }. Please confirm that it is yours.
mail-confirm-email-action = Confirm the address
mail-confirm-email-not-you = Ignore this mail. Without your confirmation the address stays unconfirmed.
mail-confirm-email-why = You receive this because somebody gave { $email } as their address.

mail-account-exists-subject = You already have an account at { $site }
mail-account-exists-title = You already have an account
mail-account-exists-lead = Somebody, probably you, wanted to create an account at { $site } with this address. It has one already, so nothing was changed.
mail-account-exists-action = Log in
mail-account-exists-forgotten = If you have forgotten your password, you can set a new one:
mail-account-exists-not-you = You need not do anything. Nobody got into your account, and whoever tried was not told that it exists.
mail-account-exists-why = You receive this because { $email } is the address of an account at { $site }.

mail-reset-password-subject = Set a new password for { $site }
mail-reset-password-title = Set a new password
mail-reset-password-lead = Somebody, hopefully you, asked to set a new password for your account at { $site }.
mail-reset-password-action = Set a new password
mail-reset-password-not-you = Ignore this mail. Your password stays as it is, and nobody can change it without this link.
mail-reset-password-why = You receive this because { $email } is the address of an account at { $site }.

mail-password-changed-subject = Your password for { $site } was changed
mail-password-changed-title = Your password was changed
mail-password-changed-lead = The password of your account at { $site } was changed, and all other sessions were ended.
mail-password-changed-not-you = Then somebody else knew your password or reads your mail. Set a new password at once:
mail-password-changed-lead-administrator = An administrator of { $site } has changed the password of your account, and all sessions were ended.
mail-password-changed-question-administrator = Do you not know of this?
mail-password-changed-not-you-administrator = Ask whoever runs { $site }. You can set a password of your own at any time:
mail-password-changed-why = You receive this because { $email } is the address of an account at { $site }.

mail-change-email-subject = Confirm your new email address for { $site }
mail-change-email-title = Confirm your new email address
mail-change-email-lead = Somebody asked to make this the address of their account at { $site }. Please confirm that it is yours. Until then the account keeps its present address.
mail-change-email-action = Confirm the new address
mail-change-email-not-you = Ignore this mail. Nothing changes without your confirmation.
mail-change-email-why = You receive this because somebody gave { $email } as their new address.

mail-email-changed-subject = The email address of your account at { $site } was changed
mail-email-changed-title = Your email address was changed
mail-email-changed-lead = Your account at { $site } now has the address { $new }. Mails about it go there from now on.
mail-email-changed-action = Take the change back
mail-email-changed-not-you = Take the change back now. Your account gets this address again.
mail-email-changed-why = You receive this because { $email } was the address of an account at { $site }.

mail-email-replaced-subject = This address no longer belongs to an account at { $site }
mail-email-replaced-title = This address no longer belongs to an account
mail-email-replaced-lead = An account at { $site } had this address and now has another one. Mails about it go there from now on.
mail-email-replaced-not-you = If the account is yours, write to the people who run { $site }: as nobody had confirmed this address, the change cannot be taken back from here. If you never had an account there, somebody gave your address by mistake, and you need not do anything.
mail-email-replaced-why = You receive this because { $email } was the address of an account at { $site }.

mail-new-device-subject = New log-in to your account at { $site }
mail-new-device-title = New log-in to your account
mail-new-device-lead = Somebody logged in to your account at { $site } from a device that it did not know. If it was you, all is well.
mail-new-device-not-you = Then somebody else knows your password. Set a new one at once, which also ends their session:
mail-new-device-why = You receive this because { $email } is the address of an account at { $site }.

mail-account-deleted-subject = Your account at { $site } was deleted
mail-account-deleted-title = Your account was deleted
mail-account-deleted-lead = Your account at { $site } and everything that belonged to it was deleted, as was asked for with its password. This cannot be taken back.
mail-account-deleted-not-you = Then somebody else knew your password. If you use it elsewhere too, change it there now.
mail-account-deleted-why = You receive this because { $email } was the address of an account at { $site }.
