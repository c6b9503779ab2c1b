#!/usr/bin/env bash
# Measures large inputs beside what a user would pick instead, and prints a table of ratios.
#
#   benches/compare.sh [ROWS] [FOLDER]      1,000,000 rows in a temporary folder by default
#
# The slow rivals read a hundredth or a tenth of the rows and are scaled up. RIVALS=0 leaves Python out; TEN=1 adds the
# memory of ten times the rows. Every time is the best of three, every output a fresh file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rows=${1:-1000000}
folder=${2:-$(mktemp -d)}
mkdir -p "$folder"

cargo build --release --features parquet --quiet
bench=$(cargo bench --features parquet --bench lines --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*lines-[^"]*\)".*/\1/p' | tail -1)
lvjian=target/release/lvjian
export LC_ALL=C

echo "# $(date -u +%F) · $(nproc) cores · $(uname -sr) · load before $(cut -d' ' -f1-3 /proc/loadavg)"
[ -f "$folder/a.csv" ] || "$bench" generate "$rows" "$folder/a.csv"
[ -f "$folder/a.ndjson" ] || python3 - "$folder" <<'PY'
import csv, json, sys
folder = sys.argv[1]
with open(f"{folder}/a.csv", encoding="utf-8") as rows, open(f"{folder}/a.ndjson", "w", encoding="utf-8") as out:
    for row in csv.DictReader(rows):
        line = {"id": row["数电票号码"], "text": row["货物或应税劳务名称"], "spec": row["规格型号"], "amount": row["价税合计"]}
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
PY

# Best of three wall times in seconds, and the highest resident memory in MB.
best() {
    local least="" most=0 line
    for _ in 1 2 3; do
        rm -f "$folder"/out.*
        line=$({ /usr/bin/time -f '%e %M' "$@" >/dev/null 2>"$folder/err"; tail -1 "$folder/err"; })
        least=$(awk -v a="$least" -v b="${line% *}" 'BEGIN { print (a == "" || b < a) ? b : a }')
        most=$(awk -v a="$most" -v b="${line#* }" 'BEGIN { b /= 1024; print (b > a) ? b : a }')
    done
    printf '%s %.0f' "$least" "$most"
}
row() { printf '| %s | %s | %s | %s |\n' "$@"; }
over() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

run=("$lvjian" -q --as-of 2025-11-01)
echo
row measure seconds "peak MB" "beside lvjian, CSV, 2 threads"
row --- --- --- ---
read -r two two_mb <<<"$(best "${run[@]}" --threads 2 classify "$folder/a.csv" --format csv -o "$folder/out.csv")"
row "lvjian classify CSV → CSV, 2 threads, file" "$two" "$two_mb" 1
read -r one one_mb <<<"$(best "${run[@]}" --threads 1 classify "$folder/a.csv" --format csv -o "$folder/out.csv")"
row "the same, 1 thread" "$one" "$one_mb" "$(over "$one" "$two")"
read -r null2 mb <<<"$(best "${run[@]}" --threads 2 classify "$folder/a.csv" --format csv)"
row "the same, 2 threads, /dev/null" "$null2" "$mb" "$(over "$null2" "$two")"
read -r null1 mb <<<"$(best "${run[@]}" --threads 1 classify "$folder/a.csv" --format csv)"
row "the same, 1 thread, /dev/null ($(over "$null1" "$null2") × two threads)" "$null1" "$mb" "$(over "$null1" "$two")"
"${run[@]}" dict build -o "$folder/shipped.bundle" >/dev/null 2>&1
read -r built mb <<<"$(best "${run[@]}" --base "$folder/shipped.bundle" --threads 2 classify "$folder/a.csv" --format csv -o "$folder/out.csv")"
row "the same, 2 threads, file, dictionary from a prebuilt bundle" "$built" "$mb" "$(over "$built" "$two")"
read -r copy mb <<<"$(best "$bench" copy "$folder/a.csv" "$folder/out.csv")"
row "csv crate: read, three more columns, write, 1 thread" "$copy" "$mb" "$(over "$copy" "$two")"
read -r nd mb <<<"$(best "${run[@]}" --threads 2 classify "$folder/a.ndjson" -o "$folder/out.ndjson")"
row "lvjian classify NDJSON → NDJSON, 2 threads" "$nd" "$mb" "$(over "$nd" "$two")"
[ -f "$folder/dense.csv" ] || "$bench" dense "$rows" "$folder/dense.csv" >"$folder/dense.txt"
read -r dense mb <<<"$(best "${run[@]}" --threads 2 classify "$folder/dense.csv" --format csv -o "$folder/out.csv")"
row "lvjian classify CSV, 2 threads, where $(sed 's/.*text, //' "$folder/dense.txt")" "$dense" "$mb" "$(over "$dense" "$two")"

[ -f "$folder/a.xlsx" ] || "$bench" workbook 100000 "$folder/a.csv" "$folder/a.xlsx"
read -r cells mb <<<"$(best "$bench" cells "$folder/a.xlsx")"
row "calamine: every cell of a workbook of 100,000 rows, 1 thread" "$cells" "$mb" "$(over "$cells" "$two")"
read -r xlsx mb <<<"$(best "${run[@]}" --threads 1 classify "$folder/a.xlsx" --format csv)"
row "lvjian classify that workbook, /dev/null ($(over "$xlsx" "$cells") × calamine)" "$xlsx" "$mb" "$(over "$xlsx" "$two")"

if [ "${TEN:-0}" = 1 ]; then
    { head -1 "$folder/a.csv"; for _ in 1 2 3 4 5 6 7 8 9 10; do tail -n +2 "$folder/a.csv"; done; } >"$folder/ten.csv"
    read -r ten ten_mb <<<"$(/usr/bin/time -f '%e %M' "${run[@]}" --threads 2 classify "$folder/ten.csv" --format csv \
        -o "$folder/out.csv" 2>&1 >/dev/null | awk '{ printf "%s %.0f", $1, $2 / 1024 }')"
    row "lvjian classify, ten times the rows, 2 threads" "$ten" "$ten_mb" "$(over "$ten" "$two")"
    rm -f "$folder/ten.csv"
fi

if [ "${RIVALS:-1}" = 1 ]; then
    venv=$folder/venv
    [ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" -q install polars pandas pyahocorasick jieba; }
    [ -f "$folder/surfaces.txt" ] || "$bench" surfaces "$folder/surfaces.txt"
    # The same rows as Parquet, as Polars writes it, in row groups of 131,072.
    [ -f "$folder/a.parquet" ] || "$venv/bin/python" -c 'import polars, sys
table = polars.read_csv(sys.argv[1] + "/a.csv", infer_schema=False)
table.write_parquet(sys.argv[1] + "/a.parquet", row_group_size=131072)' "$folder"
    read -r columns mb <<<"$(best "${run[@]}" --threads 2 classify "$folder/a.parquet" --format parquet -o "$folder/out.parquet")"
    row "lvjian classify Parquet → Parquet, 2 threads" "$columns" "$mb" "$(over "$columns" "$two")"
    while IFS='|' read -r name seconds; do
        row "$name" "$seconds" "" "$(over "$seconds" "$two")"
        [ "$name" = "Polars: scan NDJSON, extract_many, write NDJSON" ] &&
            row "  of which beside lvjian NDJSON" "" "" "$(over "$seconds" "$nd")"
        [ "$name" = "Polars: read Parquet, extract_many, write Parquet" ] &&
            row "  of which beside lvjian Parquet" "" "" "$(over "$seconds" "$columns")"
    done < <("$venv/bin/python" benches/rivals.py "$folder")
fi

echo
"$bench" match "$folder/a.csv"
echo "load after $(cut -d' ' -f1-3 /proc/loadavg)"
