// Whole templates: against what jinja2 made of them (cases/), and what stops a template that asks for too much.
#include <etalon/text/jinja/template.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

using etalon::io::OrderedJson;
using etalon::text::jinja::Raised;
using etalon::text::jinja::RenderOptions;
using etalon::text::jinja::Template;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

RenderOptions at_noon() {
  RenderOptions out;
  out.now.tm_year = 126, out.now.tm_mon = 10, out.now.tm_mday = 23;
  out.now.tm_hour = 12, out.now.tm_min = 34, out.now.tm_sec = 56;
  return out;
}

std::string output_of(const std::string& source, const OrderedJson& variables = OrderedJson::object()) {
  return Template(source, "t").render(variables, at_noon());
}

std::string message_of(const std::string& source) {
  try {
    RenderOptions options = at_noon();
    options.limits.steps = 300'000;  // the test's own, so that it stays quick without optimisation
    options.limits.bytes = std::uint64_t{1} << 26;
    Template(source, "t").render(OrderedJson::object(), options);
  } catch (const etalon::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_SUITE("golden") {
  TEST_CASE("the project's own templates render as jinja2 renders them") {
    int rows = 0;
    for (const auto& entry : std::filesystem::directory_iterator("tests/text/jinja/cases")) {
      if (entry.path().extension() != ".jinja") continue;
      const Template one(text_of(entry.path()), entry.path().string());
      std::istringstream lines(text_of(std::filesystem::path(entry.path()).replace_extension(".jsonl")));
      for (std::string line; std::getline(lines, line); ++rows) {
        const OrderedJson row = OrderedJson::parse(line);
        OrderedJson result;
        try {
          result["text"] = one.render(row["variables"], at_noon());
        } catch (const Raised& raised) {
          result["raised"] = raised.message();
        }
        for (const char* key : {"text", "raised"}) {
          if (row.contains(key)) CHECK(result.value(key, "") == row[key].get<std::string>());
        }
      }
    }
    CHECK(rows >= 9);
  }
}

TEST_CASE("a conversation worked by hand") {
  // {% for %} at the start of a line takes its indent and its newline with it.
  const std::string source =
      "{{ bos }}\n{% for m in messages %}\n  {% if m.role == 'user' %}\n<{{ m.content }}>\n  {% endif %}\n{% endfor "
      "%}\n";
  const OrderedJson variables = {{"bos", "B"}, {"messages", {{{"role", "user"}, {"content", "hi"}}, {{"role", "x"}}}}};
  CHECK(output_of(source, variables) == "B\n<hi>\n");
}

TEST_CASE("raise_exception gives its message unchanged") {
  try {
    output_of("a\n{{ raise_exception('No: ' ~ 1.50) }}");
    FAIL("it did not raise");
  } catch (const Raised& raised) {
    CHECK(raised.message() == "No: 1.5");
    CHECK(std::string(raised.what()).starts_with("t line 2: "));
  }
}

TEST_CASE("a loop body does not see what the template assigns later, whatever the caller gave") {
  const OrderedJson variables = {{"tools", "given"}};
  CHECK(output_of("{% for i in [1] %}[{{ tools }}]{% endfor %}{% set tools = 'own' %}", variables) == "[]");
  // The planted fault: looking up the caller's variable at that moment would give [given].
  CHECK(output_of("{% for i in [1] %}[{{ tools }}]{% endfor %}{% if false %}{% set tools = 1 %}{% endif %}",
                 variables) == "[given]");
}

TEST_CASE("an unknown filter waits inside an if, and only there") {
  CHECK(output_of("{% if false %}{{ 1 | from_json }}{% endif %}ok") == "ok");
  CHECK(message_of("{% for i in [] %}{{ 1 | from_json }}{% endfor %}").find("from_json") != std::string::npos);
}

TEST_CASE("a construct that is left out is named, with the line") {
  CHECK(message_of("\n\n{% include 'x' %}").starts_with("t line 3: "));
  for (const char* tag : {"include", "extends", "import", "from", "autoescape", "do", "trans"}) {
    CHECK(message_of(std::string("{% ") + tag + " x %}").find(std::string("{% ") + tag) != std::string::npos);
  }
  CHECK(message_of("{{ [1] | random }}").find("random") != std::string::npos);
}

TEST_CASE("the sandbox refuses to change a list or mapping") {
  CHECK(message_of("{{ [1].append(2) }}").find("unsafe") != std::string::npos);
  CHECK(message_of("{{ {}.update({}) }}").find("unsafe") != std::string::npos);
  CHECK(output_of("{{ [].append is defined }}") == "False");
}

TEST_CASE("what asks for too much stops quickly with one message") {
  const std::string hostile[] = {
      "{{ 'x' * 10 ** 12 }}",
      "{{ ('x' * 10 ** 6) * 10 ** 6 }}",
      "{{ [0] * 10 ** 15 }}",
      "{{ range(10 ** 12) }}",
      "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m(x) %}{{ m([x]) }}{% endmacro %}{{ m(1) }}",
      "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
      "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
      "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}",
      "{% set n = namespace(x=[1]) %}{% for i in range(9999) %}{% set n.x = n.x | map('string') %}{% endfor %}{{ n.x | "
      "list }}",
      "{% set n = namespace() %}{% set n.me = n %}{{ n }}",
      "{{ '%999999999d' % 1 }}{{ '{:999999999}'.format(1) }}",
      "{{ 'a'.center(10 ** 11) }}{{ 'a'.zfill(10 ** 18) }}",
      "{{ 2 ** 1000 }}",
      "{{ '1' | indent(10 ** 10, true) }}",
      "{{ [1] | batch(10 ** 12, 0) | list }}{{ [1] | slice(10 ** 12) | list }}",
      "{{ {'a': 1} | tojson(indent=10 ** 10) }}",
      "{% set a = 'a' * 10 ** 7 %}{% for i in range(99999) %}{{ a.find('b') }}{% endfor %}",
  };
  for (const std::string& source : hostile) {
    CAPTURE(source);
    const auto before = std::chrono::steady_clock::now();
    CHECK(message_of(source).starts_with("t line 1: "));
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(60));
  }
}

TEST_CASE("deeply nested templates are refused, not followed") {
  const auto times = [](const std::string& part, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += part;
    return out;
  };
  CHECK(message_of("{{ " + times("(", 100000) + "1" + times(")", 100000) + " }}") != "no error");
  CHECK(message_of("{{ " + times("[", 100000) + " }}") != "no error");
  CHECK(message_of("{{ " + times("not ", 100000) + "1 }}") != "no error");
  CHECK(message_of("{{ " + times("-", 100000) + "1 }}") != "no error");
  CHECK(message_of("{{ 1" + times(" + 1", 100000) + " }}") != "no error");
  CHECK(message_of("{{ x" + times(".a", 100000) + " }}") != "no error");
  CHECK(message_of(times("{% if 1 %}", 100000)) != "no error");
  CHECK(message_of("{{ 1" + times(" if 1 else 1", 100000) + " }}") != "no error");
  CHECK(output_of("{{ 'a'" + times(" ~ 'a'", 3000) + " }}").size() == 3001);
}

TEST_CASE("what is not a template is refused") {
  for (const char* source :
       {"{{ x", "{% if x %}", "{% endif %}", "{# c", "{{ 'x }}", "{{ a b }}", "{{ ] }}", "{% raw %}", "\xff", "{{ }}",
        "{% for %}{% endfor %}", "{% break %}", "{% set 1 = 2 %}", "{{ 1 ? 2 }}"}) {
    CAPTURE(source);
    CHECK(message_of(source) != "no error");
  }
}
