#include <immintrin.h>
#include <stdatomic.h>
#include <stdio.h>
int main(void) { atomic_int n = 1; n += 41; printf("%d %d\n", n, _mm_cvtsi128_si32(_mm_set1_epi32(7))); return 0; }
