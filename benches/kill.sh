#!/usr/bin/env bash
# Kills resumable runs with SIGKILL at random moments, takes them up again each time, and compares the end with a run that
# nobody disturbed: `classify` from CSV, NDJSON, a workbook and, when the program was built with it, Parquet, and `assess`.
#
#   benches/kill.sh INPUT.csv [KILLS] [LVJIAN]     40 kills for each of them by default
set -euo pipefail
input=$1
kills=${2:-40}
lvjian=$(realpath "${3:-target/release/lvjian}")
seed=${SEED:-20261}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
RANDOM=$seed
program=("$lvjian" -q --as-of 2025-11-01)

# The same rows as NDJSON, as a workbook and as a Parquet file; and a ledger with invoices of its borrowers.
"$(dirname "${BASH_SOURCE[0]}")/invented.sh" 4000 300000 "$folder"
head -n 20000 "$input" >"$folder/short.csv"
"${program[@]}" classify "$folder/short.csv" --format xlsx -o "$folder/in.xlsx"
python3 - "$input" "$folder/in.ndjson" <<'PY'
import csv, json, sys
with open(sys.argv[1], encoding="utf-8") as rows, open(sys.argv[2], "w", encoding="utf-8") as out:
    for row in csv.DictReader(rows):
        out.write(json.dumps({"text": row["货物或应税劳务名称"], "amount": row["价税合计"]}, ensure_ascii=False) + "\n")
PY
jobs="csv:$input ndjson:$folder/in.ndjson ndjson:$folder/in.xlsx csv:assess"
if "${program[@]}" classify "$input" --format parquet -o "$folder/in.parquet" 2>/dev/null; then
    jobs="$jobs parquet:$folder/in.parquet"
else
    echo "built without Parquet: that format is left out"
fi

number=0 all=0
for job in $jobs; do
    format=${job%%:*} file=${job#*:} number=$((number + 1))
    compared="output.$format quarantine.ndjson"
    run() {
        if [ "$file" = assess ]; then
            exec "${program[@]}" assess --loans "$folder/ledger.csv" --invoices "$folder/invoices.csv" --format csv \
                --store "$folder/store-$1" --part-size 500000 --run "$folder/$number-$1" --resume
        else
            exec "${program[@]}" classify "$file" --format "$format" --run "$folder/$number-$1" \
                --chunk-size 65536 --checkpoint-every 4 --resume
        fi
    }
    began=$(date +%s%N)
    (run clean)
    # Moments are spread over a bit more than what an undisturbed run takes.
    took=$((($(date +%s%N) - began) / 1000000 * 11 / 10))
    done=0 rounds=0
    while [ "$done" -lt "$kills" ]; do
        rounds=$((rounds + 1))
        rm -rf "$folder/$number-killed" "$folder/store-killed"
        while [ "$done" -lt "$kills" ]; do
            run killed &
            child=$!
            moment=$(((RANDOM * 32768 + RANDOM) % took))
            sleep "$((moment / 1000)).$(printf '%03d' $((moment % 1000)))"
            kill -9 "$child" 2>/dev/null || true
            code=0
            wait "$child" 2>/dev/null || code=$?
            [ "$code" = 137 ] || break
            done=$((done + 1))
        done
        (run killed)
        for name in $compared; do
            cmp "$folder/$number-clean/$name" "$folder/$number-killed/$name"
        done
        [ "$file" != assess ] || cmp "$folder/store-clean/decisions.ndjson" "$folder/store-killed/decisions.ndjson"
    done
    all=$((all + done))
    echo "${file##*.} to $format: $done kills within $took ms in $rounds runs, every union equal to the clean run," \
        "$(sha256sum <"$folder/$number-clean/output.$format" | cut -c1-16)"
done
echo "$all kills"
