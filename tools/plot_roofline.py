#!/usr/bin/env python3
"""Draws docs/roofline.svg: how fast each operation ran, under what this machine's memory and arithmetic allow at most.

    build/examples/etalon bench --json > operations.json && tools/plot_roofline.py operations.json docs/roofline.svg

A panel for one thread and one for all. To the right an operation does more with each byte it reads; the slope is the
bandwidth of reading, the flat roofs are peaks of arithmetic (Williams et al. 2009). On its roof it cannot be faster.

Needs Matplotlib (Debian: python3-matplotlib). The same numbers give the same file, byte for byte, with one version of
Matplotlib. Colours and greys are of middle lightness: the picture has no background of its own and stands on any.
"""
import json
import math
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402

grey = "#808080"
# Colours that differ in hue and lightness also to the colour-blind; markers and labels say the same again.
kinds = [("matrix x vector", "#0a84d0", "o", "matrix × vector"), ("matrix x ", "#d55e00", "s", "matrix × 256 vectors"),
         ("attention", "#009e73", "^", "attention over so many positions"),
         ("row by row", "#b060b0", "D", "row by row")]
text_size = 8.5


def kind_of(task):
    return next(kind for kind in kinds if task["group"].startswith(kind[0]))


def short(task):
    """The name in a few letters: what is not told by the marker."""
    name = task["name"]
    if task["group"].startswith("matrix"):
        return name.rsplit(" ", 3)[0].replace("bf16 as int8", "int8")
    if task["group"] == "attention":
        tokens, positions = name.split(", positions: ")
        count = int(positions)
        size = f"{count // 1024}k" if count % 1024 == 0 else str(count)
        return size if tokens == "one token" else f"{tokens} over {size}"
    return name.split(" ")[0]


def points_of(report, threads):
    """(operations per byte, GFLOP/s, task): of several shapes of one name the first."""
    found, seen = [], set()
    for task in report["tasks"]:
        ceiling = task["group"].startswith("ceiling")
        if task["threads"] != threads or ceiling or not task["bytes"] or not task["operations"]:
            continue
        if (task["group"], short(task)) not in seen:
            seen.add((task["group"], short(task)))
            found.append((task["operations"] / task["bytes"], task["operations"] / task["seconds"] / 1e9, task))
    return sorted(found, key=lambda point: (point[0], point[1]))


def clusters_of(axes, points):
    """Lists of points that share a label: of one kind, and nearer to each other than a line of text is high."""
    found = []
    for x, y, task in sorted(points, key=lambda point: (point[0], kinds.index(kind_of(point[2])), point[1])):
        px, py = axes.transData.transform((x, y))
        last = found[-1][-1] if found else None
        if last and kind_of(last[2]) == kind_of(task) and px - last[0] < 3 and py - last[1] < 13:
            found[-1].append((px, py, task))
        else:
            found.append([(px, py, task)])
    return found


def ceilings_of(report, threads):
    """GB/s of reading, and {name: GFLOP/s} of arithmetic."""
    tasks = [task for task in report["tasks"] if task["threads"] == threads and task["group"].startswith("ceiling")]
    read = max(task["rate"] for task in tasks if task["unit"] == "GB/s")
    return read, {task["name"]: task["rate"] for task in tasks if task["unit"] == "GFLOP/s"}


