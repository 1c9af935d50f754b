#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "date";
    const char *locale = setlocale(LC_ALL, argc > 2 ? argv[2] : "");
    if (argc > 3) setenv("TZ", argv[3], 1);
    printf("%s %s\n", locale ? locale : "no such locale", nl_langinfo(CODESET));
    if (!strcmp(what, "date")) {
        time_t then = 1700000000;
        char text[200];
        strftime(text, sizeof text, "%A %d %B %Y %X %Z", localtime(&then));
        puts(text);
    } else if (!strcmp(what, "number")) {
        printf("%'.2f %s\n", 1234567.891, localeconv()->int_curr_symbol);
    } else if (!strcmp(what, "order")) {
        printf("%d %d\n", strcoll("ä", "b") < 0, (int)towupper(L'ä'));
    } else if (!strcmp(what, "wide")) {
        printf("%zu\n", mbstowcs(NULL, "\xc6\xfc", 0));
    } else if (!strcmp(what, "message")) {
        puts(strerror(ENOENT));
    }
    return 0;
}
