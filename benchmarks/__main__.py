"""`make benchmark`: the first `up`, `preview` and `refresh` of many handovers, in turn with do-nothing resources."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import report, subjects
from benchmarks.measured import Failed
from benchmarks.subjects import SUBJECTS, Result
from tools.signals import heed_interrupts


def main() -> int:
    parser = argparse.ArgumentParser(prog="make benchmark", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=[100, 300, 1000], help="N, with commas between")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run, in turn")
    parser.add_argument("--subjects", type=lambda text: text.split(","), default=list(SUBJECTS))
    parser.add_argument("--into", type=Path, default=Path("benchmarks/results"), help="where the results are written")
    given = parser.parse_args()
    unknown = set(given.subjects) - set(SUBJECTS)
    if unknown:
        parser.error(f"--subjects are some of {', '.join(SUBJECTS)}")
    heed_interrupts()
    results: list[Result] = []
    try:
        for count in given.sizes:
            for number in range(1, given.rounds + 1):
                for subject in given.subjects:
                    for result in subjects.run(subject, count):
                        results.append(result)
                        took = result.measured.seconds
                        print(f"round {number}: {count} {subject}, {result.command}: {took:.1f} s", file=sys.stderr)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    given.into.mkdir(parents=True, exist_ok=True)
    (given.into / "results.json").write_text(report.as_json(results))
    (given.into / "results.md").write_text(report.table(results))
    report.plot(results, given.into / "results.svg")
    print(report.table(results), end="")
    return 0


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


sys.exit(main())
