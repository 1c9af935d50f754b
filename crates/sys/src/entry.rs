//! The first instructions of the program, before the C library's.
//!
//! A process that makes containers must run from a read-only mount (docs/adr/0009), and is executed anew for that. What it would have set up until
//! then, the C library above all, is thrown away: on a virtual machine a third of a millisecond, since it asks the processor what it can do, and each answer
//! comes from the hypervisor. So this comes first, makes the clone and executes it. Whatever fails here is left to the ordinary way, which has the errors.
//!
//! Nothing is there yet: no thread-local storage, no allocator, and the library's copying and comparing functions are not chosen yet. So there are
//! system calls by hand, and memory is read byte by byte, in a way (volatile) that the compiler does not replace by calls of these functions. The names in
//! constants need no relocation, since the program is linked to one place (docs/adr/0010).

use rustix::mount::OpenTreeFlags;
use std::arch::{asm, naked_asm};

/// Where the kernel starts the program: [`protect`], then the C library's own start, with the stack as it was.
///
/// # Safety
/// Only for the kernel to jump to.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tare_entry() -> ! {
    naked_asm!(
        "mov rbx, rdx",
        "mov rdi, rsp",
        "call {protect}",
        "mov rdx, rbx",
        "xor ebx, ebx",
        "jmp _start",
        protect = sym protect,
    )
}

/// Where the kernel starts the program: [`protect`], then the C library's own start, with the stack as it was.
///
/// # Safety
/// Only for the kernel to jump to.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tare_entry() -> ! {
    naked_asm!(
        "mov x19, x0",
        "mov x0, sp",
        "bl {protect}",
        "mov x0, x19",
        "mov x30, xzr",
        "b _start",
        protect = sym protect,
    )
}

/// Names under which the program is the OCI runtime. Some engines call `runc` without asking for its path.
pub const RUNTIMES: [&str; 2] = ["tare-runtime", "runc"];
/// The command that is the OCI runtime under the program's own name.
pub const COMMAND: &str = "oci";
/// What may stand before it.
pub const ROOTS: [&str; 2] = ["--data-root", "--exec-root"];
/// Its commands that make processes of a container.
pub const MAKERS: [&str; 3] = ["create", "run", "exec"];

/// Size of the kernel's `struct statfs` on 64-bit machines, and where its `f_flags` are, in words.
const STATFS_WORDS: usize = 15;
const STATFS_FLAGS: usize = 10;

/// `struct mount_attr` (mount_setattr(2)).
#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Executes the program from a read-only clone of its mount, if it is called to make a container and does not run from one. Returns otherwise, and
/// when that is not possible.
///
/// `stack` is what execve(2) left: the count of the arguments, their addresses, null, those of the environment, null.
extern "C" fn protect(stack: *const usize) {
    // SAFETY: the kernel has put the count there.
    let count = unsafe { stack.read_volatile() };
    let at = |index: usize| {
        // SAFETY: the arguments' addresses follow the count, as many as it says.
        unsafe { stack.wrapping_add(1 + index).read_volatile() as *const u8 }
    };
    let mut first = 1;
    let is_runtime =
        |name| begins(last_component(name), RUNTIMES[0], 0) || begins(last_component(name), RUNTIMES[1], 0);
    if count > 1 && !is_runtime(at(0)) {
        // the program's own flags, each with a value
        while first < count && !begins(at(first), COMMAND, 0) {
            let is_root = |then| begins(at(first), ROOTS[0], then) || begins(at(first), ROOTS[1], then);
            first += match (is_root(0), is_root(b'=')) {
                (true, _) => 2,
                (_, true) => 1,
                _ => return,
            };
        }
    }
    let makes = |index: usize| {
        let mut kinds = 0;
        while kinds < MAKERS.len() {
            if begins(at(index), MAKERS[kinds], 0) {
                return true;
            }
            kinds += 1;
        }
        false
    };
    let mut index = first;
    while index < count && !makes(index) {
        index += 1;
    }
    if index < count {
        execute(stack.wrapping_add(1), stack.wrapping_add(count + 2));
    }
}

