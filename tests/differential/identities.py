"""Checks that grpcalc decides equalities of algebraic numbers.

    identities.py PROGRAM [--count N] [--seed N]

Makes random numbers of rationals, roots and arithmetic. sympy transforms each one (expands a power,
removes the roots of a denominator, finds the minimal polynomial), so that two different texts have
the same value. `PROGRAM` must answer `true` to `a == b`, and `false` to `a == b + d` for a
difference d that is far too small to see with the digits of other calculators. An answer may be missing only
because of a limit, and then the fault must say so.
"""

import argparse
import collections
import random
import sys

import sympy
from compare import answers

# The exponents of ten of the differences.
SMALL = (30, 300, 1200)
BATCH = 2_000


class Maker:
    def __init__(self, source):
        self.random = source
        self.unknown = sympy.Symbol("x")

    def rational(self):
        r = self.random
        return sympy.Rational(r.randrange(1, 30), r.choice([1, 1, 1, 2, 3, 5, 7]))

    def radical(self):
        r = self.random
        degree = r.choice([2, 2, 2, 2, 3, 4])
        return sympy.Rational(r.randrange(2, 40)) ** sympy.Rational(1, degree)

    def sum(self, terms):
        r = self.random
        total = self.rational() * r.choice([0, 1, -1])
        for _ in range(terms):
            total += r.choice([1, -1]) * self.rational() * self.radical()
        return total

    def identity(self):
        """Two texts of the same number."""
        r = self.random
        kind = r.randrange(6)
        if kind == 0:
            a, n = self.sum(r.randrange(1, 4)), r.randrange(2, 5)
            return f"({text(a)})^{n}", text(sympy.expand(a**n))
        if kind == 1:
            a, b = self.sum(r.randrange(1, 3)), self.sum(r.randrange(1, 3))
            return f"({text(a)})*({text(b)})", text(sympy.expand(a * b))
        if kind == 2:
            a, b = (sympy.sqrt(r.randrange(2, 60)) * r.choice([1, -1]) for _ in range(2))
            c = self.rational()
            divisor = a + b * c if a + b * c != 0 else a
            return f"1/({text(divisor)})", text(sympy.radsimp(1 / divisor))
        if kind == 3:
            a, b = r.randrange(2, 200), r.randrange(2, 200)
            return f"sqrt({a}) + sqrt({b})", f"sqrt({a + b} + 2*sqrt({a * b}))"
        if kind == 4:
            a = sympy.sqrt(r.randrange(2, 40)) + self.rational() * r.choice([sympy.sqrt(r.randrange(2, 40)), sympy.Rational(r.randrange(2, 9)) ** sympy.Rational(1, 3)])
            polynomial = sympy.minimal_polynomial(a, self.unknown, polys=True)
            horner = ""
            for coefficient in polynomial.all_coeffs():
                horner = f"({horner})*({text(a)}) + ({coefficient})" if horner else str(coefficient)
            return horner, "0"
        # A root of a power, with the sign of the number.
        a, n = self.sum(r.randrange(1, 3)), r.choice([3, 5])
        return f"root({text(sympy.expand(a**n))}, {n})", text(a)


def text(number):
    return sympy.sstr(number).replace("**", "^")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    maker = Maker(random.Random(options.seed))
    counts, wrong = collections.Counter(), 0
    for start in range(0, options.count, BATCH):
        lines = []
        for _ in range(min(BATCH, options.count - start)):
            left, right = maker.identity()
            lines.append((f"{left} == {right}", "true"))
            small = maker.random.choice(SMALL)
            lines.append((f"{left} == {right} + 10^-{small}", "false"))
        for (line, expected), (kind, found) in zip(lines, answers(options.program, [line for line, _ in lines])):
            if kind == "value":
                counts["decided"] += found == expected
                wrong += found != expected
            elif "cannot decide" in found or "limit" in found or "no answer within" in found:
                counts["refused"] += 1
            else:
                wrong += 1
            if kind == "fault" or found != expected:
                print(f"{line}\n    expected {expected}, found {found}", file=sys.stderr)
    print(f"{counts['decided']} decided, {counts['refused']} refused - {wrong} wrong")
    sys.exit(1 if wrong or counts["refused"] * 50 > options.count else 0)


if __name__ == "__main__":
    main()
