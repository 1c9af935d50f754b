#include <pthread.h>
#include <stdio.h>
static void *work(void *n) { *(int *)n = 42; return 0; }
int main(void) { pthread_t it; int n; pthread_create(&it, 0, work, &n); pthread_join(it, 0); printf("%d\n", n); return 0; }
