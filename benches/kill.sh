#!/usr/bin/env bash
# Kills a resumable run with SIGKILL at random moments, takes it up again each time, and compares the end with a run
# that nobody disturbed: CSV, NDJSON and, when the program was built with it, Parquet; a workbook as input too.
#
#   benches/kill.sh INPUT.csv [KILLS] [LVJIAN]     100 kills for each of them by default
set -euo pipefail
input=$1
kills=${2:-100}
lvjian=${3:-target/release/lvjian}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
RANDOM=20261

# The same rows as a workbook and as a Parquet file.
head -n 20000 "$input" >"$folder/short.csv"
"$lvjian" -q --as-of 2025-11-01 classify "$folder/short.csv" --format xlsx -o "$folder/in.xlsx"
jobs="csv:$input ndjson:$input ndjson:$folder/in.xlsx"
if "$lvjian" -q --as-of 2025-11-01 classify "$input" --format parquet -o "$folder/in.parquet" 2>/dev/null; then
    jobs="$jobs parquet:$folder/in.parquet parquet:$input"
else
    echo "built without Parquet: that format is left out"
fi

number=0
for job in $jobs; do
    format=${job%%:*} file=${job#*:} number=$((number + 1))
    run() {
        exec "$lvjian" -q --as-of 2025-11-01 classify "$file" --format "$format" --run "$folder/$number-$1" \
            --chunk-size 65536 --checkpoint-every 4 --resume
    }
    (run clean)
    done=0 rounds=0
    while [ "$done" -lt "$kills" ]; do
        rounds=$((rounds + 1))
        rm -rf "$folder/$number-killed"
        while [ "$done" -lt "$kills" ]; do
            run killed &
            child=$!
            sleep "0.$(printf '%03d' $((RANDOM % 900)))"
            kill -9 "$child" 2>/dev/null || { wait "$child" || true; break; }
            wait "$child" 2>/dev/null || true
            done=$((done + 1))
        done
        (run killed)
        for name in "output.$format" quarantine.ndjson; do
            cmp "$folder/$number-clean/$name" "$folder/$number-killed/$name"
        done
    done
    echo "${file##*.} to $format: $done kills in $rounds runs, every union equal to the clean run," \
        "$(sha256sum <"$folder/$number-clean/output.$format" | cut -c1-16)"
done
