//! Users and groups, from the container's own `/etc/passwd` and `/etc/group`.
//!
//! Read inside the root and by us: `getpwnam` would read the host's files and load the host's NSS modules.
//! A number is never looked up as a name (CVE-2026-46680), files have a size cap (CVE-2026-47262), FIFOs and links out of the root are not opened (CVE-2024-9676),
//! and the primary group is among the supplementary ones (CVE-2023-25173).

use crate::error::{Error, Result};
use std::os::fd::BorrowedFd;
use std::path::Path;
use sys::Errno;

/// Largest file that is read: 8 MiB.
const LIMIT: u64 = 8 << 20;

/// Who a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// All its groups, the own one included, sorted.
    pub groups: Vec<u32>,
    /// Home directory.
    pub home: String,
}

/// The two files of a root.
#[derive(Debug, Default, Clone)]
pub struct Accounts {
    passwd: String,
    group: String,
}

impl Accounts {
    /// Reads them; missing ones are empty.
    ///
    /// # Errors
    /// [`Error::Account`] for a file that is too large or no regular one.
    pub fn read(root: BorrowedFd<'_>) -> Result<Self> {
        Ok(Self { passwd: read(root, "/etc/passwd")?, group: read(root, "/etc/group")? })
    }

    /// Who `user` is: empty, `name`, `uid`, and each with `:group` or `:gid`; `extra` are further groups.
    ///
    /// # Errors
    /// [`Error::Account`] for a name that is not there, with Docker's words, or a number that is none.
    pub fn identify(&self, user: &str, extra: &[String]) -> Result<Identity> {
        let (user, group) = match user.split_once(':') {
            Some((user, group)) => (user, Some(group).filter(|g| !g.is_empty())),
            None => (user, None),
        };
        let user = if user.is_empty() { "0" } else { user };
        let entry = match number(user)? {
            Some(uid) => {
                self.users().find(|u| u.uid == uid).unwrap_or(User { name: "", uid, gid: 0, home: "/" })
            }
            None => self.users().find(|u| u.name == user).ok_or_else(|| {
                Error::Account(format!("unable to find user {user}: no matching entries in passwd file"))
            })?,
        };
        let gid = match group {
            Some(group) => self.group(group)?,
            None => entry.gid,
        };
        let mut groups = vec![gid];
        if group.is_none() && !entry.name.is_empty() {
            groups.extend(self.groups().filter(|g| g.has(entry.name)).map(|g| g.gid));
        }
        for group in extra {
            groups.push(self.group(group)?);
        }
        groups.sort_unstable();
        groups.dedup();
        let home = if entry.home.is_empty() { "/" } else { entry.home };
        Ok(Identity { uid: entry.uid, gid, groups, home: home.to_owned() })
    }

    fn group(&self, group: &str) -> Result<u32> {
        if let Some(gid) = number(group)? {
            return Ok(gid);
        }
        self.groups().find(|g| g.name == group).map(|g| g.gid).ok_or_else(|| {
            Error::Account(format!("unable to find group {group}: no matching entries in group file"))
        })
    }

    /// Owner ids for `--chown`: a missing group is the user's id for a number, the user's own group for a name.
    ///
    /// # Errors
    /// As [`Accounts::identify`].
    pub fn owner(&self, text: &str) -> Result<(u32, u32)> {
        let (user, group) =
            text.split_once(':').map_or((text, None), |(u, g)| (u, Some(g).filter(|g| !g.is_empty())));
        let (uid, own) = match number(user)? {
            Some(uid) => (uid, uid),
            None => {
                let identity = self.identify(user, &[])?;
                (identity.uid, identity.gid)
            }
        };
        Ok((uid, group.map_or(Ok(own), |group| self.group(group))?))
    }

    /// The first name of a user id.
    #[must_use]
    pub fn name(&self, uid: u32) -> Option<&str> {
        self.users().find(|user| user.uid == uid).map(|user| user.name)
    }

    fn users(&self) -> impl Iterator<Item = User<'_>> {
        self.passwd.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(User { name, uid, gid, home: fields.nth(1).unwrap_or_default() })
        })
    }

    fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.group.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let gid = fields.nth(1)?.parse().ok()?;
            Some(Group { name, gid, members: fields.next().unwrap_or_default() })
        })
    }
}

struct User<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

impl Group<'_> {
    fn has(&self, user: &str) -> bool {
        self.members.split(',').any(|member| member == user)
    }
}

fn read(root: BorrowedFd<'_>, path: &str) -> Result<String> {
    match sys::rooted::read(root, Path::new(path), LIMIT) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(String::new()),
        Err(Errno::FBIG) => Err(Error::Account(format!("{path} of the image has more than {LIMIT} bytes"))),
        Err(errno) => Err(Error::Account(format!("{path} of the image cannot be read: {errno}"))),
    }
}

/// The number that a text of digits is. Only digits make a number; too large a one is an error, never a name.
fn number(text: &str) -> Result<Option<u32>> {
    let looks_like_one = text.strip_prefix(['-', '+']).unwrap_or(text).bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() || !looks_like_one {
        return Ok(None);
    }
    match text.parse::<u32>() {
        Ok(number) if number < i32::MAX as u32 && !text.starts_with('+') => Ok(Some(number)),
        _ => Err(Error::Account(format!("uids and gids must be in range 0-2147483647, not {text}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts {
            passwd:
                "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/srv:\n0alias:x:7:7::/:\n1000:x:0:0::/:\n"
                    .into(),
            group: "root:x:0:\nweb:x:1000:\naudio:x:29:web,root\nwheel:x:10:root\n".into(),
        }
    }

    #[test]
    fn every_form_of_a_user() {
        for (text, uid, gid, groups, home) in [
            ("", 0, 0, vec![0, 10, 29], "/root"),
            ("web", 1000, 1000, vec![29, 1000], "/srv"),
            ("1000", 1000, 1000, vec![29, 1000], "/srv"),
            ("web:audio", 1000, 29, vec![29], "/srv"),
            ("web:5", 1000, 5, vec![5], "/srv"),
            ("4000", 4000, 0, vec![0], "/"),
            (":29", 0, 29, vec![29], "/root"),
            ("1000:", 1000, 1000, vec![29, 1000], "/srv"),
        ] {
            let identity = accounts().identify(text, &[]).unwrap();
            assert_eq!(
                (identity.uid, identity.gid, identity.groups, identity.home.as_str()),
                (uid, gid, groups, home),
                "{text}"
            );
        }
    }

    #[test]
    fn names_of_ids() {
        assert_eq!(accounts().name(0), Some("root"));
        assert_eq!(accounts().name(1000), Some("web"));
        assert_eq!(accounts().name(4000), None);
    }

    #[test]
    fn what_is_no_user() {
        for text in ["nobody", "-1", "4294967296", "2147483648", "1000abc", " 0", "web:nogroup", "+5"] {
            assert!(accounts().identify(text, &[]).is_err(), "{text}");
        }
    }

    #[test]
    fn owners_of_copies() {
        assert_eq!(accounts().owner("55").unwrap(), (55, 55));
        assert_eq!(accounts().owner("web:audio").unwrap(), (1000, 29));
        assert_eq!(accounts().owner("web").unwrap(), (1000, 1000));
    }
}
