#!/usr/bin/env python3
"""Reads the published vectors of chapter 12 with the Python implementation beside it.

    python3 check.py [--filter SUBSTRING] [DIR]     DIR: vectors/data of this repository
    python3 check.py --self-test

`--filter` runs the tests whose `file/id` contains SUBSTRING. Exit codes: 0 all passed, 1 a test
failed, 2 usage, 5 passed but a filter left tests out, 6 the vectors themselves are damaged.
"""

import sys
from pathlib import Path

try:
    import cryptography  # noqa: F401
    import kyber_py  # noqa: F401
except ImportError as error:
    print(f"missing: {error.name}; python3 -m pip install 'cryptography>=44' 'kyber-py>=1.2'", file=sys.stderr)
    sys.exit(2)

from reader import operations
from reader.files import SCRIPTS, load_directory
from reader.outcome import Damaged, Failure

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / "data"
PASSED, FAILED, USAGE, INCOMPLETE, DAMAGED = 0, 1, 2, 5, 6


def run_test(file, test):
    """None, or what differs."""
    try:
        operation, suite = file["operation"], file["suite"]
        if operation in SCRIPTS:
            SCRIPTS[operation](test["setup"], suite).run(test["steps"])
        else:
            operations.run(operation, suite, test)
    except Failure as failure:
        return str(failure)
    except Damaged as damage:
        raise Damaged(f"{test['id']}: {damage}") from None
    except Exception as error:  # a crash of this implementation is a failed test, not the end of the run
        return f"raised {error!r}"
    return None


def shortened(text):
    return text if len(text) <= 600 else text[:600] + "..."


def check(directory, wanted):
    files = load_directory(directory)
    passed, failed, left_out = 0, 0, 0
    for name, file in files.items():
        good, failures = 0, []
        for test in file["tests"]:
            if wanted not in f"{name}/{test['id']}":
                left_out += 1
                continue
            difference = run_test(file, test)
            if difference is None:
                good += 1
            else:
                failures.append(f"  {test['id']}: {shortened(difference)}")
        if good or failures:
            print(f"{name}: {good} passed, {len(failures)} failed")
        for line in failures:
            print(line)
        passed, failed = passed + good, failed + len(failures)
    if passed + failed == 0:
        print("the filter selects nothing" if wanted else "no tests", file=sys.stderr)
        return USAGE
    print(f"{passed} passed, {failed} failed")
    if failed:
        return FAILED
    return INCOMPLETE if left_out else PASSED  # VEC-05


def main(arguments):
    wanted, directory = "", None
    while arguments:
        argument = arguments.pop(0)
        if argument == "--self-test" and not arguments and directory is None and not wanted:
            import self_test

            return self_test.run()
        if argument == "--filter" and arguments:
            wanted = arguments.pop(0)
        elif argument.startswith("-") or directory is not None:
            print(__doc__, file=sys.stderr)
            return USAGE
        else:
            directory = Path(argument)
    try:
        return check(directory or DEFAULT_DIRECTORY, wanted)
    except OSError as error:
        print(f"cannot read: {error}", file=sys.stderr)
        return USAGE
    except Damaged as damage:
        print(f"damaged: {damage}", file=sys.stderr)
        return DAMAGED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
