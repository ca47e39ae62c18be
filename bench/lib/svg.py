"""Bar charts and line charts as SVG text."""
import html
import math

COLOURS = ["#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2", "#9d755d", "#bab0ac"]
FONT = 'font-family="sans-serif" font-size="12"'


def tag(name, text="", **attributes):
    inner = " ".join(f'{key.rstrip("_").replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<{name} {inner}>{html.escape(text)}</{name}>"


def document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {FONT}>\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def number(value):
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:g}{letter}"
    return f"{value:g}"


class Scale:
    """From values to positions; linear from zero, or logarithmic between powers of ten."""

    def __init__(self, values, start, length, logarithmic=False):
        positive = [value for value in values if value > 0] or [1.0]
        self.start, self.length, self.logarithmic = start, length, logarithmic
        if logarithmic:
            self.low = math.floor(math.log10(min(positive)))
            self.high = max(math.ceil(math.log10(max(positive))), self.low + 1)
            self.ticks = [10.0**power for power in range(self.low, self.high + 1)]
        else:
            step = 10 ** math.floor(math.log10(max(positive)))
            step = next(step * part for part in (0.1, 0.2, 0.5, 1, 2) if max(positive) <= step * part * 10)
            count = math.ceil(max(positive) / step)
            self.ticks = [round(step * i, 12) for i in range(count + 1)]

    def __call__(self, value):
        if self.logarithmic:
            part = (math.log10(value) - self.low) / (self.high - self.low) if value > 0 else 0.0
        else:
            part = value / self.ticks[-1]
        return self.start + self.length * max(0.0, min(1.0, part))


def legend(names, x, y, shades=1):
    parts = []
    for i, name in enumerate(names):
        parts.append(tag("rect", x=x, y=y + 16 * i - 9, width=11, height=11, **colour(i, shades)))
        parts.append(tag("text", name, x=x + 16, y=y + 16 * i))
    return parts


def colour(number, shades=1):
    """Of the series with this number, and its opacity; so many series share a colour."""
    return {"fill": COLOURS[number // shades % len(COLOURS)], "fill_opacity": 1 - 0.5 * (number % shades)}


def bars(title, groups, series, reference=None, logarithmic=False, shades=1):
    """Horizontal bars. `groups`: names; `series`: name to a list of (value, least, most) or None, one for each group."""
    left, right, top, bar = 190, 70, 46, 13
    pitch = bar * len(series) + 9
    height = top + pitch * len(groups) + 34 + 16 * len(series)
    width = 900
    entries = [entry for row in series.values() for entry in row if entry]
    scale = Scale([entry[2] for entry in entries] + ([reference] if reference else []) +
                  ([entry[1] for entry in entries] if logarithmic else []), left, width - left - right, logarithmic)
    bottom = top + pitch * len(groups)
    parts = [tag("text", title, x=left, y=20, font_size=15, font_weight="bold")]
    for tick in scale.ticks:
        parts.append(tag("line", x1=scale(tick), x2=scale(tick), y1=top - 4, y2=bottom, stroke="#ddd"))
        parts.append(tag("text", number(tick), x=scale(tick), y=bottom + 14, text_anchor="middle", fill="#555"))
    for g, group in enumerate(groups):
        y = top + pitch * g
        parts.append(tag("text", group, x=left - 8, y=y + pitch / 2, text_anchor="end"))
        for s, row in enumerate(series.values()):
            if row[g]:
                parts += one_bar(scale, row[g], y + bar * s, bar, colour(s, shades))
    if reference:
        parts.append(tag("line", x1=scale(reference), x2=scale(reference), y1=top - 8, y2=bottom, stroke="#333",
                         stroke_dasharray="4 3"))
    return document(width, height, parts + legend(series, left, bottom + 36, shades))


def one_bar(scale, entry, y, height, fill):
    value, least, most = entry
    middle = y + (height - 2) / 2
    return [
        tag("rect", x=scale.start, y=y, width=max(0.5, scale(value) - scale.start), height=height - 2, **fill),
        tag("line", x1=scale(least), x2=scale(most), y1=middle, y2=middle, stroke="#222"),
        tag("text", f"{value:.3g}", x=scale(most) + 4, y=y + height - 3, font_size=10, fill="#333"),
    ]


def lines(title, x_name, y_name, series):
    """Lines through points. `series`: name to a list of (x, value, least, most); x is spaced by its rank."""
    width, height, left, top, bottom = 760, 460, 80, 46, 400
    positions = sorted({point[0] for row in series.values() for point in row})
    step = (width - left - 190) / max(1, len(positions) - 1)
    x_of = {x: left + step * i for i, x in enumerate(positions)}
    scale = Scale([point[3] for row in series.values() for point in row], bottom, top - bottom)
    parts = [tag("text", title, x=left, y=20, font_size=15, font_weight="bold"),
             tag("text", x_name, x=(left + width - 190) / 2, y=bottom + 36, text_anchor="middle"),
             tag("text", y_name, x=left, y=38, text_anchor="end")]
    for tick in scale.ticks:
        parts.append(tag("line", x1=left, x2=width - 190, y1=scale(tick), y2=scale(tick), stroke="#ddd"))
        parts.append(tag("text", number(tick), x=left - 6, y=scale(tick) + 4, text_anchor="end", fill="#555"))
    parts += [tag("text", str(x), x=position, y=bottom + 16, text_anchor="middle") for x, position in x_of.items()]
    for s, row in enumerate(series.values()):
        stroke = COLOURS[s % len(COLOURS)]
        path = " ".join(f"{x_of[x]},{scale(value):.1f}" for x, value, _, _ in sorted(row))
        parts.append(tag("polyline", points=path, fill="none", stroke=stroke, stroke_width=2))
        for x, value, least, most in row:
            parts.append(tag("line", x1=x_of[x], x2=x_of[x], y1=scale(least), y2=scale(most), stroke=stroke))
            parts.append(tag("circle", cx=x_of[x], cy=scale(value), r=3, fill=stroke))
    return document(width, height, parts + legend(series, width - 180, top + 10))