/// The system calls of `protect`: open, fstatfs, open_tree, mount_setattr, execveat.
fn execute(arguments: *const usize, environment: *const usize) {
    let here = libc::AT_FDCWD as usize;
    let empty = c"".as_ptr() as usize;
    let path = (libc::O_PATH | libc::O_CLOEXEC) as usize;
    let own = call(libc::SYS_openat, [here, c"/proc/self/exe".as_ptr() as usize, path, 0, 0]);
    if own < 0 {
        return;
    }
    let mut fs = std::mem::MaybeUninit::<[u64; STATFS_WORDS]>::uninit();
    if call(libc::SYS_fstatfs, [own as usize, fs.as_mut_ptr() as usize, 0, 0, 0]) == 0 {
        // SAFETY: the call has filled it.
        let flags = unsafe { fs.as_ptr().cast::<u64>().wrapping_add(STATFS_FLAGS).read_volatile() };
        if flags & libc::ST_RDONLY == 0 {
            let flags = OpenTreeFlags::OPEN_TREE_CLONE.union(OpenTreeFlags::OPEN_TREE_CLOEXEC);
            let flags = flags.union(OpenTreeFlags::AT_EMPTY_PATH).bits() as usize;
            let tree = call(libc::SYS_open_tree, [own as usize, empty, flags, 0, 0]);
            let attributes =
                MountAttributes { set: crate::mount::READ_ONLY, clear: 0, propagation: 0, user_namespace: 0 };
            let (at, size) = (libc::AT_EMPTY_PATH as usize, size_of::<MountAttributes>());
            let attributes = (&raw const attributes) as usize;
            if tree >= 0 && call(libc::SYS_mount_setattr, [tree as usize, empty, at, attributes, size]) == 0 {
                let (argv, envp) = (arguments as usize, environment as usize);
                call(libc::SYS_execveat, [tree as usize, empty, argv, envp, at]);
            }
            if tree >= 0 {
                call(libc::SYS_close, [tree as usize, 0, 0, 0, 0]);
            }
        }
    }
    call(libc::SYS_close, [own as usize, 0, 0, 0, 0]);
}

/// Whether a string of the kernel's begins with these bytes and then has this one, zero for its end.
fn begins(text: *const u8, expected: &str, then: u8) -> bool {
    let expected = expected.as_bytes();
    let mut index = 0;
    loop {
        // SAFETY: within the string, whose end stops the loop.
        let byte = unsafe { text.wrapping_add(index).read_volatile() };
        if index == expected.len() {
            return byte == then;
        }
        if byte != expected[index] {
            return false;
        }
        index += 1;
    }
}

/// A path's last component.
fn last_component(path: *const u8) -> *const u8 {
    let mut last = path;
    let mut index = 0;
    loop {
        // SAFETY: within the string, whose end stops the loop.
        let byte = unsafe { path.wrapping_add(index).read_volatile() };
        index += 1;
        match byte {
            0 => return last,
            b'/' => last = path.wrapping_add(index),
            _ => {}
        }
    }
}

/// A system call; its result, negative for an error.
#[cfg(target_arch = "x86_64")]
fn call(number: libc::c_long, [a, b, c, d, e]: [usize; 5]) -> isize {
    let result: isize;
    // SAFETY: the arguments are as the callers say: addresses of what outlives the call; the kernel changes nothing but the result and two registers.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// A system call; its result, negative for an error.
#[cfg(target_arch = "aarch64")]
fn call(number: libc::c_long, [a, b, c, d, e]: [usize; 5]) -> isize {
    let result: isize;
    // SAFETY: the arguments are as the callers say: addresses of what outlives the call; the kernel changes nothing but the result.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
            options(nostack),
        );
    }
    result
}
