#include <complex.h>
#include <math.h>
#include <stdio.h>
int main(void) { printf("%.3f %.3f\n", sqrt(2), cabs(3 + 4 * I)); return 0; }
