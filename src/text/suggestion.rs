//! Suggestions for misspelt names.

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
    let measured = known.map(|known| (strsim::damerau_levenshtein(&name, known), known));
    let (distance, nearest) = measured.min_by_key(|(distance, _)| *distance)?;
    let length = name.chars().count();
    (distance <= length.div_ceil(3) && distance < length).then_some(nearest)
}
