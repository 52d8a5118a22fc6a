## What a new password must be, before it is typed

password-help-similar = Not too similar to your name, username or email address.
password-help-length = { $min ->
    [one] At least { $min } character.
   *[other] At least { $min } characters.
}
password-help-common = Not a commonly used password.
password-help-numeric = Not made of digits alone.
password-help-context = Not the name of this site or your email address with a little added.
password-help-breached = Not a password known to have been stolen elsewhere.

## What is wrong with it

password-too-similar = { $attribute ->
    [username] This password is too similar to your username.
    [first_name] This password is too similar to your first name.
    [last_name] This password is too similar to your last name.
    [email] This password is too similar to your email address.
   *[other] This password is too similar to what we know of you.
}
password-too-common = This password is too common.
password-entirely-numeric = This password is made of digits alone.
password-context-word = This password is little more than the name of this site or your email address.
password-breached = This password is known from data stolen elsewhere. Please choose another one.
