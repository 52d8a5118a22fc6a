//! Names in an environment that look like settings and are none: one that is misspelt would else change nothing, in
//! silence. They are told and stop no start, since an environment has other inhabitants too.

use super::Config;

/// What AWS, Lambda and the machine put there: only what is a slip away from a setting is taken for one.
const THEIRS: [&str; 5] = ["AWS_", "LAMBDA_", "LD_", "XDG_", "_"];

/// Django's settings with a first word of ours, for which there is nothing to set here.
const DJANGOS: [&str; 52] = [
    "AUTH_USER_MODEL",
    "CACHE_MIDDLEWARE_ALIAS",
    "CACHE_MIDDLEWARE_KEY_PREFIX",
    "CACHE_MIDDLEWARE_SECONDS",
    "CSRF_COOKIE_DOMAIN",
    "CSRF_COOKIE_HTTPONLY",
    "CSRF_COOKIE_MASKED",
    "CSRF_COOKIE_PATH",
    "CSRF_COOKIE_SECURE",
    "CSRF_FAILURE_VIEW",
    "CSRF_HEADER_NAME",
    "CSRF_USE_SESSIONS",
    "DATA_UPLOAD_MAX_NUMBER_FILES",
    "DEFAULT_AUTO_FIELD",
    "DEFAULT_CHARSET",
    "DEFAULT_EXCEPTION_REPORTER",
    "DEFAULT_EXCEPTION_REPORTER_FILTER",
    "DEFAULT_FILE_STORAGE",
    "DEFAULT_INDEX_TABLESPACE",
    "DEFAULT_TABLESPACE",
    "EMAIL_SSL_CERTFILE",
    "EMAIL_SSL_KEYFILE",
    "EMAIL_SUBJECT_PREFIX",
    "EMAIL_USE_LOCALTIME",
    "LANGUAGE_COOKIE_AGE",
    "LANGUAGE_COOKIE_DOMAIN",
    "LANGUAGE_COOKIE_HTTPONLY",
    "LANGUAGE_COOKIE_NAME",
    "LANGUAGE_COOKIE_PATH",
    "LANGUAGE_COOKIE_SAMESITE",
    "LANGUAGE_COOKIE_SECURE",
    "MESSAGE_STORAGE",
    "MESSAGE_TAGS",
    "PASSWORD_RESET_TIMEOUT_DAYS",
    "SECURE_BROWSER_XSS_FILTER",
    "SECURE_CONTENT_TYPE_NOSNIFF",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "SECURE_CSP",
    "SECURE_CSP_REPORT_ONLY",
    "SECURE_PROXY_SSL_HEADER",
    "SECURE_REDIRECT_EXEMPT",
    "SECURE_REFERRER_POLICY",
    "SECURE_SSL_HOST",
    "SECURE_SSL_REDIRECT",
    "SESSION_CACHE_ALIAS",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_PATH",
    "SESSION_COOKIE_SECURE",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE",
    "SESSION_FILE_PATH",
    "SESSION_SERIALIZER",
];

/// How many characters a slip is away.
const SLIP: usize = 2;

/// Names shorter than this are a slip away from too much.
const SHORTEST: usize = 6;

/// What to tell of those among `names` that look like settings: by a slip, or by a first word that only settings have,
/// as `LOGIN_FAILURES` has that of `LOGIN_FAILURE_LIMIT`. Each name once, and no values.
pub fn misspelt<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let settings: Vec<_> = Config::settings().into_iter().map(|setting| setting.name).collect();
    among(&settings, names)
}

/// The same, by whoever knows the settings already.
pub(super) fn among<'a>(settings: &[&'static str], names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let unknown = names.into_iter().filter(|name| !settings.contains(name));
    let settings: Vec<_> = settings.iter().map(|setting| (*setting, letters(setting))).collect();
    unknown
        .filter_map(|name| {
            if DJANGOS.contains(&name) {
                return Some(format!(
                    "{name} changes nothing: Django's setting of this name is not needed here: docs/from-django.md"
                ));
            }
            let meant = meant(name, &settings)?;
            Some(format!("{name} is no setting, and changes nothing: did you mean {meant}?"))
        })
        .collect()
}

/// A setting, with the letters in it.
type Setting = (&'static str, u64);

fn meant(name: &str, settings: &[Setting]) -> Option<&'static str> {
    if name.len() < SHORTEST {
        return None;
    }
    // Each start compares each name with each setting. A character that is exchanged for another changes two letters at most.
    let of_name = letters(name);
    let alike = settings.iter().filter(|(_, letters)| (of_name ^ letters).count_ones() as usize <= 2 * SLIP);
    let slips = alike.filter_map(|(setting, _)| Some((within(name, setting, SLIP)?, *setting)));
    if let Some((_, nearest)) = slips.min_by_key(|(distance, _)| *distance) {
        return Some(nearest);
    }
    let (first, _) = name.split_once('_')?;
    if THEIRS.iter().any(|theirs| name.starts_with(theirs)) {
        return None;
    }
    let family =
        settings.iter().map(|(setting, _)| *setting).filter(|setting| setting.split('_').next() == Some(first));
    family.max_by_key(|setting| (shared(name, setting), std::cmp::Reverse(distance(name, setting))))
}

