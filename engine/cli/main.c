#include <stdio.h>
int main(void) { puts("playbook"); return 0; }
