//! Suggestions for misspelt names.

/// The maximum number of known names that are looked at.
const KNOWN: usize = 20_000;

/// The maximum number of known names that are measured. Each takes up to a few microseconds.
const MEASURED: usize = 300;

/// Returns the name in `known` that is most similar to the misspelt `name`.
///
/// Returns `None` if the Damerau-Levenshtein distance of the two names is more than one third of
/// the length of `name`, rounded up. The case of `name` is ignored.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time in proportion to the product of the lengths, so longer names are
    // not compared.
    if name.len() > 24 {
        return None;
    }
    let name = name.to_lowercase();
    let length = name.chars().count();
    let most = length.div_ceil(3);
    // The difference of the lengths is at most the distance.
    let similar = known
        .take(KNOWN)
        .filter(|known| known.len() <= 4 * (length + most))
        .filter(|known| known.chars().count().abs_diff(length) <= most);
    let measured = similar
        .take(MEASURED)
        .map(|known| (strsim::damerau_levenshtein(&name, known), known));
    let (distance, nearest) = measured.min_by_key(|(distance, _)| *distance)?;
    (distance <= most && distance < length).then_some(nearest)
}
