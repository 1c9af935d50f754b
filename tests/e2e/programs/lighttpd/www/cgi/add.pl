print "Content-Type: text/plain\n\n", 6 * 7, " $ENV{REQUEST_METHOD}\n";
