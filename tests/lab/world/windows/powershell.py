"""A small PowerShell: the subset of the language that scripts for this machine need.

The parser turns text into functions of the shell; running them is calling them. What is not
understood raises NotUnderstood, which no script can catch: it must never look like success."""
import base64
import re

from .values import (Enum, Failure, Hash, Object, Unwinding, as_list, as_text, compare, get_member, iterate, truth,
                     unroll)

COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le", "like", "notlike", "match", "notmatch", "contains", "notcontains",
               "in", "notin", "is", "isnot", "as", "replace", "split", "join")
KEYWORDS = ("if", "foreach", "try", "throw", "return", "exit", "while")
SWITCHES = {"compress", "unique", "passthru", "wait", "force", "nonewline", "quiet", "all", "raw", "descending", "asjson",
            "allusers", "ascii", "asarray"}


class NotUnderstood(BaseException):
    """Beyond this subset."""


class Exit(Unwinding):
    def __init__(self, code):
        super().__init__([])
        self.code = code


class Return(Unwinding):
    pass


class Block:
    """A script block: its source and what it does."""

    def __init__(self, body, source):
        self.body, self.source = body, source


class Parser:
    def __init__(self, text):
        self.text, self.at = text, 0

    # -- characters ---------------------------------------------------------------------------

    def fail(self, message):
        line = self.text.count("\n", 0, self.at) + 1
        raise NotUnderstood(f"powershell: line {line}: {message} before {self.text[self.at:self.at + 30]!r}")

    def blanks(self, lines=False):
        pattern = r"(?:[ \t\u00a0]|`\r?\n|<#.*?#>|#[^\n]*" + (r"|[\r\n;]" if lines else r"|\r(?=\n)") + ")*"
        self.at = re.compile(pattern, re.S).match(self.text, self.at).end()

    def newlines(self):
        self.at = re.compile(r"(?:\s|`\r?\n|<#.*?#>|#[^\n]*)*", re.S).match(self.text, self.at).end()

    def peek(self, count=1):
        return self.text[self.at:self.at + count]

    def take(self, token):
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def want(self, token):
        self.newlines()
        if not self.take(token):
            self.fail(f"expected '{token}'")

    def match(self, pattern):
        found = re.compile(pattern, re.I | re.S).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

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
        source = self.text[begin:self.at]
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
        if self.match(r"\[[A-Za-z][\w.\[\]]*\](?=\s*\$)"):        # a typed variable: the type is not enforced
            self.blanks()
        name = self.match(r"\$(?:(?:script|global|local):)?(\w+)")
        if name:
            owner = lambda shell: shell.variables.get(name[1].lower())          # noqa: E731
            member = self.match(r"\.(\w+)(?=\s*\+?=)")
            if member:
                return (lambda shell: get_member(owner(shell), member[1]),
                        lambda shell, value: shell.set_member(owner(shell), member[1], value))
            index = self.match(r"\[(?=[^\]\n]*\]\s*\+?=)")
            if index:
                key = self.expression()
                self.want("]")
                return (lambda shell: get_index(owner(shell), key(shell)),
                        lambda shell, value: owner(shell).put(as_text(key(shell)), value))
            environment = name[1].lower() == "env" and self.match(r":(\w+)")
            if environment:
                return (lambda shell: shell.environment.get(environment[1].upper()),
                        lambda shell, value: shell.environment.__setitem__(environment[1].upper(), as_text(value)))
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
            while truth(unroll(condition(shell))):
                out += block.body(shell)
            return out
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
                out += block.body(shell)
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
            raise Failure(as_text(unroll(value(shell))), identity=as_text(unroll(value(shell))), category="OperationStopped", ends="script")
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
        word = re.compile(r"[A-Za-z%?][\w.:\\/-]*|%|\?").match(self.text, self.at)
        if word and not (self.peek() in "%?" and first):
            self.at = word.end()
            return self.command(word[0])
        if not first:
            self.fail("expected a command")
        value = self.expression()
        self.redirections()

        def run(shell, _):
            return list(iterate(value(shell)))
        run.expression = value
        return run

    def call(self):
        self.blanks()
        target = self.primary()
        arguments = self.arguments()

        def run(shell, values):
            what = target(shell)
            if isinstance(what, Block):
                return what.body(shell)
            return shell.command(as_text(what), [(name, value and value(shell)) for name, value in arguments], values)
        return run

    def command(self, name):
        arguments = self.arguments()

        def run(shell, values):
            return shell.command(name, [(word, value and value(shell)) for word, value in arguments], values)
        return run

    def redirections(self):
        while self.match(r"[ \t]*[2-6*]?>&1|[ \t]*[1-6*]?>>?\s*\$null"):
            pass

    def arguments(self):
        """[(parameter or None, value or None)]."""
        found = []
        while True:
            self.blanks()
            self.redirections()
            self.blanks()
            if self.peek() in ("", "|", ";", "\n", ")", "}"):
                return found
            parameter = self.match(r"-([A-Za-z]\w*)(:?)[ \t]*")
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
        word = self.match(r"[^\s;|(){},'\"]+") or self.fail("expected an argument")
        if re.fullmatch(r"\d+", word[0]):
            return lambda shell: int(word[0])
        return expandable(word[0].replace("`", "")) if "$" in word[0] else lambda shell: word[0]

    # -- expressions, loosest first -------------------------------------------------------------

    def expression(self):
        left = self.comparison()
        while True:
            operator = self.match(r"\s*-(and|or|xor)\b")
            if not operator:
                return left
            self.newlines()
            left = logical(operator[1].lower(), left, self.comparison())

    def comparison(self):
        left = self.additive()
        while True:
            operator = self.match(r"[ \t]*-([ci]?)(%s)\b" % "|".join(COMPARISONS))
            if not operator:
                return left
            self.newlines()
            left = self.compared(operator[2].lower(), operator[1].lower() == "c", left, self.additive())

    @staticmethod
    def compared(word, case, left, right):
        return lambda shell: compare(word, left(shell), right(shell), case, shell)

    def additive(self):
        left = self.multiplicative()
        while True:
            operator = self.match(r"[ \t]*([+-])(?![A-Za-z=])\s*")
            if not operator:
                return left
            right = self.multiplicative()
            left = (lambda l, r, sign: lambda shell: add(l(shell), r(shell)) if sign == "+" else number(l(shell)) - number(r(shell)))(
                left, right, operator[1])

    def multiplicative(self):
        left = self.formatted()
        while True:
            operator = self.match(r"[ \t]*([*/%])\s*")
            if not operator:
                return left
            right = self.formatted()
            left = (lambda l, r, sign: lambda shell: multiply(l(shell), r(shell), sign))(left, right, operator[1])

    def formatted(self):
        left = self.ranged()
        while self.match(r"[ \t]*-f\b\s*"):
            left = (lambda l, r: lambda shell: dotnet_format(as_text(l(shell)), as_list(r(shell))))(left, self.ranged())
        return left

    def ranged(self):
        left = self.comma()
        if self.match(r"[ \t]*\.\.\s*"):
            right = self.comma()
            return lambda shell: list(range(int(left(shell)), int(right(shell)) + 1))
        return left

    def comma(self):
        values = [self.unary()]
        while self.match(r"[ \t]*,\s*"):
            values.append(self.unary())
        return values[0] if len(values) == 1 else lambda shell: [value(shell) for value in values]

    def unary(self):
        self.blanks()
        operator = self.match(r"(!|-not\b|-join\b|-split\b|,|-(?=[\d$(]))\s*")
        if not operator:
            return self.postfix(self.primary())
        value, word = self.unary(), operator[1].lower()
        return {"!": lambda shell: not truth(value(shell)), "-not": lambda shell: not truth(value(shell)),
                "-join": lambda shell: "".join(as_text(v) for v in as_list(value(shell))),
                "-split": lambda shell: as_text(value(shell)).split(),
                ",": lambda shell: [value(shell)], "-": lambda shell: -number(value(shell))}[word]

    # -- primaries --------------------------------------------------------------------------------

    def primary(self):
        char = self.peek()
        if char == "'":
            return self.single_quoted()
        if char == '"':
            return self.double_quoted()
        if char == "@":
            return self.at_sign()
        if char == "$":
            return self.variable()
        if char == "{":
            block = self.braces()
            return lambda shell: block
        if self.take("("):
            inner = self.nested(")")
            return lambda shell: valued(inner, shell)
        if char == "[":
            return self.type_or_cast()
        digits = self.match(r"0x[0-9a-f]+|\d+(?:\.\d+)?(?=$|[\s;|(){},\].+*/%-])")
        if digits:
            value = float(digits[0]) if "." in digits[0] else int(digits[0], 0)
            return lambda shell: value
        return self.fail("expected a value")

    def nested(self, end):
        body = self.statements(end)
        self.want(end)
        return body

    def single_quoted(self):
        text = self.match(r"'((?:[^']|'')*)'") or self.fail("a quote that nobody closed")
        value = text[1].replace("''", "'")
        return lambda shell: value

    def double_quoted(self):
        self.take('"')
        begin, depth = self.at, 0
        while self.at < len(self.text):
            char = self.peek()
            if char == "`":
                self.at += 1
            elif self.text.startswith("$(", self.at):
                depth += 1
                self.at += 1
            elif char == "(" and depth:
                depth += 1
            elif char == ")" and depth:
                depth -= 1
            elif char == '"' and not depth:
                if self.peek(2) != '""':
                    break
                self.at += 1
            self.at += 1
        else:
            self.fail("a quote that nobody closed")
        inside = self.text[begin:self.at]
        self.take('"')
        return expandable(inside.replace('""', '"') if "$(" not in inside else inside)

    def at_sign(self):
        here = self.match(r"@'\r?\n(.*?)\r?\n'@") or None
        if here:
            return lambda shell: here[1]
        here = self.match(r'@"\r?\n(.*?)\r?\n"@')
        if here:
            return expandable(here[1])
        if self.take("@("):
            inner = self.nested(")")
            return lambda shell: list(inner(shell))
        if self.take("@{"):
            return self.hashtable()
        return self.fail("not known after '@'")

    def hashtable(self):
        entries = []
        self.blanks(lines=True)
        while not self.take("}"):
            key = self.match(r"[A-Za-z_]\w*")
            name = (lambda shell, text=key[0]: text) if key else self.postfix(self.primary())
            self.want("=")
            self.newlines()
            entries.append((name, self.statement()))
            self.blanks(lines=True)
        return lambda shell: Hash({as_text(name(shell)): valued(value, shell) for name, value in entries})

    def variable(self):
        if self.take("$("):
            inner = self.nested(")")
            return lambda shell: unroll(inner(shell))
        environment = self.match(r"\$\{?env:([\w()]+)\}?")
        if environment:
            return lambda shell: shell.environment.get(environment[1].upper())
        name = self.match(r"\$(?:\{([^}]+)\}|(?:(?:script|global|local|using):)?(\w+|\?))") or self.fail("not a variable")
        key = (name[1] or name[2]).lower()
        return lambda shell: shell.variable(key)

    def type_or_cast(self):
        name = self.match(r"\[([A-Za-z][\w.]*(?:\[\])?)\]") or self.fail("not a type")
        if self.peek(2) == "::":
            return lambda shell: shell.type(name[1])
        self.blanks()
        if self.peek() in ("$", "(", "'", '"', "@", "[", "{", "-") or self.peek().isdigit():
            value = self.unary()
            return lambda shell: shell.cast(name[1], value(shell))
        return lambda shell: shell.type(name[1])

    def postfix(self, value):
        while True:
            member = self.match(r"(\.|::)(?=[A-Za-z_$'\"])")
            if member:
                value = self.member(value)
            elif self.peek() == "[":
                self.take("[")
                index = self.expression()
                self.want("]")
                value = (lambda v, i: lambda shell: get_index(v(shell), i(shell)))(value, index)
            else:
                return value

    def member(self, value):
        word = self.match(r"[A-Za-z_]\w*")
        name = (lambda shell: word[0]) if word else self.primary()
        if not self.take("("):
            return lambda shell: shell.member(value(shell), as_text(name(shell)))
        arguments = []
        self.newlines()
        while not self.take(")"):
            arguments.append(self.method_argument())
            self.newlines()
            self.take(",")
            self.newlines()
        return lambda shell: shell.call_method(value(shell), as_text(name(shell)), [a(shell) for a in arguments])

    def method_argument(self):
        """Like an expression, but the comma separates arguments."""
        comma, self.comma = self.comma, self.unary
        try:
            return self.expression()
        finally:
            self.comma = comma


