//! Each program in an image of the size `safe`: the inputs that were never traced say what the fat image says to them.

use super::ground::Ground;
use super::known;

macro_rules! programs {
    ($($test:ident: $name:literal;)*) => {
        $(#[test]
        fn $test() {
            let Some(ground) = Ground::open() else { return };
            ground.strip(known($name), "safe");
        })*

        /// A program without a test is no proof.
        #[test]
        fn each_program_is_tested() {
            let tested = [$($name),*];
            let all = super::KNOWN.into_iter().flatten().chain(super::unseen::PROGRAMS);
            for program in all {
                assert!(tested.contains(&program.name), "no test strips {}", program.name);
            }
        }
    };
}

programs! {
    bash: "bash";
    busybox: "busybox";
    cgo: "cgo";
    coreutils: "coreutils";
    curl: "curl";
    erlang: "erlang";
    flask: "flask";
    gcc: "gcc";
    git: "git";
    iconv: "iconv";
    imagemagick: "imagemagick";
    java: "java";
    lighttpd: "lighttpd";
    locale: "locale";
    lua: "lua";
    nginx: "nginx";
    node: "node";
    openssl: "openssl";
    perl: "perl";
    php: "php";
    php_fpm: "php-fpm";
    php_server: "php-server";
    postgres: "postgres";
    python: "python";
    redis: "redis";
    ruby_app: "ruby-app";
    ruby_hello: "ruby-hello";
    sinatra: "sinatra";
    sqlite: "sqlite";
    vim: "vim";

    unseen_ansible: "ansible";
    unseen_bundler: "bundler";
    unseen_django: "django";
    unseen_express: "express";
    unseen_fastapi: "fastapi";
    unseen_guile: "guile";
    unseen_haproxy: "haproxy";
    unseen_java_logging: "java-logging";
    unseen_lua_socket: "lua-socket";
    unseen_pandas: "pandas";
    unseen_perl_lwp: "perl-lwp";
    unseen_php_pdo: "php-pdo";
    unseen_pillow: "pillow";
    unseen_r: "r";
    unseen_requests: "requests";
    unseen_tcl: "tcl";
}
