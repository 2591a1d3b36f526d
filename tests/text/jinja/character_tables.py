"""Writes the generated headers of include/etalon/text/jinja from this Python's unicodedata.

    character_tables.py include/etalon/text/jinja
"""
import sys, unicodedata as u
N = 0x110000
def ranges(pred):
    out, start = [], None
    for c in range(128, N + 1):
        p = c < N and pred(chr(c))
        if p and start is None: start = c
        if not p and start is not None: out.append((start, c - 1)); start = None
    return out
def maps(fn):
    out = []
    for c in range(128, N):
        t = fn(chr(c))
        if len(t) == 1 and t != chr(c):
            d = ord(t) - c
            if out:
                f, l, step, dd = out[-1]
                if dd == d and (c - l == step or (f == l and c - l in (1, 2))):
                    out[-1] = (f, c, c - l, d); continue
            out.append((c, c, 1, d))
    return out
def specials(fn, base):
    return [(c, fn(chr(c))) for c in range(128, N) if len(fn(chr(c))) > 1 and fn(chr(c)) != base(chr(c))]
def wrap(items, head):
    lines, cur = [], "   "
    for i in items:
        if len(cur) + len(i) + 1 > 118: lines.append(cur); cur = "   "
        cur += " " + i
    lines.append(cur)
    return head + "{\n" + "\n".join(lines) + "\n};\n"
def table(name, comment, rs):
    return f"// {comment}\n" + wrap([f"{{0x{a:x},0x{b:x}}}," for a, b in rs], f"inline constexpr CodeRange {name}[] = ")
def case(name, comment, ms):
    return f"// {comment}\n" + wrap([f"{{0x{f:x},0x{l:x},{s},{d}}}," for f, l, s, d in ms], f"inline constexpr CaseRange {name}[] = ")
def esc(t): return '"' + "".join("\\x%02x" % b for b in t.encode()) + '"'
def special(name, comment, ss):
    return f"// {comment}\n" + wrap([f"{{0x{c:x},{esc(t)}}}," for c, t in ss], f"inline constexpr SpecialCase {name}[] = ")
idn = lambda s: s
head = lambda what, includes: f"""#pragma once
// {what}
//
// Generated from the Unicode Character Database, version {u.unidata_version} (https://www.unicode.org/ucd/), by
// tests/text/jinja/character_tables.py; not edited by hand. ASCII is left out: the functions decide it themselves.
{includes}
namespace etalon::text::jinja::tables {{

"""
a = head("Upper, lower and title case of characters beyond ASCII: ranges with a constant distance, and the few that grow.", "") + """// first, last, step: the characters the rule holds for; delta: added to the code point.
struct CaseRange {
  char32_t first, last;
  int step, delta;
};
struct SpecialCase {
  char32_t character;
  const char* text;
};

""" + case("to_upper", "One character to one: upper case.", maps(str.upper)) + "\n" \
  + case("to_lower", "One character to one: lower case.", maps(str.lower)) + "\n" \
  + special("to_upper_long", "One character to several (UTF-8): upper case.", specials(str.upper, idn)) + "\n" \
  + special("to_title_other", "Title case where it differs from upper case (UTF-8).",
      [(c, chr(c).title()) for c in range(128, N) if chr(c).title() != chr(c).upper()]) + "\n}  // namespace etalon::text::jinja::tables\n"
b = head("Letters and unprintable characters beyond ASCII, as ranges in rising order.", "") + """struct CodeRange {
  char32_t first, last;
};

""" + table("unprintable", "What repr() escapes: controls, formats, surrogates, private, unassigned, separators.", ranges(lambda c: not c.isprintable())) \
  + "\n}  // namespace etalon::text::jinja::tables\n"
c = head("Letters beyond ASCII (general category L), as ranges in rising order.", '#include "etalon/text/jinja/character_ranges.hpp"\n') \
  + table("letter", "General category L.", ranges(str.isalpha)) + "\n}  // namespace etalon::text::jinja::tables\n"
e = head("Digits and cased characters beyond ASCII, as ranges in rising order.", '#include "etalon/text/jinja/character_ranges.hpp"\n') \
  + table("digit", "Decimal digits (Nd).", ranges(str.isdecimal)) + "\n" \
  + table("other_numeric", "Further characters with a numeric value.", ranges(lambda c: c.isnumeric() and not c.isdecimal() and not c.isalpha())) + "\n" \
  + table("upper", "Property Uppercase.", ranges(str.isupper)) + "\n" \
  + table("lower", "Property Lowercase.", ranges(str.islower)) + "\n}  // namespace etalon::text::jinja::tables\n"
d = sys.argv[1]
open(d + "/character_case.hpp", "w").write(a)
open(d + "/character_ranges.hpp", "w").write(b)
open(d + "/character_classes.hpp", "w").write(c)
open(d + "/character_letters.hpp", "w").write(c)
open(d + "/character_classes.hpp", "w").write(e)
