//! Interpreters, which are asked for parts of their libraries that were not traced.

use super::program::Input::{Pipe, Run};
use super::program::Program;

pub(crate) const PROGRAMS: &[Program] = &[
    Program::new(
        "bash",
        &[Run(&["echo traced $BASH_VERSION"])],
        &[
            Run(&["declare -A a=([x]=1 [y]=2); printf '%q ' \"${a[@]}\" 'a b'; echo $((16#ff))"]),
            Run(&["printf '%(%F %Z)T\\n' 0; [[ abc =~ b(.) ]] && echo ${BASH_REMATCH[1]}"]),
            Run(&["LC_ALL=C.UTF-8; x=日本; echo ${#x}"]),
            Run(&["echo >/dev/tcp/localhost/1"]),
            Run(&["type -t compgen; no-such-command; echo $?"]),
            Pipe("a b\nc\n", &["while read -r first rest; do echo \"$rest/$first\"; done"]),
        ],
    ),
    Program::new(
        "ruby-hello",
        &[],
        &[
            Run(&["-rjson", "-e", "puts [1, nil].to_json"]),
            Run(&["-ryaml", "-e", "puts({ 'a' => [1] }.to_yaml)"]),
            Run(&["-rset", "-rdigest", "-e", "p Set[1], Digest::SHA256.hexdigest('x')"]),
            Run(&["-ropenssl", "-e", "puts OpenSSL::Digest.hexdigest('SHA512', 'x')"]),
            Run(&["-rsocket", "-e", "puts Addrinfo.tcp('localhost', 80).ip_address"]),
            Run(&["-e", "puts '日本'.encode('SHIFT_JIS').unpack1('H*')"]),
            Run(&["-roptparse", "-e", "OptionParser.new { |o| o.banner = 'help'; puts o }"]),
            Run(&["-e", "gem 'bundler'; require 'bundler'; puts Bundler.name"]),
            Run(&["-e", "def f = raise('on purpose'); f"]),
            Run(&["--disable-gems", "-e", "p defined?(Gem)"]),
            Pipe("puts 6 * 7", &["-"]),
            Run(&["-e", "puts \"\u{e9}\".unicode_normalize(:nfd).bytes.inspect"]),
        ],
    ),
    Program::new(
        "python",
        &[],
        &[
            Run(&[
                "-c",
                "import decimal, fractions; print(decimal.Decimal(1) / 3, fractions.Fraction(3, 9))",
            ]),
            Run(&[
                "-c",
                "import sqlite3; print(sqlite3.connect(':memory:').execute('select 6*7').fetchall())",
            ]),
            Run(&[
                "-c",
                "import zoneinfo, datetime as d; print(d.datetime.fromtimestamp(0, zoneinfo.ZoneInfo('Europe/Paris')))",
            ]),
            Run(&[
                "-c",
                "import ctypes, ctypes.util as u; print(ctypes.CDLL(u.find_library('c')).abs(-3), u.find_library('ssl'))",
            ]),
            Run(&[
                "-c",
                "import socket; print(socket.getaddrinfo('localhost', 'http', type=socket.SOCK_STREAM))",
            ]),
            Run(&[
                "-c",
                "import pwd, grp, getpass; print(pwd.getpwuid(0), grp.getgrnam('daemon').gr_gid, getpass.getuser())",
            ]),
            Run(&["-c", "print('日本'.encode('euc_jp'), 'é'.encode('cp500'), 'ü.de'.encode('idna'))"]),
            Run(&[
                "-c",
                "import xml.etree.ElementTree as e, html.parser; print(e.fromstring('<a><b/></a>')[0].tag)",
            ]),
            Run(&[
                "-c",
                "import concurrent.futures as c\nwith c.ThreadPoolExecutor() as p: print(*p.map(abs, [-1, 2]))",
            ]),
            Run(&["-c", "import multiprocessing as m\nwith m.Pool(2) as p: print(p.map(abs, [-1, 2]))"]),
            Run(&[
                "-c",
                "import subprocess; print(subprocess.check_output('echo from a shell', shell=True))",
            ]),
            Run(&[
                "-c",
                "import bz2, lzma, zlib, gzip; print(lzma.decompress(lzma.compress(b'x')), len(bz2.compress(b'x')))",
            ]),
            Run(&[
                "-c",
                "import unicodedata, locale; print(unicodedata.name('é'), locale.setlocale(locale.LC_ALL, 'C.UTF-8'))",
            ]),
            Run(&[
                "-c",
                "import mimetypes; print(mimetypes.guess_type('x.svg'), mimetypes.guess_type('x.xlsx'))",
            ]),
            Run(&[
                "-c",
                "import asyncio; asyncio.run(asyncio.sleep(0)); import curses; curses.setupterm('xterm'); print(curses.tigetnum('colors'))",
            ]),
            Run(&["-m", "json.tool", "--help"]),
            Run(&["-X", "utf8", "-c", "def f(): return 1 / 0\nf()"]),
            Run(&["-c", "import argparse; argparse.ArgumentParser(prog='x').parse_args(['--nope'])"]),
            Pipe("{\"a\": [1]}", &["-m", "json.tool"]),
        ],
    ),
    Program::new(
        "perl",
        &[],
        &[
            Run(&["-MPOSIX", "-e", "print POSIX::strftime('%A %d', gmtime 0), POSIX::floor(-1.5), qq(\\n)"]),
            Run(&["-MSocket", "-e", "print inet_ntoa(inet_aton('localhost')), qq(\\n)"]),
            Run(&[
                "-MIO::Socket::IP",
                "-e",
                "print IO::Socket::IP->new(PeerHost => 'localhost', PeerPort => 1) // $@, qq(\\n)",
            ]),
            Run(&[
                "-MEncode",
                "-e",
                "print unpack('H*', encode('shiftjis', qq(\\x{65e5}))), unpack('H*', encode('euc-kr', qq(\\x{65e5}))), qq(\\n)",
            ]),
            Run(&[
                "-MData::Dumper",
                "-MJSON::PP",
                "-e",
                "$Data::Dumper::Sortkeys = 1; print Dumper(decode_json('{\"a\":[1]}'))",
            ]),
            Run(&[
                "-MDigest::SHA=sha256_hex",
                "-MMIME::Base64",
                "-e",
                "print sha256_hex('x'), encode_base64('x')",
            ]),
            Run(&[
                "-MTime::Local",
                "-MTime::Piece",
                "-e",
                "$ENV{TZ} = 'Asia/Tokyo'; print timegm(0,0,0,1,0,100), localtime(0)->strftime('%F %T'), qq(\\n)",
            ]),
            Run(&[
                "-Mcharnames=:full",
                "-e",
                "print length qq(\\N{GREEK SMALL LETTER ALPHA}), lc(qq(\\x{c4})) =~ /\\p{Ll}/ ? 1 : 0, qq(\\n)",
            ]),
            Run(&["-e", "print scalar getpwuid(0), ' ', `echo from a shell`"]),
            Run(&[
                "-MMath::BigInt",
                "-MList::Util=sum",
                "-e",
                "print Math::BigInt->new(2) ** 100, sum(1 .. 4), qq(\\n)",
            ]),
            Run(&["-Mthreads", "-e", "print threads->create(sub { 42 })->join, qq(\\n)"]),
            Run(&["-MCarp=confess", "-e", "sub f { confess 'on purpose' } f(1)"]),
            Pipe("b\na\n", &["-e", "print sort <STDIN>"]),
        ],
    ),
    Program::new(
        "lua",
        &[Run(&["hello"])],
        &[
            Run(&["module"]),
            Run(&["json"]),
            Run(&["lpeg"]),
            Run(&["files"]),
            Run(&["shell"]),
            Run(&["date"]),
            Run(&["fail"]),
        ],
    ),
    Program::new(
        "erlang",
        &[],
        &[
            Run(&["io:format(\"~p~n\", [lists:sort(maps:to_list(#{b => 1, a => 2}))]), halt()."]),
            Run(&["io:format(\"~s~n\", [binary:encode_hex(crypto:hash(sha256, <<\"x\">>))]), halt()."]),
            Run(&[
                "io:format(\"~p~n\", [re:run(\"abc\", \"b(.)\")]), io:format(\"~ts~n\", [unicode:characters_to_nfd_list([233])]), halt().",
            ]),
            Run(&[
                "{ok, _} = application:ensure_all_started(ssl), io:format(\"~p~n\", [length(ssl:cipher_suites(all, 'tlsv1.3'))]), halt().",
            ]),
            Run(&["io:format(\"~p~n\", [inet:getaddr(\"localhost\", inet)]), halt()."]),
            Run(&["io:format(\"~s\", [os:cmd(\"echo from a shell\")]), halt()."]),
            Run(&[
                "{X, _} = xmerl_scan:string(\"<a><b/></a>\"), io:format(\"~p~n\", [element(2, X)]), halt().",
            ]),
            Run(&["io:format(\"~p~n\", [length(public_key:cacerts_get())]), halt()."]),
            Run(&["io:format(\"~p~n\", [catch error(on_purpose)]), halt(4)."]),
        ],
    ),
];
