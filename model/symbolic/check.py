#!/usr/bin/env python3
"""Makes the models of variants.txt, asks Verifpal about each and compares every answer.

Run it as .ci/symbolic, which installs the tool. Exit code: 0 every answer as expected, 1 not,
2 a mistake in the files here, 3 the tool is missing. README.md describes the files.
"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = ("before", "middle", "after")


class Mistake(Exception):
    pass


class Variant:
    def __init__(self, base, name, line):
        self.base, self.short, self.line = base, name, line
        self.name = f"{base}/{name}"
        self.edits, self.leaks = [], {place: [] for place in PLACES}
        self.sessions, self.ask, self.expect, self.why = 1, None, None, []


def variants(text):
    found = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#", 1)[0].rstrip()
        if not line:
            continue
        words = line.split()
        if not raw.startswith(" "):
            if len(words) != 1 or "/" not in words[0]:
                raise Mistake(f"line {number}: a variant is BASE/NAME")
            found.append(Variant(*words[0].split("/", 1), number))
            continue
        if not found:
            raise Mistake(f"line {number}: no variant to belong to")
        now = found[-1]
        if words[0] == "edit":
            now.edits += words[1:]
        elif words[0] == "leak" and len(words) > 2 and words[1] in PLACES:
            now.leaks[words[1]] += words[2:]
        elif words[0] == "sessions":
            now.sessions = int(words[1])
        elif words[0] == "ask":
            now.ask = words[1:]
        elif words[0] == "expect":
            now.expect = re.findall(r"[cafue][01]", words[1])
        elif words[0] == "why":
            now.why.append(line.split(None, 1)[1])
        elif now.why:
            now.why.append(line.strip())
        else:
            raise Mistake(f"line {number}: {words[0]} is not known")
    names = [v.name for v in found]
    for v in found:
        if names.count(v.name) > 1:
            raise Mistake(f"{v.name} stands twice")
        if not v.expect or not v.why:
            raise Mistake(f"{v.name} needs an expected result and a reason")
    return found


def edited(lines, edits):
    """Lines marked //- NAME leave with edit NAME, as what stands between //@ cut NAME and
    //@ end NAME; lines //+ NAME: TEXT come with it."""
    known, out, cut = set(), [], False
    for line in lines:
        mark = re.match(r"^//@ (cut|end) ([a-z0-9-]+)$", line)
        if mark:
            known.add(mark[2])
            cut = mark[1] == "cut" and mark[2] in edits
            continue
        if cut:
            continue
        plus = re.match(r"^(\s*)//\+ ([a-z0-9 -]+): (.*)$", line)
        minus = re.match(r"^(.*?)\s*//- ([a-z0-9 -]+)$", line)
        if plus:
            known.update(plus[2].split())
            if set(plus[2].split()) & set(edits):
                out.append(plus[1] + plus[3])
        elif minus:
            known.update(minus[2].split())
            if not set(minus[2].split()) & set(edits):
                out.append(minus[1])
        else:
            out.append(line)
    for edit in edits:
        if edit not in known:
            raise Mistake(f"edit {edit} changes nothing")
    return out


def leaked(lines, leaks):
    """Puts the leaks in. What somebody knows or draws leaks through Thief, a principal of its own:
    a run that has stopped leaks nothing any more. What is computed leaks from its owner."""
    owner, principal, out = {}, None, []
    stolen = {value for place in PLACES for value in leaks[place]}
    for line in lines:
        start = re.match(r"^principal (\w+)\[", line)
        principal = start[1] if start else principal
        drawn = re.match(r"^(\s+)(generates|knows private) (.*)$", line)
        made = re.match(r"^\s+([\w, ]+) = ", line)
        if drawn:
            # In one session a drawn value is one value, which Thief can know.
            values = drawn[3].split(", ")
            owner.update((value, "Thief") for value in values)
            taken = [value for value in values if value in stolen and drawn[2] == "generates"]
            rest = [value for value in values if value not in taken]
            if taken:
                out.append(f"{drawn[1]}knows private {', '.join(taken)}")
            if rest:
                out.append(f"{drawn[1]}{drawn[2]} {', '.join(rest)}")
            continue
        out.append(line)
        for value in made[1].split(", ") if made else []:
            owner.setdefault(value, principal)
            if value in leaks["before"]:
                out.append(f"\tleaks {value}")

    def block(value):
        if value not in owner:
            raise Mistake(f"nobody makes {value}")
        if owner[value] != "Thief":
            return f"principal {owner[value]}[\n\tleaks {value}\n]"
        return f"principal Thief[\n\tknows private {value}\n\tleaks {value}\n]"

    lines, out, phase = out, [], 0
    places = [p for p in PLACES[1:] if leaks[p]]
    for line in lines:
        mark = re.match(r"^//@ leaks (\w+)$", line)
        if line.startswith("attacker["):
            early = [block(v) for v in leaks["before"] if owner.get(v, "Thief") == "Thief"]
            out += [line, *([""] + early if early else [])]
        elif not mark:
            out.append(line)
        elif mark[1] in places:
            places.remove(mark[1])
            phase += 1
            out += [f"phase[{phase}]", "", *(block(v) for v in leaks[mark[1]])]
    if places:
        raise Mistake(f"no place for leaks {places[0]}")
    return out


