//! What was perhaps meant by a name that is not known.

/// The one of `known` that is nearest to `name`, if one is near enough for a slip of the
/// fingers: one in three letters, whatever their case.
pub fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names are no slip, and comparing takes the product of the lengths.
    if name.len() > 24 {
        return None;
    }
    let name = name.to_lowercase();
    let measured = known.map(|known| (strsim::damerau_levenshtein(&name, known), known));
    let (distance, nearest) = measured.min_by_key(|(distance, _)| *distance)?;
    let length = name.chars().count();
    (distance <= length.div_ceil(3) && distance < length).then_some(nearest)
}
