<?php
function deep(int $n) { if ($n === 0) throw new LogicException('on purpose'); deep($n - 1); }

$topics = [
    'json' => fn() => print(json_encode(['php' => PHP_MAJOR_VERSION, 'list' => [1, 2.5, null]]) . "\n"),
    'mbstring' => fn() => print(mb_strtoupper('straße äöü') . ' ' . bin2hex(mb_convert_encoding('日本', 'SJIS', 'UTF-8')) . "\n"),
    'intl' => fn() => print((new NumberFormatter('de_DE', NumberFormatter::CURRENCY))->formatCurrency(1234.5, 'EUR') . ' ' .
        IntlDateFormatter::formatObject(new DateTime('@0'), 'eeee', 'fr_FR') . "\n"),
    'xml' => fn() => print(simplexml_load_string('<a><b>c</b></a>')->b . ' ' . (new DOMDocument())->createElement('x')->tagName . "\n"),
    'iconv' => fn() => print(bin2hex(iconv('UTF-8', 'EUC-JP', '日本')) . "\n"),
    'zone' => fn() => print((new DateTime('@1700000000'))->setTimezone(new DateTimeZone('Australia/Sydney'))->format('c T') . "\n"),
    'phar' => fn() => print(implode(' ', Phar::getSupportedCompression()) . ' ' . implode(' ', hash_algos()) . "\n"),
    'sodium' => fn() => print(bin2hex(sodium_crypto_generichash('x')) . "\n"),
    'user' => fn() => print(posix_getpwuid(0)['dir'] . ' ' . gethostbyname('localhost') . "\n"),
    'shell' => fn() => print(shell_exec('echo from a shell')),
    'openssl' => fn() => print(openssl_digest('x', 'sha512') . ' ' . count(openssl_get_cipher_methods()) . "\n"),
    'extensions' => fn() => print(implode(' ', get_loaded_extensions()) . "\n"),
    'throw' => fn() => deep(3),
];
$topics[$argv[1]]();
