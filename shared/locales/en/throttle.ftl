# Words about limits on tries, in English. Every key is also in ../ko/throttle.ftl.

error-throttled-seconds = { $seconds ->
    [one] There were too many attempts. Please wait { $seconds } second and try again.
   *[other] There were too many attempts. Please wait { $seconds } seconds and try again.
}
error-throttled-minutes = { $minutes ->
    [one] There were too many attempts. Please wait { $minutes } minute and try again.
   *[other] There were too many attempts. Please wait { $minutes } minutes and try again.
}
error-throttled-hours = { $hours ->
    [one] There were too many attempts. Please wait { $hours } hour and try again.
   *[other] There were too many attempts. Please wait { $hours } hours and try again.
}

login-throttled-reset = If you have forgotten your password, you can set a new one meanwhile. From the network that you are in now, that ends the wait too, unless it has had too many attempts by itself.
login-throttled-reset-link = Set a new password
