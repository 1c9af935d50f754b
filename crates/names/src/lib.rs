//! The names of containers: those that people give and those that we make up.
//!
//! Floor 0, no I/O: whether a name is taken is asked through a function.

#![forbid(unsafe_code)]

mod words;

use words::{ADJECTIVES, SURNAMES};

/// The longest name in bytes: a name is the name of a file in the store.
const LONGEST: usize = 255;

/// The tries of [`generate`] with a number of one length, before the number grows by a digit.
const TRIES_A_DIGIT: u32 = 8;

/// The most digits that [`generate`] appends; beyond them it gives up looking for a free name.
const MOST_DIGITS: u32 = 9;

/// A name that no container can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// It has a character that names may not have there, or fewer than two characters. The words
    /// are Docker's, which scripts look for.
    #[error("Invalid container name ({0}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")]
    Characters(String),
    /// It is longer than a file name can be.
    #[error("container name of {0} bytes, at most 255 are allowed")]
    Length(usize),
}

/// Whether a container can be called `name`: at least two letters, digits, `_`, `.` or `-`, of
/// which the first is a letter or a digit (Docker's rule), and at most 255 of them.
///
/// # Errors
/// [`InvalidName`] with the reason.
pub fn validate(name: &str) -> Result<(), InvalidName> {
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    match name.as_bytes() {
        [first, rest @ ..] if first.is_ascii_alphanumeric() && !rest.is_empty() && rest.iter().all(inner) => {
            if name.len() <= LONGEST {
                Ok(())
            } else {
                Err(InvalidName::Length(name.len()))
            }
        }
        _ => Err(InvalidName::Characters(name.to_owned())),
    }
}

/// Makes up a name, `adjective_surname`, that is not `taken`; after a collision another one, with a
/// number appended that grows by a digit now and then. `random` gives uniformly distributed numbers.
///
/// Should everything be taken, the last try comes back: claiming the name decides anyway, since
/// others may make up names at the same time.
pub fn generate(random: &mut dyn FnMut() -> u32, taken: &dyn Fn(&str) -> bool) -> String {
    let mut name = pair(random);
    for attempt in 0..TRIES_A_DIGIT * MOST_DIGITS {
        if !taken(&name) {
            break;
        }
        let numbers = 10_u32.pow(attempt / TRIES_A_DIGIT + 1);
        name = format!("{}{}", pair(random), random() % numbers);
    }
    name
}

/// An adjective and a surname. The lists have no `boring` and no `wozniak`: Steve Wozniak is not
/// boring, and the trade has agreed on it.
fn pair(random: &mut dyn FnMut() -> u32) -> String {
    format!("{}_{}", pick(&ADJECTIVES, random()), pick(&SURNAMES, random()))
}

fn pick<'a>(words: &[&'a str], number: u32) -> &'a str {
    words[number as usize % words.len()]
}

#[cfg(test)]
mod tests {
    use super::{ADJECTIVES, InvalidName, SURNAMES, generate, validate};
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::collections::BTreeSet;

    /// A source of numbers that counts.
    fn counting() -> impl FnMut() -> u32 {
        let mut next = 0;
        move || {
            next += 1;
            next
        }
    }

    #[test]
    fn the_lists_are_long_sorted_and_plain() {
        for (words, least) in [(&ADJECTIVES[..], 100), (&SURNAMES[..], 200)] {
            assert!(words.len() >= least, "{} words", words.len());
            assert!(words.is_sorted_by(|a, b| a < b), "sorted, each once");
            assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
        }
        assert!(!SURNAMES.contains(&"wozniak") && !ADJECTIVES.contains(&"boring"));
    }

    #[test]
    fn every_word_is_used() {
        let mut used = BTreeSet::new();
        for number in 0..u32::try_from(SURNAMES.len()).expect("a short list") {
            let name = generate(&mut || number, &|_| false);
            used.extend(name.split('_').map(str::to_owned));
        }
        assert!(ADJECTIVES.iter().chain(&SURNAMES).all(|word| used.contains(*word)));
    }

    #[test]
    fn a_free_name_has_no_number() {
        let name = generate(&mut counting(), &|_| false);
        assert_eq!(name, format!("{}_{}", ADJECTIVES[1], SURNAMES[2]));
    }

    #[test]
    fn after_a_collision_a_digit_follows() {
        let tries = Cell::new(0);
        let taken = |_: &str| tries.replace(tries.get() + 1) == 0;
        assert_eq!(generate(&mut counting(), &taken), format!("{}_{}5", ADJECTIVES[3], SURNAMES[4]));
    }

    #[test]
    fn a_world_without_free_names_ends() {
        let tries = Cell::new(0);
        let taken = |_: &str| {
            tries.set(tries.get() + 1);
            true
        };
        assert!(validate(&generate(&mut counting(), &taken)).is_ok());
        assert_eq!(tries.get(), 72);
    }

    #[test]
    fn names_that_are_allowed() {
        for name in ["ab", "0a", "a_", "Web-1.example_2", &"x".repeat(255)] {
            assert_eq!(validate(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_are_not() {
        for name in ["", "a", "_a", ".a", "..", "-a", "a/b", "a b", "a\n", "é1", "1é", "a\0b"] {
            let error = validate(name).expect_err(name);
            let words =
                format!("Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
            assert_eq!(error.to_string(), words);
        }
        assert_eq!(validate(&"x".repeat(256)), Err(InvalidName::Length(256)));
    }

    proptest! {
        #[test]
        fn made_up_names_are_valid(numbers in prop::collection::vec(any::<u32>(), 8), collisions in 0_u32..80) {
            let left = Cell::new(collisions);
            let taken = |_: &str| left.replace(left.get().saturating_sub(1)) > 0;
            let mut numbers = numbers.into_iter().cycle();
            let name = generate(&mut || numbers.next().expect("a cycle has no end"), &taken);
            prop_assert_eq!(validate(&name), Ok(()));
        }
    }
}
