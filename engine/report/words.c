#include "engine/report/words.h"

static const struct words table[] = {
    [WORD_SYMPTOM_PRESENT] = {"the symptom is there", "症状が出ています"},
    [WORD_SYMPTOM_ABSENT] = {"the symptom is not there", "症状は出ていません"},
    [WORD_NOT_APPLICABLE] = {"this playbook does not apply here",
                             "このplaybookの前提が成り立ちません"},
    [WORD_SYMPTOM_UNKNOWN] = {"it cannot be decided whether the symptom is there",
                              "症状が出ているかどうか判定できません"},
    [WORD_CAUSE] = {"Cause", "原因"},
    [WORD_LAYER] = {"layer %u, %s", "第%u層 %s"},
    [WORD_ADVICE] = {"Advice", "対処の案内"},
    [WORD_LEFT_OUT] = {"(no command to paste: %s)", "（貼り付け用のコマンドは省略しました: %s）"},
    [WORD_PLAN] = {"Planned changes", "変更の計画"},
    [WORD_PLAN_PERSIST] = {"Then, once that has helped, to last",
                           "効果を確認した後、恒久化のための変更"},
    [WORD_PLAN_NOTHING] = {"nothing to change: the settings are already so",
                           "変更はありません（設定は既にその通りです）"},
    [WORD_APPLY_QUESTION] = {"Apply these changes?", "この変更を適用しますか?"},
    [WORD_APPLYING] = {"applying", "適用しています"},
    [WORD_VERIFYING] = {"verifying", "確認しています"},
    [WORD_VERIFIED] = {"verified: it helped", "確認済み: 効果がありました"},
    [WORD_NOT_VERIFIED] = {"it did not help", "効果がありませんでした"},
    [WORD_LOST] = {"the fix would cost what worked before: '%s'",
                   "修正によって、動いていたものが失われます: '%s'"},
    [WORD_FAILED] = {"the change failed: %s", "変更に失敗しました: %s"},
    [WORD_ROLLED_BACK] = {"rolled back: everything is as before", "元に戻しました"},
    [WORD_ROLLBACK_FAILED] = {"the rollback left a difference: %s", "元に戻しきれませんでした: %s"},
    [WORD_DECLINED] = {"declined", "適用しません"},
    [WORD_CANNOT_PLAN] = {"its fix cannot be planned: %s", "修正を計画できません: %s"},
    [WORD_REFUTED] =
        {"not '%s': what its fix would set is set already and in force",
         "'%s' は原因ではありません（修正内容はすでに設定済みで、反映もされています）"},
    [WORD_RESTART_NEEDED] = {"kept; it is in force after a restart",
                             "変更は保持されました。再起動後に有効になります"},
    [WORD_PERSIST_FAILED] = {"what should make it last failed: %s", "恒久化に失敗しました: %s"},
    [WORD_STANDS] = {"the symptom is still there", "症状はまだ出ています"},
    [WORD_UNSURE] = {"kept, but whether the symptom is gone is unknown: %s",
                     "変更は保持されましたが、症状が消えたかどうかは不明です: %s"},
    [WORD_REFUSED] = {"this is not what was planned: %s", "計画した内容と一致しません: %s"},
    [WORD_SAVED] = {"The plan is saved; nothing else is applied by",
                    "計画を保存しました。次のコマンドはこの計画だけを適用します"},
    [WORD_NOT_SAVED] = {"there is no plan to save: '%s' was not written",
                        "保存する計画がないため、'%s' は書き込んでいません"},
    [WORD_RESULT] = {"Result", "結果"},
    [WORD_TOOK] = {"took %s", "所要時間 %s"},
    [WORD_WAITED_FOR] = {"waited for '%s'", "最後に待ったのは '%s'"},
    [WORD_UNKNOWN_CAUSES] = {"Could not be decided", "判定できなかった原因"},
    [WORD_NEXT] = {"Next", "次にすること"},
    [WORD_NEXT_DRY_RUN] = {"run it again without --dry-run to apply this",
                           "--dry-run を外して実行すると適用されます"},
    [WORD_NEXT_YES] = {"run it again in a terminal, or with --yes, to apply this",
                       "端末で実行するか、--yes を付けて実行すると適用されます"},
    [WORD_NEXT_WSL_RESTART] =
        {"close what runs in WSL, run 'wsl.exe --shutdown' in Windows, start the distribution, and "
         "run 'playbook resume'; if it does not start any more, double-click 'playbook-undo.cmd' "
         "beside .wslconfig",
         "WSL内の作業を終了し、Windowsで 'wsl.exe --shutdown' を実行して、起動し直した後に"
         " 'playbook resume' を実行してください。起動しなくなった場合は、.wslconfig "
         "と同じ場所にある "
         "'playbook-undo.cmd' をダブルクリックしてください"},
    [WORD_NEXT_DISTRO_RESTART] =
        {"close what runs in this distribution, run 'wsl.exe --terminate' for it in Windows, start "
         "it, and run 'playbook resume'",
         "このディストリビューションの作業を終了し、Windowsで 'wsl.exe --terminate' "
         "を実行して、起動し直した後に 'playbook resume' を実行してください"},
    [WORD_NEXT_BY_HAND] = {"look at the difference above and put it right by hand",
                           "上の差分を確認し、手作業で直してください"},
    [WORD_UNFINISHED] =
        {"%s was not finished: 'playbook undo' takes it back, 'playbook keep' leaves "
         "it as it is",
         "%s は完了していません。'playbook undo' で元に戻すか、'playbook keep' "
         "でそのまま残してください"},
    [WORD_WAITS] = {"%s waits for a restart: 'playbook resume' afterwards",
                    "%s は再起動を待っています。再起動後に 'playbook resume' を実行してください"},
    [WORD_RESTART_CLOSES] = {"A restart closes everything in '%s'.",
                             "再起動すると '%s' で動いているものはすべて終了します。"},
    [WORD_RESTART_DISTROS] = {"and these distributions", "次のディストリビューションも終了します"},
    [WORD_RESTART_PROCESSES] = {"programs with a terminal", "端末で動いているプログラム"},
    [WORD_RESTART_QUESTION] = {"Restart now?", "今すぐ再起動しますか?"},
    [WORD_RESTARTING] = {"restarting: 'playbook history' shows afterwards what became of the run",
                         "再起動します。結果は再起動後に 'playbook history' で確認できます"},
    [WORD_NOT_RESTARTED] =
        {"WSL was not restarted within %d seconds; playbook-not-restarted.txt in your Windows "
         "profile "
         "may say why. Restart it by hand, then 'playbook resume'",
         "%d秒以内にWSLが再起動されませんでした。理由はWindowsのプロファイルにある "
         "playbook-not-restarted.txt で確認できます。手動で再起動してから 'playbook resume' "
         "を実行してください"},
    [WORD_NOTHING_WAITS] = {"nothing waits for a restart", "再起動を待っている変更はありません"},
    [WORD_RESUME_QUESTION] = {"Go on with it first?", "先にその続きを行いますか?"},
    [WORD_NEXT_RESTART_AGAIN] = {"what was taken back is out of force after another restart",
                                 "元に戻した設定は、もう一度再起動すると反映されます"},
    [WORD_UNDO_PLAN] = {"Taking back run %llu of '%s':", "実行%llu（'%s'）を元に戻します:"},
    [WORD_UNDO_QUESTION] = {"Take it back?", "元に戻しますか?"},
    [WORD_UNDONE] = {"undone: the machine is as before", "undone: 元の状態に戻りました"},
    [WORD_NOT_UNDONE] = {"nothing was taken back; '--yes' does it without asking",
                         "何も元に戻していません。'--yes' を付けると確認せずに戻します"},
    [WORD_NOTHING_TO_UNDO] = {"there is nothing to undo", "元に戻すものはありません"},
    [WORD_UNDONE_BEFORE] = {"that run was taken back before: nothing of it is left",
                            "この実行はすでに元に戻されています"},
    [WORD_UNDONE_IN_FORCE] =
        {"undone: the machine is as before; what is in force already stays so until a restart",
         "undone: 元の状態に戻りました。すでに反映されている設定は、再起動するまで有効です"},
    [WORD_CUT_OFF] =
        {"If this connection is cut, log in again within %d seconds and type 'playbook "
         "keep':\notherwise the change is taken back.\n\n",
         "この接続が切れた場合は、%d秒以内に再接続して 'playbook keep' "
         "を実行してください。\n実行しなければ変更は元に戻されます。\n\n"},
    [WORD_KEPT] = {"kept: the machine stays as it is", "kept: 現在の状態をそのまま残します"},
    [WORD_FORGOTTEN] = {"forgotten: the machine stays as it is, and nobody is reminded of that run",
                        "forgotten: 現在の状態をそのまま残し、その実行はもう表示されません"},
    [WORD_NOTHING_TO_KEEP] = {"no run is unfinished", "完了していない実行はありません"},
    [WORD_NO_HISTORY] = {"no run has changed anything yet", "変更を行った実行はまだありません"},
    [WORD_NO_SANDBOX] =
        {"WARNING: --no-sandbox: nothing keeps what looks from changing this machine",
         "警告: --no-sandbox: 調べる側のプロセスによる変更を防ぐものはありません"},
    [WORD_CONFINED] = {"looking was confined by", "調査中の隔離:"},
    [WORD_NOT_CONFINED] = {"looking was not confined", "調査中の隔離はありません"},
    [WORD_OPEN] = {"stays open:", "防げないもの:"},
    [WORD_ASKING] = {"asking", "確認中"},
    [WORD_YES_LETTERS] = {"[y/N]", "[y/N]"},
    [WORD_CHECK_OK] = {"%s: ok, %zu checks", "%s: 問題なし、チェック%zu個"},
    [WORD_CHECK_EFFECTS] = {"it may change: ", "変更し得るもの: "},
    [WORD_CHECK_NO_EFFECTS] = {"it changes nothing", "何も変更しません"},
};

