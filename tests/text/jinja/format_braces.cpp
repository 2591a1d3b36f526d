// str.format through whole expressions.
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/format_percent.hpp>
#include <etalon/text/jinja/template.hpp>

#include <string>

#include <doctest/doctest.h>

namespace {

std::string formatted(const std::string& expression) {
  return etalon::text::jinja::Template("{{ " + expression + " }}", "t").render(etalon::io::OrderedJson::object());
}

}  // namespace

TEST_CASE("fields by order, number, name, attribute and item") {
  CHECK(formatted("'{} {}'.format(1, 'a')") == "1 a");
  CHECK(formatted("'{1}{0}{1}'.format(1, 2)") == "212");
  CHECK(formatted("'{a[k][0]}{a.k}{{}}'.format(a={'k': [7]})") == "7[7]{}");
  CHECK_THROWS_AS(formatted("'{} {0}'.format(1, 2)"), etalon::Error);
  CHECK_THROWS_AS(formatted("'{'.format(1)"), etalon::Error);
}

TEST_CASE("specifications lay out texts and numbers") {
  CHECK(
      formatted(
          "'{:>4}|{:*^5}|{:<3}|{:04d}|{:+.2f}|{:,}|{:#x}|{:.1%}'.format('a', 'b', 'c', 7, 2.345, 1234567, 255, 0.5)") ==
      "   a|**b**|c  |0007|+2.35|1,234,567|0xff|50.0%");
  CHECK(formatted("'{:{w}.{p}}'.format('abcdef', w=5, p=2)") == "ab   ");
  CHECK_THROWS_AS(formatted("'{:d}'.format('a')"), etalon::Error);
}

TEST_CASE("percent formats as printf does, with tuples, mappings and stars") {
  CHECK(formatted("'%s is %05.1f%% %-4d| %x %r' % ('it', 2.25, 7, 255, 'q')") == "it is 002.2% 7   | ff 'q'");
  CHECK(formatted("'%(a)s%(b)03d' % {'a': 'x', 'b': 5}") == "x005");
  CHECK(formatted("'%*d' % (4, 7)") == "   7");
  CHECK_THROWS_AS(formatted("'%s %s' % 'a'"), etalon::Error);
  CHECK_THROWS_AS(formatted("'%s' % (1, 2)"), etalon::Error);
  CHECK_THROWS_AS(formatted("'%d' % 'a'"), etalon::Error);
}
