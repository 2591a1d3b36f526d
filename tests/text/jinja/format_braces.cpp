// str.format through whole expressions.
#include <etalon/text/jinja/format_braces.hpp>
#include <etalon/text/jinja/format_percent.hpp>
#include <etalon/text/jinja/template.hpp>

#include <string>

#include <doctest/doctest.h>

namespace {

std::string shown(const std::string& expression) {
  return etalon::text::jinja::Template("{{ " + expression + " }}", "t").render(etalon::io::OrderedJson::object());
}

}  // namespace

TEST_CASE("fields by order, number, name, attribute and item") {
  CHECK(shown("'{} {}'.format(1, 'a')") == "1 a");
  CHECK(shown("'{1}{0}{1}'.format(1, 2)") == "212");
  CHECK(shown("'{a[k][0]}{a.k}{{}}'.format(a={'k': [7]})") == "7[7]{}");
  CHECK_THROWS_AS(shown("'{} {0}'.format(1, 2)"), etalon::Error);
  CHECK_THROWS_AS(shown("'{'.format(1)"), etalon::Error);
}

TEST_CASE("specifications lay out texts and numbers") {
  CHECK(
      shown(
          "'{:>4}|{:*^5}|{:<3}|{:04d}|{:+.2f}|{:,}|{:#x}|{:.1%}'.format('a', 'b', 'c', 7, 2.345, 1234567, 255, 0.5)") ==
      "   a|**b**|c  |0007|+2.35|1,234,567|0xff|50.0%");
  CHECK(shown("'{:{w}.{p}}'.format('abcdef', w=5, p=2)") == "ab   ");
  CHECK_THROWS_AS(shown("'{:d}'.format('a')"), etalon::Error);
}

TEST_CASE("percent formats as printf does, with tuples, mappings and stars") {
  CHECK(shown("'%s is %05.1f%% %-4d| %x %r' % ('it', 2.25, 7, 255, 'q')") == "it is 002.2% 7   | ff 'q'");
  CHECK(shown("'%(a)s%(b)03d' % {'a': 'x', 'b': 5}") == "x005");
  CHECK(shown("'%*d' % (4, 7)") == "   7");
  CHECK_THROWS_AS(shown("'%s %s' % 'a'"), etalon::Error);
  CHECK_THROWS_AS(shown("'%s' % (1, 2)"), etalon::Error);
  CHECK_THROWS_AS(shown("'%d' % 'a'"), etalon::Error);
}
