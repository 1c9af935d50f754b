//! What libraries open while they run, where it does not stand in them as a path: their plug-ins and data.

use super::Present;
use crate::closure::Closure;
use crate::mention;
use crate::reason::Reason;
use crate::tree::{Id, Tree};

/// A library and what it opens.
struct Data {
    /// Its names; a last `*` stands for any end.
    users: &'static [&'static str],
    /// Files and directories. `{lib}` stands for the directories of libraries; a name with `*` for all such names.
    paths: &'static [&'static str],
}

const DATA: &[Data] = &[
    Data {
        users: &["libpam.so*"],
        paths: &[
            "/etc/pam.d",
            "/etc/pam.conf",
            "/etc/security",
            "/etc/environment",
            "{lib}/security",
            "/lib/{triplet}/security",
        ],
    },
    Data { users: &["libsasl2.so*"], paths: &["{lib}/sasl2", "/etc/sasl2"] },
    Data {
        users: &["libkrb5.so*", "libgssapi_krb5.so*"],
        paths: &["/etc/krb5.conf", "/etc/krb5.conf.d", "{lib}/krb5", "{lib}/gss", "/etc/gss"],
    },
    Data { users: &["libldap*"], paths: &["/etc/ldap", "/etc/openldap"] },
    Data {
        users: &["libp11-kit.so*", "libgnutls.so*"],
        paths: &["{lib}/pkcs11", "/usr/share/p11-kit", "/etc/pkcs11", "/etc/gnutls"],
    },
    Data { users: &["libgdk_pixbuf*"], paths: &["{lib}/gdk-pixbuf-2.0"] },
    Data {
        users: &["libgtk-*"],
        paths: &["{lib}/gtk-*", "/usr/share/themes", "/usr/share/glib-2.0", "/usr/share/icons/hicolor"],
    },
    Data {
        users: &["libgio-2.0.so*"],
        paths: &["{lib}/gio", "/usr/share/glib-2.0/schemas", "/usr/share/mime"],
    },
    Data { users: &["libQt5Core.so*"], paths: &["{lib}/qt5", "/usr/share/qt5"] },
    Data { users: &["libQt6Core.so*"], paths: &["{lib}/qt6", "/usr/share/qt6"] },
    Data { users: &["libicudata.so*"], paths: &["/usr/share/icu"] },
    Data {
        users: &["libmagic.so*"],
        paths: &[
            "/usr/share/misc/magic*",
            "/usr/lib/file",
            "/usr/share/file",
            "/etc/magic",
            "/etc/magic.mime",
        ],
    },
    Data {
        users: &["libtinfo*.so*", "libncurses*", "libreadline.so*", "libedit.so*"],
        paths: &[
            "/lib/terminfo",
            "/etc/terminfo",
            "/usr/lib/terminfo",
            "/usr/share/terminfo",
            "/etc/inputrc",
        ],
    },
    Data {
        users: &["libfontconfig.so*", "libfreetype.so*"],
        paths: &[
            "/etc/fonts",
            "/usr/share/fontconfig",
            "/usr/share/fonts",
            "/usr/local/share/fonts",
            "/var/cache/fontconfig",
        ],
    },
    Data {
        users: &["libMagickCore*"],
        paths: &["{lib}/ImageMagick-*", "/etc/ImageMagick-*", "/usr/share/ImageMagick-*"],
    },
    Data {
        users: &["libGraphicsMagick*"],
        paths: &["{lib}/GraphicsMagick-*", "/usr/lib/GraphicsMagick-*", "/usr/share/GraphicsMagick-*"],
    },
    Data {
        users: &["libgs.so*"],
        paths: &["/usr/share/ghostscript", "/etc/ghostscript", "/usr/share/color"],
    },
    Data { users: &["libaprutil-1.so*"], paths: &["{lib}/apr-util-1"] },
    Data { users: &["libenchant*"], paths: &["{lib}/enchant*", "/usr/share/hunspell", "/usr/share/myspell"] },
    Data { users: &["libgdal.so*"], paths: &["/usr/share/gdal", "/usr/share/proj", "{lib}/gdalplugins"] },
    Data { users: &["libproj.so*"], paths: &["/usr/share/proj"] },
    Data { users: &["libodbc.so*"], paths: &["/etc/odbc.ini", "/etc/odbcinst.ini", "{lib}/odbc"] },
    Data {
        users: &["libmariadb.so*", "libmysqlclient.so*"],
        paths: &[
            "{lib}/libmariadb3",
            "/etc/mysql",
            "/usr/share/mysql",
            "/usr/share/mariadb",
            "{lib}/mariadb",
        ],
    },
    Data { users: &["libpq.so*"], paths: &["/usr/share/postgresql-common", "/etc/postgresql-common"] },
    Data { users: &["libgpgme.so*", "libgcrypt.so*"], paths: &["/etc/gcrypt"] },
    Data { users: &["libX11.so*"], paths: &["/usr/share/X11/locale", "/usr/share/X11/XErrorDB"] },
    Data { users: &["libxkbcommon.so*"], paths: &["/usr/share/X11/xkb"] },
    Data { users: &["libxml2.so*"], paths: &["/etc/xml", "/usr/share/xml/schema"] },
    Data {
        users: &["libcrypto.so*"],
        paths: &["/etc/ssl/openssl.cnf", "/usr/lib/ssl", "{lib}/ossl-modules", "{lib}/engines-*"],
    },
    Data { users: &["libopenal.so*", "libasound.so*"], paths: &["/usr/share/alsa", "{lib}/alsa-lib"] },
    Data { users: &["libvlc*"], paths: &["{lib}/vlc"] },
    Data { users: &["libgstreamer-1.0.so*"], paths: &["{lib}/gstreamer-1.0", "{lib}/gstreamer1.0"] },
    Data { users: &["libguile-*"], paths: &["/usr/share/guile", "{lib}/guile"] },
    Data { users: &["libhunspell*"], paths: &["/usr/share/hunspell"] },
    Data { users: &["libgeos*", "libGeoIP*"], paths: &["/usr/share/GeoIP"] },
    Data { users: &["libsnmp*", "libnetsnmp*"], paths: &["/usr/share/snmp", "/etc/snmp"] },
    Data {
        users: &["libblas.so*", "liblapack.so*", "libopenblas*"],
        paths: &["{lib}/blas", "{lib}/lapack", "{lib}/openblas*"],
    },
    Data {
        users: &["apache2", "httpd"],
        paths: &[
            "/usr/lib/apache2",
            "/etc/apache2",
            "/usr/share/apache2",
            "/etc/httpd",
            "/usr/lib64/httpd",
            "/var/www",
        ],
    },
    Data {
        users: &["nginx"],
        paths: &[
            "/usr/lib/nginx",
            "/etc/nginx",
            "/usr/share/nginx",
            "/var/www",
            "/var/lib/nginx",
            "/var/log/nginx",
            "/usr/local/nginx",
        ],
    },
    Data {
        users: &["postgres", "psql", "initdb"],
        paths: &[
            "/usr/share/postgresql",
            "/usr/lib/postgresql",
            "/etc/postgresql",
            "/var/lib/postgresql",
            "/usr/share/postgresql-common",
            "/var/run/postgresql",
        ],
    },
    Data {
        users: &["mariadbd", "mysqld"],
        paths: &[
            "/usr/share/mysql",
            "/usr/share/mariadb",
            "/etc/mysql",
            "/usr/lib/mysql",
            "/var/lib/mysql",
            "/run/mysqld",
        ],
    },
    Data { users: &["git"], paths: &["/usr/lib/git-core", "/usr/libexec/git-core", "/usr/share/git-core"] },
    Data { users: &["vim*", "vi"], paths: &["/usr/share/vim", "/etc/vim"] },
    Data { users: &["emacs*"], paths: &["/usr/share/emacs", "/usr/lib/emacs", "/etc/emacs"] },
    Data {
        users: &["gcc*", "cc1", "*-gcc*", "g++*", "cpp*", "clang*"],
        paths: &[
            "/usr/lib/gcc",
            "/usr/lib/gcc-cross",
            "/usr/include",
            "/usr/local/include",
            "{lib}/crt1.o",
            "{lib}/*.o",
            "{lib}/*.a",
            "{lib}/*.so",
            "/usr/libexec/gcc",
            "/usr/lib/llvm-*",
        ],
    },
    Data { users: &["ssh", "sshd"], paths: &["/etc/ssh", "/usr/lib/openssh"] },
    Data {
        users: &["dotnet", "libcoreclr.so", "libhostfxr.so"],
        paths: &["/usr/share/dotnet", "/usr/lib/dotnet"],
    },
    Data { users: &["file"], paths: &["/usr/share/misc/magic*", "/usr/lib/file", "/etc/magic"] },
    Data { users: &["gs"], paths: &["/usr/share/ghostscript"] },
    Data {
        users: &["gpg", "gpgv", "gpg2"],
        paths: &["/usr/lib/gnupg", "/usr/share/gnupg", "/usr/bin/gpg-agent", "/usr/bin/gpgconf"],
    },
];

