/* The least that asking the same takes, for `many`:
 *
 *   bare files FOLDER N     opens, reads and matches FOLDER/0 … FOLDER/N-1, one after the other
 *   bare connects PORT N    connects to PORT of N addresses of loopback, likewise
 *   bare serve PORT         accepts and closes; says "ready" once it listens */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <arpa/inet.h>
#include <fcntl.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int match_file(const char *folder, int number)
{
    char path[4096], pattern[64], bytes[4096];
    PCRE2_SIZE where;
    int code;
    snprintf(path, sizeof(path), "%s/%d", folder, number);
    snprintf(pattern, sizeof(pattern), "^key%d *= *on", number);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    if (length < 0)
        return fail(path);
    close(fd);
    pcre2_code *regex = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE,
                                      &code, &where, NULL);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(regex, NULL);
    int found = pcre2_match(regex, (PCRE2_SPTR)bytes, (PCRE2_SIZE)length, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(regex);
    return found < 0;
}

/* 127.1.0.0 and on: all of 127/8 is this machine. */
static struct sockaddr_in address(int number, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(0x7f010000u + (uint32_t)number);
    return address;
}

static int connect_once(int port, int number)
{
    struct sockaddr_in to = address(number, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        return fail("connect");
    close(fd);
    return 0;
}

static int serve(int port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    any.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(fd, SOMAXCONN) != 0)
        return fail("listen");
    puts("ready");
    fflush(stdout);
    for (;;)
        close(accept(fd, NULL, NULL));
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]));
    if (argc != 4)
        return 2;
    int count = atoi(argv[3]), failed = 0, files = strcmp(argv[1], "files") == 0;
    for (int i = 0; i < count && !failed; i++)
        failed = files ? match_file(argv[2], i) : connect_once(atoi(argv[2]), i);
    return failed;
}
