// A program that asks the C library: names of hosts and users, time zones.
package main

/*
#include <stdlib.h>
#include <iconv.h>
static int knows(const char *name) { iconv_t it = iconv_open(name, "UTF-8"); return it != (iconv_t)-1; }
*/
import "C"

import (
	"crypto/x509"
	"fmt"
	"mime"
	"net"
	"os"
	"os/user"
	"time"
)

func main() {
	switch os.Args[1] {
	case "hello":
		fmt.Println("hello from Go", C.abs(-1))
	case "host":
		fmt.Println(net.LookupHost(os.Args[2]))
	case "port":
		fmt.Println(net.LookupPort("tcp", os.Args[2]))
	case "user":
		found, err := user.Lookup(os.Args[2])
		fmt.Println(found, err)
	case "group":
		found, err := user.LookupGroup(os.Args[2])
		fmt.Println(found, err)
	case "zone":
		zone, err := time.LoadLocation(os.Args[2])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(time.Unix(0, 0).In(zone))
	case "roots":
		pool, err := x509.SystemCertPool()
		fmt.Println(len(pool.Subjects()), err)
	case "iconv":
		fmt.Println(C.knows(C.CString(os.Args[2])))
	case "mime":
		fmt.Println(mime.TypeByExtension(os.Args[2]))
	case "panic":
		panic("on purpose")
	}
}
