# Evaluates its argument.
eval [lindex $argv 0]