static const struct words outcomes[] = {
    [OUTCOME_HEALTHY] = {"healthy: the symptom is not there", "healthy: 症状は出ていません"},
    [OUTCOME_FIXED] = {"fixed: the symptom is gone", "fixed: 症状が消えました"},
    [OUTCOME_PLANNED] = {"planned: a fix is known and was not applied",
                         "planned: 修正は分かっていますが、適用していません"},
    [OUTCOME_ADVISED] = {"advised: what remains is for you to do", "advised: 対処は案内の通りです"},
    [OUTCOME_UNFIXED] = {"unfixed: the symptom was not seen to go away",
                         "unfixed: 症状の解消は確認できていません"},
    [OUTCOME_INVALID] = {"invalid: nothing was run", "invalid: 何も実行していません"},
    [OUTCOME_UNDETERMINED] = {"undetermined: the answers do not decide it",
                              "undetermined: 得られた答えでは判定できません"},
    [OUTCOME_NOT_APPLICABLE] = {"not-applicable: this playbook means nothing here",
                                "not-applicable: このplaybookの前提が成り立ちません"},
    [OUTCOME_ROLLED_BACK] = {"rolled-back: a fix was taken back",
                             "rolled-back: 修正を元に戻しました"},
    [OUTCOME_RESTART_PENDING] = {"restart-pending: changed, and in force after a restart",
                                 "restart-pending: 変更済み。再起動後に有効になります"},
    [OUTCOME_ROLLBACK_FAILED] = {"rollback-failed: the machine is not as before",
                                 "rollback-failed: 元の状態に戻っていません"},
    [OUTCOME_REFUSED] = {"refused: nothing more was changed",
                         "refused: これ以上は変更していません"},
    [OUTCOME_INTERRUPTED] = {"interrupted", "interrupted: 中断しました"},
};

