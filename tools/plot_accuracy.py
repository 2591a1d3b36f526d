#!/usr/bin/env python3
"""Draws docs/accuracy.svg: how the error of a dot product grows with its length, in the contract's order (EO32), in one
chain, and pairwise.

    build/tests/accuracy_sums --csv growth.csv && tools/plot_accuracy.py growth.csv docs/accuracy.svg

Needs Matplotlib (Debian: python3-matplotlib). The same numbers give the same file, byte for byte, with one version of
Matplotlib. Colours and greys are of middle lightness: the picture has no background of its own and stands on any.
"""
import csv
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

grey = "#808080"
# Colours that differ in hue and lightness also to the colour-blind; markers and labels say the same again.
ways = [("sequential", "one chain", "#d55e00", "s"), ("eo32", "EO32 (Etalon)", "#0a84d0", "o"),
        ("pairwise", "pairwise", "#009e73", "^")]
panels = [("positive", "products of numbers in [0, 1)"), ("normal", "products of normal numbers, both signs")]


def read(path):
    """{numbers: {column: [values]}}"""
    data = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            columns = data.setdefault(row.pop("numbers"), {})
            for name, value in row.items():
                columns.setdefault(name, []).append(float(value))
    return data


def draw(axes, title, columns):
    for name, label, colour, marker in ways:
        axes.plot(columns["n"], columns[name], color=colour, marker=marker, markersize=4, linewidth=1.6)
        axes.annotate(label, (columns["n"][-1], columns[name][-1]), xytext=(7, 0), textcoords="offset points",
                      color=colour, va="center", fontsize=10)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_title(title, color=grey, fontsize=11)
    axes.set_xlabel("length of the dot product", color=grey)
    axes.set_xticks([2 ** k for k in range(5, 18, 3)])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")   # plain text: superscripts depend on the viewer's fonts
    axes.tick_params(colors=grey, which="both")
    axes.grid(color=grey, alpha=0.25, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_color(grey)
        spine.set_visible(side in ("left", "bottom"))


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: plot_accuracy.py growth.csv picture.svg")
    matplotlib.rcParams.update({"svg.hashsalt": "etalon", "svg.fonttype": "none", "font.family": "sans-serif"})
    data = read(sys.argv[1])
    figure, both = plt.subplots(1, 2, figsize=(10.4, 4.0))
    for axes, (name, title) in zip(both, panels):
        draw(axes, title, data[name])
    both[0].set_ylabel("error, in units of u Σ|a b|,  u = 2⁻²⁴", color=grey)
    figure.tight_layout(w_pad=9.0)
    figure.subplots_adjust(right=0.885)
    figure.savefig(sys.argv[2], format="svg", transparent=True, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
