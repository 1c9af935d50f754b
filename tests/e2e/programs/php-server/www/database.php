<?php
$database = new PDO('sqlite::memory:');
$database->exec('create table t (a)');
$database->exec("insert into t values ('stored')");
echo $database->query('select a, sqlite_version() is not null from t')->fetchColumn();
