<?php
$database = new PDO('sqlite::memory:', options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
switch ($argv[1]) {
    case 'select': echo $database->query('select 6 * 7')->fetchColumn(), "\n"; break;
    case 'fts': $database->exec("create virtual table t using fts5(a)"); echo count($database->query('select * from t')->fetchAll()), "\n"; break;
    case 'error': $database->query('nonsense'); break;
    case 'gd': $image = imagecreatetruecolor(2, 2); imagefill($image, 0, 0, 0xff0000); ob_start(); imagepng($image); echo md5(ob_get_clean()), "\n"; break;
    case 'curl': $it = curl_init('https://localhost:1/'); curl_exec($it); echo curl_errno($it), ' ', curl_version()['ssl_version'], "\n"; break;
    case 'zip': $zip = new ZipArchive(); $zip->open('/tmp/x.zip', ZipArchive::CREATE); $zip->addFromString('a', 'b'); $zip->close(); echo filesize('/tmp/x.zip'), "\n"; break;
    case 'bcmath': echo bcpow('2', '100'), "\n"; break;
    case 'zone': date_default_timezone_set('Europe/Oslo'); echo date('c T', 0), "\n"; break;
    case 'ini': print_r(php_ini_scanned_files()); break;
    case 'stream': echo implode(' ', stream_get_wrappers()), ' ', @file_get_contents('https://localhost:1/') === false ? 'refused' : '', "\n"; break;
    case 'highlight': highlight_string('<?php echo 1;'); break;
}
