/* What each layer holds against, as measured by tests/escape. Nothing is decided here. */
#include "engine/io/sandbox.h"

#include "engine/io/landlock.h"

const struct sandbox_class sandbox_classes[] = {
    {"files",
     {"write, create, delete, rename, link and truncate files",
      "ファイルの書き込み・作成・削除・名前変更・リンク・切り詰め"},
     1,
     SANDBOX_SECCOMP},
    {"attributes",
     {"change modes, owners, times, flags and extended attributes",
      "ファイルの権限・所有者・時刻・フラグ・拡張属性の変更"},
     0,
     SANDBOX_SECCOMP},
    {"mounts",
     {"mount, unmount and enter other namespaces", "マウント・アンマウント・他の名前空間への移動"},
     1,
     SANDBOX_SECCOMP | SANDBOX_CAPABILITIES},
    {"network-settings",
     {"change links, addresses, routes and firewalls",
      "リンク・アドレス・経路・ファイアウォールの変更"},
     0,
     SANDBOX_CAPABILITIES},
    {"kernel-settings",
     {"change the kernel's settings, clock, host name and modules, or restart",
      "カーネルの設定・時計・ホスト名・モジュールの変更、再起動"},
     0,
     SANDBOX_SECCOMP | SANDBOX_CAPABILITIES},
    {"kernel-programs",
     {"load programs into the kernel or queue work in it (bpf, io_uring, perf)",
      "カーネルへのプログラムの読み込みや処理の依頼 (bpf, io_uring, perf)"},
     0,
     SANDBOX_SECCOMP},
    {"processes",
     {"trace other processes, write their memory, take their descriptors",
      "他のプロセスの追跡、メモリへの書き込み、記述子の取得"},
     1,
     SANDBOX_SECCOMP},
    {"signals",
     {"signal other processes", "他のプロセスへのシグナル"},
     LANDLOCK_ABI_SCOPES,
     SANDBOX_SECCOMP},
    {"priorities",
     {"change limits and priorities of other processes", "他のプロセスの制限と優先度の変更"},
     0,
     SANDBOX_SECCOMP},
    {"terminals",
     {"type into a terminal or change its mode", "端末への入力の偽装、端末の設定の変更"},
     5,
     SANDBOX_SECCOMP},
    {"local-services",
     {"ask services over local sockets (D-Bus, Docker, Windows)",
      "ローカルソケットでのサービスの利用 (D-Bus, Docker, Windows)"},
     0,
     SANDBOX_SECCOMP},
    {"shared-memory",
     {"leave shared memory, queues, semaphores or keys behind",
      "共有メモリ・キュー・セマフォ・鍵を残すこと"},
     0,
     SANDBOX_SECCOMP},
    {"network",
     {"talk to the network and to local services over TCP and UDP",
      "TCP と UDP によるネットワークやローカルのサービスとの通信"},
     0,
     0},
    {"load",
     {"use processor, memory and file locks while it runs, also in the background",
      "実行中 (バックグラウンドを含む) の CPU・メモリ・ファイルロックの使用"},
     0,
     0},
    {0}};

unsigned sandbox_holders(const struct sandbox_class *class, const struct sandbox_state *state)
{
    unsigned holders = 0;
    if (class->least_abi > 0 && state->landlock_abi >= class->least_abi)
        holders |= SANDBOX_LANDLOCK;
    if (state->seccomp)
        holders |= class->other_layers & SANDBOX_SECCOMP;
    if (state->capabilities)
        holders |= class->other_layers & SANDBOX_CAPABILITIES;
    return holders;
}
