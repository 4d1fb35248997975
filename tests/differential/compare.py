"""Compares grpcalc's answers with those of Python's fractions and mpmath.

    compare.py PROGRAM [--count N] [--seed N]

Makes random lines of the language, pipes them through `PROGRAM --digits 20`, and computes
each in Python: exactly if possible, else with mpmath at 80 digits. If the answers differ, it
repeats that with more digits, since mpmath loses digits to cancellation without a
warning. A rational must be equal, a real must be within one unit of the last digit shown, and
a fault must be a fault in Python too.

The lines are made as trees. Each tree writes its own text, with as many parentheses as the
language needs, and computes its own value. So the text is read only by the program.
"""

import argparse
import math
import random
import re
import subprocess
import sys
from fractions import Fraction

import mpmath
from mpmath import mp

DIGITS = 20
BATCH = 20_000
# Precisions of mpmath in digits. A larger one is tried when the smaller one disagrees.
PRECISIONS = (80, 400, 2500)
LONGEST = 400  # digits of a number, so that Python keeps up


class Fault(Exception):
    """The line has no value; `args[0]` is the reason."""


class Skip(Exception):
    """Python cannot compute the value with reasonable effort."""


# Binding strength of operators, as in the language. A call without parentheses takes all that
# stands side by side behind it, so it is looser than that.
LOGIC, COMPARE, BITS, ADD, MULTIPLY, BARE_CALL, JUXTAPOSE, PREFIX, POWER, POSTFIX, ATOM = range(11)


def bounded(value):
    if isinstance(value, bool):
        return value
    if isinstance(value, Fraction):
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > 1300:
            raise Skip
        return value
    if isinstance(value, mpmath.mpc) or not mpmath.isfinite(value):
        raise Skip
    if value != 0 and abs(mpmath.log10(abs(value))) > LONGEST:
        raise Skip
    return value


def real(value):
    if isinstance(value, Fraction):
        return mp.mpf(value.numerator) / value.denominator
    return value