static const struct words layers[] = {
    [1] = {"interface", "インターフェース"}, [2] = {"routing and DNS", "経路とDNS"},
    [3] = {"firewall", "ファイアウォール"},  [4] = {"virtualisation", "仮想化"},
    [5] = {"path and MTU", "経路のMTU"},
};

static const struct words rights[] = {
    [RIGHT_HELD] = {"", ""},
    [RIGHT_ROOT] = {"this needs root: run it again with sudo",
                    "root権限が必要です。sudo を付けて実行し直してください"},
    [RIGHT_ADMINISTRATOR] =
        {"this needs a Windows administrator: paste it into an elevated PowerShell",
         "Windowsの管理者権限が必要です。管理者のPowerShellに次を貼り付けてください"},
    [RIGHT_WRITABLE] = {"the file system is read-only", "ファイルシステムが読み取り専用です"},
    [RIGHT_RESTART] =
        {"this is left to you: close what runs in WSL, run 'wsl.exe --shutdown' in Windows, and "
         "start "
         "the distribution again",
         "再起動はご自身で行ってください。WSL内の作業を終了し、Windowsで 'wsl.exe --shutdown' "
         "を実行してから、起動し直してください"},
};

static const struct {
    const char *where;
    struct words words;
} pastes[] = {
    {"guest", {"in the guest", "ゲスト側で"}},
    {"guest-root", {"in the guest as root", "ゲスト側でrootとして"}},
    {"windows", {"in Windows", "Windows側で"}},
    {"windows-admin", {"in Windows as administrator", "Windows側で管理者として"}},
};

static const char *pick(const char *language, struct words words)
{
    return text_equal(language, "ja") ? words.ja : words.en;
}

const char *word(const char *language, enum word which)
{
    return pick(language, table[which]);
}

const char *outcome_words(const char *language, enum outcome outcome)
{
    return pick(language, outcomes[outcome]);
}

const char *layer_words(const char *language, unsigned layer)
{
    return layer >= 1 && layer <= 5 ? pick(language, layers[layer]) : "?";
}

const char *right_words(const char *language, enum right right)
{
    return pick(language, rights[right]);
}

const char *paste_words(const char *language, const char *where)
{
    for (size_t i = 0; i < sizeof(pastes) / sizeof(pastes[0]); i++)
        if (text_equal(pastes[i].where, where))
            return pick(language, pastes[i].words);
    return where;
}
