// Tests of include/etalon/text/unicode.hpp: classes against the golden file of what Hugging Face `tokenizers` sees.
#include <etalon/text/unicode.hpp>

#include <doctest/doctest.h>

#include <etalon/io/json.hpp>

using namespace etalon::text;

TEST_CASE("names may be short, long, in any case, with blanks and underscores") {
  for (const char* name : {"Lu", "lu", "Uppercase_Letter", "uppercase letter", "UPPERCASELETTER"}) {
    REQUIRE(unicode::property(name).has_value());
    CHECK(*unicode::property(name) == *unicode::property("Lu"));
  }
  CHECK_FALSE(unicode::property("NoSuchThing").has_value());
  CHECK_FALSE(unicode::property("").has_value());
}

TEST_CASE("general categories cut Unicode into disjoint parts") {
  CodePointSet all;
  for (const char* major : {"L", "M", "N", "P", "S", "Z", "C"}) {
    const CodePointSet set = *unicode::property(major);
    CHECK(all.intersected(set).ranges().empty());
    all = all.united(set);
  }
  CHECK(all == CodePointSet({{0, last_code_point}}));
}

TEST_CASE("scripts: a character of Unicode 16.0 is known") {
  CHECK(unicode::property("Han")->contains(0x4E00));
  CHECK(unicode::property("Hiragana")->contains(0x3042));
  CHECK(unicode::property("Garay")->contains(0x10D50));  // new in 16.0
  CHECK_FALSE(unicode::property("Han")->contains(0x3042));
}

TEST_CASE("case variants: s has the long s, k has the Kelvin sign, digits have none") {
  CHECK(unicode::case_variants('s').size() == 3);
  CHECK(unicode::case_variants('k').size() == 3);
  CHECK(unicode::case_variants('d').size() == 2);
  CHECK(unicode::case_variants('1').empty());
}

TEST_SUITE("golden") {
  TEST_CASE("every class of the golden file is ours, code point by code point") {
    const etalon::io::Json golden = etalon::io::read_json("tests/golden/tokenizers/unicode/classes.json");
    for (const auto& [name, ranges] : golden.items()) {
      CAPTURE(name);
      std::vector<CodePointSet::Range> wanted;
      for (const auto& range : ranges) wanted.push_back({range[0].get<char32_t>(), range[1].get<char32_t>()});
      CodePointSet found;
      if (name == "Punctuation()") {
        found = CodePointSet::from_pairs(unicode::punctuation);
      } else if (name == "Digits()") {
        found = CodePointSet::from_pairs(unicode::numeric);
      } else if (name.starts_with("\\p{")) {
        found = *unicode::property(name.substr(3, name.size() - 4));
      } else {
        found = *unicode::property(name == "\\s" ? "space" : name == "\\d" ? "nd" : "word");
      }
      // Surrogates cannot be in a text, and the golden file leaves them out.
      const CodePointSet surrogates({{0xD800, 0xDFFF}});
      CHECK(found.united(surrogates) == CodePointSet(wanted).united(surrogates));
    }
  }
}
