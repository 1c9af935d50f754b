//! Images to move: small, of many files, large. They are built by us from packages of Debian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::contender::Kind;
use super::fixture;
use super::ground::{BUNDLE, Ground};
use super::host::program;
use super::mover::Mover;
use super::registry::Registry;

/// Where archives of samples are.
const ARCHIVES: &str = "/media/data/samples";

/// An image to move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sample {
    /// Busybox, 2 MB in one layer.
    Small,
    /// Debian with Python and Perl: 12,000 entries, 230 MB in five layers.
    Files,
    /// Debian with compilers, and 160 MiB that cannot be compressed: 1.2 GB in five layers.
    Large,
}

/// A layer: what of the root file system it takes, as patterns of the shell.
struct Part {
    name: &'static str,
    patterns: &'static [&'static str],
}

const FILES: [Part; 4] = [
    Part { name: "locale", patterns: &["usr/share/locale", "usr/share/doc", "usr/share/man"] },
    Part { name: "perl", patterns: &["usr/share/perl", "usr/lib/x86_64-linux-gnu/perl"] },
    Part { name: "python", patterns: &["usr/lib/python3.*"] },
    Part { name: "packages", patterns: &["usr/lib/python3"] },
];

const LARGE: [Part; 4] = [
    Part { name: "llvm", patterns: &["usr/lib/llvm-*", "usr/lib/x86_64-linux-gnu/lib*LLVM*"] },
    Part { name: "gcc", patterns: &["usr/lib/gcc", "usr/include", "usr/lib/x86_64-linux-gnu/*.a"] },
    Part { name: "go", patterns: &["usr/lib/go-*", "usr/share/go-*"] },
    Part { name: "noise", patterns: &["noise"] },
];

impl Sample {
    /// Its repository in registries.
    pub(super) fn repository(self) -> &'static str {
        match self {
            Self::Small => "bench/small",
            Self::Files => "bench/files",
            Self::Large => "bench/large",
        }
    }

    /// Puts it into the registry, unless it is there: our own store does not keep it.
    pub(super) fn publish(self, ground: &mut Ground, registry: &Registry) -> Result<(), String> {
        if registry.has(self.repository()) {
            return Ok(());
        }
        let image = registry.image(self.repository());
        self.build(ground, &image)?;
        let mover = Mover::new(ground, Kind::Tare)?;
        let seat = ground.seat(Kind::Tare)?;
        seat.output(&mover.push(&image, &image))?;
        if self == Self::Files {
            fs::create_dir_all(ARCHIVES).map_err(|error| format!("create {ARCHIVES}: {error}"))?;
            seat.output(&mover.save(&image, &self.archive().to_string_lossy()))?;
        }
        mover.forget(&[&image]).iter().try_for_each(|words| seat.output(words).map(drop))
    }

    /// A docker-archive of it, which is there after [`Self::publish`].
    pub(super) fn archive(self) -> PathBuf {
        Path::new(ARCHIVES).join(format!("{}.tar", self.repository().replace('/', "-")))
    }

    /// Builds it in our own store.
    pub(super) fn build(self, ground: &mut Ground, image: &str) -> Result<(), String> {
        ground.seat(Kind::Tare)?;
        let context = self.context()?;
        let build = ground.tare(&["build", "--quiet", "--tag", image, &context.to_string_lossy()]);
        ground.seat(Kind::Tare)?.output(&build).map(drop)
    }

    /// The build context, made once.
    fn context(self) -> Result<PathBuf, String> {
        let context = Path::new("/media/data/contexts").join(self.repository().replace('/', "-"));
        if context.join("Dockerfile").exists() {
            return Ok(context);
        }
        let base = context.join("base");
        fs::create_dir_all(&base).map_err(|error| format!("create {}: {error}", base.display()))?;
        let extract = |archive: &Path| {
            // devices are nothing to copy
            let options = ["--extract", "--exclude=./dev/*", "--file"];
            program(Command::new("tar").args(options).arg(archive).arg("-C").arg(&base))
        };
        let parts: &[Part] = match self {
            Self::Small => {
                program(Command::new("cp").arg("-a").arg(format!("{BUNDLE}/rootfs/.")).arg(&base))?;
                // the layer of the image that everybody has already is another one
                fs::write(base.join("etc/sample"), "small\n").map_err(|error| error.to_string())?;
                &[]
            }
            Self::Files => {
                extract(&fixture::debian_with("debian-scripts", &["python3", "python3-pip", "perl"])?)?;
                &FILES
            }
            Self::Large => {
                let packages = ["python3", "perl", "golang-go", "clang"];
                extract(&fixture::debian_with("debian-compilers", &packages)?)?;
                fixture::add_noise(&base.join("noise"), 160)?;
                &LARGE
            }
        };
        parts.iter().try_for_each(|part| part.take(&context))?;
        let copies: String = parts.iter().map(|part| format!("COPY {} /\n", part.name)).collect();
        let dockerfile = format!("FROM scratch\nCOPY base /\n{copies}CMD [\"sh\"]\n");
        fixture::context(&context, &dockerfile)?;
        Ok(context)
    }
}

impl Part {
    /// Moves what it takes out of the root file system of a context.
    fn take(&self, context: &Path) -> Result<(), String> {
        const SCRIPT: &str = r#"cd "$0/base"; for path in $2; do
            mkdir -p "../$1/$(dirname "$path")" && mv "$path" "../$1/$path" || exit 1; done"#;
        let patterns = self.patterns.join(" ");
        program(Command::new("sh").args(["-c", SCRIPT]).arg(context).args([self.name, &patterns]))
    }
}
