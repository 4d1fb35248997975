//! I/O errors as text for people.

use std::io;

/// Describes `error` without the operating system's error number, such as "(os error 2)".
#[must_use]
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_number_is_left_out() {
        let error = io::Error::from_raw_os_error(2);
        assert!(error.to_string().ends_with("(os error 2)"));
        assert_eq!(describe(&error), "No such file or directory");
        let other = io::Error::other("the pipe broke");
        assert_eq!(describe(&other), "the pipe broke");
    }
}