def expandable(text):
    """A double-quoted string: `n, $name, ${name}, $(…)."""
    parts, parser = [], Parser(text)
    escapes = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
    while parser.at < len(text):
        if parser.take("`"):
            char = parser.peek()
            parts.append(escapes.get(char, char))
            parser.at += 1
        elif re.compile(r"\$[({\w?]").match(text, parser.at) and parser.peek(2) != "$?":
            parts.append(parser.variable())
        else:
            parts.append(parser.match(r"\$|[^`$]+")[0])
    return lambda shell: "".join(part if isinstance(part, str) else as_text(part(shell), " ") for part in parts)


def valued(statement, shell):
    """What a statement is worth in an assignment: an expression keeps its array, also of one element;
    what a command puts out is unrolled."""
    expression = getattr(statement, "expression", None)
    return expression(shell) if expression else unroll(statement(shell))


def logical(word, left, right):
    if word == "and":
        return lambda shell: truth(left(shell)) and truth(right(shell))
    if word == "or":
        return lambda shell: truth(left(shell)) or truth(right(shell))
    return lambda shell: truth(left(shell)) != truth(right(shell))


def number(value):
    if isinstance(value, Enum):
        return value.number
    if isinstance(value, str):
        return float(value) if "." in value else int(value or 0, 0)
    return int(value or 0) if not isinstance(value, float) else value


