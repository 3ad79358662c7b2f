"""plot: cost over the number of rules, drawn by gnuplot."""
import shutil
import subprocess

from figures import figure
from plan import BACKENDS

NAME = "results.svg"
SIZES = ("tiny", "small", "large", "huge")
LINES = (("ferm", "ferm --fast"), ("restore", "bare restore"), ("drift", "save, sed, diff"),
         ("first", "rampart, first apply"), ("boot", "rampart, boot"),
         ("change", "rampart, one drop-in changed"), ("check", "rampart check"),
         ("same", "rampart, nothing to do"))
OURS = ("first", "boot", "change", "check", "same")
COLOURS = {"ferm": "#999999", "restore": "#000000", "drift": "#666666", "first": "#d55e00",
           "boot": "#e69f00", "change": "#0072b2", "check": "#009e73", "same": "#cc79a7"}
HEAD = """set terminal svg size 960,420 background rgb 'white' font 'sans-serif,12'
set output '%s'
set multiplot layout 1,2
set logscale xy
set xlabel 'rules'
set ylabel 'milliseconds'
set grid
set xrange [80:60000]
set yrange [1:20000]
set key outside bottom center horizontal maxrows 4 font ',10'
"""


def panel(groups, backend):
    """Data blocks, and the plot of them."""
    data, curves = [], []
    for step, title in LINES:
        points = [(group.shape.rules, figure(group, backend, step)) for group in
                  (groups.get(size) for size in SIZES) if group]
        points = [(rules, time.median * 1e3) for rules, time in points if time]
        if points:
            name = "$%s_%s" % (backend, step)
            data += ["%s << EOD" % name] + ["%d %.3f" % point for point in points] + ["EOD"]
            curves.append("%s with linespoints linewidth %s dashtype %d pointtype 7 pointsize 0.5 "
                          "linecolor rgb '%s' title '%s'"
                          % (name, "2" if step in OURS else "1.5", 1 if step in OURS else 2,
                             COLOURS[step], title))
    if not curves:
        return []
    return data + ["set title '%s'" % backend, "plot " + ", ".join(curves)]


def draw(report, path):
    """False: there is no gnuplot."""
    if not shutil.which("gnuplot"):
        return False
    lines = [line for backend in BACKENDS for line in panel(report.groups, backend)]
    subprocess.run(["gnuplot"], input=HEAD % path + "\n".join(lines) + "\n", text=True, check=True)
    return True
