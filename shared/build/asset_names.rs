//! Finds the names that a template asks `static()` for, so that a name that is nowhere stops a test or a build, and never
//! a visitor.

/// Each name with its line; or the line and the argument of a call whose name is not known before it runs.
pub(crate) fn asked(template: &str) -> Result<Vec<(usize, &str)>, (usize, &str)> {
    let mut asked = Vec::new();
    for (at, word) in template.match_indices("static") {
        let (before, behind) = (&template[..at], &template[at + word.len()..]);
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let Some(argument) = behind.trim_start().strip_prefix('(').filter(|_| is_code(before)) else { continue };
        if before.ends_with(is_part) {
            continue;
        }
        let argument = argument.split(')').next().unwrap_or_default().trim();
        let line = before.matches('\n').count() + 1;
        asked.push((line, literal(argument).ok_or((line, argument))?));
    }
    Ok(asked)
}

/// Whether what follows is inside of `{{ }}` or `{% %}`.
fn is_code(before: &str) -> bool {
    let opened = before.rfind("{{").max(before.rfind("{%"));
    opened.is_some() && opened > before.rfind("}}").max(before.rfind("%}"))
}

/// What is between quotes of either kind, without query and fragment.
fn literal(argument: &str) -> Option<&str> {
    let quote = argument.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let name = argument.strip_prefix(quote)?.strip_suffix(quote)?;
    (!name.is_empty() && !name.contains(quote)).then(|| name.split(['?', '#']).next().unwrap_or_default())
}
