"""PowerShell's operators, on the values of values.py."""
import re

from .values import Date, Enum, Hash, as_list, as_text, span, truth, unroll


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


def subtract(left, right):
    return span(left, right) if isinstance(left, Date) and isinstance(right, Date) else number(left) - number(right)


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
