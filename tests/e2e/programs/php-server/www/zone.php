<?php
include 'part.inc';
echo part(), (new DateTime('@0'))->setTimezone(new DateTimeZone('America/New_York'))->format(DATE_RFC2822);
