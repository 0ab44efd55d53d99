/* race N A... -- B...: starts A and B in turns N times and prints the medians, what memory the last
 * ones took, and the ratio. In turns, so that what else the machine does meets both alike. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double run(char **argv, long *kib)
{
    struct rusage usage;
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    double start = now_us();
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid) {
        perror(argv[0]);
        exit(1);
    }
    double took = now_us() - start;
    *kib = usage.ru_maxrss;
    posix_spawn_file_actions_destroy(&actions);
    return took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof(*times), compare);
    return times[count / 2];
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0, middle = 2;
    while (middle < argc && strcmp(argv[middle], "--") != 0)
        middle++;
    if (count < 1 || middle + 1 >= argc) {
        fputs("usage: race N A... -- B...\n", stderr);
        return 2;
    }
    argv[middle] = NULL;
    double *a = calloc((size_t)count, sizeof(*a)), *b = calloc((size_t)count, sizeof(*b));
    if (!a || !b)
        return 1;
    long memory_a = 0, memory_b = 0;
    for (int i = 0; i < count; i++) {
        a[i] = run(argv + 2, &memory_a);
        b[i] = run(argv + middle + 1, &memory_b);
    }
    double first = median(a, count), second = median(b, count);
    printf("%s: %.0f us %ld KiB, %s: %.0f us %ld KiB, ratio %.2f\n", argv[2], first, memory_a,
           argv[middle + 1], second, memory_b, second / first);
    free(a);
    free(b);
    return 0;
}
