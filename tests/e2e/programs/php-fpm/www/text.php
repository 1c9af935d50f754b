<?php header('Content-Type: text/plain; charset=utf-8'); echo mb_strtoupper('äöü'), ' ', json_encode($_GET), ' ', hash('crc32b', 'x');
