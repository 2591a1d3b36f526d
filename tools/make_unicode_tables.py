#!/usr/bin/env python3
"""Makes include/etalon/text/unicode_classes.hpp and unicode_normalization.hpp.

usage: make_unicode_tables.py FOLDER_WITH_NORMALIZATION_JSON INCLUDE_TEXT_FOLDER

Character classes differ from one Unicode release to the next, so the tables hold what the implementation we are judged
by takes each code point for: the Python package `tokenizers` (0.23.3; its regular expressions know Unicode 16.0, its
normalization forms Unicode 9.0) is asked about every code point. Canonical combining classes come from
normalization.json (tests/golden/tokenizers/unicode), which was made the same way.
"""
import json
import sys
import textwrap

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

LAST = 0x10FFFF
CODE_POINTS = [c for c in range(LAST + 1) if not 0xD800 <= c <= 0xDFFF]
EVERYTHING = "".join(map(chr, CODE_POINTS))

GENERAL_CATEGORIES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cs Cn").split()
BINARY = ["Alphabetic", "Uppercase", "Lowercase", "White_Space", "Emoji", "Ideographic", "Hex_Digit", "ASCII_Hex_Digit",
          "Extended_Pictographic", "Diacritic", "Default_Ignorable_Code_Point", "Dash", "Math", "Cased",
          "Case_Ignorable", "ID_Start", "ID_Continue", "XID_Start", "XID_Continue", "Join_Control", "Variation_Selector"]
SCRIPTS = ("Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki "
           "Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee "
           "Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra "
           "Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek "
           "Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana "
           "Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana "
           "Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A "
           "Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin "
           "Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar "
           "Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal "
           "Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic "
           "Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang "
           "Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese "
           "Sunuwar Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana "
           "Thai Tibetan Tifinagh Tirhuta Todhri Toto Tulu_Tigalari Ugaritic Unknown Vai Vithkuqi Wancho Warang_Citi "
           "Yezidi Yi Zanabazar_Square").split()


def members(pattern):
    """The code points a one-character pattern matches."""
    return [ord(c) for c in normalizers.Replace(Regex(f"(?!{pattern})(?m:.)"), "").normalize_str(EVERYTHING)]


def ranges(codes):
    out = []
    for c in sorted(codes):
        if out and (c == out[-1][1] + 1 or (out[-1][1] == 0xD7FF and c == 0xE000)):
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def cut_into_single(pre_tokenizer, separate):
    """Code points for which separate(pieces of "xCx") holds."""
    return [c for c in CODE_POINTS if separate([p for p, _ in pre_tokenizer.pre_tokenize_str("x" + chr(c) + "x")])]


def wrapped(numbers):
    return "\n".join(textwrap.wrap(", ".join(f"0x{n:x}" if n > 9 else str(n) for n in numbers), 118,
                                   initial_indent="  ", subsequent_indent="  "))


def table(name, numbers, kind="std::uint32_t"):
    return f"inline constexpr {kind} {name}[] = {{\n{wrapped(numbers)}}};\n"


def runs(kinds):
    """[first code point << 8 | kind] of each maximal run, given {code point: kind}."""
    out, last = [], None
    for c in range(LAST + 1):
        kind = kinds.get(c, last if 0xD800 <= c <= 0xDFFF else 255)
        if kind != last:
            out.append(c << 8 | kind)
            last = kind
    return out


def sequences(mapping):
    """code point, length, replacement … for each entry."""
    out = []
    for c in sorted(mapping):
        out += [c, len(mapping[c])] + [ord(x) for x in mapping[c]]
    return out


def names(name, values):
    text = "\n".join(textwrap.wrap(", ".join(f'"{v}"' for v in values), 118, initial_indent="  ", subsequent_indent="  "))
    return f"inline constexpr std::string_view {name}[] = {{\n{text}}};\n"


HEAD = """#pragma once
// {what}
//
// Made by tools/make_unicode_tables.py from what Hugging Face `tokenizers` {version} takes each code point for:
// {source}
// Data under the Unicode License V3 (https://www.unicode.org/license.txt). Do not edit.
#include <cstdint>
{include}
namespace etalon::text::unicode {{

"""


def case_groups():
    """Sets of code points that (?i) takes for each other, one character against one."""
    able = [c for c in CODE_POINTS if len({chr(c), chr(c).lower(), chr(c).upper(), chr(c).title(), chr(c).casefold()}) > 1]
    able += members(r"[\p{Lu}\p{Ll}\p{Lt}]")
    able += [ord(x) for c in able for s in (chr(c).lower(), chr(c).upper(), chr(c).casefold()) if len(s) == 1 for x in s]
    text = "".join(map(chr, sorted(set(able))))
    groups = set()
    for c in text:
        same = normalizers.Replace(Regex(f"(?!(?i:\\x{{{ord(c):x}}}))(?m:.)"), "").normalize_str(text)
        if len(same) > 1:
            groups.add("".join(sorted(same)))
    out = []
    for group in sorted(groups):
        out += [len(group)] + [ord(x) for x in group]
    return out