def add(left, right):
    if isinstance(left, list):
        return left + as_list(right)
    if isinstance(left, str):
        return left + as_text(right)
    if left is None:
        return right
    return number(left) + number(right)


def multiply(left, right, sign):
    if sign == "*":
        return left * int(right) if isinstance(left, (str, list)) else number(left) * number(right)
    quotient = number(left) / number(right)
    return number(left) % number(right) if sign == "%" else int(quotient) if quotient == int(quotient) else quotient


def dotnet_format(template, values):
    return re.sub(r"\{(\d+)(?:,-?\d+)?(?::[^}]*)?\}", lambda m: as_text(values[int(m[1])]), template)


def get_index(value, index):
    if isinstance(value, Hash):
        return value.take(as_text(index))
    if value is None:
        return None
    values = value if isinstance(value, (list, str, bytes)) else [value]
    if isinstance(index, list):
        return [get_index(values, i) for i in index]
    try:
        return values[int(index)]
    except (IndexError, ValueError):
        return None


class Shell:
    """One run of powershell.exe: variables, and the commands and types that `commands` brings."""

    def __init__(self, commands, types, environment, error):
        self.commands, self.types, self.environment, self.write_error = commands, types, environment, error
        self.tries, self.failed = 0, False
        self.variables = {"true": True, "false": False, "null": None, "erroractionpreference": "Continue",
                          "progresspreference": "Continue", "error": [], "?": True, "pshome": r"C:\Windows\System32\WindowsPowerShell\v1.0",
                          "psversiontable": Hash({"PSVersion": "5.1.26100.4061", "PSEdition": "Desktop"}), "lastexitcode": 0}

    def run(self, text, emit):
        """Runs a script; `emit` gets the values that it puts out. The exit code."""
        code = None
        try:
            emit(Parser(text).script()(self))
        except Unwinding as unwinding:
            emit(unwinding.values)
            code = unwinding.code if isinstance(unwinding, Exit) else code
            if isinstance(unwinding, Failure):
                self.write_error(unwinding)
                code = 1
        return code if code is not None else 0 if self.variables["?"] else 1

    def guarded(self, statement):
        """One statement of a list. A failure that ends only the statement is told, and the next one runs."""
        self.failed = False
        try:
            values = statement(self)
        except Failure as failure:
            if failure.ends == "script" or self.tries or self.preference() == "stop":
                raise
            self.note(failure)
            values = failure.values
        self.variables["?"] = not self.failed
        return values

    def preference(self):
        return as_text(self.variables["erroractionpreference"]).lower()

    def note(self, failure, silent=False):
        self.variables["error"].insert(0, failure.record())
        self.failed = True
        if not silent and self.preference() not in ("silentlycontinue", "ignore"):
            self.write_error(failure)

    def with_item(self, item, block):
        before = self.variables.get("_")
        self.variables["_"] = item
        try:
            return block.body(self)
        finally:
            self.variables["_"] = before

    def variable(self, name):
        return self.variables.get(name)

    def member(self, value, name):
        if isinstance(value, Type):
            return value.static(name)
        return get_member(value, name)

    def set_member(self, owner, name, value):
        if not isinstance(owner, (Object, Hash)):
            raise NotUnderstood(f"powershell: cannot set '{name}' of {as_text(owner)!r}")
        owner.put(name, value)

    def set_static(self, kind, name, value):
        self.type(kind).set_static(name, value)

    def type(self, name):
        return Type(self, name)

    def cast(self, name, value):
        return self.types["cast"](self, name.lower().removeprefix("system."), value)

    def call_method(self, value, name, arguments):
        if isinstance(value, Type):
            return value.call(name, arguments)
        return self.types["method"](self, value, name.lower(), arguments)

    def command(self, name, arguments, values):
        """Binds parameters and runs one command, with PowerShell's rules about errors."""
        found = self.commands.get(name.lower())
        if not found:
            raise NotUnderstood(f"powershell: the lab's Windows does not know the command '{name}'")
        parameters, rest = bind(name, found, arguments)
        action = as_text(parameters.pop("erroraction", self.variables["erroractionpreference"])).lower()
        try:
            return found(self, parameters, rest, values)
        except Failure as failure:
            if failure.ends:
                raise
            if action == "stop":
                failure.ends = "script"
                raise
            self.note(failure, silent=action in ("silentlycontinue", "ignore"))
            return failure.values


