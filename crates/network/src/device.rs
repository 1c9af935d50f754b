//! Devices of the host that become a container's (runtime specification 1.3, config-linux.md "Network Devices").

use crate::error::{Error, Result, kernel};
use crate::route::{Route, address, link};
use crate::wire::Batch;
use sys::Errno;
use sys::fd::{AsRawFd, BorrowedFd};

/// `IFNAMSIZ` without the terminating zero.
const LONGEST_NAME: usize = 15;

/// Moves a device into the namespace `netns` under a name, and sets it up there. It keeps what belongs to the device (hardware address, MTU), and is given its
/// lasting addresses of global scope again, which the kernel takes away on the way.
///
/// When the namespace ends, the kernel gives hardware back to the host and removes virtual devices. The calling thread visits `netns`.
///
/// # Errors
/// [`Error::Invalid`] for names that cannot be; [`Error::NoDevice`]; refusals of the kernel, such as for a name that is taken.
pub fn take(name: &str, inside_name: &str, netns: BorrowedFd<'_>) -> Result<()> {
    check_name(name)?;
    check_name(inside_name)?;
    let mut outside = Route::open()?;
    let mut inside = Route::open_in(netns, || ())?;
    let device = outside.link(name)?.ok_or_else(|| Error::NoDevice { name: name.to_owned() })?;
    let kept = outside.lasting_addresses(device.index)?;
    if inside.link(inside_name)?.is_some() {
        let doing = format!("move network device {name} to {inside_name} in the container");
        return Err(kernel(doing)(Errno::EXIST));
    }
    let mut batch = Batch::new();
    link::set_down(&mut batch, device.index);
    link::give_away(&mut batch, device.index, netns.as_raw_fd().cast_unsigned(), inside_name);
    if let Err(refusal) = outside.apply(&mut batch) {
        if device.up {
            let mut batch = Batch::new();
            link::set_up(&mut batch, device.index);
            // the first refusal is the one to tell
            let _ = outside.apply(&mut batch);
        }
        return Err(kernel(format!("move network device {name} into the container"))(refusal));
    }
    let doing = || format!("set up network device {inside_name} in the container");
    let moved = inside.link(inside_name)?.ok_or_else(|| kernel(doing())(Errno::NODEV))?;
    let mut batch = Batch::new();
    for address in &kept {
        address::give_again(&mut batch, moved.index, address);
    }
    link::set_up(&mut batch, moved.index);
    inside.apply(&mut batch).map_err(kernel(doing()))
}

/// A name that a device can have (dev_valid_name() of the kernel).
fn check_name(name: &str) -> Result<()> {
    let reason = if name.is_empty() || name.len() > LONGEST_NAME {
        "it has 1 to 15 characters"
    } else if matches!(name, "." | "..")
        || name.contains(['/', ':', '%', '\0'])
        || name.contains(char::is_whitespace)
    {
        "it has no slash, colon, percent sign or space"
    } else {
        return Ok(());
    };
    Err(Error::Invalid { what: "network device name", value: name.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_are_the_kernel_s() {
        for good in ["eth0", "a", "fifteen-letters", "br-1.100"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "sixteen-letters-", ".", "..", "a/b", "a b", "a:1", "eth%d", "a\0"] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
