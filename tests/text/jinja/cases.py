"""Renders the templates of cases/ with jinja2 3.1.6 and writes what they give to cases/NAME.jsonl.

    cases.py        (needs jinja2; the tests read the written files)

A row is {"variables": {…}, "text": "…"} or {"variables": {…}, "raised": "the message of raise_exception"}.
"""
import datetime
import json
import pathlib

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("show"), [], [], body).set_lineno(line)

    def show(self, caller):
        return caller()


class Raised(jinja2.exceptions.TemplateError):
    pass


def raise_exception(message):
    raise Raised(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    out = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                        extensions=[Generation, "jinja2.ext.loopcontrols"])
    out.filters["tojson"] = to_json
    out.globals["raise_exception"] = raise_exception
    out.globals["strftime_now"] = datetime.datetime(2026, 11, 23, 12, 34, 56).strftime
    return out


TOOL = {"type": "function", "function": {"name": "weather", "description": "Looks outside", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                                     "unit": {"type": "string", "enum": ["°C", "°F"]}, "more": {}},
    "required": ["city"]}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": {"city": "Zürich", "days": 2, "x": 1.0}}}
TEXT_CALL = {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": \"Rome\"}"}}


def message(role, content, **more):
    return {"role": role, "content": content, **more}


CONVERSATIONS = [
    {"messages": [message("user", "Hello <b>\n")]},
    {"messages": [message("system", "  Be kind. \n"), message("user", "Hi"), message("assistant", "Hello"), message("user", "你好 😀")],
     "add_generation_prompt": True},
    {"messages": [message("user", "q"), message("assistant", "<think>\nold\n</think>\n\na"), message("user", "q2"),
                  message("assistant", "<think>\nnew\n</think>\n\nb")], "enable_thinking": False, "add_generation_prompt": True},
    {"messages": [message("user", "Weather?"), message("assistant", None, tool_calls=[CALL, TEXT_CALL], reasoning_content="look"),
                  message("tool", "sunny"), message("tool", {"t": [20.5, None]}), message("assistant", "Fine.")], "tools": [TOOL]},
    {"messages": [message("user", "a"), message("user", "b")]},
    {"messages": [message("critic", "a")]},
]
for conversation in CONVERSATIONS:
    conversation.update(bos_token="<s>", eos_token="</s>")


def row(template, variables):
    try:
        return {"variables": variables, "text": template.render(**variables)}
    except Raised as refusal:
        return {"variables": variables, "raised": str(refusal)}


def main():
    folder = pathlib.Path(__file__).parent / "cases"
    for path in sorted(folder.glob("*.jinja")):
        template = environment().from_string(path.read_text(encoding="utf-8"))
        inputs = CONVERSATIONS if path.stem.startswith("chat") else [{}]
        rows = [row(template, variables) for variables in inputs]
        path.with_suffix(".jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))


if __name__ == "__main__":
    main()
