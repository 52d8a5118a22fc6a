//! Python's ideas of text, where they differ from Rust's: Django's verdicts depend on them.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// `str.lower()`. Rust maps the same characters in the same way, the final sigma included.
pub(super) fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// `str.strip()`: white space, and the four separators of ASCII that Rust does not count.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}'))
}

/// `str.isdigit()`: decimal digits of every script, and what is a digit in another shape, such as `²` and `①`.
pub(super) fn is_digit(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.general_category() == GeneralCategory::DecimalNumber || is_shaped(c))
}

/// `re.split(r"\W+", text)`: the words, and an empty one where the text begins or ends with something else.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(|c| !is_word(c)) else {
            rest = None;
            return Some(text);
        };
        rest = Some(text[end..].trim_start_matches(|c| !is_word(c)));
        Some(&text[..end])
    })
}

/// `\w`: letters, numbers and the underscore. Rust's `is_alphanumeric` has vowel signs as well.
pub(in crate::accounts) fn is_word(c: char) -> bool {
    let group = c.general_category_group();
    c == '_' || matches!(group, GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
}

/// Unicode's `Numeric_Type=Digit`: digits that no number is written with. The list is closed since Unicode 6.3 (UAX 44).
fn is_shaped(c: char) -> bool {
    matches!(c,
        '\u{b2}'..='\u{b3}' | '\u{b9}' | '\u{1369}'..='\u{1371}' | '\u{19da}'
        | '\u{2070}' | '\u{2074}'..='\u{2079}' | '\u{2080}'..='\u{2089}'
        | '\u{2460}'..='\u{2468}' | '\u{2474}'..='\u{247c}' | '\u{2488}'..='\u{2490}'
        | '\u{24ea}' | '\u{24f5}'..='\u{24fd}' | '\u{24ff}'
        | '\u{2776}'..='\u{277e}' | '\u{2780}'..='\u{2788}' | '\u{278a}'..='\u{2792}'
        | '\u{10a40}'..='\u{10a43}' | '\u{10e60}'..='\u{10e68}' | '\u{11052}'..='\u{1105a}' | '\u{1f100}'..='\u{1f10a}')
}