def far_from(value, what):
    """Returns `value` for a decision that depends on its distance from zero."""
    if isinstance(value, Fraction):
        return value
    if abs(value) < mpmath.mpf(10) ** (-mp.dps // 2):
        raise Skip(what)
    return value


def exact(value):
    if not isinstance(value, Fraction):
        raise Fault("DOMAIN")
    return value


def integer(value):
    if exact(value).denominator != 1:
        raise Fault("DOMAIN")
    return value.numerator


def natural(value):
    n = integer(value)
    if n < 0:
        raise Fault("DOMAIN")
    return n


def floor(value):
    if isinstance(value, Fraction):
        return Fraction(math.floor(value))
    nearest = mpmath.nint(value)
    far_from(value - nearest, "floor")
    return Fraction(int(mpmath.floor(value)))


def both(exactly, really):
    def operation(a, b):
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return exactly(a, b)
        return really(real(a), real(b))

    return operation


def divide(a, b):
    if far_from(b, "divisor") == 0:
        raise Fault("DIVISION_BY_ZERO")
    return both(lambda a, b: a / b, lambda a, b: a / b)(a, b)


def modulo(a, b):
    return minus(a, times(b, floor(divide(a, b))))


plus = both(lambda a, b: a + b, lambda a, b: a + b)
minus = both(lambda a, b: a - b, lambda a, b: a - b)


def times(a, b):
    if a == 0 and isinstance(a, Fraction) or b == 0 and isinstance(b, Fraction):
        return Fraction(0)
    return both(lambda a, b: a * b, lambda a, b: a * b)(a, b)


def exact_root(n, degree):
    if n < 2:
        return n
    root = round(mpmath.root(mp.mpf(n), degree))
    return int(root) if int(root) ** degree == n else None


def power(a, b):
    if isinstance(b, Fraction) and b == 0:
        return Fraction(1)
    if isinstance(b, Fraction) and b.denominator == 1:
        if far_from(a, "base") == 0 and b < 0:
            raise Fault("DIVISION_BY_ZERO")
        if abs(b) > 400:
            raise Skip
        if isinstance(a, Fraction):
            return a ** int(b)
        return a ** int(b)
    if far_from(a, "base") == 0:
        if far_from(b, "exponent") < 0:
            raise Fault("DIVISION_BY_ZERO")
        return Fraction(0)
    if a < 0:
        raise Fault("DOMAIN")
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        if a == 1:
            return Fraction(1)
        if b.denominator < 64 and abs(b.numerator) < 400:
            up = exact_root(a.numerator, b.denominator)
            down = exact_root(a.denominator, b.denominator)
            if up is not None and down is not None:
                return Fraction(up, down) ** b.numerator
    if abs(real(b) * mpmath.log(real(a))) > 900:
        raise Skip
    return mpmath.power(real(a), real(b))


def within(check, function, at=None):
    """A real function with its domain and the one point where its value is rational."""

    def wrapped(x):
        if at is not None and isinstance(x, Fraction) and x == at[0]:
            return Fraction(at[1])
        if not check(x):
            raise Fault("DOMAIN")
        return function(real(x))

    return wrapped


def anywhere(_):
    return True


def positive(x):
    return far_from(x, "sign") > 0


def at_most_one(x):
    return abs(x) == 1 and isinstance(x, Fraction) or far_from(1 - abs(x), "one") > 0


def root_of(degree):
    def function(x):
        if far_from(x, "sign") < 0 and degree % 2 == 0:
            raise Fault("DOMAIN")
        if isinstance(x, Fraction):
            up, down = exact_root(abs(x.numerator), degree), exact_root(x.denominator, degree)
            if up is not None and down is not None:
                return Fraction(up if x >= 0 else -up, down)
        size = mpmath.root(abs(real(x)), degree)
        return size if x >= 0 else -size

    return function


def logarithm(base):
    def function(x):
        if far_from(x, "sign") <= 0:
            raise Fault("DOMAIN")
        if isinstance(x, Fraction):
            for exponent in range(-400, 401) if abs(mpmath.log(real(x))) < 900 else []:
                if Fraction(base) ** exponent == x:
                    return Fraction(exponent)
        return mpmath.log(real(x)) / mpmath.log(base)

    return function


def gamma(x):
    if isinstance(x, Fraction) and x.denominator == 1:
        if x <= 0:
            raise Fault("DOMAIN")
        if x > 150:
            raise Skip
        return Fraction(math.factorial(int(x) - 1))
    if abs(x) > 150:
        raise Skip
    if x < 0:
        far_from(x - mpmath.nint(real(x)), "pole")
    return mpmath.gamma(real(x))


def rounded(x):
    half = floor(plus(abs(x), Fraction(1, 2)))
    return half if half == 0 or x > 0 else -half


def truncated(x):
    whole = floor(abs(x))
    return whole if whole == 0 or x > 0 else -whole


def angle(x):
    if abs(real(x)) > mpmath.mpf(10) ** 40:
        raise Skip
    return True


def small_exponent(x):
    if abs(x) > 900:
        raise Skip
    return True


REAL = {
    "sqrt": root_of(2),
    "cbrt": root_of(3),
    "exp": within(small_exponent, mpmath.exp, (0, 1)),
    "ln": within(positive, mpmath.log, (1, 0)),
    "log2": logarithm(2),
    "log10": logarithm(10),
    "log": logarithm(10),
    "sin": within(angle, mpmath.sin, (0, 0)),
    "cos": within(angle, mpmath.cos, (0, 1)),
    "tan": within(angle, mpmath.tan, (0, 0)),
    "asin": within(at_most_one, mpmath.asin, (0, 0)),
    "acos": within(at_most_one, mpmath.acos, (1, 0)),
    "atan": within(anywhere, mpmath.atan, (0, 0)),
    "sinh": within(small_exponent, mpmath.sinh, (0, 0)),
    "cosh": within(small_exponent, mpmath.cosh, (0, 1)),
    "tanh": within(small_exponent, mpmath.tanh, (0, 0)),
    "asinh": within(anywhere, mpmath.asinh, (0, 0)),
    "acosh": within(lambda x: x == 1 or far_from(x - 1, "one") > 0, mpmath.acosh, (1, 0)),
    "atanh": within(lambda x: abs(x) != 1 and far_from(1 - abs(x), "one") > 0, mpmath.atanh, (0, 0)),
    "gamma": gamma,
}

RATIONAL = {
    "abs": abs,
    "sign": lambda x: Fraction(0) if far_from(x, "sign") == 0 else Fraction(1 if x > 0 else -1),
    "floor": floor,
    "ceil": lambda x: -floor(-x),
    "round": rounded,
    "trunc": truncated,
    "frac": lambda x: minus(x, truncated(x)),
}


def compared(choose):
    def function(*values):
        best = values[0]
        for value in values[1:]:
            far_from(minus(value, best), "order")
            if choose(value, best):
                best = value
        return best

    return function


def total(*values):
    result = Fraction(0)
    for value in values:
        result = plus(result, value)
    return result


SEVERAL = {
    "min": compared(lambda a, b: minus(a, b) < 0),
    "max": compared(lambda a, b: minus(a, b) > 0),
    "sum": total,
    "mean": lambda *values: divide(total(*values), Fraction(len(values))),
}


def combinations(n, k):
    n, k = natural(n), natural(k)
    if n > 2000:
        raise Skip
    return Fraction(math.comb(n, k))


def shifted(a, n):
    a, n = integer(a), integer(n)
    if abs(n) > 1000:
        raise Skip
    return Fraction(a << n if n >= 0 else a >> -n)


def fibonacci(n):
    n = natural(n)
    if n > 1000:
        raise Skip
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return Fraction(a)


INTEGRAL = {
    "gcd": (2, lambda a, b: Fraction(math.gcd(integer(a), integer(b)))),
    "lcm": (2, lambda a, b: Fraction(math.lcm(integer(a), integer(b)))),
    "comb": (2, combinations),
    "band": (2, lambda a, b: Fraction(integer(a) & integer(b))),
    "bor": (2, lambda a, b: Fraction(integer(a) | integer(b))),
    "bxor": (2, lambda a, b: Fraction(integer(a) ^ integer(b))),
    "bnot": (1, lambda a: Fraction(~integer(a))),
    "shl": (2, shifted),
    "shr": (2, lambda a, n: shifted(a, -n)),
    "fib": (1, fibonacci),
}


def factorial(x):
    n = natural(x)
    if n > 150:
        raise Skip
    return Fraction(math.factorial(n))


def multifactorial(n, step):
    product = 1
    while n > 0:
        product *= n
        n -= step
    return Fraction(product)


def ordered(sign, a, b):
    """Compares two numbers. The comparison must not depend on the precision."""
    difference = far_from(minus(a, b), "order")
    return {
        "<": difference < 0,
        "<=": difference <= 0,
        "≤": difference <= 0,
        ">": difference > 0,
        ">=": difference >= 0,
        "≥": difference >= 0,
        "==": difference == 0,
        "!=": difference != 0,
        "≠": difference != 0,
    }[sign]


# Each level of bits by itself, the loosest first.
BIT_SIGNS = {
    "|": lambda a, b: Fraction(integer(a) | integer(b)),
    "xor": lambda a, b: Fraction(integer(a) ^ integer(b)),
    "&": lambda a, b: Fraction(integer(a) & integer(b)),
    "<<": shifted,
    ">>": lambda a, n: shifted(a, -n),
}

FACTORS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}

