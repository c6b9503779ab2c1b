#!/usr/bin/env bash
# Kills resumable runs with SIGKILL at random moments, takes them up again each time, and compares the end with a run that
# nobody disturbed: `classify` from CSV, NDJSON, a workbook and, when the program was built with it, Parquet, and `assess`.
#
#   benches/kill.sh INPUT.csv [KILLS] [LVJIAN]     40 kills for each of them by default
#
# Half of the kills come at a moment of the time that the undisturbed run took, the other half when the run has written
# a share of its output that lies anywhere between what it has and all of it: so they are spread over the whole run, on a
# busy machine, too. The line of each job tells how much was written when they fell: nothing, or so many fifths.
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
head -n "${WORKBOOK_ROWS:-120000}" "$input" >"$folder/short.csv"
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

# Bytes of a file; 0 when there is none.
size() { stat -c %s "$1" 2>/dev/null || echo 0; }
# A random number below $1.
below() { echo $(((RANDOM * 32768 + RANDOM) % ($1 > 0 ? $1 : 1))); }

number=0 all=0
for job in $jobs; do
    format=${job%%:*} file=${job#*:} number=$((number + 1))
    compared="output.$format quarantine.ndjson"
    # What is written while the run goes on.
    written=output.$format
    [ "$file" != assess ] || written=decided.ndjson
    [ "$format" != parquet ] || written=answers.bin
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
    took=$((($(date +%s%N) - began) / 1000000))
    whole=$(size "$folder/$number-clean/$written")
    part=$folder/$number-killed/$written.part
    done=0 rounds=0 fell=(0 0 0 0 0 0)
    while [ "$done" -lt "$kills" ]; do
        rounds=$((rounds + 1))
        rm -rf "$folder/$number-killed" "$folder/store-killed"
        while [ "$done" -lt "$kills" ]; do
            run killed &
            child=$!
            if [ $((done % 2)) = 0 ]; then
                moment=$(below $((took * 11 / 10)))
                sleep "$((moment / 1000)).$(printf '%03d' $((moment % 1000)))"
            else
                has=$(size "$part")
                wanted=$((has + $(below $((whole - has)))))
                while [ "$(size "$part")" -le "$wanted" ] && kill -0 "$child" 2>/dev/null; do sleep 0.002; done
            fi
            kill -9 "$child" 2>/dev/null || true
            code=0
            wait "$child" 2>/dev/null || code=$?
            [ "$code" = 137 ] || break
            has=$(size "$part")
            if [ "$has" = 0 ]; then place=0; else place=$((1 + (has * 5 - 1) / whole)); fi
            [ "$place" -le 5 ] || place=5
            fell[place]=$((fell[place] + 1))
            done=$((done + 1))
        done
        (run killed)
        for name in $compared; do
            cmp "$folder/$number-clean/$name" "$folder/$number-killed/$name"
        done
        [ "$file" != assess ] || cmp "$folder/store-clean/decisions.ndjson" "$folder/store-killed/decisions.ndjson"
    done
    all=$((all + done))
    echo "${file##*.} to $format: $took ms undisturbed, $done kills in $rounds runs (written: nothing ${fell[0]}, fifths" \
        "${fell[1]} ${fell[2]} ${fell[3]} ${fell[4]} ${fell[5]}), every union equal to the clean run," \
        "$(sha256sum <"$folder/$number-clean/output.$format" | cut -c1-16)"
done
echo "$all kills"
