//! What was written to a disk, in order, and what of it is there after a power cut.

use crate::crash::random::Random;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// What a disk writes as a whole, or not at all.
const BLOCK: usize = 4096;

/// What a disk was asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Event {
    Write {
        offset: u64,
        data: Vec<u8>,
    },
    /// All that was written before is durable.
    Flush,
}

/// What a power cut takes of the writes that no flush followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    Nothing,
    Everything,
    /// Each block or not, by chance: the disk had not kept to the order.
    Chance,
}

/// The writes that are there after a cut before the event of this number.
pub(super) fn survivors<'a>(
    events: &'a [Event],
    cut: usize,
    loss: Loss,
    random: &mut Random,
) -> Vec<(u64, &'a [u8])> {
    let events = &events[..cut];
    let flushed = events.iter().rposition(|event| *event == Event::Flush).unwrap_or(0);
    let mut kept = Vec::new();
    for (number, event) in events.iter().enumerate() {
        let Event::Write { offset, data } = event else { continue };
        if number < flushed || loss == Loss::Nothing {
            kept.push((*offset, &data[..]));
        } else if loss == Loss::Chance {
            let blocks = data.chunks(BLOCK).enumerate();
            let blocks = blocks.map(|(block, data)| (offset + (block * BLOCK) as u64, data));
            kept.extend(blocks.filter(|_| random.below(2) == 0));
        }
    }
    kept
}

/// Writes what survived into an image that is as the disk was in the beginning.
pub(super) fn replay(writes: &[(u64, &[u8])], image: &Path) -> Result<(), String> {
    let file = File::options().write(true).open(image);
    file.and_then(|file| writes.iter().try_for_each(|(offset, data)| file.write_all_at(data, *offset)))
        .map_err(|error| format!("{}: {error}", image.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: u64, length: usize) -> Event {
        Event::Write { offset, data: vec![1; length] }
    }

    #[test]
    fn what_was_flushed_survives_and_the_rest_may() {
        let events =
            [write(0, BLOCK), Event::Flush, write(8192, 64 * BLOCK), write(4096, BLOCK), Event::Flush];
        let survivors = |cut, loss| survivors(&events, cut, loss, &mut Random::new()).len();
        assert_eq!(survivors(4, Loss::Nothing), 3);
        assert_eq!(survivors(4, Loss::Everything), 1);
        assert_eq!(survivors(5, Loss::Everything), 3);
        assert_eq!(survivors(0, Loss::Nothing), 0);
        assert_eq!(survivors(1, Loss::Everything), 0);
        let some = survivors(4, Loss::Chance);
        assert!((2..66).contains(&some), "{some} of 66 blocks");
    }

    #[test]
    fn an_image_gets_what_survived() {
        let place = tempfile::tempdir().unwrap();
        let image = place.path().join("image");
        std::fs::write(&image, b"0123456789").unwrap();
        replay(&[(2, b"ab"), (3, b"c")], &image).unwrap();
        assert_eq!(std::fs::read(&image).unwrap(), b"01ac456789");
    }
}