class Labels:
    """Texts beside points, at the nearest place where they cover nothing, nothing crosses the line to the point, and no
    other point is nearer."""

    angles = (-45, 0, -20, -65, 25, 45, -90, -115, 65, 90, -135, 135, 160, 180)

    def __init__(self, axes, keep_off):
        self.axes, self.taken, self.texts, self.points = axes, list(keep_off), [], []
        self.renderer = FigureCanvasAgg(axes.figure).get_renderer()

    def size(self, text):
        probe = self.axes.text(0, 0, text, fontsize=text_size, transform=None)
        box = probe.get_window_extent(self.renderer)
        probe.remove()
        return box.width * 1.08 + 2, box.height + 1   # another viewer's font may be wider

    def keep_point(self, x, y):
        self.points.append((x, y))
        self.taken.append(Bbox.from_bounds(x - 4, y - 4, 8, 8))

    def keep(self, box):
        self.taken.append(box)
        self.texts.append(box)

    def others_nearer(self, box, own):
        def away(point):
            x, y = point
            return math.hypot(max(box.x0 - x, x - box.x1, 0), max(box.y0 - y, y - box.y1, 0))
        nearest = min(map(away, own))
        return any(away(point) < nearest + 2 for point in self.points if point not in own)

    def free(self, box, line=()):
        inside = self.axes.get_window_extent(self.renderer)
        whole = inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        crosses = any(piece.overlaps(other) for piece in line for other in self.texts)
        return whole and not crosses and not any(box.overlaps(other) for other in self.taken)

    def place(self, text, points, colour, crowding=0):
        """A text for points, in pixels. crowding: at 1 other points may be nearer, at 2 its line may cross texts."""
        (x, y), (width, height) = points[len(points) // 2], self.size(text)
        for far in (7, 11, 16, 22, 30, 40, 52, 66, 82, 100, 120):
            for angle in self.angles:
                across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
                left = x + far * across + (0 if across > 0.1 else -width if across < -0.1 else -width / 2)
                base = y + far * up - height / 2
                box = Bbox.from_bounds(left, base, width, height)
                end = (min(max(x, box.x0), box.x1), min(max(y, box.y0 + 2), box.y1 - 2))
                line = boxes_between((x, y), end)[2:] if far > 11 else []
                alone = crowding > 0 or not self.others_nearer(box, points)
                if alone and self.free(box, line if crowding < 2 else []):
                    self.keep(box)
                    self.taken += line
                    self.write(text, box, [(x, y), end] if line else None, colour)
                    return
        if crowding == 2:
            sys.exit(f"plot_roofline.py: no room for {text!r}")
        self.place(text, points, colour, crowding + 1)

    def write(self, text, box, line, colour):
        back = self.axes.transData.inverted().transform
        if line:
            self.axes.plot(*zip(*map(back, line)), color=colour, linewidth=0.6, alpha=0.7, zorder=1)
        middle = back((box.x0 + 1, (box.y0 + box.y1) / 2))
        self.axes.text(*middle, text, color=colour, fontsize=text_size, va="center_baseline", ha="left")


def boxes_between(start, end):
    """Small squares along a line, all in pixels: what labels keep off."""
    (x0, y0), (x1, y1) = start, end
    steps = max(2, int(math.hypot(x1 - x0, y1 - y0) / 3))
    return [Bbox.from_bounds(x0 + (x1 - x0) * i / steps - 1.5, y0 + (y1 - y0) * i / steps - 1.5, 3, 3)
            for i in range(steps + 1)]


def draw_roofs(axes, limits, points, read, peaks):
    """Draws the slope and the flat roofs with their names. -> Labels that keep off them and the points"""
    left, right = limits
    highest = max(peaks.values(), default=read * right)
    lines = [((left, left * read), (highest / read, highest))]
    lines += [((rate / read, rate), (right, rate)) for rate in peaks.values()]
    for i, line in enumerate(lines):
        strong = i == 0 or line[1][1] == highest
        axes.plot(*zip(*line), color=grey, linewidth=1.6 if strong else 0.9, linestyle="-" if strong else "--",
                  zorder=1)
    labels = Labels(axes, [box for line in lines for box in boxes_between(*axes.transData.transform(line))])
    for x, y, _ in points:
        labels.keep_point(*axes.transData.transform((x, y)))
    for name, rate in peaks.items():
        roof_label(axes, labels, f"{name}: {rate:.0f}", axes.transData.transform([(rate / read, rate), (right, rate)]))
    return labels


def roof_label(axes, labels, text, roof):
    """Under the roof, or else above it, as near as can be to where the slope meets it."""
    (left, y), (right, _) = roof
    width, height = labels.size(text)
    for base in (y - height - 3, y + 3):
        for x in range(int(left) + 7, int(right - width), 6):
            box = Bbox.from_bounds(x, base, width, height)
            if labels.free(box):
                labels.keep(box)
                at = axes.transData.inverted().transform((x + 1, base + height / 2))
                axes.text(*at, text, color=grey, fontsize=text_size, va="center_baseline")
                return


def slope_label(axes, labels, left, read):
    (x0, y0), (x1, y1) = axes.transData.transform([(left, left * read), (left * 4, left * 4 * read)])
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0))
    text = f"read: {read:.0f} GB/s"
    at = axes.transData.inverted().transform((x0 + 14, y0 + 14 * (y1 - y0) / (x1 - x0) + 7))
    axes.text(*at, text, color=grey, fontsize=text_size, rotation=angle, rotation_mode="anchor")
    width, _ = labels.size(text)
    for step in range(0, int(width), 4):   # it lies along the slope
        x = x0 + 14 + step * math.cos(math.radians(angle))
        y = y0 + 14 * (y1 - y0) / (x1 - x0) + 7 + step * math.sin(math.radians(angle))
        labels.keep(Bbox.from_bounds(x - 8, y, 12, 12))


