"""Compares the table of units, docs/units.md, with pint: every unit that both know must be the same.

    python units.py PROGRAM [--count N --seed N]

pint works with floats, so factors are compared to 12 digits. Then the program converts and adds random quantities, and the
answers must be those of Python's fractions. Needs pint (PyPI).
"""

import argparse
import json
import random
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pint

# Names that mean something else in pint: our definition, and its source or the reason.
SURVEY = "pint's is made of survey feet; here feet are international (1959)"
BTU = "the international table's, 1055.05585262 J (ISO 31-4); pint rounds it"
GAUSSIAN = "the unit of the SI to which NIST SP 811 converts; pint's has dimensions of the Gaussian system"
SPELLING = "pint reads this spelling as another unit, or as a prefix and a unit"
DIFFERENT = {
    **dict.fromkeys(["chain", "rod", "furlong", "league", "fathom", "ftm", "acre", "ac"], SURVEY),
    **dict.fromkeys(["BTU", "Btu", "BTUs", "british_thermal_unit", "therm", "quad", "ton_of_refrigeration"], BTU),
    **dict.fromkeys(["Mx", "maxwell", "gauss", "Oe", "oersted"], GAUSSIAN),
    **dict.fromkeys(
        ["AU", "mil", "decade", "amps", "kb", "Mb", "Gb", "ftlb", "PS", "TR", "fc", "bp"], SPELLING
    ),
    **dict.fromkeys(["bbl", "barrel"], "the barrel of oil, 42 gal (NIST SP 811); pint's has 31.5 gal"),
    "pc": "648000/pi au, as the parsec",
    "parsec": "648000/pi au (IAU 2015, resolution B2); pint takes the tangent of a second of arc",
}

# Points on a scale, which are no factors.
POINTS = {"°C", "℃", "degC", "celsius", "centigrade", "°F", "℉", "degF", "fahrenheit"}


def rows(page: Path):
    """Returns the names of each unit of the page."""
    for line in page.read_text().splitlines():
        if line.startswith("| `"):
            yield re.findall(r"`([^`]+)`", line.split("|")[1])


def ask(program: str, lines: list[str]) -> list[dict]:
    ran = subprocess.run(
        [program, "--format", "json"], input="\n".join(lines) + "\n", capture_output=True, text=True
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


# Units with exact factors: the unit, and its factor of the first unit of its group.
GROUPS = [
    {"m": "1", "km": "1000", "mm": "1/1000", "ft": "381/1250", "inch": "127/5000", "yd": "1143/1250", "mi": "201168/125", "nmi": "1852"},
    {"kg": "1", "g": "1/1000", "lb": "45359237/100000000", "oz": "45359237/1600000000", "t": "1000", "ton": "45359237/50000"},
    {"s": "1", "min": "60", "h": "3600", "d": "86400", "week": "604800", "year": "31557600", "ms": "1/1000"},
    {"L": "1", "mL": "1/1000", "m^3": "1000", "gal": "473176473/125000000", "cup": "473176473/2000000000"},
    {"J": "1", "kWh": "3600000", "cal": "4184/1000", "MJ": "1000000", "N m": "1"},
    {"bit": "1", "B": "8", "KiB": "8192", "MB": "8000000", "Gibit": "1073741824"},
    {"Pa": "1", "bar": "100000", "atm": "101325", "hPa": "100", "N/m^2": "1"},
]


def conversions(options: argparse.Namespace) -> int:
    """Converts and adds random quantities. Returns the number of wrong answers."""
    random.seed(options.seed)
    lines, expected = [], []
    for _ in range(options.count):
        group = random.choice(GROUPS)
        left, right, target = (random.choice(list(group)) for _ in range(3))
        x, y = (Fraction(random.randint(-9999, 9999), random.choice([1, 1, 2, 5, 10, 100, 7])) for _ in range(2))
        factor = {unit: Fraction(size) for unit, size in group.items()}
        if random.random() < 0.5:
            line, value = f"({x}) {left} to {target} to fraction", x * factor[left] / factor[target]
        else:
            sign = random.choice("+-")
            value = x * factor[left] + (y if sign == "+" else -y) * factor[right]
            line, value = f"(({x}) {left} {sign} ({y}) {right}) to {target} to fraction", value / factor[target]
        lines.append(line)
        expected.append(f"{value} {target.replace('inch', 'in').replace('week', 'wk').replace('year', 'yr')}")
    wrong = 0
    for line, answer, value in zip(lines, ask(options.program, lines), expected, strict=True):
        if answer.get("value") != value:
            print(f"{line}: {answer}, expected {value}")
            wrong += 1
    print(f"{len(lines)} conversions and sums, {wrong} wrong")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[2]
    registry = pint.UnitRegistry()
    names = [name for row in rows(root / "docs/units.md") for name in row]
    found = ask(options.program, [f"(1 {name}) to SI" for name in names])
    wrong = compared = 0
    for name, answer in zip(names, found, strict=True):
        if name in POINTS:
            continue
        if "value" not in answer:
            print(f"{name}: {answer}")
            wrong += 1
            continue
        try:
            theirs = registry.Quantity(1, name).to_base_units()
        except Exception:
            continue
        number = answer["value"].split(" ")[0].rstrip("°")
        unit = answer.get("unit", "")
        try:
            ours = registry.Quantity(float(number), unit.replace("°", "degree") or "dimensionless").to_base_units()
            same = ours.dimensionality == theirs.dimensionality and abs(ours.magnitude - theirs.magnitude) <= 1e-12 * abs(
                theirs.magnitude
            )
        except Exception as error:
            print(f"{name}: {answer['value']}: {error}")
            wrong += 1
            continue
        compared += 1
        if name in DIFFERENT:
            if same:
                print(f"{name} is listed as different, but agrees")
                wrong += 1
        elif not same:
            print(f"{name}: here {ours}, pint {theirs}")
            wrong += 1
    print(f"{compared} of {len(names)} names are known to both, {wrong} wrong")
    wrong += conversions(options)
    sys.exit(1 if wrong else 0)


main()
