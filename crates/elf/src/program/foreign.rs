//! Formats that people try to execute and Linux does not, known by their magic.

use std::fmt;

/// A file format that Linux does not execute by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Foreign {
    /// A portable executable of Windows or UEFI, or a DOS program.
    Windows,
    /// An executable of macOS, for one CPU or several.
    MachO,
    /// Cosmopolitan's portable executable, which a shell starts.
    Cosmopolitan,
    /// A compiled Java class.
    JavaClass,
    /// A ZIP archive: also what a JAR, a wheel and an APK are.
    Zip,
    /// Data compressed by gzip.
    Gzip,
    /// Data compressed by xz.
    Xz,
    /// Data compressed by zstd.
    Zstd,
    /// Data compressed by bzip2.
    Bzip2,
    /// A tar archive.
    Tar,
    /// A static library or Debian package (`ar`).
    Ar,
    /// An RPM package.
    Rpm,
    /// WebAssembly.
    Wasm,
    /// LLVM bitcode.
    Bitcode,
    /// A web page, often a server's error saved in place of the download.
    Html,
    /// A pointer of Git LFS in place of the file.
    LfsPointer,
    /// Text with a byte order mark before its `#!`.
    MarkedScript,
    /// Text in UTF-16.
    Utf16,
}

/// Where the `ustar` magic of a tar header lies.
const TAR_MAGIC: usize = 257;

/// The formats that begin with a magic of their own; the longer of two alike comes first.
const MAGICS: [(&[u8], Foreign); 25] = [
    (b"MZqFpD", Foreign::Cosmopolitan),
    (b"MZ", Foreign::Windows),
    (b"\xfe\xed\xfa\xce", Foreign::MachO),
    (b"\xfe\xed\xfa\xcf", Foreign::MachO),
    (b"\xce\xfa\xed\xfe", Foreign::MachO),
    (b"\xcf\xfa\xed\xfe", Foreign::MachO),
    (b"\xca\xfe\xba\xbf", Foreign::MachO),
    (b"PK\x03\x04", Foreign::Zip),
    (b"PK\x05\x06", Foreign::Zip),
    (b"\x1f\x8b", Foreign::Gzip),
    (b"\xfd7zXZ\0", Foreign::Xz),
    (b"\x28\xb5\x2f\xfd", Foreign::Zstd),
    (b"BZh", Foreign::Bzip2),
    (b"!<arch>\n", Foreign::Ar),
    (b"\xed\xab\xee\xdb", Foreign::Rpm),
    (b"\0asm", Foreign::Wasm),
    (b"BC\xc0\xde", Foreign::Bitcode),
    (b"<!DOCTYPE", Foreign::Html),
    (b"<!doctype", Foreign::Html),
    (b"<html", Foreign::Html),
    (b"<HTML", Foreign::Html),
    (b"version https://git-lfs.github.com/spec/", Foreign::LfsPointer),
    (b"\xef\xbb\xbf#!", Foreign::MarkedScript),
    (b"\xff\xfe", Foreign::Utf16),
    (b"\xfe\xff", Foreign::Utf16),
];

impl Foreign {
    /// The format that the first bytes announce.
    pub(crate) fn read(head: &[u8]) -> Option<Self> {
        if let Some(rest) = head.strip_prefix(b"\xca\xfe\xba\xbe") {
            return Some(Self::java_or_mach_o(rest));
        }
        let magic = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, format)| *format);
        let is_tar = || head.get(TAR_MAGIC..).is_some_and(|rest| rest.starts_with(b"ustar"));
        magic.or_else(|| is_tar().then_some(Self::Tar))
    }

    /// Java classes and universal Mach-O files share a magic: what follows is a class version (45
    /// and up) there and a small number of CPUs here.
    fn java_or_mach_o(rest: &[u8]) -> Self {
        match rest.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)) {
            Some(count) if count < 45 => Self::MachO,
            _ => Self::JavaClass,
        }
    }

    /// What to do with such a file instead.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Windows | Self::MachO => "build it for Linux (Go: GOOS=linux, Rust: a *-linux-* target)",
            Self::Cosmopolitan => "run it through a shell: [\"/bin/sh\", \"PROGRAM\"]",
            Self::JavaClass => "run it through Java: [\"java\", \"CLASS\"]",
            Self::Zip => {
                "if it is a JAR, run it through Java: [\"java\", \"-jar\", \"FILE\"]; if not, unpack it first"
            }
            Self::Gzip | Self::Xz | Self::Zstd | Self::Bzip2 | Self::Tar => {
                "unpack it first (ADD unpacks a local archive, COPY and a URL do not)"
            }
            Self::Ar | Self::Rpm => "install the package, or link the library into a program",
            Self::Wasm => "run it through a WebAssembly runtime inside the image",
            Self::Bitcode => "link it to a program (link-time optimisation left it as bitcode)",
            Self::Html => "check the download: curl -f stops at a server's error instead of saving its page",
            Self::LfsPointer => "fetch the file itself before the build: git lfs pull",
            Self::MarkedScript | Self::Utf16 => "save the file as UTF-8 without a byte order mark",
        }
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Windows => "a Windows (PE) program",
            Self::MachO => "a macOS (Mach-O) program",
            Self::Cosmopolitan => "a Cosmopolitan (APE) program, which only a shell starts",
            Self::JavaClass => "a Java class",
            Self::Zip => "a ZIP archive (perhaps a JAR)",
            Self::Gzip => "gzip-compressed data",
            Self::Xz => "xz-compressed data",
            Self::Zstd => "zstd-compressed data",
            Self::Bzip2 => "bzip2-compressed data",
            Self::Tar => "a tar archive",
            Self::Ar => "an ar archive (a static library or a Debian package)",
            Self::Rpm => "an RPM package",
            Self::Wasm => "a WebAssembly module",
            Self::Bitcode => "LLVM bitcode",
            Self::Html => "an HTML page",
            Self::LfsPointer => "a Git LFS pointer, not the file that it stands for",
            Self::MarkedScript => "a script with a byte order mark before its #!",
            Self::Utf16 => "UTF-16 text",
        })
    }
}