def style(axes, limits, heights, threads):
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(*limits)
    axes.set_ylim(*heights)
    axes.set_title("one thread" if threads == 1 else f"{threads} threads", color=grey, fontsize=11)
    axes.set_xlabel("operations for each byte read or written", color=grey)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")   # plain text: superscripts depend on the viewer's fonts
    axes.set_xticks([2.0 ** k for k in range(math.ceil(math.log2(limits[0])), int(math.log2(limits[1])) + 1, 2)])
    axes.tick_params(colors=grey, which="both")
    axes.grid(color=grey, alpha=0.2, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_color(grey)
        spine.set_visible(side in ("left", "bottom"))


def draw(axes, limits, ceilings, points):
    labels = draw_roofs(axes, limits, points, *ceilings)
    slope_label(axes, labels, limits[0], ceilings[0])
    for x, y, task in points:
        _, colour, marker, _ = kind_of(task)
        axes.plot(x, y, marker=marker, color=colour, markersize=5, linestyle="none", zorder=3)
    for cluster in clusters_of(axes, points):
        text = ", ".join(short(task) for _, _, task in reversed(cluster))
        labels.place(text, [(x, y) for x, y, _ in cluster], kind_of(cluster[0][2])[1])


def legend(figure, points):
    used = {kind_of(task) for _, _, task in points}
    handles = [plt.Line2D([], [], color=colour, marker=marker, markersize=5, linestyle="none", label=label)
               for kind in kinds if kind in used for _, colour, marker, label in [kind]]
    figure.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, labelcolor=grey, fontsize=9.5)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: plot_roofline.py operations.json picture.svg")
    matplotlib.rcParams.update({"svg.hashsalt": "etalon", "svg.fonttype": "none", "font.family": "sans-serif"})
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    panels = {threads: (ceilings_of(report, threads), points_of(report, threads)) for threads in report["threads"]}
    every = [point for _, points in panels.values() for point in points]
    tops = [max([read, *peaks.values(), *(point[1] for point in points)]) for (read, peaks), points in panels.values()]
    ridges = [max(peaks.values(), default=0) / read for (read, peaks), _ in panels.values()]
    limits = (min(point[0] for point in every) / 2, max(16 * max(point[0] for point in every), 32 * max(ridges)))
    heights = (min(min(point[1] for point in every), limits[0] * panels[1][0][0]) / 1.5, max(tops) * 2.2)
    figure, all_axes = plt.subplots(1, len(panels), figsize=(6.2 * len(panels), 5.2), squeeze=False, dpi=100)
    for axes, threads in zip(all_axes[0], panels):
        style(axes, limits, heights, threads)
    all_axes[0][0].set_ylabel("GFLOP/s", color=grey)
    figure.tight_layout(w_pad=2.5, rect=(0, 0.06, 1, 1))
    for axes, (ceilings, points) in zip(all_axes[0], panels.values()):
        draw(axes, limits, ceilings, points)
    legend(figure, every)
    figure.savefig(sys.argv[2], format="svg", transparent=True, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
