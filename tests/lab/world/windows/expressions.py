"""PowerShell's expressions: operators from loose to tight, then values, variables, strings, types, members.

Statements and pipelines, which may stand inside `$( )` and `{ }`, are in language.py."""
import re

from .operators import add, dotnet_format, get_index, logical, multiply, number, subtract, valued
from .values import Hash, Unwinding, as_list, as_text, compare, truth, unroll

COMPARISONS = (
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "like",
    "notlike",
    "match",
    "notmatch",
    "contains",
    "notcontains",
    "in",
    "notin",
    "is",
    "isnot",
    "as",
    "replace",
    "split",
    "join",
)


class NotUnderstood(BaseException):
    """Beyond this subset."""


class Exit(Unwinding):
    def __init__(self, code):
        super().__init__([])
        self.code = code


class Return(Unwinding):
    pass


class Loop(Unwinding):
    """`break` and `continue`."""

    def __init__(self, ends):
        super().__init__([])
        self.ends = ends


class Block:
    """A script block: its source and what it does."""

    def __init__(self, body, source):
        self.body, self.source = body, source


class Expressions:
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
        return self.text[self.at : self.at + count]

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
            left = (
                lambda l, r, sign: lambda shell: add(l(shell), r(shell))
                if sign == "+"
                else subtract(l(shell), r(shell))
            )(left, right, operator[1])

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
        return {
            "!": lambda shell: not truth(value(shell)),
            "-not": lambda shell: not truth(value(shell)),
            "-join": lambda shell: "".join(as_text(v) for v in as_list(value(shell))),
            "-split": lambda shell: as_text(value(shell)).split(),
            ",": lambda shell: [value(shell)],
            "-": lambda shell: -number(value(shell)),
        }[word]

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
        """Inside brackets a comma makes a list again, also among a method's arguments."""
        comma = self.__dict__.pop("comma", None)
        body = self.statements(end)
        if comma:
            self.comma = comma
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
        inside = self.text[begin : self.at]
        self.take('"')
        return expandable(inside.replace('""', '"') if "$(" not in inside else inside, type(self))

    def at_sign(self):
        here = self.match(r"@'\r?\n(.*?)\r?\n'@") or None
        if here:
            return lambda shell: here[1]
        here = self.match(r'@"\r?\n(.*?)\r?\n"@')
        if here:
            return expandable(here[1], type(self))
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
        name = self.match(r"\$(?:\{([^}]+)\}|(?:(?:script|global|local|using):)?(\w+|\?))") or self.fail(
            "not a variable"
        )
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


def expandable(text, make_parser):
    """A double-quoted string: `n, $name, ${name}, $(…)."""
    parts, parser = [], make_parser(text)
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
