#!/usr/bin/env bash
# Peak memory and time of `assess` on invented invoices of 1, 2, 5 … million lines, all of them the ledger's borrowers'.
#
#   benches/assess.sh [LVJIAN] [LINES…]     needs GNU time as /usr/bin/time or python3
set -euo pipefail
lvjian=$(realpath "${1:-target/release/lvjian}")
shift || true
invented=$(realpath "$(dirname "${BASH_SOURCE[0]}")/invented.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

measured() {
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f '%e s, %U s user, %M KiB peak' "$@"
    else
        python3 -c 'import resource, subprocess, sys, time
began = time.time(); code = subprocess.call(sys.argv[1:]); used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{time.time() - began:.1f} s, {used.ru_utime:.1f} s user, {used.ru_maxrss} KiB peak", file=sys.stderr); sys.exit(code)' "$@"
    fi
}

for lines in "${@:-1000000 5000000}"; do
    for count in $lines; do
        "$invented" 4000 "$count" .
        echo "$count lines, $(stat -c %s invoices.csv) bytes"
        for run in "" "--run run-$count"; do
            # shellcheck disable=SC2086
            measured "$lvjian" -q --as-of 2025-11-01 assess --loans ledger.csv --invoices invoices.csv --store store \
                --format csv -o out.csv $run
            sha256sum out.csv store/decisions.ndjson | cut -c1-16 | paste -sd' '
        done
        du -sh store | cut -f1
    done
done
