"""What a user would pick instead of lvjian: `rivals.py FOLDER` prints `name|seconds`, scaled to the whole file.

Each finds the dictionary's surfaces in the goods name of a.csv and writes the rows with the hits in one more column; none
of them judges a hit. Rows: all for Polars, a tenth for pandas + pyahocorasick, a hundredth with jieba.
"""

import sys
import time

import ahocorasick
import jieba
import pandas
import polars

folder = sys.argv[1]
goods = "货物或应税劳务名称"
surfaces = [line.rstrip("\n") for line in open(f"{folder}/surfaces.txt", encoding="utf-8")]
surfaces = sorted({surface for surface in surfaces if surface})
rows = sum(1 for _ in open(f"{folder}/a.csv", "rb")) - 1


def timed(name, part, work):
    best = min(once(work) for _ in range(3 if part == 1 else 1))
    print(f"{name}|{best * part:.2f}", flush=True)


def once(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def polars_csv():
    table = polars.read_csv(f"{folder}/a.csv", infer_schema=False)
    hits = polars.col(goods).str.extract_many(surfaces).list.join("|").alias("hits")
    table.with_columns(hits).write_csv(f"{folder}/out.polars.csv")


def polars_ndjson():
    table = polars.read_ndjson(f"{folder}/a.ndjson")
    hits = polars.col("text").str.extract_many(surfaces).list.join("|").alias("hits")
    table.with_columns(hits).write_ndjson(f"{folder}/out.polars.ndjson")


def polars_parquet():
    table = polars.read_parquet(f"{folder}/a.parquet")
    hits = polars.col(goods).str.extract_many(surfaces).list.join("|").alias("hits")
    table.with_columns(hits).write_parquet(f"{folder}/out.polars.parquet")


def automaton():
    found = ahocorasick.Automaton()
    for surface in surfaces:
        found.add_word(surface, surface)
    found.make_automaton()
    return found


words = automaton()
known = set(surfaces)
jieba.initialize()


def pandas_ahocorasick():
    table = pandas.read_csv(f"{folder}/a.csv", dtype=str, nrows=rows // 10)
    table["hits"] = ["|".join(hit for _, hit in words.iter(text)) for text in table[goods].str.lower()]
    table.to_csv(f"{folder}/out.pandas.csv", index=False)


def pandas_jieba():
    table = pandas.read_csv(f"{folder}/a.csv", dtype=str, nrows=rows // 100)
    hits = []
    for text in table[goods].str.lower():
        cut = set(jieba.cut(text))
        hits.append("|".join(hit for _, hit in words.iter(text) if hit in cut or hit in known))
    table["hits"] = hits
    table.to_csv(f"{folder}/out.jieba.csv", index=False)


timed("Polars: read CSV, extract_many, write CSV", 1, polars_csv)
timed("Polars: scan NDJSON, extract_many, write NDJSON", 1, polars_ndjson)
timed("Polars: read Parquet, extract_many, write Parquet", 1, polars_parquet)
timed("pandas + pyahocorasick (a tenth, scaled)", 10, pandas_ahocorasick)
timed("pandas + jieba + pyahocorasick (a hundredth, scaled)", 100, pandas_jieba)
