/* silent POINT unserved|unanswered: a FUSE mount at POINT that never answers. Unserved, nobody
 * takes its requests: who waits hears SIGKILL. Unanswered, they are taken: who waits hears nothing
 * any more (fs/fuse/dev.c, request_wait_answer()). Says "mounted" and stays. */
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { LARGEST = 128 * 1024 + 4096 };

static int answer_init(int fd, const struct fuse_in_header *request)
{
    struct {
        struct fuse_out_header head;
        struct fuse_init_out body;
    } reply = {.head = {.len = sizeof(reply), .unique = request->unique},
               .body = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096}};
    return write(fd, &reply, sizeof(reply)) == sizeof(reply);
}

static int take_requests(int fd)
{
    static char buffer[LARGEST];
    while (read(fd, buffer, sizeof(buffer)) > 0) {
        struct fuse_in_header request;
        memcpy(&request, buffer, sizeof(request));
        if (request.opcode == FUSE_INIT && !answer_init(fd, &request))
            return 1;
    }
    return 1;
}

int main(int count, char **arguments)
{
    char options[128];
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (count != 3 || fd < 0) {
        fputs("usage: silent POINT unserved|unanswered, where there is /dev/fuse\n", stderr);
        return 2;
    }
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
    if (mount("silent", arguments[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
        perror("silent: mount");
        return 1;
    }
    puts("mounted");
    fflush(stdout);
    if (strcmp(arguments[2], "unanswered") == 0)
        return take_requests(fd);
    for (;;)
        pause();
}
