"""PowerShell's statements and pipelines, as far as scripts for this machine need them.

The parser turns text into functions of the shell (powershell.py); running them is calling them."""
import re

from .expressions import Block, Exit, Expressions, Loop, Return, expandable
from .operators import add, get_index, valued
from .values import Failure, Unwinding, as_text, get_member, iterate, truth, unroll

KEYWORDS = ("if", "foreach", "try", "throw", "return", "exit", "while", "do", "break", "continue")


class Parser(Expressions):
    # -- statements ---------------------------------------------------------------------------

    def script(self):
        body = self.statements("")
        if self.at < len(self.text):
            self.fail("unexpected text")
        return body

    def statements(self, end):
        found = []
        self.blanks(lines=True)
        while self.at < len(self.text) and self.peek() != end:
            found.append(self.statement())
            self.blanks()
            if self.peek() not in ("", ";", "\n", end):
                self.fail("unexpected text")
            self.blanks(lines=True)

        def run(shell):
            out = []
            for statement in found:
                try:
                    out += shell.guarded(statement)
                except Unwinding as unwinding:
                    unwinding.values = out + unwinding.values
                    raise
            return out

        run.expression = getattr(found[0], "expression", None) if len(found) == 1 else None
        return run

    def braces(self):
        self.want("{")
        begin = self.at
        body = self.statements("}")
        source = self.text[begin : self.at]
        self.want("}")
        return Block(body, source)

    def statement(self):
        keyword = re.compile(r"(%s)\b(?![-\w])" % "|".join(KEYWORDS), re.I).match(self.text, self.at)
        if keyword:
            self.at = keyword.end()
            self.blanks()
            return getattr(self, "on_" + keyword[1].lower())()
        begin = self.at
        if self.peek() in ("$", "["):
            assignment = self.assignment()
            if assignment:
                return assignment
            self.at = begin
        return self.pipeline()

    def assignment(self):
        target = self.target()
        self.blanks()
        operator = self.match(r"(\+?)=(?!=)") if target else None
        if not operator:
            return None
        self.newlines()
        value = self.statement()

        def assign(shell):
            given = valued(value, shell)
            if operator[1]:
                old = target[0](shell)
                given = add(old, given)
            target[1](shell, given)
            return []

        return assign

    def target(self):
        """(read, write) of what may stand left of `=`."""
        if self.match(r"\[[A-Za-z][\w.\[\]]*\](?=\s*\$)"):  # a typed variable: the type is not enforced
            self.blanks()
        name = self.match(r"\$(?:(?:script|global|local):)?(\w+)")
        if name:
            owner = lambda shell: shell.variables.get(name[1].lower())  # noqa: E731
            member = self.match(r"\.(\w+)(?=\s*\+?=)")
            if member:
                return (
                    lambda shell: get_member(owner(shell), member[1]),
                    lambda shell, value: shell.set_member(owner(shell), member[1], value),
                )
            index = self.match(r"\[(?=[^\]\n]*\]\s*\+?=)")
            if index:
                key = self.expression()
                self.want("]")
                return (
                    lambda shell: get_index(owner(shell), key(shell)),
                    lambda shell, value: owner(shell).put(as_text(key(shell)), value),
                )
            environment = name[1].lower() == "env" and self.match(r":(\w+)")
            if environment:
                return (
                    lambda shell: shell.environment.get(environment[1].upper()),
                    lambda shell, value: shell.environment.__setitem__(environment[1].upper(), as_text(value)),
                )
            if name[1].lower() == "null":
                return owner, lambda shell, value: None
            return owner, lambda shell, value: shell.variables.__setitem__(name[1].lower(), value)
        static = self.match(r"\[([\w.]+)\]::(\w+)(?=\s*=)")
        if static:
            return None.__class__, lambda shell, value: shell.set_static(static[1], static[2], value)
        return None

    def on_if(self):
        branches, otherwise = [], None
        while True:
            self.want("(")
            condition = self.pipeline()
            self.want(")")
            branches.append((condition, self.braces()))
            if not self.match(r"\s*elseif\b"):
                break
        if self.match(r"\s*else\b"):
            otherwise = self.braces()

        def run(shell):
            for condition, block in branches:
                if truth(unroll(condition(shell))):
                    return block.body(shell)
            return otherwise.body(shell) if otherwise else []

        return run

    def on_while(self):
        self.want("(")
        condition = self.pipeline()
        self.want(")")
        block = self.braces()

        def run(shell):
            out = []
            while truth(unroll(condition(shell))) and turn(shell, block, out):
                pass
            return out

        return run

    def on_do(self):
        block = self.braces()
        word = self.match(r"\s*(while|until)\b") or self.fail("expected 'while' or 'until'")
        self.want("(")
        condition = self.pipeline()
        self.want(")")

        def run(shell):
            out = []
            while turn(shell, block, out) and truth(unroll(condition(shell))) == (word[1].lower() == "while"):
                pass
            return out

        return run

    def on_break(self):
        def run(_shell):
            raise Loop(ends=True)

        return run

    def on_continue(self):
        def run(_shell):
            raise Loop(ends=False)

        return run

    def on_foreach(self):
        self.want("(")
        self.newlines()
        name = self.match(r"\$(\w+)\s+in\s+") or self.fail("expected `$name in …`")
        values = self.pipeline()
        self.want(")")
        block = self.braces()

        def run(shell):
            out = []
            for value in values(shell):
                shell.variables[name[1].lower()] = value
                if not turn(shell, block, out):
                    break
            return out

        return run

    def on_try(self):
        block, handler, last = self.braces(), None, None
        if self.match(r"\s*catch\b"):
            self.blanks()
            while self.match(r"\[[\w.]+\]\s*,?\s*"):
                pass
            handler = self.braces()
        if self.match(r"\s*finally\b"):
            last = self.braces()

        def run(shell):
            out = []
            shell.tries += 1
            try:
                out += block.body(shell)
            except Failure as failure:
                out += failure.values
                failure.values = []
                if not handler:
                    raise
                out += shell.with_item(failure.record(), handler)
            finally:
                shell.tries -= 1
                if last:
                    out += last.body(shell)
            return out

        return run

    def on_throw(self):
        value = self.pipeline()

        def run(shell):
            raise Failure(
                as_text(unroll(value(shell))),
                identity=as_text(unroll(value(shell))),
                category="OperationStopped",
                ends="script",
            )

        return run

    def on_return(self):
        self.blanks()
        value = None if self.peek() in (";", "\n", "}", "") else self.statement()

        def run(shell):
            raise Return(value(shell) if value else [])

        return run

    def on_exit(self):
        self.blanks()
        value = None if self.peek() in (";", "\n", "}", "") else self.expression()

        def run(shell):
            raise Exit(int(value(shell)) if value else 0)

        return run

    # -- pipelines ------------------------------------------------------------------------------

    def pipeline(self):
        stages = [self.stage(True)]
        while True:
            self.blanks()
            if self.peek() != "|" and not re.compile(r"\s*\|").match(self.text, self.at):
                break
            self.newlines()
            self.take("|")
            self.newlines()
            stages.append(self.stage(False))

        def run(shell):
            values = stages[0](shell, None)
            for stage in stages[1:]:
                values = stage(shell, values)
            return values

        if len(stages) == 1:
            run.expression = getattr(stages[0], "expression", None)
        return run

    def stage(self, first):
        self.blanks()
        if self.match(r"[&.](?=\s*[\{$\"'(])"):
            return self.call()
        self.match(r"&[ \t]*(?=[A-Za-z])")
        word = re.compile(r"[A-Za-z%?][\w.:\\/-]*|%|\?").match(self.text, self.at)
        if word and not (self.peek() in "%?" and first):
            self.at = word.end()
            return self.command(word[0])
        if not first:
            self.fail("expected a command")
        value = self.expression()
        silent = 1 in self.redirections()

        def run(shell, _):
            return list(iterate(value(shell)))[: 0 if silent else None]

        run.expression = value
        return run

    def call(self):
        self.blanks()
        target = self.postfix(self.primary())
        return self.called(target)

    def command(self, name):
        return self.called(lambda shell: name)

    def called(self, target):
        """A command, or a script block, with its arguments and redirections."""
        arguments, streams = self.arguments()

        def run(shell, values):
            what = target(shell)
            if isinstance(what, Block):
                found = shell.invoke(what)
            else:
                given = [(name, value and value(shell)) for name, value in arguments]
                found = shell.command(as_text(what), given, values, streams)
            return [] if streams.get(1, 1) is None else found

        return run

    def redirections(self):
        """{stream: 1 or None}: into the output, or nowhere."""
        found = {}
        while stream := self.match(r"[ \t]*([1-6*]?)>(?:&1|>?\s*\$null)"):
            for number in (1, 2) if stream[1] == "*" else (int(stream[1] or 1),):
                found[number] = 1 if stream[0].endswith("&1") else None
        return found

    def arguments(self):
        """([(parameter or None, value or None)], redirections)."""
        found, streams = [], {}
        while True:
            self.blanks()
            streams.update(self.redirections())
            self.blanks()
            if self.peek() in ("", "|", ";", "\n", ")", "}"):
                return found, streams
            parameter = self.match(r"-([A-Za-z]\w*)(?:(:)[ \t]*|(?=[\s;|)},]|$))[ \t]*")
            if parameter and parameter[2]:
                found.append((parameter[1], self.argument()))
            elif parameter:
                found.append((parameter[1], None))
            else:
                found.append((None, self.argument()))

    def argument(self):
        values = [self.one_argument()]
        while self.match(r"[ \t]*,\s*"):
            values.append(self.one_argument())
        if len(values) == 1:
            return values[0]
        return lambda shell: [value(shell) for value in values]

    def one_argument(self):
        self.blanks()
        if self.peek() in ("$", "(", "@", "'", '"', "{", "["):
            return self.postfix(self.primary())
        word = self.match(r"[^\s;|(){},'\"<>]+") or self.fail("expected an argument")
        if re.fullmatch(r"\d+", word[0]):
            return lambda shell: int(word[0])
        return expandable(word[0].replace("`", ""), Parser) if "$" in word[0] else lambda shell: word[0]


def turn(shell, block, out):
    """One turn of a loop; whether another may follow."""
    try:
        out += block.body(shell)
    except Loop as loop:
        out += loop.values
        return not loop.ends
    return True
