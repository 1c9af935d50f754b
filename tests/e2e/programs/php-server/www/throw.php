<?php
ini_set('display_errors', '1');
throw new Exception('on purpose');