def model(variant):
    path = os.path.join(HERE, variant.base + ".vp")
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        lines = leaked(edited(lines, variant.edits), variant.leaks)
        if variant.sessions > 1 and any(variant.leaks.values()):
            raise Mistake("a leak with several sessions is not supported")
    except (OSError, Mistake) as error:
        raise Mistake(f"{variant.name}: {error}") from error
    first = lines.index("queries[") + 1
    queries = [line.strip() for line in lines[first:-1]]
    if variant.ask is not None:
        queries = [q for q in queries if q.split()[-1] in variant.ask]
        lines[first:-1] = ["\t" + q for q in queries]
    if len(queries) != len(variant.expect) or any(q[0] != e[0] for q, e in zip(queries, variant.expect)):
        raise Mistake(f"{variant.name}: expects {''.join(variant.expect)}, which does not fit {queries}")
    return "\n".join(lines) + "\n", queries


def ask(tool, path, sessions, limit):
    """The answers in order: 0 holds, 1 attack, ? no answer."""
    command = [tool, "verify", path, "--sessions", str(sessions), "--result-code"]
    env = dict(os.environ, VERIFPAL_THREADS="1", NO_COLOR="1")
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=env)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {limit} s"
    last = (run.stdout.strip().splitlines() or [""])[-1]
    if not re.fullmatch(r"([cafue][01])+", last):
        return None, (run.stdout + run.stderr).strip()
    answers = re.findall(r"[cafue][01]", last)
    # A query that holds only as far as the search went has not been answered.
    held = sum(a[1] == "0" for a in answers)
    if len(re.findall(r"\[search exhausted at \d+ session", run.stdout)) < held:
        return None, run.stdout.strip()
    return answers, run.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verifpal", default="target/verifpal/bin/verifpal", help="the tool")
    parser.add_argument("--filter", default="", help="only variants whose name contains this")
    parser.add_argument("--list", action="store_true", help="the variants, each with its reason")
    parser.add_argument("--show", metavar="NAME", help="print the model of one variant")
    parser.add_argument("--trace", metavar="NAME", help="what the tool says about one variant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="models at a time")
    parser.add_argument("--limit", type=int, default=400, help="seconds for one model")
    parser.add_argument("--out", default="target/symbolic", help="where the models are written")
    args = parser.parse_args()

    with open(os.path.join(HERE, "variants.txt"), encoding="utf-8") as file:
        every = variants(file.read())
    one = args.show or args.trace
    chosen = [v for v in every if (v.name == one if one else args.filter in v.name)]
    if not chosen:
        raise Mistake(f"no variant is called {one or args.filter}")
    models = {v.name: model(v) for v in chosen}
    if args.list:
        for v in chosen:
            print(f"{v.name}\n    {' '.join(v.why)}")
        return 0
    if args.show:
        print(models[one][0], end="")
        return 0
    if not os.access(args.verifpal, os.X_OK):
        print(f"missing: {args.verifpal}; .ci/symbolic installs it", file=sys.stderr)
        return 3

    os.makedirs(args.out, exist_ok=True)
    lively, begun, done = sys.stderr.isatty(), time.monotonic(), 0

    def run(v):
        path = os.path.join(args.out, v.name.replace("/", "-") + ".vp")
        with open(path, "w", encoding="utf-8") as file:
            file.write(models[v.name][0])
        start = time.monotonic()
        answers, text = ask(args.verifpal, path, v.sessions, args.limit)
        seconds = time.monotonic() - start
        with open(path[:-3] + ".txt", "w", encoding="utf-8") as file:
            file.write(f"{text}\n{v.name} {''.join(answers or ['?'])} {seconds:.1f} s\n")
        return answers, text, seconds

    results = {}
    with concurrent.futures.ThreadPoolExecutor(max(1, args.jobs)) as pool:
        waiting = {pool.submit(run, v): v for v in sorted(chosen, key=lambda v: -v.sessions)}
        for future in concurrent.futures.as_completed(waiting):
            results[waiting[future].name] = future.result()
            done += 1
            if lively:
                print(f"\r\033[K{done} of {len(chosen)}  {waiting[future].name}", end="", file=sys.stderr, flush=True)
    if lively:
        print("\r\033[K", end="", file=sys.stderr)
    if args.trace:
        print(results[one][1])

    rows, wrong = [], 0
    for v in chosen:
        answers, text, _ = results[v.name]
        for i, (query, expected) in enumerate(zip(models[v.name][1], v.expect)):
            found = answers[i] if answers else "?"
            wrong += found != expected
            mark = "" if found == expected else "  <-"
            rows.append((v.name if i == 0 else "", query, expected, found + mark))
    heads = ("variant", "query", "expected", "found")
    widths = [max(len(row[i]) for row in rows + [heads]) for i in range(3)]
    for row in [heads] + rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)) + "  " + row[3])
    for v in chosen:
        if results[v.name][0] is None:
            print(f"\n{v.name}: {results[v.name][1][-2000:]}")
    attacks = sum(e[1] == "1" for v in chosen for e in v.expect)
    slowest = max(chosen, key=lambda v: results[v.name][2])
    print(
        f"\n{len(chosen)} variants, {len(rows)} answers ({attacks} attacks expected), {wrong} not as expected, "
        f"{time.monotonic() - begun:.0f} s; the longest {slowest.name} {results[slowest.name][2]:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Mistake as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        sys.exit(2)
