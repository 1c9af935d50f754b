//! Messages for every cause, word for word.

use elf::{Form, IsaLevel, Look, Machine, Request};
use insta::assert_snapshot;

use crate::builder::{Builder, ET_DYN, ET_REL};
use crate::image::{EACCES, ENOENT, ENOEXEC, Image, request};

const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";
const MUSL: &str = "/lib/ld-musl-x86_64.so.1";
const ARM64_GLIBC: &str = "/lib/ld-linux-aarch64.so.1";

/// A program for `x86_64` with a loader.
fn needing(loader: &str) -> Vec<u8> {
    Builder::new(Machine::X86_64).interpreter(loader).build()
}

/// A loader for `x86_64`.
fn loader() -> Vec<u8> {
    Builder::new(Machine::X86_64).of_type(ET_DYN).build()
}

/// A program `/0` that is run through `count` scripts, the last of which a binary runs.
fn chain(count: usize) -> Image {
    let scripts = (0..count).fold(Image::default(), |image, number| {
        image.with(&format!("/{number}"), format!("#!/{}\n", number + 1))
    });
    scripts.with_program(&format!("/{count}"))
}

#[test]
fn the_machine_is_another() {
    let image = Image::default().with("/app", Builder::new(Machine::Aarch64).build());
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is an aarch64 ELF, this machine is x86_64
    hint: use an image for linux/amd64 or build it for that, or register an emulator with binfmt_misc (Debian: qemu-user-static)
    exit: 126
    "#);
    let image = Image::default().with("/app", Builder::new(Machine::Riscv64).build());
    assert_snapshot!(image.say("./app", None), @r#"
    exec: "./app": exec format error: /app is a riscv64 ELF, this machine is x86_64
    hint: use an image for linux/amd64 or build it for that, or register an emulator with binfmt_misc (Debian: qemu-user-static)
    exit: 126
    "#);
    let image = Image::default().with("/app", Builder::new(Machine::Other(4711)).build());
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is an unknown-machine-4711 ELF, this machine is x86_64
    hint: use an image for linux/amd64 or build it for that
    exit: 126
    "#);
    let image =
        Image::default().with("/app", Builder::new(Machine::Aarch64).interpreter(ARM64_GLIBC).build());
    assert_snapshot!(image.say("/app", ENOENT), @r#"
    exec: "/app": no such file or directory: /app is an aarch64 ELF, this machine is x86_64, and the emulator registered for it is not in the image
    hint: register the emulator with binfmt_misc's flag F, which opens it on the host (Debian's qemu-user-static does)
    exit: 127
    "#);
}

#[test]
fn a_32_bit_program_needs_a_kernel_that_runs_it_and_its_own_loader() {
    let image = Image::default().with("/app", Builder::new(Machine::I386).build());
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is an i386 ELF, which the kernel of this x86_64 machine does not run
    hint: build it for 64 bits, or boot a kernel with 32-bit programs enabled (CONFIG_IA32_EMULATION, ia32_emulation=1)
    exit: 126
    "#);
    let image = Image::default()
        .with("/app", Builder::new(Machine::I386).interpreter("/lib/ld-linux.so.2").build())
        .with(GLIBC, loader());
    assert_snapshot!(image.say("/app", ENOENT), @r#"
    exec: "/app": no such file or directory: /app is a 32-bit x86 (i386) program and needs the loader /lib/ld-linux.so.2 (glibc), which the image does not have; the image has /lib64/ld-linux-x86-64.so.2 (x86_64, glibc)
    hint: install the 32-bit libraries (Debian: dpkg --add-architecture i386, libc6:i386), or build it for 64 bits
    exit: 127
    "#);
    let image = Image::default().with("/app", Builder::new(Machine::X32).build());
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is an x32 ELF, which the kernel of this x86_64 machine does not run
    hint: build it without -mx32: few kernels have CONFIG_X86_X32_ABI
    exit: 126
    "#);
}

#[test]
fn the_loader_is_missing() {
    let image = Image::default().with("/hello", needing(GLIBC)).with(MUSL, loader());
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib/ld-musl-x86_64.so.1 (musl)
    hint: link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), or use a base with glibc, such as debian
    exit: 127
    "#);
    let image = Image::default().with("/hello", needing(MUSL)).with(GLIBC, loader());
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello needs the loader /lib/ld-musl-x86_64.so.1 (musl), which the image does not have; the image has /lib64/ld-linux-x86-64.so.2 (glibc)
    hint: link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), or use a base with musl, such as alpine
    exit: 127
    "#);
    let image = Image::default().with("/hello", needing(GLIBC));
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has no loader at all
    hint: link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), or use a base with glibc, such as debian
    exit: 127
    "#);
    let image =
        Image::default().with("/hello", needing(GLIBC)).with("/usr/lib64/ld-linux-x86-64.so.2", loader());
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /usr/lib64/ld-linux-x86-64.so.2
    hint: make /lib64/ld-linux-x86-64.so.2 a link to /usr/lib64/ld-linux-x86-64.so.2 (a lost link /lib64 -> usr/lib64?)
    exit: 127
    "#);
    let image = Image::default().with("/hello", needing(GLIBC)).with(ARM64_GLIBC, loader());
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib/ld-linux-aarch64.so.1 (aarch64, glibc)
    hint: program and image are for different machines: build both for x86_64 or both for aarch64
    exit: 127
    "#);
    let image = Image::default()
        .with("/hello", Builder::new(Machine::X86_64).os_abi(9).interpreter("/libexec/ld-elf.so.1").build());
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello is a FreeBSD program and needs the loader /libexec/ld-elf.so.1, which the image does not have; the image has no loader at all
    hint: build it for Linux
    exit: 127
    "#);
    let image = Image::default()
        .with("/usr/bin/hello", needing("/nix/store/x-glibc-2.40/lib/ld-linux-x86-64.so.2"))
        .with(GLIBC, loader());
    assert_snapshot!(image.say("hello", ENOENT), @r#"
    exec: "hello": no such file or directory: /usr/bin/hello needs the loader /nix/store/x-glibc-2.40/lib/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib64/ld-linux-x86-64.so.2
    hint: copy what it was linked with into the image, or name the image's loader in it: patchelf --set-interpreter /lib64/ld-linux-x86-64.so.2 /usr/bin/hello
    exit: 127
    "#);
}