COMMON = ("erroraction", "warningaction", "informationaction", "errorvariable", "confirm", "whatif", "verbose", "outvariable")


def bind(name, found, arguments):
    """({parameter in lower case: value}, [positional values])."""
    parameters, rest, pending = {}, [], None
    for word, value in arguments:
        if word is None:
            if pending:
                parameters[pending] = value
            else:
                rest.append(value)
            pending = None
            continue
        key = full_name(name, word.lower(), found.parameters)
        parameters[key] = True if value is None else value
        pending = key if value is None and key not in SWITCHES else None
    for ignored in COMMON[1:]:
        parameters.pop(ignored, None)
    return parameters, rest


def full_name(command, word, known):
    """PowerShell takes any unambiguous beginning of a parameter's name."""
    word = {"ea": "erroraction", "wa": "warningaction"}.get(word, word)
    names = [*known, *COMMON]
    close = [word] if word in names else [name for name in names if name.startswith(word)]
    if len(close) != 1:
        raise Failure(f"A parameter cannot be found that matches parameter name '{word}'.",
                      identity=f"NamedParameterNotFound,{command}", category="InvalidArgument", ends="statement")
    return close[0]


class Type:
    """[Name]: a .NET type, as far as it is known."""

    def __init__(self, shell, name):
        self.shell, self.name = shell, name.lower().removeprefix("system.")

    def static(self, name):
        return self.shell.types["static"](self.shell, self.name, name.lower())

    def set_static(self, name, value):
        self.shell.types["set_static"](self.shell, self.name, name.lower(), value)

    def call(self, name, arguments):
        return self.shell.types["static_method"](self.shell, self.name, name.lower(), arguments)


def encoded_command(text):
    return base64.b64decode(text).decode("utf-16-le")

