<?php
echo "<h1>", mb_strtoupper('index'), "</h1>";
