#!/usr/bin/env bash
# Kills a resumable run with SIGKILL at random moments, takes it up again each time, and compares the end with a run
# that nobody disturbed.
#
#   benches/kill.sh INPUT.csv [KILLS] [LVJIAN]     100 kills for each of csv and ndjson by default
set -euo pipefail
input=$1
kills=${2:-100}
lvjian=${3:-target/release/lvjian}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
RANDOM=20261
for format in csv ndjson; do
    run() {
        exec "$lvjian" -q --as-of 2025-11-01 classify "$input" --format "$format" --run "$folder/$1-$format" \
            --chunk-size 65536 --checkpoint-every 4 --resume
    }
    (run clean)
    done=0 rounds=0
    while [ "$done" -lt "$kills" ]; do
        rounds=$((rounds + 1))
        rm -rf "$folder/killed-$format"
        while [ "$done" -lt "$kills" ]; do
            run killed &
            child=$!
            sleep "0.$(printf '%03d' $((RANDOM % 900)))"
            kill -9 "$child" 2>/dev/null || { wait "$child" || true; break; }
            wait "$child" 2>/dev/null || true
            done=$((done + 1))
        done
        (run killed)
        for file in "output.$format" quarantine.ndjson; do
            cmp "$folder/clean-$format/$file" "$folder/killed-$format/$file"
        done
    done
    echo "$format: $done kills in $rounds runs, every union equal to the clean run," \
        "$(sha256sum <"$folder/clean-$format/output.$format" | cut -c1-16)"
done