/// The directories of libraries that a root has.
fn library_directories(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for base in ["/usr/lib", "/usr/local/lib"] {
        let Some(id) = tree.find(base) else { continue };
        let triplets = tree.children(id).filter(|(name, _)| name.windows(7).any(|part| part == b"-linux-"));
        found.extend(triplets.map(|(name, _)| format!("{base}/{}", String::from_utf8_lossy(name))));
        found.push(base.to_owned());
    }
    found.push("/usr/lib64".to_owned());
    found
}

/// What the table says.
pub(super) fn data(closure: &mut Closure<'_>, present: &Present) {
    let directories = library_directories(closure.tree);
    for row in DATA {
        if !present.has(row.users) {
            continue;
        }
        for path in row.paths {
            let paths = if path.contains("{lib}") {
                directories.iter().map(|directory| path.replace("{lib}", directory)).collect()
            } else {
                vec![(*path).to_owned()]
            };
            for path in paths {
                for found in named(closure.tree, &path) {
                    let reason = Reason::Policy("data of a library or program");
                    closure.keep_tree(found, &reason);
                }
            }
        }
    }
}

/// What a path names, its last name perhaps with a `*`.
fn named(tree: &Tree, path: &str) -> Vec<Id> {
    let Some((directory, name)) = path.rsplit_once('/').filter(|(_, name)| name.contains('*')) else {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let directory = tree.find(format!("{directory}/"));
        return directory.and_then(|directory| tree.child(directory, name.as_bytes())).into_iter().collect();
    };
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    let Some(directory) = tree.find(directory) else { return Vec::new() };
    let fits = |name: &[u8]| {
        name.len() >= start.len() + end.len()
            && name.starts_with(start.as_bytes())
            && name.ends_with(end.as_bytes())
    };
    tree.children(directory).filter(|(name, _)| fits(name)).map(|(_, id)| id).collect()
}

