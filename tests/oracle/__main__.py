"""Runs every case on Cascading and says where it differs from what the case expects.

python -m tests.oracle                  run all, compare with the cases and with what is stored
python -m tests.oracle --update         ... and store the results
python -m tests.oracle -k NAME          only cases with this text in their name, shown in full
"""

from __future__ import annotations

import argparse
import sys

from tests.conformance.cases import CASES
from tests.oracle import java
from tests.oracle.export import exported_cases, fingerprint
from tests.oracle.stored import Result, difference, is_alike, load, save, settled

PLANNER = "local"
BY_NAME = {case.name: case for case in CASES}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--update", action="store_true", help="store what Cascading gives")
    parser.add_argument("-k", default="", metavar="NAME", help="only cases with this in their name")
    given = parser.parse_args()
    try:
        java.build()
    except java.CannotBuild as reason:
        print(f"SKIPPED: real Cascading cannot be fetched from Maven Central:\n{reason}")
        return 0
    exported, reasons = exported_cases()
    chosen = {name: case for name, case in exported.items() if given.k in name}
    # What is refused when it is built may be something that Java's compiler refuses already.
    refused = {one.name for one in CASES if one.fails is not None and one.fails.at == "build"}
    results, wrong = [], []
    for case, outcome in zip(chosen.values(), java.run(chosen.values()), strict=True):
        unfit = outcome.pop("unfit", None)
        if unfit is not None and case["name"] not in refused:
            wrong.append(f"{case['name']}\n  Java has no such call: {unfit}")
            continue
        if unfit is not None:
            outcome.update(at="build", error=["no such constructor"])
        identity = {"case": fingerprint(case), "cascading": java.version(), "planner": PLANNER}
        results.append(settled(BY_NAME[case["name"]], Result(**outcome, **identity)))
    wrong += judged(results)
    if not given.update:
        wrong += changed(results)
    elif not given.k:
        save(BY_NAME, results)
    for line in wrong:
        print(line)
    print(f"{len(results)} cases on Cascading {java.version()}, {len(wrong)} of them differ;")
    print(f"{len(reasons)} cases are Python's alone")
    if given.k:
        print(*results, sep="\n")
    return 1 if wrong else 0


def judged(results: list[Result]) -> list[str]:
    """Return what is wrong with the cases, given what Cascading does."""
    wrong = []
    for result in results:
        case = BY_NAME[result.name]
        found = difference(case, result)
        if found is not None and not case.differs:
            wrong.append(f"{case.name}\n  {found}")
        if found is None and case.differs:
            wrong.append(f"{case.name}\n  said to differ ({case.differs}), and does not")
    return wrong


def changed(results: list[Result]) -> list[str]:
    """Return which results are not those that are stored."""
    before = load()
    return [
        f"{result.name}\n  is not stored so: run python -m tests.oracle --update"
        for result in results
        if not is_alike(BY_NAME[result.name], before.get(result.name), result)
    ]


if __name__ == "__main__":
    sys.exit(main())