/// Which letters are in a name, a bit for each; letters that share one only let more names through.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |letters, letter| letters | 1 << (letter % 64))
}

/// How many bytes two names begin with alike.
fn shared(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
}

/// How many characters must be put in, left out or exchanged to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    within(one, other, usize::MAX).unwrap_or(usize::MAX)
}

/// The same, if it is `most` or less. Otherwise it stops early.
fn within(one: &str, other: &str, most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut row: Vec<_> = (0..=other.len()).collect();
    for (above, a) in one.bytes().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        let mut least = left;
        for (cell, b) in row.iter_mut().skip(1).zip(other.bytes()) {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = exchanged.min(left + 1).min(diagonal + 1);
            least = least.min(left);
            *cell = left;
        }
        if least > most {
            return None;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> Option<String> {
        misspelt([&name.to_owned()]).pop()
    }

    #[test]
    fn a_misspelt_setting_is_told_with_the_one_that_was_meant() {
        for (name, meant) in [
            ("LOGIN_FAILURES", "LOGIN_FAILURE_LIMIT"),
            ("SESION_COOKIE_AGE", "SESSION_COOKIE_AGE"),
            ("SESSION_COOKIE_AGES", "SESSION_COOKIE_AGE"),
            ("PUBLICURL", "PUBLIC_URL"),
            ("EMAIL_USER_TLS", "EMAIL_USE_TLS"),
            ("AWS_ATTEMPT_TIMEOUT_M", "AWS_ATTEMPT_TIMEOUT_MS"),
        ] {
            let expected = format!("{name} is no setting, and changes nothing: did you mean {meant}?");
            assert_eq!(told(name), Some(expected));
        }
    }

    #[test]
    fn what_django_has_and_nobody_needs_here_is_taken_for_no_slip() {
        for name in [
            "SESSION_EXPIRE_AT_BROWSER_CLOSE",
            "SESSION_COOKIE_SECURE",
            "SESSION_COOKIE_HTTPONLY",
            "SESSION_COOKIE_DOMAIN",
            "SESSION_COOKIE_PATH",
            "CSRF_USE_SESSIONS",
            "CSRF_HEADER_NAME",
            "CSRF_COOKIE_SECURE",
            "SECURE_SSL_REDIRECT",
        ] {
            let said = told(name).unwrap();
            assert!(said.contains("not needed here: docs/from-django.md") && !said.contains("mean"), "{said}");
        }
        let settings: Vec<_> = Config::settings().into_iter().map(|setting| setting.name).collect();
        assert!(DJANGOS.iter().all(|name| !settings.contains(name)), "what there is here, is not among them");
    }

    #[test]
    fn a_setting_with_two_letters_exchanged_is_a_slip_away() {
        for setting in Config::settings().iter().map(|setting| setting.name).filter(|name| name.len() >= SHORTEST) {
            for at in 0..setting.len() - 1 {
                let slip = format!("{}QX{}", &setting[..at], &setting[at + 2..]);
                let nearest = Config::settings().iter().filter_map(|other| within(&slip, other.name, usize::MAX)).min();
                let told = told(&slip).unwrap_or_else(|| panic!("{slip} is not told"));
                let meant = told.rsplit(' ').next().unwrap().trim_end_matches('?');
                assert_eq!(within(&slip, meant, usize::MAX), nearest, "{told}");
            }
        }
    }

    #[test]
    fn what_others_put_there_is_left_alone() {
        for name in [
            "PATH",
            "HOME",
            "LANG",
            "TZ",
            "_HANDLER",
            "_X_AMZN_TRACE_ID",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_EXECUTION_ENV",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
            "AWS_ENDPOINT_URL_SESV2",
            "AWS_XRAY_CONTEXT_MISSING",
            "AWS_XRAY_DAEMON_ADDRESS",
            "LAMBDA_TASK_ROOT",
            "LAMBDA_RUNTIME_DIR",
            "LD_LIBRARY_PATH",
            "RUST_BACKTRACE",
            "RUST_LOG",
            "PORTICO_TRUST_STORE",
            "STRIPE_KEY",
            "THROTTLE",
        ] {
            assert_eq!(told(name), None);
        }
        let settings: Vec<_> = Config::settings().into_iter().map(|setting| setting.name.to_owned()).collect();
        assert_eq!(misspelt(&settings), [""; 0]);
    }
}
