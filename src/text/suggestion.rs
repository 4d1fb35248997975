//! Suggestions for misspelt names.

/// The maximum number of known names that are looked at.
const KNOWN: usize = 20_000;

/// The maximum number of known names that are measured. Each takes up to a few microseconds.
const MEASURED: usize = 300;

/// Returns the name in `known` that is most similar to the misspelt `name`.
///
/// Returns `None` if the Damerau-Levenshtein distance of the two names is more than one third of
/// the length of `name`. A name of up to three letters is similar only to names with the same first
/// letter from which a letter is missing or too many, or in which two letters are exchanged. The case of
/// `name` is ignored.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time in proportion to the product of the lengths, so longer names are
    // not compared.
    if name.len() > 24 {
        return None;
    }
    let name = name.to_lowercase();
    let length = name.chars().count();
    let most = (length / 3).max(1);
    // The difference of the lengths is at most the distance.
    let similar = known
        .take(KNOWN)
        .filter(|known| known.len() <= 4 * (length + most))
        .filter(|known| known.chars().count().abs_diff(length) <= most)
        .filter(|known| length > SHORT || is_near(&name, known));
    let measured = similar.take(MEASURED).map(|known| {
        let distance = strsim::damerau_levenshtein(&name, known);
        let is_same_start = known.chars().next() == name.chars().next();
        ((distance, !is_same_start), known)
    });
    let ((distance, _), nearest) = measured.min_by_key(|(distance, _)| *distance)?;
    (distance <= most && distance < length).then_some(nearest)
}

/// The length up to which a name with another letter is another name, in characters.
const SHORT: usize = 3;

/// Whether a short name and a known name begin alike and differ in a missing letter, or in the order
/// of the letters.
fn is_near(name: &str, known: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<_> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let begins_alike = known.chars().next() == name.chars().next();
    let is_same_length = known.chars().count() == name.chars().count();
    begins_alike && (!is_same_length || sorted(name) == sorted(known))
}
