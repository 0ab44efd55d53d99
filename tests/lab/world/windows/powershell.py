"""A small PowerShell: runs what language.py has parsed, with PowerShell's rules about errors and parameters.

What is not understood raises NotUnderstood, which no script can catch: it must never look like success."""
import base64

from .expressions import Exit, NotUnderstood, Return
from .language import Parser
from .values import Date, Failure, Hash, Object, Unwinding, as_text, get_member

SWITCHES = {
    "compress",
    "unique",
    "passthru",
    "wait",
    "force",
    "nonewline",
    "quiet",
    "all",
    "raw",
    "descending",
    "asjson",
    "allusers",
    "ascii",
    "asarray",
    "recurse",
    "parent",
    "leaf",
    "nonewwindow",
}


class Shell:
    """One run of powershell.exe: variables, and the commands and types that `commands` brings."""

    constrained = False

    def __init__(self, commands, types, environment, error):
        self.commands, self.types, self.environment, self.write_error = commands, types, environment, error
        self.tries, self.failed = 0, False
        self.variables = {
            "true": True,
            "false": False,
            "null": None,
            "erroractionpreference": "Continue",
            "progresspreference": "Continue",
            "error": [],
            "?": True,
            "pshome": r"C:\Windows\System32\WindowsPowerShell\v1.0",
            "psversiontable": Hash({"PSVersion": "5.1.26100.4061", "PSEdition": "Desktop"}),
            "lastexitcode": 0,
        }

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

    def invoke(self, block):
        """A script block; `return` leaves it and no more."""
        try:
            return block.body(self)
        except Return as back:
            return back.values

    def with_item(self, item, block):
        before = self.variables.get("_")
        self.variables["_"] = item
        try:
            return self.invoke(block)
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
        if self.constrained and not is_core(self.type(kind)):
            raise refused("Cannot set property. Property setting", "PropertySetter")
        self.type(kind).set_static(name, value)

    def type(self, name):
        return Type(self, name)

    def cast(self, name, value):
        return self.types["cast"](self, name.lower().removeprefix("system."), value)

    def call_method(self, value, name, arguments):
        if self.constrained and not is_core(value):
            raise refused("Cannot invoke method. Method invocation", "MethodInvocation")
        if isinstance(value, Type):
            return value.call(name, arguments)
        return self.types["method"](self, value, name.lower(), arguments)

    def command(self, name, arguments, values, _streams=()):
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


COMMON = (
    "erroraction",
    "warningaction",
    "informationaction",
    "errorvariable",
    "confirm",
    "whatif",
    "verbose",
    "outvariable",
)


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
        raise Failure(
            f"A parameter cannot be found that matches parameter name '{word}'.",
            identity=f"NamedParameterNotFound,{command}",
            category="InvalidArgument",
            ends="statement",
        )
    return close[0]


CORE = ("string", "char", "datetime", "timespan", "int", "int32", "long", "bool", "byte", "double", "guid", "regex", "version", "array")


def is_core(value):
    """A type, or a value of one, whose methods ConstrainedLanguage allows (about_Language_Modes)."""
    return value.name in CORE if isinstance(value, Type) else isinstance(value, (str, int, float, list, Hash, Date, type(None)))


def refused(what, identity):
    return Failure(
        f"{what} is supported only on core types in this language mode.",
        identity=f"{identity}NotSupportedInConstrainedLanguage",
        category="InvalidOperation",
        exception="RuntimeException",
        ends="statement",
    )


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
