/* Plays WSL's /init in the kernel lab: what binfmt_misc starts for a Windows program, and wslinfo
 * and wslpath by name. It answers with bytes as they were seen; what is tested is the way to it, so
 * it makes the sockets that the real one talks to Windows by, and fails where it may not. Source:
 * microsoft/WSL, src/linux/init/binfmt.cpp (CreateNtProcess), util.cpp. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* `with` stands in the last of its words; NULL: whatever they are. `text` NULL: the file of
 * answers. */
static const struct answer {
    const char *program, *with, *text;
} answers[] = {
    {"wslinfo", "--networking-mode", "mirrored\n"},
    {"wslinfo", "--version", "2.6.3.0\n"},
    {"wslpath", "C:\\Users\\me", "/mnt/c/Users/me\n"},
    {"cmd.exe", "set USERPROFILE", "USERPROFILE=C:\\Users\\me\r\n"},
    {"cmd.exe", "USERPROFILE", "C:\\Users\\me\r\n"},
    {"cmd.exe", "ver", "\r\nMicrosoft Windows [Version 10.0.26100.4949]\r\n"},
    {"wsl.exe", "--version",
     "WSL version: 2.6.3.0\r\nKernel version: 6.6.87.2-1\r\nWSLg version: 1.0.71\r\n"
     "MSRDC version: 1.2.6353\r\nDirect3D version: 1.611.1-81528511\r\n"
     "DXCore version: 10.0.26100.1-240331-1435.ge-release\r\n"
     "Windows version: 10.0.26100.4949\r\n"},
    {"powershell.exe", NULL, NULL},
};

static int print_file(const char *path)
{
    char buffer[4096];
    FILE *file = fopen(path, "r");
    size_t got;
    if (!file)
        return 1;
    while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
        if (fwrite(buffer, 1, got, stdout) != got)
            return 1;
    return fclose(file);
}

static int can_reach_windows(void)
{
    int local = socket(AF_UNIX, SOCK_STREAM, 0), virtual = socket(AF_VSOCK, SOCK_STREAM, 0);
    /* A kernel without vsock is not a sandbox that refuses it. */
    if (local >= 0 && (virtual >= 0 || errno == EAFNOSUPPORT))
        return 1;
    perror("relay: socket");
    return 0;
}

/* As binfmt_misc calls it with its flag P: /init PATH ARGV0 ARGUMENT... */
int main(int count, char **arguments)
{
    int first = count > 1 && arguments[1][0] == '/' ? 1 : 0;
    const char *name = basename(arguments[first]), *last = arguments[count - 1];
    if (!can_reach_windows())
        return 1;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct answer *answer = &answers[i];
        if (strcmp(answer->program, name) != 0 || (answer->with && !strstr(last, answer->with)))
            continue;
        return answer->text ? fputs(answer->text, stdout) < 0 : print_file("/answers/powershell");
    }
    fprintf(stderr, "relay: no answer for %s ... %s\n", name, last);
    return 1;
}