def write_classes(folder):
    category = {c: i for i, g in enumerate(GENERAL_CATEGORIES) if g != "Cs" for c in members(rf"\p{{{g}}}")}
    script = {c: i for i, s in enumerate(SCRIPTS) for c in members(rf"\p{{{s}}}")}
    sets = {"regex_word": ranges(members(r"\w")), "regex_space": ranges(members(r"\s"))}
    sets |= {b.lower(): ranges(members(rf"\p{{{b}}}")) for b in BINARY}
    alone = lambda pieces: len(pieces) == 3
    sets["punctuation"] = ranges(cut_into_single(pre_tokenizers.Punctuation(), alone))
    sets["numeric"] = ranges(cut_into_single(pre_tokenizers.Digits(True), alone))
    words = pre_tokenizers.Whitespace()
    sets["whitespace_word"] = ranges(cut_into_single(words, lambda pieces: len(pieces) == 1))
    sets["whitespace_space"] = ranges(cut_into_single(words, lambda pieces: len(pieces) == 2))
    lower = {c: normalizers.Lowercase().normalize_str(chr(c)) for c in CODE_POINTS}
    folds = {c: chr(c).casefold() for c in CODE_POINTS if len(chr(c).casefold()) > 1}
    out = HEAD.format(what="Character classes, scripts and case.", version=tokenizers.__version__,
                      source="regular expressions with Unicode 16.0 data; its pre-tokenizers' own sets where named so.",
                      include="#include <string_view>\n")
    out += names("general_categories", GENERAL_CATEGORIES)
    out += "// Code point << 8 | index of general category, at the first code point of each run.\n"
    out += table("general_category_runs", runs(category))
    out += names("scripts", SCRIPTS)
    out += "// Code point << 8 | index of script, at the first code point of each run; 255: none.\n"
    out += table("script_runs", runs(script))
    out += "// Sets as pairs first, last. regex_*: \\w and \\s of the regular expressions; punctuation, numeric and\n"
    out += "// whitespace_*: what the pre-tokenizers Punctuation, Digits and Whitespace look for.\n"
    for name, pairs in sets.items():
        out += table(name, [n for pair in pairs for n in pair])
    out += "// Lower case: code point, length, code points.\n"
    out += table("lower_case", sequences({c: s for c, s in lower.items() if s != chr(c)}))
    out += "// Code points that match each other when case is ignored: count, code points.\n"
    out += table("case_groups", case_groups())
    out += "// Full case folding to more than one code point: code point, length, code points.\n"
    out += table("case_expansions", sequences(folds))
    open(f"{folder}/unicode_classes.hpp", "w").write(out + "\n}  // namespace etalon::text::unicode\n")


def write_normalization(source, folder):
    hangul = range(0xAC00, 0xAC00 + 11172)
    forms = {f: getattr(normalizers, f)() for f in ("NFD", "NFKD", "NFC")}
    each = [c for c in CODE_POINTS if c not in hangul]
    canonical = {c: d for c in each if (d := forms["NFD"].normalize_str(chr(c))) != chr(c)}
    compatible = {c: d for c in each if (d := forms["NFKD"].normalize_str(chr(c))) != canonical.get(c, chr(c))}
    pairs = []
    for c, d in canonical.items():
        if forms["NFC"].normalize_str(chr(c)) == chr(c):
            first = forms["NFC"].normalize_str(d[:-1])
            assert len(first) == 1, hex(c)
            pairs.append((ord(first), ord(d[-1]), c))
    classes = json.load(open(f"{source}/normalization.json"))["combining_class"]
    marks = sorted((first, last, int(k)) for k, rs in classes.items() for first, last in rs)
    out = HEAD.format(what="Unicode normalization forms.", version=tokenizers.__version__,
                      source="normalization with Unicode 9.0 data; Hangul syllables, which have a formula, left out.",
                      include="")
    out += "// Full canonical decompositions: code point, length, code points.\n"
    out += table("canonical_decompositions", sequences(canonical))
    out += "// Full compatibility decompositions where they differ from the canonical ones.\n"
    out += table("compatibility_decompositions", sequences(compatible))
    out += "// Primary composites: first, second, composite.\n"
    out += table("compositions", [n for t in sorted(pairs) for n in t])
    out += "// Canonical combining classes that are not 0: first, last, class.\n"
    out += table("combining_classes", [n for t in marks for n in t])
    open(f"{folder}/unicode_normalization.hpp", "w").write(out + "\n}  // namespace etalon::text::unicode\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_classes(sys.argv[2])
    write_normalization(sys.argv[1], sys.argv[2])
