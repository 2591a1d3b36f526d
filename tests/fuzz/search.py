#!/usr/bin/env python3
"""Searches for hostile input by coverage: clang's libFuzzer with the address and undefined-behaviour sanitizers.

    tests/fuzz/search.py --minutes 10 json config     ten minutes of each; without names every target in turn
    tests/fuzz/search.py --minutes 10 --keep           and what it takes to reach all code that was reached is kept

Needs clang++ 16 or later and what ./test.sh installs. What it finds lies in build-fuzz/findings/; corpora grow in
build-fuzz/corpora/, and begin with those kept in tests/fuzz/reached/, so that a later search goes on where the last one
ended. tests/fuzz/SEARCHED.md holds the sums of all searches: CPU time, inputs, findings. Exit status 1 when something
was found.
"""
import argparse
import datetime
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = ROOT / 'tests/fuzz/corpus'
REACHED = ROOT / 'tests/fuzz/reached'
LEDGER = ROOT / 'tests/fuzz/SEARCHED.md'
# Longest input in bytes: what matters stands in the first few kilobytes, and long inputs are slow.
TARGETS = {'arguments': 1024, 'config': 8192, 'encode_decode': 1024, 'index': 8192, 'json': 8192, 'safetensors': 8192,
           'tokenizer_json': 8192, 'trace': 8192}
INTERRUPTED = 72   # libFuzzer's exit status when told to stop: what it did until then counts
HEAD = """# Searches by coverage

Sums of all runs of [search.py](search.py): libFuzzer with the address and undefined-behaviour sanitizers. Each finding
is mended and kept as a test.

| target | CPU minutes | inputs | edges reached | findings | last |
|---|---|---|---|---|---|
"""


def compiler() -> str:
    names = [os.environ.get('CXX', ''), 'clang++'] + [f'clang++-{version}' for version in range(16, 23)]
    for name in names:
        if 'clang' in name and shutil.which(name):
            return name
    sys.exit('search.py: no clang++; install clang 16 or later')


def build(folder: pathlib.Path, targets: list[str]) -> None:
    if not (folder / 'build.ninja').exists():
        subprocess.run(['meson', 'setup', folder, '-Dlibfuzzer=true', '-Dcuda=disabled', '-Doptimization=1',
                        '-Db_sanitize=address,undefined', '-Db_lundef=false'],
                       cwd=ROOT, env=os.environ | {'CXX': compiler()}, check=True)
    subprocess.run(['ninja', '-C', folder] + [f'tests/fuzz/fuzz_{target}' for target in targets], check=True)


def seeds_of(target: str) -> list[pathlib.Path]:
    """Good files of the kind that the target reads, beside those of its folder in corpus/."""
    golden = ROOT / 'tests/golden'
    files = {'config': golden.glob('models/*/config*.json'), 'json': golden.glob('models/*/config*.json'),
             'safetensors': golden.glob('models/*/trace_short.safetensors'),
             'tokenizer_json': golden.glob('tokenizers/synthetic/*/tokenizer.json'), 'encode_decode': [ROOT / 'README.md']}
    return [file for file in files.get(target, []) if file.stat().st_size <= 1 << 20]


def cpu_minutes() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (used.ru_utime + used.ru_stime) / 60


def search(folder: pathlib.Path, target: str, seconds: int) -> dict[str, float]:
    corpus, findings, first = (folder / kind / target for kind in ('corpora', 'findings', 'seeds'))
    for place in (corpus, findings, first):
        place.mkdir(parents=True, exist_ok=True)
    begin_corpus(corpus)
    for file in seeds_of(target):
        shutil.copy(file, first / '_'.join(file.parts[-2:]))
    before, known = cpu_minutes(), set(findings.iterdir())
    run = subprocess.run(
        [folder / f'tests/fuzz/fuzz_{target}', corpus, first] + [SEEDS / target] * (SEEDS / target).is_dir() +
        [f'-max_total_time={seconds}', f'-max_len={TARGETS[target]}', '-timeout=20', '-rss_limit_mb=3000',
         '-print_final_stats=1', '-verbosity=1', f'-artifact_prefix={findings}/'],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors='replace')
    (folder / f'{target}.log').write_text(run.stderr)
    new = set(findings.iterdir()) - known
    if run.returncode not in (0, INTERRUPTED) and not new:
        sys.exit(f'search.py: fuzz_{target} ended with status {run.returncode}; see {folder / target}.log')
    inputs = re.search(r'number_of_executed_units:\s*(\d+)', run.stderr)
    edges = re.findall(r'cov: (\d+)', run.stderr)
    return {'minutes': cpu_minutes() - before, 'inputs': int(inputs.group(1)) if inputs else 0,
            'edges': int(edges[-1]) if edges else 0,
            'findings': sum(repeats(folder, target, file) for file in new)}


