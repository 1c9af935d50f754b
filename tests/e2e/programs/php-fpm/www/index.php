<?php echo "index ", PHP_SAPI;
