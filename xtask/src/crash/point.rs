//! Where to strike: in the k-th system call of a kind, counted in each process of a role.

use super::arguments::Extent;
use super::log::Counts;
use super::weapon::{self, Weapon};
use std::fmt;
use std::str::FromStr;

/// Whose calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The command and its threads.
    Command,
    /// The supervisor that the command starts, and what it forks: inits, steps.
    Supervisor,
    /// A supervisor that runs already when the command begins, and what it forks: execs.
    Attached,
}

const ROLES: [(Role, &str); 3] =
    [(Role::Command, "command"), (Role::Supervisor, "supervisor"), (Role::Attached, "attached")];

/// A place to strike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) role: Role,
    pub(super) call: String,
    /// From 1.
    pub(super) number: u32,
    /// The error that the call meets; none if its process is killed.
    pub(super) error: Option<String>,
}

impl Point {
    pub(super) fn weapon(&self) -> Weapon {
        if self.error.is_some() { Weapon::Error } else { Weapon::Kill }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = ROLES.iter().find(|(role, _)| *role == self.role).map_or("", |(_, name)| name);
        write!(f, "{role}:{}:{}", self.call, self.number)?;
        self.error.iter().try_for_each(|error| write!(f, ":{error}"))
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text} is no point: ROLE:CALL:NUMBER[:ERROR], as in supervisor:write:3 or command:fsync:1:EIO"
            )
        };
        let parts: Vec<&str> = text.split(':').collect();
        let (role, call, number, error) = match parts[..] {
            [role, call, number] => (role, call, number, None),
            [role, call, number, error] => (role, call, number, Some(error.to_owned())),
            _ => return Err(wrong()),
        };
        let (role, _) = ROLES.iter().find(|(_, name)| *name == role).ok_or_else(wrong)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
        Ok(Self { role: *role, call: call.to_owned(), number, error })
    }
}

/// The points of a role that makes these calls, for a weapon.
pub(super) fn of(role: Role, counts: &Counts, weapon: Weapon, extent: Extent) -> Vec<Point> {
    let mut points = Vec::new();
    let mut add = |call: &str, numbers: &[u32], error: Option<&str>| {
        points.extend(chosen(numbers.len(), extent).into_iter().map(|rank| Point {
            role,
            call: call.to_owned(),
            number: numbers[rank - 1],
            error: error.map(str::to_owned),
        }));
    };
    match weapon {
        Weapon::Kill => {
            for (call, most) in counts.most.iter().filter(|(call, _)| weapon::kills_in(call)) {
                add(call, &(1..=*most).collect::<Vec<u32>>(), None);
            }
        }
        Weapon::Place | Weapon::Power => {}
        Weapon::Error => {
            for (call, subjects) in &counts.subjects {
                for (subject, numbers) in subjects {
                    if let Some(error) = weapon::error_of(call, *subject) {
                        add(call, &numbers.iter().copied().collect::<Vec<u32>>(), Some(error));
                    }
                }
            }
        }
    }
    points
}

/// 1, 2, 3, 4, 6, 8, 12, 16 … up to the last one, which is always among them; or all.
fn chosen(most: usize, extent: Extent) -> Vec<usize> {
    if extent == Extent::Full {
        return (1..=most).collect();
    }
    let doubling = (0..).map(|power| 1_usize << power);
    let grown = doubling.take_while(|n| *n <= most).flat_map(|n| [n, n + n / 2]);
    let mut chosen: Vec<usize> = grown.chain([most]).filter(|n| (1..=most).contains(n)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The most strikes of an operation with a weapon in a short sweep.
const SHORT: usize = 8;

/// For a short sweep an evenly spread part of the points.
pub(super) fn thin(points: Vec<Point>, extent: Extent) -> Vec<Point> {
    let stride = points.len().div_ceil(SHORT).max(1);
    // begins in the middle of a stride: the first calls of a role change the least
    let (first, stride) = if extent == Extent::Short { (stride / 2, stride) } else { (0, 1) };
    points.into_iter().skip(first).step_by(stride).collect()
}

#[cfg(test)]
mod tests {
    use super::super::log;
    use super::*;

    #[test]
    fn a_point_is_written_as_it_is_read() {
        for text in
            ["command:openat:1", "supervisor:move_mount:12", "attached:write:3", "command:fsync:2:EIO"]
        {
            assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
        }
        for bad in ["", "command:write", "command:write:0", "nobody:write:1", "command:write:1:EIO:2"] {
            assert!(bad.parse::<Point>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_numbers_grow_and_the_last_call_is_among_them() {
        assert_eq!(chosen(0, Extent::Usual), Vec::<usize>::new());
        assert_eq!(chosen(1, Extent::Usual), [1]);
        assert_eq!(chosen(10, Extent::Usual), [1, 2, 3, 4, 6, 8, 10]);
        assert_eq!(chosen(5, Extent::Full), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn an_open_that_creates_meets_a_full_disk_and_another_one_exhausted_descriptors() {
        let counts = log::parse(
            "7 openat(AT_FDCWD, \"a\", O_RDONLY) = 3\n7 openat(AT_FDCWD, \"b\", O_RDWR|O_CREAT) = 4\n\
             7 openat(AT_FDCWD, \"c\", O_RDONLY) = 3\n7 write(3<anon_inode:[eventfd]>, \"1\") = 8\n7 exit_group(0) = ?\n",
        )
        .counts;
        let points = of(Role::Command, &counts, Weapon::Error, Extent::Full);
        let points: Vec<String> = points.iter().map(Point::to_string).collect();
        assert_eq!(points, ["command:openat:2:ENOSPC", "command:openat:1:EMFILE", "command:openat:3:EMFILE"]);
        assert_eq!(of(Role::Command, &counts, Weapon::Kill, Extent::Full).len(), 5);
    }

    #[test]
    fn a_short_sweep_is_short() {
        let most = weapon::counted().into_iter().map(|call| (call.to_owned(), 9)).collect();
        let counts = Counts { most, ..Counts::default() };
        let points = of(Role::Command, &counts, Weapon::Kill, Extent::Short);
        let many = points.len();
        assert!(thin(points.clone(), Extent::Short).len() <= SHORT);
        assert_eq!(thin(points, Extent::Usual).len(), many);
    }
}
