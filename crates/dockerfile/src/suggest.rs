//! "Did you mean": the known word nearest to an unknown one.

/// The largest number of edits at which two words still count as near.
const NEAR: usize = 2;

/// The option nearest to `word` by edits (insert, delete, replace, swap neighbours), case ignored, or
/// none that is near. A word of two letters or fewer is near to too much to guess.
pub fn nearest<'a>(word: &str, options: &[&'a str]) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).flat_map(char::to_lowercase).collect();
    let measured = options.iter().map(|option| (distance(&word, option), *option));
    let (edits, option) = measured.min_by_key(|(edits, _)| *edits)?;
    (edits > 0 && edits <= NEAR && edits < word.len().max(option.len()).saturating_sub(1)).then_some(option)
}

/// The optimal string alignment distance.
fn distance(word: &[char], option: &str) -> usize {
    let option: Vec<char> = option.chars().flat_map(char::to_lowercase).collect();
    let width = option.len() + 1;
    let mut rows = vec![0; (word.len() + 1) * width];
    for row in 0..=word.len() {
        for column in 0..width {
            rows[row * width + column] = if row == 0 || column == 0 {
                row + column
            } else {
                let replaced = usize::from(word[row - 1] != option[column - 1]);
                let swapped = row > 1
                    && column > 1
                    && word[row - 1] == option[column - 2]
                    && word[row - 2] == option[column - 1];
                let swap = if swapped { rows[(row - 2) * width + column - 2] + 1 } else { usize::MAX };
                (rows[(row - 1) * width + column] + 1)
                    .min(rows[row * width + column - 1] + 1)
                    .min(rows[(row - 1) * width + column - 1] + replaced)
                    .min(swap)
            };
        }
    }
    rows[rows.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_words_are_found() {
        let known = ["FROM", "RUN", "COPY", "ENTRYPOINT"];
        for (word, expected) in [
            ("FORM", Some("FROM")),
            ("form", Some("FROM")),
            ("RUNN", Some("RUN")),
            ("COPPY", Some("COPY")),
            ("ENTRYPIONT", Some("ENTRYPOINT")),
            ("", None),
            ("X", None),
            ("FROM", None),
            ("DOCKER", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }
}