def repeats(folder: pathlib.Path, target: str, finding: pathlib.Path) -> bool:
    """Does it happen again? What was slow because the machine was busy is no finding."""
    again = subprocess.run([folder / f'tests/fuzz/fuzz_{target}', '-timeout=20', finding], cwd=ROOT, capture_output=True)
    if again.returncode == 0:
        finding.unlink()
    return again.returncode != 0


def begin_corpus(corpus: pathlib.Path) -> None:
    """What earlier searches kept, where this one has nothing yet."""
    archive = REACHED / f'{corpus.name}.tar.xz'
    if archive.exists() and not any(corpus.iterdir()):
        with tarfile.open(archive) as files:
            for member in files.getmembers():
                (corpus / pathlib.PurePath(member.name).name).write_bytes(files.extractfile(member).read())


def keep(folder: pathlib.Path, target: str) -> None:
    """A smallest corpus that reaches all that was reached, as an archive: the same bytes for the same inputs."""
    merged = folder / 'merged' / target
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    subprocess.run([folder / f'tests/fuzz/fuzz_{target}', '-merge=1', merged, folder / 'corpora' / target],
                   cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    REACHED.mkdir(exist_ok=True)
    with tarfile.open(REACHED / f'{target}.tar.xz', 'w:xz', preset=9) as archive:
        for file in sorted(merged.iterdir()):
            member = tarfile.TarInfo(file.name)
            member.size = file.stat().st_size
            with file.open('rb') as content:
                archive.addfile(member, content)


def record(target: str, new: dict[str, float]) -> None:
    rows = {}
    if LEDGER.exists():
        for line in LEDGER.read_text().splitlines():
            if re.match(r'\| \w+ \| \d', line):
                name, *cells = [cell.strip() for cell in line.strip('|').split('|')]
                rows[name] = cells
    old = [int(cell) for cell in rows.get(target, ['0', '0', '0', '0'])[:4]]
    sums = [old[0] + round(new['minutes']), old[1] + new['inputs'], max(old[2], new['edges']), old[3] + new['findings']]
    rows[target] = [str(number) for number in sums] + [str(datetime.date.today())]
    LEDGER.write_text(HEAD + ''.join(f'| {name} | {" | ".join(rows[name])} |\n' for name in sorted(rows)))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('targets', nargs='*', metavar='TARGET', help=', '.join(TARGETS))
    arguments.add_argument('--minutes', type=float, default=10, help='for each target (default 10)')
    arguments.add_argument('--build', type=pathlib.Path, default=ROOT / 'build-fuzz', help='default build-fuzz')
    arguments.add_argument('--keep', action='store_true', help='keep what it takes to reach all code that was reached')
    given = arguments.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        arguments.error(f'unknown target {", ".join(sorted(unknown))}; there are {", ".join(TARGETS)}')
    targets = given.targets or list(TARGETS)
    build(given.build, targets)
    found = 0
    for target in targets:
        result = search(given.build.resolve(), target, round(given.minutes * 60))
        record(target, result)
        found += result['findings']
        print(f'{target}: {result["minutes"]:.1f} CPU minutes, {result["inputs"]} inputs, {result["edges"]} edges, '
              f'{result["findings"]} findings', flush=True)
        if given.keep:
            keep(given.build.resolve(), target)
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
