"""figures: medians, spreads, ratios and exponents of what was measured."""
import math
import statistics


class Figure:
    """Values of all rounds."""

    def __init__(self, values):
        self.values = sorted(values)
        self.median = statistics.median(values) if values else None

    def __bool__(self):
        return bool(self.values)

    def text(self, scale=1.0, unit=""):
        """The median, and from the lowest to the highest."""
        if not self:
            return "-"
        return "%s%s [%s-%s]" % (number(self.median * scale), unit, number(self.values[0] * scale),
                                 number(self.values[-1] * scale))


def number(value):
    """Three digits that say something."""
    if value >= 100:
        return "%.0f" % value
    digits = 2 if value <= 0 else max(0, 2 - math.floor(math.log10(value)))
    return "%.*f" % (min(digits, 3), value)


def figure(group, backend, step, of="wall"):
    rounds = group.rounds[backend] if group else []
    return Figure([getattr(costs[step], of) for costs in rounds if step in costs])


def ratio(group, backend, step, reference, of="wall"):
    """Round by round: what was measured at the same time is compared."""
    rounds = group.rounds[backend] if group else []
    return Figure([getattr(costs[step], of) / getattr(costs[reference], of) for costs in rounds
                   if step in costs and reference in costs])


def exponent(small, large, times):
    """e, if something that is times as large costs times**e as much; None if not known."""
    if not small or not large or times <= 1:
        return None
    return math.log(large.median / small.median) / math.log(times)


def thousands(value):
    """As people read it: 10 000."""
    return "{:,}".format(value).replace(",", " ")