#[test]
fn the_loader_is_there_but_wrong() {
    let image =
        Image::default().with("/hello", needing(GLIBC)).with(GLIBC, Builder::new(Machine::Aarch64).build());
    assert_snapshot!(image.say("/hello", 80), @r#"
    exec: "/hello": accessing a corrupted shared library: /hello needs the loader /lib64/ld-linux-x86-64.so.2, which is an aarch64 ELF, while the program is an x86_64 one
    hint: install the image's C library again, or link the program statically
    exit: 126
    "#);
    let image = Image::default().with("/hello", needing(GLIBC)).with_mode(GLIBC, 0o644, loader());
    assert_snapshot!(image.say("/hello", EACCES), @r#"
    exec: "/hello": permission denied: /hello needs the loader /lib64/ld-linux-x86-64.so.2, which is not executable (mode 0644)
    hint: install the image's C library again, or link the program statically
    exit: 126
    "#);
    let image = Image::default().with("/hello", needing(GLIBC)).with(GLIBC, "");
    assert_snapshot!(image.say("/hello", None), @r#"
    exec: "/hello": input/output error: /hello needs the loader /lib64/ld-linux-x86-64.so.2, which is empty
    hint: install the image's C library again, or link the program statically
    exit: 126
    "#);
    let image = Image::default()
        .with("/hello", needing(GLIBC))
        .with_look(GLIBC, Look::DanglingLink("ld-2.36.so".to_owned()));
    assert_snapshot!(image.say("/hello", ENOENT), @r#"
    exec: "/hello": no such file or directory: /hello needs the loader /lib64/ld-linux-x86-64.so.2, a link to ld-2.36.so, which the image does not have
    hint: install the image's C library again, or link the program statically
    exit: 127
    "#);
}

#[test]
fn the_interpreter_of_a_script_is_missing() {
    let image = Image::default().with("/start.sh", "#!/bin/bash\n").with_program("/bin/sh");
    assert_snapshot!(image.say("/start.sh", ENOENT), @r#"
    exec: "/start.sh": no such file or directory: /start.sh is a script for /bin/bash, which the image does not have
    hint: the image has /bin/sh, which may do instead: name that in the first line, or install the interpreter
    exit: 127
    "#);
    let image = Image::default().with("/start.sh", "#!/bin/bash\n").with_program("/usr/local/bin/bash");
    assert_snapshot!(image.say("/start.sh", ENOENT), @r#"
    exec: "/start.sh": no such file or directory: /start.sh is a script for /bin/bash, which the image does not have
    hint: the image has /usr/local/bin/bash: name that in the first line, or install the interpreter
    exit: 127
    "#);
    let image = Image::default().with("/start.sh", "#!/opt/ruby -w\n");
    assert_snapshot!(image.say("/start.sh", ENOENT), @r#"
    exec: "/start.sh": no such file or directory: /start.sh is a script for /opt/ruby, which the image does not have
    hint: install the interpreter in the image
    exit: 127
    "#);
    let image = Image::default().with("/srv/start", "#!bin/run\n");
    assert_snapshot!(image.say("/srv/start", None), @r#"
    exec: "/srv/start": no such file or directory: /srv/start is a script for bin/run, a path from the working directory, but the image has no /bin/run
    hint: install the interpreter in the image
    exit: 127
    "#);
}

#[test]
fn a_script_has_windows_line_ends() {
    let image = Image::default().with("/start.sh", "#!/bin/sh\r\necho\r\n").with_program("/bin/sh");
    assert_snapshot!(image.say("/start.sh", ENOENT), @r#"
    exec: "/start.sh": no such file or directory: /start.sh is a script for /bin/sh\r, whose name ends in a carriage return: the first line has a Windows line end
    hint: save the script with Unix line ends: dos2unix, or `*.sh text eol=lf` in .gitattributes
    exit: 127
    "#);
    let image = Image::default()
        .with("/start.sh", "#!/usr/bin/env sh\r\n")
        .with_program("/bin/sh")
        .with_program("/usr/bin/env");
    assert_snapshot!(image.say("/start.sh", None), @r#"
    exec: "/start.sh": no such file or directory: /start.sh is a script for /usr/bin/env; env finds no sh\r (the first line has a Windows line end): none of /usr/local/bin:/usr/bin:/bin has sh\r
    hint: save the script with Unix line ends: dos2unix, or `*.sh text eol=lf` in .gitattributes
    exit: 127
    "#);
}

#[test]
fn interpreters_are_followed() {
    let image = Image::default()
        .with("/a", "#!/b\n")
        .with("/b", "#!/c\n")
        .with("/c", Builder::new(Machine::Aarch64).build());
    assert_snapshot!(image.say("/a", ENOEXEC), @r#"
    exec: "/a": exec format error: /a is a script for /b; /b is a script for /c; /c is an aarch64 ELF, this machine is x86_64
    hint: use an image for linux/amd64 or build it for that, or register an emulator with binfmt_misc (Debian: qemu-user-static)
    exit: 126
    "#);
    let image =
        Image::default().with("/a", "#!/bin/sh\n").with("/bin/sh", needing(GLIBC)).with(MUSL, loader());
    assert_snapshot!(image.say("/a", ENOENT), @r#"
    exec: "/a": no such file or directory: /a is a script for /bin/sh; /bin/sh needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib/ld-musl-x86_64.so.1 (musl)
    hint: link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), or use a base with glibc, such as debian
    exit: 127
    "#);
    let image = Image::default().with("/a", "#!/bin/sh\n").with_mode("/bin/sh", 0o644, "");
    assert_snapshot!(image.say("/a", EACCES), @r#"
    exec: "/a": permission denied: /a is a script for /bin/sh; /bin/sh is not executable (mode 0644)
    hint: COPY --chmod=755, or RUN chmod +x /bin/sh
    exit: 126
    "#);
    let image = Image::default().with("/a", "#!/bin\n").with_program("/bin/sh");
    assert_snapshot!(image.say("/a", EACCES), @r#"
    exec: "/a": permission denied: /a is a script for /bin; /bin is a directory, not a program
    exit: 126
    "#);
    let image = chain(6);
    assert_snapshot!(image.say("/0", 40), @r#"
    exec: "/0": too many levels of symbolic links: /0 is a script for /1; /1 is a script for /2; /2 is a script for /3; /3 is a script for /4; /4 is a script for /5; /5 is a script for /6; the kernel follows no more than 5 interpreters
    hint: let the script name a binary as its interpreter
    exit: 126
    "#);
    let image = chain(5);
    assert_snapshot!(image.say("/0", None), @r#"
    exec: "/0": cannot be executed: nothing wrong is visible in /0
    exit: 126
    "#);
}

#[test]
fn env_does_not_find_its_program() {
    let image = Image::default()
        .with("/a", "#!/usr/bin/env python\n")
        .with_program("/usr/bin/env")
        .with_program("/usr/bin/python3");
    assert_snapshot!(image.say("/a", None), @r#"
    exec: "/a": no such file or directory: /a is a script for /usr/bin/env; env finds no python: none of /usr/local/bin:/usr/bin:/bin has python
    hint: the image has /usr/bin/python3, which may do instead
    exit: 127
    "#);
    let image = Image::default().with("/a", "#!/usr/bin/env node\n").with_program("/usr/bin/env");
    assert_snapshot!(image.say("/a", None), @r#"
    exec: "/a": no such file or directory: /a is a script for /usr/bin/env; env finds no node: none of /usr/local/bin:/usr/bin:/bin has node
    hint: install node in the image
    exit: 127
    "#);
    let image = Image::default()
        .with("/a", "#!/usr/bin/env python3 -u\n")
        .with_program("/usr/bin/env")
        .with_program("/usr/bin/python3");
    assert_snapshot!(image.say("/a", None), @r#"
    exec: "/a": no such file or directory: /a is a script for /usr/bin/env; env finds no python3 -u: none of /usr/local/bin:/usr/bin:/bin has python3 -u
    hint: env takes the rest of the line for one name; write #!/usr/bin/env -S python3 ...
    exit: 127
    "#);
    let image = Image::default().with("/a", "#!/usr/bin/env python3\n");
    assert_snapshot!(image.say("/a", ENOENT), @r#"
    exec: "/a": no such file or directory: /a is a script for /usr/bin/env, which the image does not have
    hint: install the interpreter in the image
    exit: 127
    "#);
    let image = Image::default()
        .with("/a", "#!/usr/bin/env -S foo -x\n")
        .with_program("/usr/bin/env")
        .with("/usr/bin/foo", needing(GLIBC))
        .with(MUSL, loader());
    assert_snapshot!(image.say("/a", None), @r#"
    exec: "/a": no such file or directory: /a is a script for /usr/bin/env; /usr/bin/foo needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib/ld-musl-x86_64.so.1 (musl)
    hint: link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), or use a base with glibc, such as debian
    exit: 127
    "#);
}

#[test]
fn a_path_is_not_a_program() {
    let image = Image::default().with_program("/bin/app");
    assert_snapshot!(image.say("/app", ENOENT), @r#"
    exec: "/app": no such file or directory: the image has no /app
    hint: the image has /bin/app
    exit: 127
    "#);
    assert_snapshot!(image.say("/opt/app/bin/run", ENOENT), @r#"
    exec: "/opt/app/bin/run": no such file or directory: the image has no /opt/app/bin/run, nor the directory /opt
    exit: 127
    "#);
    assert_snapshot!(image.say("/bin/app/run", 20), @r#"
    exec: "/bin/app/run": not a directory: /bin/app is a file, not a directory
    exit: 127
    "#);
    assert_snapshot!(image.say("/bin/app/", 20), @r#"
    exec: "/bin/app/": not a directory: /bin/app is a file, not a directory
    exit: 127
    "#);
    assert_snapshot!(image.say("/bin", EACCES), @r#"
    exec: "/bin": is a directory: /bin is a directory, not a program
    hint: name the program inside it
    exit: 126
    "#);
    let image = Image::default().with_look("/dev/null", Look::Special);
    assert_snapshot!(image.say("/dev/null", EACCES), @r#"
    exec: "/dev/null": permission denied: /dev/null is a device, FIFO or socket, not a program
    exit: 126
    "#);
    let image =
        Image::default().with_look("/usr/bin/java", Look::DanglingLink("/etc/alternatives/java".to_owned()));
    assert_snapshot!(image.say("java", ENOENT), @r#"
    exec: "java": executable file not found in $PATH: /usr/bin/java is a link to /etc/alternatives/java, which the image does not have
    exit: 127
    "#);
    assert_snapshot!(image.say("/usr/bin/java", ENOENT), @r#"
    exec: "/usr/bin/java": no such file or directory: /usr/bin/java is a link to /etc/alternatives/java, which the image does not have
    exit: 127
    "#);
    let image = Image::default().with_program("/bin/app");
    assert_snapshot!(image.say("/bin/app --flag", ENOENT), @r#"
    exec: "/bin/app --flag": no such file or directory: the image has no /bin/app --flag
    hint: this is one word with blanks in it; write the words apart: ["/bin/app", "--flag"]
    exit: 127
    "#);
    assert_snapshot!(image.say("/bin/app\r", ENOENT), @r#"
    exec: "/bin/app\r": no such file or directory: the image has no /bin/app\r
    hint: the name ends in a line break: save the file that it comes from with Unix line ends
    exit: 127
    "#);
    assert_snapshot!(image.say("\u{1b}[31m/x", None), @r#"
    exec: "\u{1b}[31m/x": no such file or directory: the image has no /\u{1b}[31m/x, nor the directory /\u{1b}[31m
    exit: 127
    "#);
}

#[test]
fn a_name_is_not_in_the_search_path() {
    let image = Image::default().with_program("/bin/sh");
    assert_snapshot!(image.say("app", ENOENT), @r#"
    exec: "app": executable file not found in $PATH: none of /usr/local/bin:/usr/bin:/bin has app
    exit: 127
    "#);
    assert_snapshot!(image.say("bash", None), @r#"
    exec: "bash": executable file not found in $PATH: none of /usr/local/bin:/usr/bin:/bin has bash
    hint: the image has /bin/sh, which may do instead
    exit: 127
    "#);
    let image = Image::default().with_program("/usr/sbin/nginx");
    assert_snapshot!(image.say("nginx", None), @r#"
    exec: "nginx": executable file not found in $PATH: none of /usr/local/bin:/usr/bin:/bin has nginx
    hint: the image has /usr/sbin/nginx, outside PATH: write the full path
    exit: 127
    "#);
    let image = Image::default().with_program("/app");
    assert_snapshot!(image.say("app", None), @r#"
    exec: "app": executable file not found in $PATH: none of /usr/local/bin:/usr/bin:/bin has app
    hint: the working directory has it: write ./app
    exit: 127
    "#);
    let image = Image::default().with_program("/bin/npm");
    assert_snapshot!(image.say("npm start", None), @r#"
    exec: "npm start": executable file not found in $PATH: none of /usr/local/bin:/usr/bin:/bin has npm start
    hint: this is one word with blanks in it; write the words apart: ["npm", "start"]
    exit: 127
    "#);
    let image = Image::default().with_mode("/usr/bin/app", 0o644, "x");
    assert_snapshot!(image.say("app", None), @r#"
    exec: "app": executable file not found in $PATH: /usr/bin/app is not executable (mode 0644)
    hint: COPY --chmod=755, or RUN chmod +x /usr/bin/app
    exit: 127
    "#);
    assert_snapshot!(image.say("app", EACCES), @r#"
    exec: "app": permission denied: /usr/bin/app is not executable (mode 0644)
    hint: COPY --chmod=755, or RUN chmod +x /usr/bin/app
    exit: 126
    "#);
    let image = Image::default().with_program("/bin/sh");
    assert_snapshot!(image.say("", None), @r#"
    exec: "": executable file not found in $PATH: the command is empty
    hint: name a program, or set CMD or ENTRYPOINT in the image
    exit: 127
    "#);
    assert_snapshot!(image.say_to(&request("sh")), @r#"
    exec: "sh": executable file not found in $PATH: PATH is not set, so sh is looked for nowhere
    hint: the image has /bin/sh, outside PATH: write the full path
    exit: 127
    "#);
}

#[test]
fn the_image_has_no_shell() {
    let image = Image::default().with_program("/app");
    assert_snapshot!(image.say_to(&Request { form: Form::Shell, errno: Some(ENOENT), ..request("/bin/sh") }), @r#"
    exec: "/bin/sh": no such file or directory: the image has no shell /bin/sh, which the shell form of a command needs
    hint: write the command in the exec form, as words: ["/app", "--flag"]
    exit: 127
    "#);
    let image = Image::default().with_program("/bin/sh");
    assert_snapshot!(image.say_to(&Request { form: Form::Shell, ..request("/bin/bash") }), @r#"
    exec: "/bin/bash": no such file or directory: the image has no shell /bin/bash, which the shell form of a command needs
    hint: the image has /bin/sh: write SHELL ["/bin/sh", "-c"] before the command
    exit: 127
    "#);
    let image = Image::default().with_program("/app");
    assert_snapshot!(image.say("sh", None), @r#"
    exec: "sh": executable file not found in $PATH: none of /usr/local/bin:/usr/bin:/bin has sh
    hint: the image may have no shell at all: run its own program instead
    exit: 127
    "#);
    assert_snapshot!(image.say("/bin/sh", ENOENT), @r#"
    exec: "/bin/sh": no such file or directory: the image has no /bin/sh, nor the directory /bin
    hint: the image may have no shell at all: run its own program instead
    exit: 127
    "#);
}

#[test]
fn the_file_may_not_be_executed() {
    let image = Image::default().with_mode("/app", 0o644, "#!/bin/sh\n");
    assert_snapshot!(image.say("/app", EACCES), @r#"
    exec: "/app": permission denied: /app is not executable (mode 0644)
    hint: COPY --chmod=755, or RUN chmod +x /app
    exit: 126
    "#);
    let image = Image::default().with_mode("/app", 0o700, Builder::new(Machine::X86_64).build());
    assert_snapshot!(image.say("/app", EACCES), @r#"
    exec: "/app": permission denied: /app has mode 0700, which does not let every user execute it
    hint: COPY --chmod=755, or RUN chmod a+rx /app
    exit: 126
    "#);
    let image = Image::default().with_program("/app");
    assert_snapshot!(image.say("/app", EACCES), @r#"
    exec: "/app": permission denied: /app is executable, but a directory above it is closed to the user, its mount is noexec, or a security module forbids it
    exit: 126
    "#);
    let image = Image::default().with_look("/app", Look::Unreadable);
    assert_snapshot!(image.say("/app", EACCES), @r#"
    exec: "/app": permission denied: /app cannot be read, or a directory above it is closed
    exit: 126
    "#);
}

#[test]
fn the_file_is_no_program() {
    let image = Image::default().with("/app", "");
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is empty
    hint: check how the file was made: it has 0 bytes
    exit: 126
    "#);
    let image = Image::default().with("/app", "set -e\n");
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app looks like a shell script, but its first line names no interpreter
    hint: begin it with #!/bin/sh, or run it through a shell: ["/bin/sh", "/app"]
    exit: 126
    "#);
    let image = Image::default().with("/app", "#!\n");
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app begins with #! but names no interpreter in its first 256 bytes
    hint: write the interpreter's full path behind the #!
    exit: 126
    "#);
    let image = Image::default().with("/app", "Not Found");
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is in no format that Linux executes; it begins with 4e 6f 74 20 46 6f 75 6e 64 ("Not Found")
    exit: 126
    "#);
    let image = Image::default().with("/app", "<html>");
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is an HTML page
    hint: check the download: curl -f stops at a server's error instead of saving its page
    exit: 126
    "#);
    let image = Image::default().with("/app.exe", "MZ\0");
    assert_snapshot!(image.say("/app.exe", ENOEXEC), @r#"
    exec: "/app.exe": exec format error: /app.exe is a Windows (PE) program
    hint: build it for Linux (Go: GOOS=linux, Rust: a *-linux-* target)
    exit: 126
    "#);
    let image = Image::default().with("/app.jar", "PK\u{3}\u{4}");
    assert_snapshot!(image.say("/app.jar", ENOEXEC), @r#"
    exec: "/app.jar": exec format error: /app.jar is a ZIP archive (perhaps a JAR)
    hint: if it is a JAR, run it through Java: ["java", "-jar", "FILE"]; if not, unpack it first
    exit: 126
    "#);
}

#[test]
fn an_elf_file_is_no_program_or_damaged() {
    let image = Image::default().with("/app", "\u{7f}ELF\u{2}");
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is a damaged ELF file: it ends inside its header
    hint: copy it again: it may be cut short
    exit: 126
    "#);
    let image = Image::default()
        .with("/app.o", Builder::new(Machine::X86_64).of_type(ET_REL).without_segments().build());
    assert_snapshot!(image.say("/app.o", ENOEXEC), @r#"
    exec: "/app.o": exec format error: /app.o is an object file that is not linked yet, not a program
    hint: link it to a program (the compiler was called with -c)
    exit: 126
    "#);
    let image = Image::default().with("/libx.so", Builder::new(Machine::X86_64).of_type(ET_DYN).build());
    assert_snapshot!(image.say("/libx.so", None), @r#"
    exec: "/libx.so": exec format error: /libx.so is a shared library, not a program
    hint: build it as a program (Go: -buildmode=exe, Rust: a bin target, C: without -shared)
    exit: 126
    "#);
    let image = Image::default().with("/app", &needing(GLIBC)[..100]);
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: /app is cut short: it ends before byte 64, where its program headers lie
    hint: copy the file again
    exit: 126
    "#);
    let image = Image::default().with("/app", &needing(GLIBC)[..180]);
    assert_snapshot!(image.say("/app", 5), @r#"
    exec: "/app": input/output error: /app is cut short: it ends before byte 176, where its loader is named
    hint: copy the file again
    exit: 126
    "#);
}

#[test]
fn a_directory_is_a_dangling_link() {
    let image = Image::default().with_look("/opt", Look::DanglingLink("/data/opt".to_owned()));
    assert_snapshot!(image.say("/opt/app", ENOENT), @r#"
    exec: "/opt/app": no such file or directory: /opt is a link to /data/opt, which the image does not have
    exit: 127
    "#);
}

#[test]
fn the_cpu_is_too_old() {
    let image = Image::default().with("/app", Builder::new(Machine::X86_64).needs_levels(7).build());
    assert_snapshot!(image.say_to(&Request { isa_level: Some(IsaLevel::V2), ..request("/app") }), @r#"
    exec: "/app": illegal instruction: /app is built for x86-64-v3, this CPU has only x86-64-v2
    hint: build it with -march=x86-64-v2, or run it on a newer CPU
    exit: 126
    "#);
    assert_snapshot!(image.say_to(&Request { isa_level: Some(IsaLevel::V4), ..request("/app") }), @r#"
    exec: "/app": cannot be executed: nothing wrong is visible in /app
    exit: 126
    "#);
}

#[test]
fn the_errno_is_kept_where_nothing_explains_it() {
    let image = Image::default().with("/app", "");
    assert_snapshot!(image.say("/app", EACCES), @r#"
    exec: "/app": permission denied: /app is executable, but a directory above it is closed to the user, its mount is noexec, or a security module forbids it; besides, /app is empty
    hint: check how the file was made: it has 0 bytes
    exit: 126
    "#);
    let image = Image::default().with_program("/app");
    assert_snapshot!(image.say("/app", ENOENT), @r#"
    exec: "/app": no such file or directory: /app and what it names are in the image
    hint: if it is for another machine, the emulator registered with binfmt_misc may be missing inside the image: register it with the flag F
    exit: 127
    "#);
    assert_snapshot!(image.say("/app", ENOEXEC), @r#"
    exec: "/app": exec format error: nothing wrong is visible in the first bytes of /app
    hint: check the file: it may be damaged or cut short further on
    exit: 126
    "#);
    assert_snapshot!(image.say("/app", 1), @r#"
    exec: "/app": operation not permitted: a security policy forbids executing /app
    hint: look at the seccomp profile and the security modules of the host
    exit: 126
    "#);
    assert_snapshot!(image.say("/app", 26), @r#"
    exec: "/app": text file busy: a process has /app open for writing
    hint: let the writer close the file first
    exit: 126
    "#);
    assert_snapshot!(image.say("/app", 7), @r#"
    exec: "/app": argument list too long: the arguments and the environment together are larger than the kernel takes
    hint: one argument or variable may have 128 KiB, all of them a quarter of the stack limit (--ulimit stack)
    exit: 126
    "#);
    assert_snapshot!(image.say("/app", 99), @r#"
    exec: "/app": errno 99: nothing wrong is visible in /app
    exit: 126
    "#);
}
