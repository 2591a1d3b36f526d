"""Reads C++ just well enough to measure it: comments and strings blanked out, functions found by their braces.

Leaves out what a compiler front end would know: macros that hide braces, function-try-blocks.
"""
import re

_token = re.compile(
    r"""R"(?P<delimiter>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=delimiter)"   # raw string
      | //[^\n]*                                                          # comment to the end of the line
      | /\*(?:.|\n)*?\*/                                                  # comment
      | "(?:\\.|[^"\\\n])*"                                               # string
      | (?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'                 # character (but not 1'000'000)
    """, re.VERBOSE)


def blank(text):
    """The same text, same length and lines, with comments, strings and preprocessor lines turned to spaces."""
    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group())
    text = _token.sub(spaces, text)
    return re.sub(r"(?m)^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", spaces, text)


def _bare(header):
    """The header of a block without what stands in its brackets: `f(int x) -> T<U>` becomes `f -> T`."""
    before = None
    while before != header:
        before = header
        header = re.sub(r"\([^()]*\)|\{[^{}]*\}|<[^<>()]*>", "", header)
    return header


def _opens(header):
    """What the `{` after this text begins: 'function', 'scope' (look inside) or 'value' (skip to its `}`)."""
    header = header.strip()
    bare = _bare(header)
    if re.match(r"TEST_SUITE\b", header):
        return "scope"                                   # doctest's namespace
    if not header or re.search(r"\b(namespace|class|struct|union|enum|extern)\b", bare):
        return "scope"
    if re.search(r"(=|&&|\|\||!|\(|\brequires)\s*requires\s*(\([^{}]*\))?$", header):
        return "value"                                   # a requires-expression, not a requires-clause
    if re.search(r"=\s*\[[^\[\]]*\]\s*\w*$", bare):
        return "function"                                # a lambda with a name
    if "=" in bare.replace("operator", "") and not re.search(r"\boperator\b", bare):
        return "value"                                   # an initialiser
    if "(" not in header:
        return "value"                                   # Type name{…}
    member = re.search(r"\)\s*(noexcept\s*)?:[^:]", header)
    return "value" if member and re.search(r"[\w>]$", header) else "function"


def _closing(code, start):
    """Where the brace that opens at `start` closes."""
    depth = 0
    for place in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[place], 0)
        if depth == 0:
            return place
    return len(code) - 1


def _described(code, start, end):
    """(name, first line, number of lines) of the function whose text is code[start:end]."""
    start += len(code[start:end]) - len(code[start:end].lstrip())
    signature = re.sub(r"\b(requires|decltype)\b\s*\(|\btemplate\s*<[^<>]*>", "", code[start:end])
    name = re.search(r"(operator\W{1,3}?|\w+)\s*\(", signature)
    return name.group(1) if name else "?", code.count("\n", 0, start) + 1, code.count("\n", start, end) + 1


def functions(text):
    """(name, first line, number of lines) of every outermost function; lambdas and local types belong to it."""
    code, found, place, header_start = blank(text), [], 0, 0
    while place < len(code):
        if code[place] in ";}" or (code[place] == ":" and re.search(r"\b(public|private|protected)$", code[:place])):
            header_start = place + 1
        elif code[place] == "{":
            kind = _opens(code[header_start:place])
            if kind == "scope":
                header_start = place + 1
            else:
                place = _closing(code, place)
                if kind == "function":
                    found.append(_described(code, header_start, place))
                    header_start = place + 1
        place += 1
    return found