# Names of other calculators, and those of the language.
ALIASES = {"log10": "lg", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "trunc": "int", "sign": "sgn", "mean": "avg", "comb": "nCr", "fib": "fibonacci", "asinh": "arsinh"}

BINARY = {
    "+": (ADD, plus),
    "-": (ADD, minus),
    "*": (MULTIPLY, times),
    "×": (MULTIPLY, times),
    "/": (MULTIPLY, divide),
    "÷": (MULTIPLY, divide),
    "mod": (MULTIPLY, modulo),
    "//": (MULTIPLY, lambda a, b: floor(divide(a, b))),
    "−": (ADD, minus),
    "^": (POWER, power),
}


class Maker:
    """Makes random trees: tuples of a level, a text and a function that computes the value."""

    def __init__(self, random):
        self.random = random

    def literal(self):
        r = self.random
        kind = r.randrange(18)
        if kind > 11:
            return self.rare_literal(kind)
        if kind < 5:
            n = r.choice([0, 1, 2, 3, 10, r.randrange(100), r.randrange(10**6)])
            return str(n), Fraction(n)
        if kind == 5:
            n = r.randrange(10 ** r.randrange(1, 40))
            return f"{n:_}" if n > 999 else str(n), Fraction(n)
        if kind == 6:
            n = r.randrange(2**20)
            prefix, spec = r.choice([("0x", "x"), ("0b", "b"), ("0o", "o")])
            return prefix + format(n, spec), Fraction(n)
        if kind == 7:
            text, value = r.choice([("½", (1, 2)), ("⅔", (2, 3)), ("⅛", (1, 8)), (".5", (1, 2)), ("5.", (5, 1))])
            return text, Fraction(*value)
        if kind == 8:
            text = f"{r.randrange(1000)}.{r.randrange(10**4)}e{r.randrange(-30, 31)}"
            return text, Fraction(text)
        text = f"{r.randrange(1000)}.{r.randrange(10 ** r.randrange(1, 12))}"
        return text, Fraction(text)

    def rare_literal(self, kind):
        r = self.random
        if kind == 12:
            digits = "".join(r.choice("0123456789") for _ in range(r.randrange(1, 4)))
            return f"0.({digits})", Fraction(int(digits), 10 ** len(digits) - 1)
        if kind == 13:
            whole, start, digits = r.randrange(100), str(r.randrange(1000)), str(r.randrange(1, 100))
            tail = Fraction(int(digits), 10 ** len(digits) - 1) / 10 ** len(start)
            return f"{whole}.{start}({digits})...", Fraction(f"{whole}.{start}") + tail
        if kind == 14:
            base, text, n = r.randrange(2, 37), "", r.randrange(1, 10**9)
            value = Fraction(n)
            while n:
                text = "0123456789abcdefghijklmnopqrstuvwxyz"[n % base] + text
                n //= base
            return f"{base}#{text}", value
        if kind == 15:
            n = r.randrange(1000, 10**12)
            return f"{n:,}".replace(",", "'"), Fraction(n)
        if kind == 16:
            n, point, shift = r.randrange(2**16), r.randrange(2**8), r.randrange(-6, 7)
            return f"0x{n:x}.{point:02x}p{shift}", (n + Fraction(point, 256)) * Fraction(2) ** shift
        n = r.randrange(10**6)
        return str(n).translate({48 + digit: 0xFF10 + digit for digit in range(10)}), Fraction(n)

    def natural(self, bound):
        n = self.random.randrange(bound)
        return ATOM, str(n), lambda: Fraction(n)

    def rare(self, depth):
        """A tree of the forms that few other calculators have."""
        r = self.random
        kind = r.randrange(13)
        if kind == 0:
            a, c = r.randrange(1, 20), r.randrange(2, 20)
            b = r.randrange(1, c)
            return ADD, f"{a} {b}/{c}", lambda: a + Fraction(b, c)
        if kind == 1:
            name = r.choice([*FACTORS])
            n = self.natural(1000)
            return BARE_CALL, f"{n[1]} {name}", lambda: n[2]() * FACTORS[name]
        if kind == 2:
            n, letter = self.natural(1000), r.choice("kM")
            return BARE_CALL, n[1] + letter, lambda: n[2]() * {"k": 1000, "M": 10**6}[letter]
        if kind == 3:
            name, function = r.choice([*REAL.items()])
            if name == "log":
                name = "ln"
                function = REAL["ln"]
            n = r.choice([self.natural(100), (ATOM, "pi", lambda: +mp.pi), (POWER, "2^3", lambda: Fraction(8)), (JUXTAPOSE, "2 pi", lambda: 2 * mp.pi), (POSTFIX, "3²", lambda: Fraction(9)), (PREFIX, "-1", lambda: Fraction(-1))])
            return BARE_CALL, f"{name} {n[1]}", lambda: function(n[2]())
        if kind == 4:
            name = r.choice(["sin", "cos", "tan", "ln", "sqrt"])
            n, x = r.choice([2, 3]), self.natural(100)
            return BARE_CALL, f"{name}^{n} {x[1]}", lambda: power(REAL[name](x[2]()), Fraction(n))
        if kind == 5:
            x = self.tree(depth - 1)
            if "|" in x[1] or x[0] < BITS:
                return x
            return ATOM, f"|{x[1]}|", lambda: abs(x[2]())
        if kind == 6:
            sign = r.choice([*BIT_SIGNS])
            a, b = self.natural(2**40), self.natural(64)
            plain = f"{a[1]} {sign} {b[1]}"
            if r.random() < 0.5:
                # Sums are tighter.
                return BITS, f"{plain} + 1", lambda: BIT_SIGNS[sign](a[2](), b[2]() + 1)
            return BITS, plain, lambda: BIT_SIGNS[sign](a[2](), b[2]())
        if kind == 7:
            a = self.natural(2**40)
            return PREFIX, "~" + a[1], lambda: -a[2]() - 1
        if kind == 8:
            x, (sign, degree) = self.operand(depth, PREFIX), r.choice([("√", 2), ("∛", 3)])
            return PREFIX, sign + x[1], lambda: root_of(degree)(x[2]())
        if kind == 9:
            parts = [r.randrange(100) for _ in range(r.randrange(2, 4))]
            signs = [r.choice("+-") for _ in parts]
            text, value = f"{parts[0]}%", Fraction(parts[0], 100)
            for sign, part in zip(signs[1:], parts[1:]):
                text += f" {sign} {part}%"
                value += Fraction(part if sign == "+" else -part, 100)
            return ADD, f"({text})", lambda: value
        if kind == 10:
            part, x = r.randrange(1, 200), self.operand(depth, JUXTAPOSE)
            return MULTIPLY, f"{part}% of {x[1]}", lambda: times(Fraction(part, 100), x[2]())
        if kind == 11:
            n, step = r.randrange(60), r.randrange(2, 5)
            return POSTFIX, f"{n}{'!' * step}", lambda: multifactorial(n, step)
        x, form = self.tree(depth - 1), r.choice(["sci", "eng", "percent", "5 digits", "dec", "3 dp to sci"])
        # The product shows the value in the usual form.
        return MULTIPLY, f"({x[1]} {r.choice(['to', 'as', 'in', '->'])} {form}) * 1", x[2]

    def truth(self, depth):
        r = self.random
        kind = r.randrange(6)
        if depth > 0 and kind == 0:
            a = self.truth(depth - 1)
            return LOGIC, f"not ({a[1]})", lambda: not a[2]()
        if depth > 0 and kind < 3:
            a, b, c = (self.truth(depth - 1) for _ in range(3))
            texts = [x[1] if x[0] > LOGIC else f"({x[1]})" for x in (a, b, c)]
            # `and` is tighter than `or`.
            if kind == 1:
                return LOGIC, f"{texts[0]} or {texts[1]} and {texts[2]}", lambda: a[2]() or b[2]() and c[2]()
            return LOGIC, f"{texts[0]} and {texts[1]} or {texts[2]}", lambda: a[2]() and b[2]() or c[2]()
        count = r.randrange(2, 4)
        signs = [r.choice(["<", "<=", ">", ">=", "≤", "≥"]) for _ in range(count - 1)]
        if count == 2 and r.random() < 0.3:
            signs = [r.choice(["==", "!=", "≠"])]
        numbers = [self.operand(depth, BITS) for _ in range(count)]
        text = numbers[0][1]
        for sign, number in zip(signs, numbers[1:]):
            text += f" {sign} {number[1]}"

        def chain():
            values = [number[2]() for number in numbers]
            return all([ordered(sign, a, b) for sign, a, b in zip(signs, values, values[1:])])

        return COMPARE, text, chain

    def line(self):
        """A tree for a whole line."""
        r = self.random
        depth = r.randrange(1, 5)
        if r.random() < 0.1:
            return self.truth(depth // 2)
        level, text, compute = self.tree(depth)
        kind = r.randrange(40)
        # `sqrt(pi) =` looks like the start of a definition, and so does `pi =`.
        if kind == 0 and not re.fullmatch(r"\w+(\([^\W\d]*\))?", text):
            text += " ="
        if kind == 1:
            text = "= " + text
        if kind == 2:
            text += " # the end"
        if kind == 3:
            condition, other = self.truth(1), self.tree(1)
            text = f"if({condition[1]}, {text}, {other[1]})"
            return ATOM, text, lambda: compute() if condition[2]() else other[2]()
        return level, text, compute

    def tree(self, depth):
        r = self.random
        if depth > 0 and r.random() < 0.12:
            return self.rare(depth)
        if depth <= 0 or r.random() < 0.12:
            if r.random() < 0.12:
                name, value = r.choice(
                    [("pi", lambda: +mp.pi), ("π", lambda: +mp.pi), ("e", lambda: +mp.e), ("phi", lambda: +mp.phi)]
                )
                return ATOM, name, value
            text, value = self.literal()
            return ATOM, text, lambda: value
        kind = r.randrange(20)
        if kind < 10:
            return self.binary(depth)
        if kind < 13:
            name, function = r.choice([*REAL.items()])
            return self.call(name, function, 1, depth)
        if kind == 13:
            name, function = r.choice([*RATIONAL.items()])
            return self.call(name, function, 1, depth)
        if kind == 14:
            name, function = r.choice([*SEVERAL.items()])
            return self.call(name, function, r.randrange(1, 4), depth)
        if kind == 15:
            name, (count, function) = r.choice([*INTEGRAL.items()])
            return self.call(name, function, count, 0)
        if kind == 16:
            x = self.operand(depth, PREFIX)
            return PREFIX, "-" + x[1], lambda: -x[2]()
        if kind == 17:
            return self.postfix(depth)
        if kind == 18:
            return self.percent(depth)
        left, right = self.operand(depth, JUXTAPOSE), self.tree(depth - 1)
        if left[1][-1] not in ")²³!":
            left = (ATOM, f"({left[1]})", left[2])
        return JUXTAPOSE, f"{left[1]}({right[1]})", lambda: times(left[2](), right[2]())

    def operand(self, depth, level):
        tree = self.tree(depth - 1)
        if tree[0] < level or self.random.random() < 0.05:
            return ATOM, f"({tree[1]})", tree[2]
        return tree

    def binary(self, depth):
        sign = self.random.choice([*BINARY])
        level, function = BINARY[sign]
        if sign == "^":
            left = self.operand(depth, POSTFIX)
            if self.random.random() < 0.8:
                n = self.random.choice([0, 1, 2, 3, 5, 10])
                right = self.random.choice([(ATOM, str(n), Fraction(n)), (PREFIX, f"-{n}", Fraction(-n)), (ATOM, "½", Fraction(1, 2)), (ATOM, "(1/3)", Fraction(1, 3))])
                value = right[2]
                return POWER, f"{left[1]}^{right[1]}", lambda: function(left[2](), value)
            right = self.operand(depth, PREFIX)
        else:
            left, right = self.operand(depth, level), self.operand(depth, level + 1)
        # A percentage on the right of a sum is a fraction of the left side.
        if level == ADD and "%" in left[1] + right[1]:
            left = (MULTIPLY, f"1 * ({left[1]})", left[2])
        if level == ADD and right[1].endswith("%"):
            right = (ATOM, f"({right[1]})", right[2])
        space = " " if sign == "mod" else self.random.choice(["", " ", "  ", "\u00a0"])
        if left[1].endswith("%"):
            space = "" if level == ADD else " "
            left = (ATOM, f"({left[1]})", left[2])
        return level, f"{left[1]}{space}{sign}{space}{right[1]}", lambda: function(left[2](), right[2]())

    def call(self, name, function, count, depth):
        arguments = [self.tree(max(depth - 1, 0)) for _ in range(count)]
        text = ", ".join(argument[1] for argument in arguments)
        if self.random.random() < 0.2:
            name = ALIASES.get(name, name)
        return ATOM, f"{name}({text})", lambda: function(*[argument[2]() for argument in arguments])

    def postfix(self, depth):
        if self.random.random() < 0.3:
            n = self.random.randrange(30)
            return POSTFIX, f"{n}!", lambda: factorial(Fraction(n))
        x = self.operand(depth, POSTFIX)
        if x[1][-1] in "⁰¹²³⁴⁵⁶⁷⁸⁹":
            x = (ATOM, f"({x[1]})", x[2])
        n = self.random.choice([2, 3, -1])
        text = {2: "²", 3: "³", -1: "⁻¹"}[n]
        return POSTFIX, x[1] + text, lambda: power(x[2](), Fraction(n))

    def percent(self, depth):
        left, right = self.operand(depth, ADD), self.operand(0, POSTFIX)
        # Written percentages would add.
        if "%" in left[1]:
            left = (MULTIPLY, f"1 * ({left[1]})", left[2])
        sign, one = self.random.choice([("+", 1), ("-", -1)])
        share = lambda: plus(Fraction(1), times(Fraction(one, 100), right[2]()))
        return ADD, f"{left[1]} {sign} {right[1]}%", lambda: times(left[2](), share())


def expected(compute):
    """Returns the value of a tree or its fault, as a tuple with its kind."""
    try:
        return "value", bounded(compute())
    except Fault as fault:
        return "fault", fault.args[0]


def agrees(text, value):
    """Whether a shown number equals the value within one unit of its last digit."""
    if isinstance(value, Fraction):
        try:
            shown = Fraction(text)
        except ValueError:
            return False
        if shown == value:
            return True
        # The shown number is rounded.
        return within_a_unit(text, abs(shown - value), Fraction)
    with mp.workdps(500):
        difference = abs(mp.mpf(text) - value)
    return within_a_unit(text, difference, mp.mpf)


def within_a_unit(text, difference, number):
    mantissa, _, exponent = text.lower().partition("e")
    digits = mantissa.replace("-", "").replace(".", "").lstrip("0")
    if digits == "":
        return difference < number(10) ** -1000
    # Trailing zeros are not shown; the last digit is the twentieth.
    first = len(mantissa.replace("-", "").partition(".")[0].lstrip("0"))
    if first == 0:
        broken = mantissa.partition(".")[2]
        first = -(len(broken) - len(broken.lstrip("0")))
    unit = first + int(exponent or 0) - max(DIGITS, 1)
    with mp.workdps(500):
        return difference < (number(10) ** unit if unit >= 0 else 1 / number(10) ** -unit)


def check(line, compute, answer):
    """Returns a description of what is wrong with an answer, or None."""
    for digits in PRECISIONS:
        with mp.workdps(digits):
            try:
                kind, value = expected(compute)
            except (Skip, OverflowError, mpmath.libmp.NoConvergence, ValueError):
                return "skipped"
            if kind == "fault":
                wrong = None if answer[0] == "fault" else f"expected {value}, found {answer[1]}"
            elif answer[0] == "fault":
                wrong = f"expected {value if isinstance(value, bool) else mpmath.nstr(real(value), 30)}, found {answer[1]}"
            elif isinstance(value, bool):
                wrong = None if answer[1] == str(value).lower() else f"expected {value}, found {answer[1]}"
            elif line.endswith("to fraction"):
                exact = isinstance(value, Fraction)
                wrong = None if exact and answer[1] == str(value) else f"expected {value}, found {answer[1]}"
            else:
                good = agrees(answer[1], value)
                wrong = None if good else f"expected {mpmath.nstr(real(value), 40)}, found {answer[1]}"
        if wrong is None:
            return None
    # If the true value is zero, no precision settles it, and the last ones are slow.
    vanishes = kind == "value" and not isinstance(value, bool) and abs(real(value)) < mpmath.mpf(10) ** (-PRECISIONS[-1] * 3 // 4)
    dear = answer[1] == "0" or "needs more work" in answer[1]
    if "cannot decide" in answer[1] or (vanishes and dear):
        return "undecided"
    return wrong


def answers(program, lines):
    """Returns the program's answer or fault for each line, as text."""
    command = [program, "--digits", str(DIGITS)]
    script = "\n".join(lines) + "\n"
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=900)
    if done.returncode not in (0, 1):
        sys.exit(f"the program ended with {done.returncode}: {done.stderr[-500:]}")
    faults = {}
    for text in done.stderr.splitlines():
        place, _, message = text.removeprefix("grpcalc: line ").partition(": ")
        faults[int(place)] = message
    values = iter(done.stdout.splitlines())
    for number in range(1, len(lines) + 1):
        yield ("fault", faults[number]) if number in faults else ("value", next(values))
    if next(values, None) is not None:
        sys.exit("more answers than lines")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    maker = Maker(random.Random(options.seed))
    counts = {"compared": 0, "skipped": 0, "undecided": 0}
    wrong = []
    for start in range(0, options.count, BATCH):
        batch = []
        for _ in range(min(BATCH, options.count - start)):
            level, text, compute = maker.line()
            if maker.random.random() < 0.2 and level >= BITS and "=" not in text and "#" not in text:
                with mp.workdps(30):
                    try:
                        if isinstance(expected(compute)[1], Fraction):
                            text += " to fraction"
                    except Exception:
                        pass
            batch.append((text, compute))
        for (text, compute), answer in zip(batch, answers(options.program, [text for text, _ in batch])):
            found = check(text, compute, answer)
            counts[found if found in counts else "compared"] += 1
            if found not in (None, *counts):
                wrong.append((text, found))
                print(f"{text}\n    {found}", file=sys.stderr)
    print(", ".join(f"{count} {name}" for name, count in counts.items()), f"- {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