/// OpenSSL says where its files are: `OPENSSLDIR: "/usr/lib/ssl"`, `MODULESDIR: "…"`, `ENGINESDIR: "…"` stand in it.
pub(super) fn openssl(closure: &mut Closure<'_>, present: &Present) {
    let Some(library) = present.find(&["libcrypto.so*"]) else { return };
    let Some(object) = closure.object(library) else { return };
    for run in &object.paths {
        let is_its_own = [&b"ssl"[..], b"ossl-modules", b"engines-"]
            .iter()
            .any(|part| run.windows(part.len()).any(|window| window == *part));
        if is_its_own {
            mention::keep_mentioned(closure, library, run);
        }
    }
}

/// `ctypes.util.find_library` reads the cache of the loader, by the program `ldconfig`; other languages do so too.
pub(super) fn python_finds_libraries(closure: &mut Closure<'_>, present: &Present) {
    let reason = Reason::Policy("the loader's cache");
    closure.keep("/etc/ld.so.conf", reason.clone());
    closure.keep("/etc/ld.so.cache", reason.clone());
    if let Some(found) = closure.keep("/etc/ld.so.conf.d", reason.clone()) {
        closure.keep_tree(found, &reason);
    }
    if present.has(&["python*", "libpython*"]) {
        closure.keep("/sbin/ldconfig", reason.clone());
        closure.keep("/sbin/ldconfig.real", reason);
    }
}
