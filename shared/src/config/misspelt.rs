//! Names in an environment that look like settings and are none: one that is misspelt would else change nothing, in
//! silence. They are told and stop no start, since an environment has other inhabitants too.

use super::Config;

/// What AWS, Lambda and the machine put there: only what is a slip away from a setting is taken for one.
const THEIRS: [&str; 5] = ["AWS_", "LAMBDA_", "LD_", "XDG_", "_"];

/// How many characters a slip is away.
const SLIP: usize = 2;

/// Names shorter than this are a slip away from too much.
const SHORTEST: usize = 6;

/// What to tell of those among `names` that look like settings: by a slip, or by a first word that only settings have,
/// as `LOGIN_FAILURES` has that of `LOGIN_FAILURE_LIMIT`. Each name once, and no values.
pub fn misspelt<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let settings: Vec<_> = Config::settings().into_iter().map(|setting| setting.name).collect();
    let mut names: Vec<_> = names.into_iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let unknown = names.into_iter().filter(|name| !settings.contains(name));
    unknown
        .filter_map(|name| {
            let meant = meant(name, &settings)?;
            Some(format!("{name} is no setting, and changes nothing: did you mean {meant}?"))
        })
        .collect()
}

fn meant(name: &str, settings: &[&'static str]) -> Option<&'static str> {
    if name.len() < SHORTEST {
        return None;
    }
    let nearest = settings.iter().copied().min_by_key(|setting| distance(name, setting))?;
    if distance(name, nearest) <= SLIP {
        return Some(nearest);
    }
    let (first, _) = name.split_once('_')?;
    if THEIRS.iter().any(|theirs| name.starts_with(theirs)) {
        return None;
    }
    let family = settings.iter().copied().filter(|setting| setting.split('_').next() == Some(first));
    family.max_by_key(|setting| (shared(name, setting), std::cmp::Reverse(distance(name, setting))))
}

/// How many bytes two names begin with alike.
fn shared(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
}

/// How many characters must be put in, left out or exchanged to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<_> = (0..=other.len()).collect();
    for (above, a) in one.bytes().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(other.bytes()) {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = exchanged.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
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
